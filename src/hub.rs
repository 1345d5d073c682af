//! Who watches what, and the latest frame of each watched job. In memory, no I/O: knows [`crate::progress`] and the
//! frame, and nothing of sockets or Postgres.
//!
//! Whoever stores a change publishes its frame here; one emitter task lets frames out, at most one per job and
//! 500 ms, always the newest, a terminal one at once. Each goes to the sinks of the subscriptions that select it.
//! A sink never blocks; one that cannot take a frame notes the job's name and later asks for the newest.
//!
//! **Marks.** After every catch-up read the tracker says [`Hub::verified`]: all that this cursor sees has been
//! published. The cursor becomes the project's [`Hub::mark`] once no frame published until then still waits for its
//! window, so a viewer that was given all it was offered may be told this cursor. It needs one thing of the
//! tracker: where a project appears in [`Hub::watched`] for the first time, its first catch-up read must start from
//! a cursor taken before that. Then a viewer that subscribes, and reads its snapshot after that, has missed nothing.

mod emit;
mod entry;
mod index;
pub mod pace;
mod project;
mod sink;
mod state;

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::progress::{JobKey, Labels, Name, Selector, Timestamp};
use crate::wire::{Cursor, Frame};

use entry::Entry;
pub use sink::{Departure, Emission, Mark, Sink};
use state::State;

/// The hub. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    wake: Notify,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hub")
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

/// How a hub's node stands with Postgres, as its streams are to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// Since when nothing could be verified, while that is so for more than 5 s.
    pub stale: Option<Timestamp>,
    /// Counts the outages that ended all streams.
    pub outages: u64,
}

impl Hub {
    /// A hub nobody watches. Call it within a tokio runtime: its clock is tokio's.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(State::new()),
            wake: Notify::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = &self.0.state;
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The emitter: lets frames out until `stop`. Exactly one runs per hub; nothing leaves without it.
    pub async fn run(&self, stop: CancellationToken) {
        emit::run(self, &stop).await;
    }

    /// Takes a frame of a stored state. Never blocks. One that is not newer than what is known, or that nobody
    /// here wants, is ignored; a terminal one is never replaced.
    pub fn publish(&self, frame: Arc<Frame>) {
        if self.state().publish(frame) {
            self.0.wake.notify_one();
        }
    }

    /// Says that a job was deleted or has expired. Where its labels are not known, viewers that select by label
    /// are not told: prefer [`Hub::gone_labelled`].
    pub fn gone(&self, key: &JobKey) {
        self.depart(key, None);
    }

    /// Says that a job with these labels was deleted or has expired.
    pub fn gone_labelled(&self, key: &JobKey, labels: &Labels) {
        self.depart(key, Some(labels.clone()));
    }

    fn depart(&self, key: &JobKey, labels: Option<Labels>) {
        let key = key.clone();
        self.state().depart(Departure { key, labels });
        self.0.wake.notify_one();
    }

    /// Whether anybody here could want this job: by its id, or by a selection in its project that names none.
    #[must_use]
    pub fn watches(&self, key: &JobKey) -> bool {
        let state = self.state();
        let project = state.projects.get(&key.project);
        project.is_some_and(|p| p.index.watches(&key.id))
    }

    /// The projects with subscriptions.
    #[must_use]
    pub fn watched(&self) -> Vec<Name> {
        let state = self.state();
        let watched = state.projects.iter().filter(|(_, p)| p.index.len() > 0);
        watched.map(|(name, _)| name.clone()).collect()
    }

    /// The newest version published of a job; `None` = not known here.
    #[must_use]
    pub fn version(&self, key: &JobKey) -> Option<u64> {
        let state = self.state();
        let cell = state.projects.get(&key.project)?.cells.get(&key.id)?;
        Some(cell.known.version)
    }

    /// When the window of a job opens that somebody watches; `None` = not known here. It may have passed.
    #[must_use]
    pub fn opens(&self, key: &JobKey) -> Option<Instant> {
        let state = self.state();
        let cell = state.projects.get(&key.project)?.cells.get(&key.id)?;
        cell.pace.opens()
    }

