//! The tiles of a dashboard, pushed: at most once a second, and only when they changed.

use std::sync::Arc;

use tokio::time::Instant;

use super::heartbeat::PONG;
use super::stream::{Inner, PROTOCOL_PING, Stream, Tiles};
use super::words::Word;
use super::ws::message;

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

    /// Shows them, if they changed and the viewer takes what it is sent; a later text replaces this one.
    pub(super) fn show_tiles(&self, inner: &mut Inner, text: &Arc<str>) {
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
