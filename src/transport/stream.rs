//! One stream: a socket that was taken over, and what its viewer has been given of what it selected.
//!
//! The hub's emitter writes to the socket from its own task ([`Sink::offer`]); the stream's task sleeps until the
//! client talks, leaves, or can be written to again ([`attend`]). A stream that is behind keeps the names of the
//! jobs it owes and nothing else, and is given the newest frame of each when it can take it. No timer, no channel.
//!
//! **Snapshot and live without a gap, and without a version twice or backwards.**
//!
//! 1. A subscription is made *before* its snapshot is read and holds: what the hub offers is noted by name. So a
//!    change is either visible to the read, or offered after it began, or both.
//! 2. Both: a frame whose transaction the snapshot sees was given by it (`Since::seen`), and so was a row that the
//!    snapshot gave although its cursor does not see it (`Since::sent`). Either is skipped when offered. That memory
//!    can go two catch-up reads later: the second of them began after the snapshot was read, so the hub knows
//!    everything the snapshot gave and never offers anything older.
//! 3. When the rows are out, the noted jobs follow with the newest frame the hub let out, then `synced`; the last
//!    look and the step to *live* happen under the stream's lock, which an offer needs, too.
//! 4. Of one job the hub lets out rising versions, one emission after the other, each with a higher stamp. A viewer
//!    that was behind is given the newest one, and its stamp is kept: the emission that is still on its way to this
//!    stream is then not above it and is dropped. So are offers through a second subscription.
//! 5. A further subscription's row that a live one selects is not written. Either the viewer has it through that
//!    one, or the hub owes it; if the hub does not know it yet it is published there, and comes by the same way as
//!    any other. A row that is older than what the hub let out is replaced by that, for a live subscription may have
//!    given it already (as the last frame of a job that left).
//!
//! **Cursors.** A viewer that is owed nothing may be told the hub's mark: everything in it was offered, and written.
//! While anything is owed it is told `base`: where it stood when it fell behind, or how far its snapshot is. While a
//! further subscription reads its snapshot no cursor holds for both, and none is told.

pub mod attend;
pub mod credential;
mod give;
mod goodbye;
mod hold;
mod inner;
mod rows;
pub mod snapshot;
mod task;
pub mod visitor;

use std::collections::VecDeque;
use std::fmt;
use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::endings::Ending;
use super::words::{Framing, Word};
use super::ws::codec::Manners;
use crate::auth::Seal;
use crate::hub::{Emission, Hub, Sink};
use crate::progress::{JobKey, Name, Selector};
use crate::server::{Place, intake};
pub use hold::Hold;
use inner::Sub;
pub use inner::{Inner, PING, PROTOCOL_PING, Phase};
pub use task::{Task, Tiles};
pub use visitor::Visitor;

/// Who carries out what a WebSocket's client says.
pub trait Orders: Send + Sync {
    /// One text message.
    fn said(&self, stream: &Arc<Stream>, text: &str);

    /// One binary message, from a client that may send them: see [`Manners`].
    fn sent(&self, _: &Arc<Stream>, _: &[u8]) {}
}

