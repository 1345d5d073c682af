//! The tiles of a dashboard, pushed: at most once a second, and only when they changed.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::Instant;

use super::heartbeat::{self, PONG};
use super::stream::{Inner, PROTOCOL_PING, Phase, Stream, Tiles};
use super::viewers::Viewers;
use super::words::Word;
use super::ws::message;
use crate::progress::Name;
use crate::tracker::Tracker;

/// How many projects are asked for at once: no more than leaves others their share of the database.
const AT_ONCE: usize = 4;

/// Shows their tiles to all who want them, without end. Read once for all of a project; what cannot be read now comes
/// with a later round.
pub(super) async fn run(viewers: &Viewers, tracker: &Tracker) {
    let mut clock = heartbeat::clock();
    loop {
        clock.tick().await;
        let mut wanted: HashMap<Name, Vec<Arc<Stream>>> = HashMap::new();
        for stream in viewers.all().into_iter().filter(|s| s.wants_tiles()) {
            wanted
                .entry(stream.project.clone())
                .or_default()
                .push(stream);
        }
        let show = async |(project, streams): (Name, Vec<Arc<Stream>>)| {
            if let Ok(text) = tracker.summary(&project).await {
                streams.iter().for_each(|s| s.tiles_are(&text));
            }
        };
        stream::iter(wanted)
            .for_each_concurrent(AT_ONCE, show)
            .await;
    }
}

impl Stream {
    /// Subscribes to the project's tiles; `number` is what the client calls it.
    pub fn subscribe_tiles(&self, number: u64) {
        self.inner().tiles = Some(Box::new(Tiles { number, told: None }));
    }

    /// Ends that subscription, if this number is it.
    pub fn unsubscribe_tiles(&self, number: u64) {
        let mut inner = self.inner();
        if inner.tiles.as_ref().is_some_and(|t| t.number == number) {
            inner.tiles = None;
        }
    }

    /// Whether somebody wants them here.
    #[must_use]
    pub fn wants_tiles(&self) -> bool {
        self.inner().tiles.is_some()
    }

    /// Shows them to a viewer who still wants them and may.
    pub fn tiles_are(&self, text: &Arc<str>) {
        let mut inner = self.inner();
        if inner.phase == Phase::Open {
            self.show(&mut inner, text);
        }
    }

    /// Shows them, if they changed and the viewer takes what it is sent; a later text replaces this one.
    fn show(&self, inner: &mut Inner, text: &Arc<str>) {
        let behind = !inner.out.is_empty();
        let Some(tiles) = inner.tiles.as_mut().filter(|_| !behind) else {
            return;
        };
        if tiles.told.as_ref() != Some(text) {
            tiles.told = Some(Arc::clone(text));
            self.write(inner, Word::Summary(text).bytes(self.framing));
        }
    }

    /// Sends the protocol's ping when it is due; a peer that did not answer the last one is gone.
    pub(super) fn protocol_ping(&self, inner: &mut Inner, now: Instant) {
        let Some(ws) = &mut inner.ws else {
            return;
        };
        if ws.pinged.is_some_and(|at| now - at >= PONG) {
            inner.die();
            self.wake();
        } else if ws.next_ping <= now {
            ws.next_ping = now + PROTOCOL_PING;
            ws.pinged.get_or_insert(now);
            self.write(inner, message::ping());
        }
    }
}
