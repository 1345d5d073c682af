//! What the hub knows of one project: its watched jobs, who watches, and how far everybody has been given everything.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::index::Index;
use super::pace::Pace;
use super::sink::Mark;
use crate::progress::Name;
use crate::wire::{Cursor, Frame};

/// How long a job is remembered after its last frame, at least. A viewer that has only noted the job's name, and is
/// behind for longer than that, is sent away to come back with its cursor.
pub const KEEP: Duration = Duration::from_secs(30);

/// What a watched job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing: the newest frame went out.
    Idle,
    /// The emitter.
    Ready,
    /// Its window.
    Waiting,
}

/// One watched job.
#[derive(Debug)]
pub struct Cell {
    /// The newest frame.
    pub known: Arc<Frame>,
    /// The newest frame that went out, and its stamp.
    pub emitted: Option<(Arc<Frame>, u64)>,
    /// What it waits for.
    pub turn: Turn,
    /// When it may speak.
    pub pace: Pace,
    /// When `known` came.
    pub touched: Instant,
}

impl Cell {
    /// A job of which nothing was sent.
    pub fn new(frame: Arc<Frame>, origin: Instant) -> Self {
        Self {
            known: frame,
            emitted: None,
            turn: Turn::Idle,
            pace: Pace::new(origin),
            touched: Instant::now(),
        }
    }
}

/// A cursor that holds once the frames it covers have gone out.
#[derive(Debug)]
struct Promise {
    mark: Mark,
    owed: HashMap<Name, u64>,
}

/// One project.
#[derive(Debug, Default)]
pub struct Project {
    /// Its watched jobs.
    pub cells: HashMap<Name, Cell>,
    /// Who watches.
    pub index: Index,
    /// How many catch-up reads are through.
    pub passes: u64,
    /// Where the last of them stood.
    pub verified: Option<Cursor>,
    /// What everybody who is caught up has been given.
    pub mark: Option<Mark>,
    /// Jobs whose newest frame has not gone out.
    waiting: HashSet<Name>,
    promise: Option<Promise>,
}

impl Project {
    /// Whether everybody who watches has, or is owed by the hub, what this frame says: the last catch-up read saw
    /// the transaction that wrote it.
    pub fn has_seen(&self, frame: &Frame) -> bool {
        let seen = |cursor: &Cursor| cursor.seen.sees(frame.xid);
        frame.xid != 0 && self.verified.as_ref().is_some_and(seen)
    }

    /// Notes that a frame of this job waits to go out.
    pub fn owe(&mut self, id: &Name) {
        if !self.waiting.contains(id) {
            self.waiting.insert(id.clone());
        }
    }

    /// Notes that version `version` of this job has reached everybody, or that the job is gone (`u64::MAX`).
    pub fn settle(&mut self, id: &Name, version: u64) {
        if self
            .cells
            .get(id)
            .is_none_or(|c| c.known.version <= version)
        {
            self.waiting.remove(id);
        }
        let Some(promise) = &mut self.promise else {
            return;
        };
        if promise.owed.get(id).is_some_and(|owed| *owed <= version) {
            promise.owed.remove(id);
        }
        if promise.owed.is_empty() {
            self.mark = self.promise.take().map(|p| p.mark);
        }
    }

    /// A catch-up read is through: everything that `cursor` sees was published.
    pub fn verify(&mut self, cursor: &Cursor) {
        self.passes += 1;
        self.verified = Some(cursor.clone());
        if self.waiting.is_empty() {
            self.promise = None;
            self.mark = Some(Mark::new(cursor));
        } else if self.promise.is_none() {
            // While one promise is open later ones would only push it further away: a busy project always owes.
            let version = |id: &Name| self.cells.get(id).map_or(0, |c| c.known.version);
            let owed = self.waiting.iter().map(|id| (id.clone(), version(id)));
            self.promise = Some(Promise {
                owed: owed.collect(),
                mark: Mark::new(cursor),
            });
        }
    }

    /// Forgets jobs that have been quiet for [`KEEP`] and are not needed to tell an old frame from a new one.
    pub fn sweep(&mut self, now: Instant) {
        let old: Vec<Name> = self
            .cells
            .iter()
            .filter(|(id, cell)| {
                let quiet = cell.turn == Turn::Idle && now - cell.touched >= KEEP;
                quiet && (!self.index.watches(id) || self.has_seen(&cell.known))
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in old {
            self.cells.remove(&id);
        }
    }

    /// The last viewer left: what the catch-up reads proved ends here, since they pass this project over now.
    pub fn unwatched(&mut self) {
        self.verified = None;
        self.mark = None;
        self.promise = None;
    }
}
