//! How a stream says its last words.

use std::net::Shutdown;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::Stream;
use super::inner::{Inner, Phase};
use crate::server::intake;
use crate::transport::endings::Ending;
use crate::transport::error_code::ErrorCode;
use crate::transport::heartbeat::STUCK;
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
        let over = inner.intake.until(STUCK);
        let stuck = over.is_some_and(|over| over <= Instant::now());
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
            inner.cut = stuck;
            // In a drain nobody is waited for: the kernel brings them the rest.
            inner.patient = ending != Ending::Restarting;
        }
        self.room.notify_one();
        self.waker.wake();
    }
}

impl Stream {
    /// Whether the viewer takes in what it is sent.
    pub(in crate::transport) fn keeps_up(&self, inner: &mut Inner, now: Instant) -> bool {
        let (given, waiting) = (inner.out.given(), inner.out.len() as u64);
        let left = || waiting + intake::unacknowledged(&self.socket);
        inner.intake.keeps_up(now, (given, left), STUCK)
    }

    /// Looks after a stream that is saying goodbye: when its time is over it is cut, but for a viewer that is still
    /// taking in what it was sent before.
    pub(in crate::transport) fn look_after(&self, inner: &mut Inner, keeps_up: bool) {
        let over = inner.deadline.is_some_and(|at| at <= Instant::now());
        let waits = inner.patient && inner.intake.waits();
        if over && !(waits && keeps_up) {
            inner.cut |= waits;
            inner.die();
            self.wake();
        }
    }

    /// The peer says nothing more. Ready = and it has all it was sent.
    pub(super) fn peer_shut(&self) -> Poll<()> {
        let mut inner = self.inner();
        if inner.phase == Phase::Dead || intake::unacknowledged(&self.socket) == 0 {
            return Poll::Ready(());
        }
        if inner.phase != Phase::Shut {
            inner.subs.clear();
            inner.dirty.clear();
            inner.departed.clear();
            inner.out.abandon();
            let _ = socket2::SockRef::from(&self.socket).shutdown(Shutdown::Write);
            inner.phase = Phase::Shut;
            inner.deadline = Some(Instant::now());
            self.room.notify_one();
        }
        Poll::Pending
    }
}

/// What a WebSocket is told before it closes.
fn last_words(ending: Ending) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(code) = ErrorCode::before(ending) {
        let error = Word::Error(None, code, ending.explanation(), ending.retry_after());
        bytes = error.bytes(Framing::Ws);
    }
    bytes.extend(message::closing(ending.code(), ending.word()));
    bytes
}
