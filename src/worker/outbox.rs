//! What waits to be sent, of all jobs of a reporter, and how much that may be.
//!
//! The bound, in items and in bytes, holds while the service is away. Progress takes no room in it. Where a notice
//! finds none it is counted by its code, and one notice says how many there were before the job ends. Where the
//! lifecycle finds none, waiting notices go first (counted likewise, newest first), then phases that others have
//! followed, then whole jobs that ended before the service ever heard of them, oldest first. The ending of a job that
//! the service knows is never dropped.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::oneshot;

use super::core::Core;
use super::lane::{Item, Lane, Stage, What};

/// The number of a job's line.
pub type Number = u64;

/// How many phases of one job wait; more of them are folded. A job has fewer in the service.
const PHASES_WAITING: usize = 64;

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    pub items: usize,
    pub bytes: usize,
}

/// What somebody waits for.
#[derive(Debug)]
pub enum Awaited {
    Known(Number, Arc<Core>),
    Delivered(Number, Arc<Core>),
    /// So many attempts were given back.
    Requeued(Number, Arc<Core>, u64),
    /// All that was said before the tick of this number is delivered.
    Empty(u64),
}

/// Somebody who waits, and until when.
#[derive(Debug)]
pub struct Waiter {
    pub what: Awaited,
    pub until: Instant,
    pub tell: oneshot::Sender<bool>,
}

/// What waits.
#[derive(Debug)]
pub struct Outbox {
    pub lanes: BTreeMap<Number, Lane>,
    pub waiters: Vec<Waiter>,
    /// Whether something waits that is not to wait for the next tick.
    pub urgent: bool,
    /// Since when nobody can say anything any more.
    pub deserted: Option<Instant>,
    /// Whether nobody sends any more.
    pub closed: bool,
    /// Whether something was taken out that is not answered yet.
    pub busy: bool,
    /// How many ticks have been gathered.
    pub ticks: u64,
    next: Number,
    /// Whose turn it is where one request did not take all.
    pub turn: Number,
    pub bound: Bound,
    pub items: usize,
    pub bytes: usize,
}

/// The outbox as handles and thread share it.
#[derive(Debug)]
pub struct Shared {
    outbox: Mutex<Outbox>,
    bell: Condvar,
    /// How long an ending is tried, unless somebody says otherwise.
    pub patience: Duration,
}

impl Shared {
    /// An empty one.
    pub fn new(bound: Bound, patience: Duration) -> Self {
        Self {
            outbox: Mutex::new(Outbox::new(bound)),
            bell: Condvar::new(),
            patience,
        }
    }

    /// The outbox, while the guard lives. Nobody holds it over a request.
    pub fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the outbox and wakes the thread.
    pub fn change<R>(&self, change: impl FnOnce(&mut Outbox) -> R) -> R {
        let result = change(&mut self.lock());
        self.bell.notify_one();
        result
    }