/// One stream.
pub struct Stream {
    /// Its number among the viewers.
    pub id: u64,
    /// The hub that feeds it.
    pub hub: Hub,
    /// Whose jobs it may see.
    pub project: Name,
    /// How it puts its messages.
    pub framing: Framing,
    socket: TcpStream,
    waker: AtomicWaker,
    room: Notify,
    inner: Mutex<Inner>,
    orders: Option<Arc<dyn Orders>>,
    seal: Option<Seal>,
    _place: Option<Place>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("id", &self.id)
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

/// What a stream is made of.
#[derive(Debug)]
pub struct Seed {
    /// The socket.
    pub socket: TcpStream,
    /// Its place among the connections.
    pub place: Option<Place>,
    /// How to put messages.
    pub framing: Framing,
    /// The head of the response.
    pub head: String,
    /// How long it may live; `None` = as long as it likes.
    pub lifetime: Option<Duration>,
    /// Who watches.
    pub visitor: Visitor,
    /// What is taken from the client of a WebSocket.
    pub manners: Manners,
}

impl Stream {
    /// A stream without subscriptions, whose response head is on its way. `id` spreads its signs of life.
    #[must_use]
    pub fn new(
        id: u64,
        (hub, project): (Hub, Name),
        seed: Seed,
        orders: Option<Arc<dyn Orders>>,
    ) -> Arc<Self> {
        let seal = seed.visitor.seal.clone();
        let inner = Inner::new(
            (seed.framing, seed.manners, seed.lifetime),
            seed.visitor,
            hub.health().outages,
        );
        let stream = Arc::new(Self {
            id,
            hub,
            project,
            framing: seed.framing,
            socket: seed.socket,
            waker: AtomicWaker::new(),
            room: Notify::new(),
            inner: Mutex::new(inner),
            orders,
            seal,
            _place: seed.place,
        });
        stream.write(&mut stream.inner(), seed.head.into_bytes());
        stream
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Subscribes: `number` is what the client calls it. Holds until [`snapshot::read`] has run with the tag that is
    /// returned. `ends` = it is over when every job it names is terminal.
    pub fn subscribe(self: &Arc<Self>, number: u64, selector: Arc<Selector>, ends: bool) -> u32 {
        let mut inner = self.inner();
        let tag = inner.next_tag();
        let sink: Arc<dyn Sink> = Arc::clone(self) as Arc<dyn Sink>;
        let left = (ends && !selector.jobs.is_empty()).then(|| selector.jobs.iter().cloned());
        let left = left.map(Iterator::collect);
        // Where the others stand now is what the whole connection can be told until this one is synced.
        inner.base = self.standing(&inner, None);
        if inner.phase == Phase::Open {
            let subscription = self.hub.subscribe(&self.project, selector, sink, tag);
            inner.subs.push(Sub::new(tag, number, (subscription, left)));
        }
        tag
    }

    /// Ends the subscription of this number, if there is one.
    pub fn unsubscribe(&self, number: u64) {
        let mut inner = self.inner();
        inner.subs.retain(|sub| sub.number != number);
    }

    /// Adds a task; `true` = nobody is at them, and the caller has to begin ([`Stream::next_task`]).
    pub fn enqueue(&self, task: Task) -> bool {
        let mut inner = self.inner();
        if inner.phase != Phase::Open {
            return false;
        }
        inner.tasks.push_back(task);
        !std::mem::replace(&mut inner.working, true)
    }

    /// The next task; `None` = that was the last, and the next one needs somebody to begin.
    pub fn next_task(&self) -> Option<Task> {
        let mut inner = self.inner();
        let next = inner.tasks.pop_front();
        inner.working = next.is_some();
        if next.is_none() {
            inner.tasks = VecDeque::new();
        }
        next
    }

    /// What the client calls the subscription `tag`; `None` = it is over.
    #[must_use]
    pub fn number(&self, tag: u32) -> Option<u64> {
        self.inner().sub(tag).map(|sub| sub.number)
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.inner().subs.len()
    }

    /// Says something.
    pub fn say(&self, word: &Word<'_>) {
        self.send(word.bytes(self.framing));
    }

    /// Sends bytes that are whole messages in this stream's framing.
    pub fn send(&self, bytes: Vec<u8>) {
        let mut inner = self.inner();
        if inner.phase == Phase::Open {
            self.write(&mut inner, bytes);
        }
    }

    /// Who carries out what its client says.
    #[must_use]
    pub fn orders(&self) -> Option<Arc<dyn Orders>> {
        self.orders.clone()
    }

    /// Ends the stream.
    pub fn end(&self, ending: Ending) {
        self.close(&mut self.inner(), ending);
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.inner().phase == Phase::Open
    }

    /// Waits until the socket has taken everything, or the stream has ended.
    pub async fn has_room(&self) -> bool {
        loop {
            {
                let inner = self.inner();
                if inner.phase != Phase::Open {
                    return false;
                }
                if inner.out.is_empty() {
                    return true;
                }
            }
            self.room.notified().await;
        }
    }

    /// Sends bytes that belong together.
    pub(super) fn write(&self, inner: &mut Inner, bytes: Vec<u8>) {
        self.write_parts(inner, &[], &Bytes::from(bytes));
    }

    fn write_parts(&self, inner: &mut Inner, before: &[&[u8]], shared: &Bytes) {
        if inner.out.send(&self.socket, before, shared).is_err() {
            inner.die();
        }
        if !inner.out.is_empty() || inner.phase == Phase::Dead {
            self.waker.wake();
        }
    }

    /// Has the stream's task look at where it stands.
    pub(super) fn wake(&self) {
        self.waker.wake();
        self.room.notify_one();
    }

    /// Leaves the hub; nothing is sent any more. Also unties stream and subscriptions, which hold each other.
    fn leave(&self) {
        let mut inner = self.inner();
        inner.die();
        let cut = inner.cut;
        drop(inner);
        if cut {
            intake::reset(&self.socket);
        }
        // The peer is not to wait for whoever still holds the stream, such as a read of its snapshot.
        let _ = socket2::SockRef::from(&self.socket).shutdown(Shutdown::Both);
        self.room.notify_one();
    }
}

impl Sink for Stream {
    fn offer(&self, emission: &Emission, tag: u32) {
        self.offered(&mut self.inner(), emission, tag);
    }

    fn gone(&self, key: &JobKey, tag: u32) {
        self.departed(&mut self.inner(), &key.id, tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an idle viewer costs here, beside its socket, its places in the hub and the registry, and its selector.
    #[test]
    fn an_idle_viewer_is_small() {
        fn future_of<F, A, B, O>(_: F) -> usize
        where
            F: Fn(A, B) -> O,
        {
            size_of::<O>()
        }
        assert!(size_of::<Stream>() <= 800, "{}", size_of::<Stream>());
        assert!(size_of::<Sub>() <= 200, "{}", size_of::<Sub>());
        assert!(future_of(attend::run) <= 200, "{}", future_of(attend::run));
        assert!(future_of3(crate::transport::session::run) <= 300);
    }

    fn future_of3<F, A, B, C, O>(_: F) -> usize
    where
        F: Fn(A, B, C) -> O,
    {
        size_of::<O>()
    }
}
