//! One task for all streams: what is due by the clock. Signs of life, silence, lifetimes, staleness. It waits for
//! nobody: what has to be asked of Postgres, which may not answer, is another task's ([`super::tiles`]).

use std::time::Duration;

use tokio::time::{Instant, Interval};
use tokio_util::sync::CancellationToken;

use super::endings::Ending;
use super::stream::{Hold, Phase, Stream};
use super::tiles;
use super::viewers::Viewers;
use super::words::{Framing, Word};
use crate::auth::Verifier;
use crate::hub::Health;
use crate::progress::Timestamp;
use crate::tracker::Tracker;

/// How often the streams are looked through.
const TICK: Duration = Duration::from_secs(1);

/// What a viewer has not taken in after so long, it has for too long. The streams are looked at once a second, so that
/// it is noticed within 20 s.
pub const STUCK: Duration = Duration::from_secs(17);

/// No answer to a protocol ping for so long is the end.
pub const PONG: Duration = Duration::from_secs(10);

/// Nothing verified for so long is the end of all streams.
const UNAVAILABLE_MILLIS: i64 = 30_000;

/// How many streams are looked at before other tasks get their turn.
const CHUNK: usize = 64;

/// What every stream is to know at one tick.
#[derive(Debug)]
pub struct Tick {
    /// Now, as the wire says it.
    pub time: Timestamp,
    /// How the node stands with Postgres.
    pub health: Health,
    /// The keys that vouch for credentials; `None` = none are asked for.
    pub keys: Option<Verifier>,
}

/// Looks after `viewers` until `stop`, which comes after the drain: streams that are saying goodbye are cut from here.
pub async fn run(
    viewers: Viewers,
    tracker: Tracker,
    keys: Option<Verifier>,
    stop: CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = beat(&viewers, &tracker, keys) => {}
        () = tiles::run(&viewers, &tracker) => {}
    }
}

/// A clock that ticks as often as the streams are looked through.
pub(super) fn clock() -> Interval {
    let mut clock = tokio::time::interval(TICK);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    clock
}

async fn beat(viewers: &Viewers, tracker: &Tracker, keys: Option<Verifier>) {
    let mut clock = clock();
    loop {
        clock.tick().await;
        let streams = viewers.all();
        let mut health = tracker.hub().health();
        health.stale = health.stale.or_else(|| tracker.stale_since());
        let tick = Tick {
            time: tracker.now(),
            health,
            keys: keys.clone(),
        };
        for chunk in streams.chunks(CHUNK) {
            for stream in chunk {
                stream.tick(&tick);
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Stream {
    /// Does what is due.
    pub fn tick(&self, tick: &Tick) {
        let now = Instant::now();
        let mut inner = self.inner();
        let keeps_up = self.keeps_up(&mut inner, now);
        if inner.phase != Phase::Open {
            return self.look_after(&mut inner, keeps_up);
        }
        let since = |at: Timestamp| tick.time.0 - at.0;
        let outage = tick.health.outages > inner.outages
            || tick
                .health
                .stale
                .is_some_and(|s| since(s) >= UNAVAILABLE_MILLIS);
        let ending = if let Some(ending) = inner.hold.ended(now, tick.keys.as_ref()) {
            Some(ending)
        } else if !keeps_up {
            Some(Ending::TooSlow)
        } else if outage {
            Some(Ending::Unavailable)
        } else if inner.until.is_some_and(|until| until <= now) {
            Some(Ending::Rotated)
        } else {
            None
        };
        if let Some(ending) = ending {
            if let (Hold::Waiting(_), Some(ws)) = (inner.hold, &inner.ws) {
                let (address, project) = (ws.address, &self.project);
                tracing::info!(%address, %project, code = ending.word(), "a WebSocket was closed that had not shown a credential");
            }
            return self.close(&mut inner, ending);
        }
        if matches!(inner.hold, Hold::Waiting(_)) {
            return; // whoever has not said who they are is told nothing, not even how the node is
        }
        if inner.stale != tick.health.stale.is_some() {
            inner.stale = !inner.stale;
            let word = tick.health.stale.map_or(Word::Fresh, Word::Stale);
            self.write(&mut inner, word.bytes(self.framing));
        }
        if inner.next_ping <= now {
            inner.next_ping = now + super::stream::PING;
            let cursor = self.standing(&inner, None).map(|m| m.text);
            let cursor = cursor.as_deref().map(|c| self.told(c));
            let word = Word::Ping(tick.time, cursor.as_deref());
            self.write(&mut inner, word.bytes(self.framing));
        }
        if self.framing == Framing::Ws {
            self.protocol_ping(&mut inner, now);
        }
    }
}