    /// Waits for a change, so long at most.
    pub fn wait<'a>(
        &self,
        guard: MutexGuard<'a, Outbox>,
        most: Option<Duration>,
    ) -> MutexGuard<'a, Outbox> {
        match most {
            Some(most) => {
                let waited = self.bell.wait_timeout(guard, most);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self
                .bell
                .wait(guard)
                .unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl Outbox {
    /// An empty one.
    pub fn new(bound: Bound) -> Self {
        Self {
            lanes: BTreeMap::new(),
            waiters: Vec::new(),
            urgent: false,
            deserted: None,
            closed: false,
            busy: false,
            ticks: 0,
            next: 0,
            turn: 0,
            bound,
            items: 0,
            bytes: 0,
        }
    }

    /// Takes a new job in, with its claim.
    pub fn open(&mut self, lane: Lane, claim: &Value) -> Number {
        self.next += 1;
        let number = self.next;
        if self.closed {
            return number;
        }
        self.items += 1;
        self.bytes += lane.weight;
        self.lanes.insert(number, lane);
        self.push(number, Item::new(What::Started, claim));
        number
    }

    /// Puts a report at the end of a job's line. Notices may find no room.
    pub fn push(&mut self, number: Number, item: Item) {
        let Some(lane) = self.lanes.get_mut(&number).filter(|lane| !lane.ended) else {
            return;
        };
        lane.ended = item.what == What::Ending;
        let full = lane.notices.0 >= lane.notices.1;
        if item.what == What::Notice && (full || !self.has_room(item.size())) {
            return self.unlist(number, &item);
        }
        if !self.has_room(item.size()) {
            self.make_room(item.size());
        }
        if item.what == What::Phase {
            self.fold_phases(number, PHASES_WAITING);
        }
        self.urgent = true;
        let place = self.lanes.get(&number).map_or(0, |lane| lane.queue.len());
        self.insert(number, place, item);
    }

    /// Puts the counts as they are before what follows them.
    pub fn snapshot(&mut self, number: Number, whole: bool) {
        let lane = self.lanes.get_mut(&number).filter(|lane| !lane.ended);
        if let Some(item) = lane.and_then(|lane| lane.progress(whole)) {
            let what = What::Snapshot;
            self.push(number, Item { what, ..item });
        }
    }

    /// Puts an item into a line, whatever else waits.
    pub fn insert(&mut self, number: Number, place: usize, item: Item) {
        if let Some(lane) = self.lanes.get_mut(&number) {
            self.items += 1;
            self.bytes += item.size();
            lane.notices.0 += usize::from(item.what == What::Notice);
            lane.queue.insert(place, item);
        }
    }

    /// Takes an item out of a line.
    pub fn take(&mut self, number: Number, place: usize) -> Option<Item> {
        let lane = self.lanes.get_mut(&number)?;
        let item = lane.queue.remove(place)?;
        lane.notices.0 -= usize::from(item.what == What::Notice);
        self.items -= 1;
        self.bytes -= item.size();
        Some(item)
    }

    /// Forgets a job.
    pub fn remove(&mut self, number: Number) -> Option<Lane> {
        let lane = self.lanes.remove(&number)?;
        self.items -= 1 + lane.queue.len();
        self.bytes -= lane.weight + lane.queue.iter().map(Item::size).sum::<usize>();
        Some(lane)
    }

    /// Tells everybody who waits what is certain by now.
    pub fn resolve(&mut self, now: Instant) {
        let empty = |waiter: &Waiter| matches!(waiter.what, Awaited::Empty(_));
        let (idle, still) = match self.waiters.iter().any(empty) {
            true => (self.is_idle(), !self.lanes.values().any(Lane::stirred)),
            false => (false, false),
        };
        let lanes = &self.lanes;
        for waiter in std::mem::take(&mut self.waiters) {
            let (yes, no) = match &waiter.what {
                Awaited::Known(number, core) => {
                    (core.known.load(Relaxed), !lanes.contains_key(number))
                }
                Awaited::Delivered(number, core) => {
                    (core.delivered.load(Relaxed), !lanes.contains_key(number))
                }
                Awaited::Requeued(number, core, times) => {
                    let refused = core.requeue_refused.load(Relaxed);
                    let gone = !lanes.contains_key(number);
                    (core.requeued.load(Relaxed) >= *times, gone || refused)
                }
                Awaited::Empty(tick) => {
                    // The next one but one is gathered when the next one is answered.
                    let told = still || self.ticks > tick + 1;
                    (idle && told && !self.closed, false)
                }
            };
            if yes || no || now >= waiter.until || self.closed {
                let _ = waiter.tell.send(yes);
            } else {
                self.waiters.push(waiter);
            }
        }
    }

    /// Whether nothing waits but the ticks of jobs that go on.
    fn is_idle(&self) -> bool {
        let idle = |lane: &Lane| lane.queue.is_empty() && lane.stage != Stage::Unmade;
        !self.busy && self.lanes.values().all(idle)
    }
}