    /// The newest frame of a job that went out, with its stamp. What a viewer that was behind is given.
    #[must_use]
    pub fn newest(&self, key: &JobKey) -> Option<(Arc<Frame>, u64)> {
        let state = self.state();
        let cell = state.projects.get(&key.project)?.cells.get(&key.id)?;
        cell.emitted.clone()
    }

    /// The stamp of the last emission that set out; 0 before the first.
    #[must_use]
    pub fn stamp(&self) -> u64 {
        self.state().stamps
    }

    /// Whether everybody who watches has what this frame says, or will be given it by the hub without its being
    /// published once more.
    #[must_use]
    pub fn covers(&self, frame: &Frame) -> bool {
        let state = self.state();
        let Some(project) = state.projects.get(&frame.key.project) else {
            return false;
        };
        let cell = project.cells.get(&frame.key.id);
        cell.is_some_and(|c| c.known.version >= frame.version) || project.has_seen(frame)
    }

    /// A catch-up read is through: whatever `cursor` sees in these projects, and was stored since they are watched,
    /// has been published.
    pub fn verified(&self, projects: &[Name], cursor: Cursor) {
        let mut state = self.state();
        for name in projects {
            if let Some(project) = state.projects.get_mut(name) {
                project.verify(&cursor);
            }
        }
    }

    /// The newest cursor, encoded, for which everything went out that is in it. `None` before the first catch-up
    /// read of a watched project.
    #[must_use]
    pub fn mark(&self, project: &Name) -> Option<Arc<str>> {
        self.full_mark(project).map(|m| m.text)
    }

    /// The same with its rough age.
    #[must_use]
    pub fn full_mark(&self, project: &Name) -> Option<Mark> {
        self.state().projects.get(project)?.mark.clone()
    }

    /// How many catch-up reads of a project are through since it is watched.
    #[must_use]
    pub fn passes(&self, project: &Name) -> u64 {
        self.state().projects.get(project).map_or(0, |p| p.passes)
    }

    /// Says whether, and since when, nothing could be verified with Postgres. `None` = all is well again.
    pub fn stale(&self, since: Option<Timestamp>) {
        self.state().health.stale = since;
    }

    /// Ends all streams there are: Postgres has been out of reach for too long.
    pub fn unavailable(&self) {
        self.state().health.outages += 1;
    }

    /// What was said by [`Hub::stale`] and [`Hub::unavailable`].
    #[must_use]
    pub fn health(&self) -> Health {
        self.state().health
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.state().projects.values().map(|p| p.index.len()).sum()
    }

    /// How many jobs are remembered.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.state().projects.values().map(|p| p.cells.len()).sum()
    }

    /// Offers `sink` the frames of the jobs of `project` that `selector` selects, until the subscription is dropped.
    /// `selector` is normal ([`Selector::normal`]). One with a status offers whatever else fits until
    /// [`Subscription::settle`].
    #[must_use]
    pub fn subscribe(
        &self,
        project: &Name,
        selector: Arc<Selector>,
        sink: Arc<dyn Sink>,
        tag: u32,
    ) -> Subscription {
        let entry = self.state().subscribe(project, selector, (sink, tag));
        Subscription {
            hub: self.clone(),
            entry,
        }
    }
}

/// A subscription. Dropped, it is over.
#[derive(Debug)]
pub struct Subscription {
    hub: Hub,
    entry: Arc<Entry>,
}

impl Subscription {
    /// Notes a job of the selection that the viewer was shown. Matters where a status is asked for: when the job
    /// leaves the selection it is sent once more.
    pub fn admit(&self, id: &Name) {
        self.entry.admit(id);
    }

    /// Says that the viewer has its snapshot: from now on only what enters, changes in or leaves the selection is
    /// offered.
    pub fn settle(&self) {
        self.entry.settle();
    }

    /// Whether a frame that was noted while the snapshot was read is to be sent; notes who came and who left.
    #[must_use]
    pub fn decide(&self, frame: &Frame) -> bool {
        self.entry.decide(frame)
    }

    /// What it selects.
    #[must_use]
    pub fn selector(&self) -> &Arc<Selector> {
        &self.entry.selector
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.entry.live.store(false, Ordering::Release);
        self.hub.state().unsubscribe(&self.entry);
    }
}
