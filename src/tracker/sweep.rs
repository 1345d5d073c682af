//! What happens without a report: heartbeats are booked, silence is noticed, parts are recounted, old jobs expire.
//! One node at a time sweeps; the machine decides, and the write rechecks.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::ask::{Ask, Item};
use super::inner::Inner;
use super::stats::Stats;
use crate::bus::Hint;
use crate::progress::{Change, JobKey};
use crate::store::Error;

/// How often silence is looked for.
const EVERY: Duration = Duration::from_secs(1);
/// What a worker said may be on its way for so many seconds: a tick until it is written, then a heartbeat until it
/// is booked. Silence is judged so much later, well within the 5 s in which it must show.
const ON_ITS_WAY: f64 = 2.0;
/// A gap above this many seconds between two pulses is time in which nobody could write: it is nobody's silence.
const OUTAGE: f64 = 4.0;
/// How many jobs are dealt with in one sweep.
const AT_ONCE: i64 = 1000;
/// Every so many sweeps what is rarely needed is done.
const RARELY: u32 = 10;
/// The newest notices of a job that the history keeps.
const NOTICES: i64 = 10_000;
/// How long the id of a forgotten job is not given again, in seconds.
pub(super) const GRAVE: f64 = 30.0 * 86_400.0;

/// Books heartbeats until `stop`, once a second.
pub(super) async fn beats(inner: Arc<Inner>, stop: CancellationToken) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let beats = inner.beats.take();
        if beats.is_empty() {
            continue;
        }
        match inner.store.heartbeat(&beats).await {
            Ok(stalled) => stalled
                .into_iter()
                .for_each(|key| tell(&inner, key, Change::Resume)),
            Err(error) => {
                tracing::warn!(%error, jobs = beats.len(), "heartbeats could not be booked");
                beats
                    .into_iter()
                    .for_each(|(key, attempt)| inner.beats.add(key, attempt));
            }
        }
    }
}

/// Recounts parts as parents are named, until `stop`.
pub(super) async fn recounts(inner: Arc<Inner>, stop: CancellationToken) {
    loop {
        let parents = tokio::select! {
            () = stop.cancelled() => return,
            parents = inner.recounts.take() => parents,
        };
        match inner.store.recount(&parents).await {
            Ok(counts) => {
                counts.into_iter().for_each(|(parent, children)| {
                    tell(&inner, parent, Change::Children(children))
                });
            }
            Err(error) => {
                tracing::warn!(%error, "parts could not be recounted");
                parents
                    .into_iter()
                    .for_each(|parent| inner.recounts.add(parent));
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        }
    }
}

/// Sweeps until `stop`.
pub(super) async fn run(inner: Arc<Inner>, stop: CancellationToken) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0_u32;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        if let Err(error) = sweep(&inner, round.is_multiple_of(RARELY)).await {
            tracing::warn!(%error, "a sweep failed");
        }
        round = round.wrapping_add(1);
    }
}

async fn sweep(inner: &Arc<Inner>, rarely: bool) -> Result<(), Error> {
    let Some(gap) = inner.store.pulse(OUTAGE).await? else {
        return Ok(());
    };
    if gap > OUTAGE {
        tracing::info!(
            seconds = gap,
            "nobody could write for a while: it counts as nobody's silence"
        );
    }
    for (key, change) in inner.store.silent(AT_ONCE, ON_ITS_WAY).await? {
        tracing::info!(job = %key, ?change, "no sign of life");
        Stats::add(&inner.stats.silences, 1);
        Stats::add(&inner.stats.lost, usize::from(change == Change::Lose));
        tell(inner, key, change);
    }
    if !rarely {
        return Ok(());
    }
    for parent in inner.store.miscounted(AT_ONCE).await? {
        inner.recounts.add(parent);
    }
    let gone = inner
        .store
        .expire(inner.keep_seconds, GRAVE, AT_ONCE)
        .await?;
    Stats::add(&inner.stats.expired, gone.len());
    for (key, labels) in gone {
        inner.forget(&key, &labels);
        inner.hints.add(Hint { key, version: 0 });
    }
    let full = inner.store.notification_queue().await?;
    // A share between 0 and 1: some session listens with a transaction left open where it rises.
    inner
        .stats
        .notification_queue
        .store((full.clamp(0.0, 1.0) * 1e6) as u64, Ordering::Relaxed);
    inner.store.tidy(NOTICES, inner.keep_seconds).await
}

/// Puts a finding before the machine; nobody waits for what it says.
fn tell(inner: &Inner, key: JobKey, change: Change) {
    // Where the queue is full, the next sweep finds the same again.
    let _ = inner.queue.ask(
        key,
        Item {
            asks: vec![Ask::Change(change)],
            reply: None,
        },
    );
}
