//! How a stream says its last words.

use std::time::Duration;

use tokio::time::Instant;

use super::Stream;
use super::inner::{Inner, Phase};
use crate::transport::endings::Ending;
use crate::transport::words::{Framing, Word};
use crate::transport::ws::message;

impl Stream {
    /// Begins the end: the last words, and then nothing more.
    pub(in crate::transport) fn close(&self, inner: &mut Inner, ending: Ending) {
        const GOODBYE: Duration = Duration::from_secs(5);
        if inner.phase != Phase::Open {
            return;
        }
        let cursor = inner.ending_cursor(self.standing(inner, None), ending);
        let cursor = cursor.map(|c| self.told(&c).into_owned());
        let stuck = ending == Ending::TooSlow && !inner.out.is_empty();
        inner.subs.clear();
        inner.dirty.clear();
        inner.departed.clear();
        // A viewer that takes nothing is told only if the socket stands between two messages.
        if !stuck || inner.out.abandon() {
            let bytes = match self.framing {
                Framing::Sse => Word::End(None, ending, cursor.as_deref()).bytes(Framing::Sse),
                Framing::Ws => last_words(ending),
            };
            self.write(inner, bytes);
        }
        if inner.phase == Phase::Open {
            inner.phase = if stuck { Phase::Dead } else { Phase::Closing };
            inner.deadline = Some(Instant::now() + GOODBYE);
        }
        self.room.notify_one();
        self.waker.wake();
    }
}

/// What a WebSocket is told before it closes.
fn last_words(ending: Ending) -> Vec<u8> {
    let mut bytes = Vec::new();
    let retry = ending.retry_after();
    if retry.is_some() || ending == Ending::NotFound {
        let message = ending.explanation();
        let error = Word::Error(None, ending.word(), message, retry);
        bytes = error.bytes(Framing::Ws);
    }
    bytes.extend(message::closing(ending.code(), ending.word()));
    bytes
}
