//! The task of a stream: sleeps until the client talks, leaves, or can be written to again.
//!
//! One hand-written poll and no state of its own, since this future is what an idle viewer costs.

use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::inner::{Inner, Phase};
use super::{Orders, Stream};
use crate::transport::endings::Ending;
use crate::transport::error_code::ErrorCode;
use crate::transport::words::{Framing, Word};
use crate::transport::ws::codec::{Said, Wrong};
use crate::transport::ws::message;

/// How many reads before other tasks get their turn.
const READS: usize = 16;

/// Leaves the hub however the task ends.
struct Leave(Arc<Stream>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Attends to a stream until its socket is of no use. `early` is what the client sent behind its request.
pub async fn run(stream: Arc<Stream>, early: bytes::Bytes) {
    let guard = Leave(stream);
    let stream = &guard.0;
    if !early.is_empty() {
        stream.heard(&early);
    }
    drop(early);
    poll_fn(|cx| stream.poll(cx)).await;
}

impl Stream {
    fn poll(self: &Arc<Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        if self.read(cx).is_ready() {
            return Poll::Ready(());
        }
        let mut inner = self.inner();
        if inner.out.is_empty() && !inner.dirty.is_empty() {
            self.catch_up(&mut inner);
        }
        while !inner.out.is_empty() {
            match self.socket.poll_write_ready(cx) {
                Poll::Pending => break,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) => self.catch_up(&mut inner),
            }
        }
        if inner.phase == Phase::Closing && inner.out.is_empty() {
            self.said_goodbye(&mut inner);
        }
        match inner.phase {
            Phase::Dead => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }

    /// The last words are out.
    fn said_goodbye(&self, inner: &mut Inner) {
        const LINGER: Duration = Duration::from_secs(1);
        let answered = inner.ws.as_ref().is_some_and(|ws| ws.peer_closed);
        if self.framing == Framing::Sse || answered {
            let _ = socket2::SockRef::from(&self.socket).shutdown(Shutdown::Write);
            inner.phase = Phase::Shut;
            inner.deadline = Some(Instant::now() + LINGER);
        }
    }

    /// Takes in what the client sends. Ready = it has left.
    fn read(self: &Arc<Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 1024];
        for _ in 0..READS {
            match self.socket.poll_read_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) => {}
            }
            match self.socket.try_read(&mut bytes) {
                Ok(0) => return self.peer_shut(),
                Ok(n) => self.heard(bytes.get(..n).unwrap_or(&[])),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(()),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// What the client sent. Nothing is expected of a reader of events; it is dropped.
    fn heard(self: &Arc<Self>, mut bytes: &[u8]) {
        if self.framing == Framing::Sse {
            return;
        }
        loop {
            // The lock is not held while an order is carried out.
            match self.parse(&mut bytes) {
                Ok(None) => return,
                Ok(Some(said)) => match (&self.orders, said) {
                    (Some(orders), Said::Text(text)) => Orders::said(&**orders, self, &text),
                    (Some(orders), Said::Binary(bytes)) => Orders::sent(&**orders, self, &bytes),
                    _ => {}
                },
                Err(wrong) => return self.failed(wrong),
            }
        }
    }

    /// Reads up to the next message; what the protocol itself asks for is done on the way.
    fn parse(&self, bytes: &mut &[u8]) -> Result<Option<Said>, Wrong> {
        let mut inner = self.inner();
        loop {
            let open = inner.phase == Phase::Open;
            let Some(ws) = inner.ws.as_mut().filter(|ws| !ws.peer_closed) else {
                return Ok(None);
            };
            let said = match ws.parser.next(bytes) {
                Ok(Some(said)) => said,
                Ok(None) => return Ok(None),
                Err(_) if !open => return Ok(None),
                Err(wrong) => return Err(wrong),
            };
            match said {
                Said::Close(code) => self.closed_by_peer(&mut inner, code),
                Said::Pong => ws.pinged = None,
                _ if !open => {}
                Said::Text(_) | Said::Binary(_) | Said::Ping(_) if !ws.counted() => {
                    self.close(&mut inner, Ending::Limited);
                }
                Said::Ping(payload) => self.write(&mut inner, message::pong(&payload)),
                Said::Text(_) | Said::Binary(_) => return Ok(Some(said)),
            }
        }
    }

    /// The client broke the protocol: it is told so, and nothing it says counts any more, not even a close (RFC 6455,
    /// 7.1.7). So it is for us to shut, as soon as the words are out.
    fn failed(&self, wrong: Wrong) {
        let mut inner = self.inner();
        if let Some(ws) = &mut inner.ws {
            ws.peer_closed = true;
        }
        self.close(&mut inner, ending(wrong));
    }

    /// The client's close: answered once, unless ours is already out.
    fn closed_by_peer(&self, inner: &mut Inner, code: Option<u16>) {
        const GOODBYE: Duration = Duration::from_secs(5);
        if let Some(ws) = &mut inner.ws {
            ws.peer_closed = true;
        }
        if inner.phase == Phase::Open {
            inner.subs.clear();
            inner.dirty.clear();
            self.write(inner, message::closing(code.unwrap_or(1000), ""));
            inner.phase = Phase::Closing;
            inner.deadline = Some(Instant::now() + GOODBYE);
            self.room.notify_one();
        }
        self.waker.wake();
    }

    /// Notes a bad command: the client is told what was wrong, and the third time it is the end.
    pub fn bad_command(&self, number: Option<u64>, message: &str) {
        const PATIENCE: u32 = 3;
        let mut inner = self.inner();
        if inner.phase != Phase::Open {
            return;
        }
        let word = Word::Error(number, ErrorCode::BadCommand, message, None);
        self.write(&mut inner, word.bytes(self.framing));
        let bad = inner.ws.as_mut().map_or(0, |ws| {
            ws.bad += 1;
            ws.bad
        });
        if bad >= PATIENCE {
            self.close(&mut inner, Ending::BadCommand);
        }
    }

    /// Notes that the client has sent a `subscribe`: from now on the socket stays open when the URL's jobs have ended.
    pub fn has_asked(&self) {
        if let Some(ws) = &mut self.inner().ws {
            ws.subscribed = true;
        }
    }
}

impl super::inner::Socket {
    /// Counts one message; `false` = one too many for this second.
    fn counted(&mut self) -> bool {
        let now = Instant::now();
        let (since, count) = &mut self.commands;
        if now - *since >= Duration::from_secs(1) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= self.most
    }
}

fn ending(wrong: Wrong) -> Ending {
    match wrong {
        Wrong::Protocol => Ending::Protocol,
        Wrong::Binary => Ending::Binary,
        Wrong::Utf8 => Ending::Utf8,
        Wrong::TooLarge => Ending::TooLarge,
    }
}
