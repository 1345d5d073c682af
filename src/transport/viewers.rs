//! The streams there are: counted, found by the heartbeat, sent away in the drain.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::endings::Ending;
use super::stream::Stream;
use super::words::Framing;
use crate::http::random;

/// How many streams there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Server-sent events.
    pub sse: usize,
    /// WebSockets.
    pub ws: usize,
    /// Polls that wait.
    pub polls: usize,
}

/// The streams there are. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Viewers(Arc<Registry>);

#[derive(Debug, Default)]
struct Registry {
    streams: Mutex<HashMap<u64, Arc<Stream>>>,
    ids: AtomicU64,
    polls: AtomicU64,
    tasks: TaskTracker,
}

/// A stream's place in the registry; dropped, it is not there any more.
#[derive(Debug)]
pub struct Place(Viewers, u64);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.streams().remove(&self.1);
    }
}

/// A poll that waits; dropped, it does not.
#[derive(Debug)]
pub struct Waiting(Viewers);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.polls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Viewers {
    /// None yet. What streams do beside waiting (reading a snapshot) are tasks of `tasks`.
    #[must_use]
    pub fn new(tasks: TaskTracker) -> Self {
        Self(Arc::new(Registry {
            tasks,
            ..Registry::default()
        }))
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<u64, Arc<Stream>>> {
        let streams = &self.0.streams;
        streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number no stream had.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.0.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// Where streams' tasks belong.
    #[must_use]
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Adds a stream.
    #[must_use]
    pub fn add(&self, stream: &Arc<Stream>) -> Place {
        self.streams().insert(stream.id, Arc::clone(stream));
        Place(self.clone(), stream.id)
    }

    /// Counts a poll that waits.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        self.0.polls.fetch_add(1, Ordering::Relaxed);
        Waiting(self.clone())
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Stream>> {
        self.streams().values().cloned().collect()
    }

    /// How many there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let streams = self.streams();
        let sse = streams.values().filter(|s| s.framing == Framing::Sse);
        let sse = sse.count();
        Counts {
            sse,
            ws: streams.len() - sse,
            polls: usize::try_from(self.0.polls.load(Ordering::Relaxed)).unwrap_or(0),
        }
    }

    /// Ends every stream, spread evenly over `window` in random order, so that they do not all arrive elsewhere at
    /// once. Streams that come meanwhile are ended, too.
    pub async fn drain(&self, window: Duration) {
        const STEPS: u32 = 50;
        for step in (1..=STEPS).rev() {
            let streams = self.all();
            let share = streams.len().div_ceil(usize::try_from(step).unwrap_or(1));
            for stream in any(streams, share) {
                stream.end(Ending::Restarting);
            }
            if step > 1 && !self.open() {
                return;
            }
            tokio::time::sleep(window / STEPS).await;
        }
        for stream in self.all() {
            stream.end(Ending::Restarting);
        }
    }

    fn open(&self) -> bool {
        self.streams().values().any(|s| s.is_open())
    }
}

/// `count` of these that are open, beginning anywhere. A map's order is arbitrary already.
fn any(streams: Vec<Arc<Stream>>, count: usize) -> impl Iterator<Item = Arc<Stream>> {
    let start = random::below(streams.len() as u64);
    let start = usize::try_from(start).unwrap_or(0);
    let length = streams.len();
    let cycle = streams.into_iter().cycle().skip(start).take(length);
    cycle.filter(|s| s.is_open()).take(count)
}
