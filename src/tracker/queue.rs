//! What waits to be written: changes that somebody waits for, in order, and the folded ticks of each job with the
//! moment they are due. Bounded in jobs and in changes; past that the caller is told so.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::Error;
use super::ask::{Done, Group, Item, Ticks};
use super::due::due_at;
use crate::progress::{JobKey, Report};

/// A job's ticks are written at most so often.
pub const WINDOW: Duration = Duration::from_millis(500);
/// A tick is handed to the write so long after it came at the latest, so that it is stored within [`WINDOW`].
const LATEST: Duration = Duration::from_millis(470);

/// Limits of a queue.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Requests that may wait.
    pub items: usize,
    /// Jobs whose ticks may wait.
    pub jobs: usize,
    /// Jobs in one write.
    pub batch: usize,
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    bounds: Bounds,
    some: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<(JobKey, Item)>,
    ticks: HashMap<JobKey, Ticks>,
    due: BinaryHeap<Reverse<(Instant, JobKey)>>,
    /// When the ticks of a job were last handed out, for as long as that matters.
    written: HashMap<JobKey, Instant>,
}

impl Queue {
    /// An empty queue.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            waiting: Mutex::default(),
            bounds,
            some: Notify::new(),
        }
    }

    /// Adds asks that somebody waits for.
    pub fn ask(&self, key: JobKey, item: Item) -> Result<(), Error> {
        let mut waiting = self.lock();
        if waiting.items.len() >= self.bounds.items {
            return Err(Error::Overloaded);
        }
        waiting.items.push_back((key, item));
        drop(waiting);
        self.some.notify_one();
        Ok(())
    }

    /// Folds a tick into what is pending of its job. `opens` is when the hub may send the job's next frame, if it
    /// knows the job.
    pub fn tick(
        &self,
        key: &JobKey,
        (report, opens): (Report, Option<Instant>),
        waiter: Option<oneshot::Sender<Result<Done, Error>>>,
    ) -> Result<(), Error> {
        let mut waiting = self.lock();
        let Waiting {
            ticks,
            due,
            written,
            ..
        } = &mut *waiting;
        if let Some(pending) = ticks.get_mut(key) {
            pending.add(report)?;
            pending.waiters.extend(waiter);
            return Ok(());
        }
        if ticks.len() >= self.bounds.jobs {
            return Err(Error::Overloaded);
        }
        let now = Instant::now();
        let at = due_at(now, written.get(key).copied(), opens).clamp(now, now + LATEST);
        let waiters = waiter.into_iter().collect();
        ticks.insert(
            key.clone(),
            Ticks {
                reports: vec![report],
                waiters,
                due: Some(at),
            },
        );
        due.push(Reverse((at, key.clone())));
        drop(waiting);
        self.some.notify_one();
        Ok(())
    }

    /// The highest `seq` pending for a job.
    pub fn pending_seq(&self, key: &JobKey) -> Option<u64> {
        self.lock()
            .ticks
            .get(key)?
            .reports
            .iter()
            .filter_map(|r| r.seq)
            .max()
    }

    /// The jobs with pending ticks.
    pub fn pending(&self) -> Vec<JobKey> {
        self.lock().ticks.keys().cloned().collect()
    }

    /// Whether this job has pending ticks.
    pub fn has_pending(&self, key: &JobKey) -> bool {
        self.lock().ticks.contains_key(key)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        let waiting = self.lock();
        waiting.items.is_empty() && waiting.ticks.is_empty()
    }

    /// Takes what is to be written now, one group a job: all that was asked for, in order, then ticks that are due
    /// (`all`: also those that are not).
    pub fn take(&self, all: bool) -> Vec<Group> {
        let mut waiting = self.lock();
        let mut places: HashMap<JobKey, usize> = HashMap::new();
        let mut groups: Vec<Group> = Vec::new();
        let now = Instant::now();
        while let Some((key, item)) = waiting.items.front() {
            if item.is_abandoned() {
                waiting.items.pop_front();
                continue;
            }
            let place = places.get(key).and_then(|place| groups.get(*place));
            // A creation stands alone: what is asked of the job beside it waits for the next batch.
            let alone = |group: &Group| item.creates() || group.items.iter().any(Item::creates);
            if place.map_or(groups.len() >= self.bounds.batch, alone) {
                break;
            }
            let Some((key, item)) = waiting.items.pop_front() else {
                break;
            };
            let place = *places.entry(key.clone()).or_insert_with(|| {
                groups.push(waiting.group(key, now));
                groups.len() - 1
            });
            groups[place].items.push(item);
        }
        while groups.len() < self.bounds.batch {
            let Some(Reverse((at, _))) = waiting.due.peek() else {
                break;
            };
            if *at > now && !all {
                break;
            }
            let Some(Reverse((at, key))) = waiting.due.pop() else {
                break;
            };
            if waiting
                .ticks
                .get(&key)
                .is_some_and(|ticks| ticks.due == Some(at))
            {
                groups.push(waiting.group(key, now));
            }
        }
        waiting.forget(now);
        groups
    }

    /// Puts ticks back that could not be written, before what has come since.
    pub fn put_back(&self, key: &JobKey, ticks: Ticks) {
        let mut waiting = self.lock();
        let newer = waiting.ticks.remove(key).unwrap_or_default();
        let due = Instant::now() + WINDOW;
        let mut merged = ticks.before(newer);
        merged.due = Some(due);
        waiting.ticks.insert(key.clone(), merged);
        waiting.due.push(Reverse((due, key.clone())));
        drop(waiting);
        self.some.notify_one();
    }

    /// Waits until something is due.
    pub async fn wait(&self) {
        loop {
            let notified = self.some.notified();
            let next = {
                let waiting = self.lock();
                if !waiting.items.is_empty() {
                    return;
                }
                waiting.due.peek().map(|Reverse((at, _))| *at)
            };
            match next {
                Some(at) if at <= Instant::now() => return,
                Some(at) => tokio::select! {
                    () = notified => {}
                    () = tokio::time::sleep_until(at) => {}
                },
                None => notified.await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn group(&mut self, key: JobKey, now: Instant) -> Group {
        let ticks = self.ticks.remove(&key);
        if ticks.is_some() {
            self.written.insert(key.clone(), now);
        }
        Group {
            key,
            ticks: ticks.unwrap_or_default(),
            items: Vec::new(),
        }
    }

    /// Lets go of moments that no longer matter, now and then.
    fn forget(&mut self, now: Instant) {
        if self.written.len() > 2 * self.ticks.len() + 1024 {
            self.written
                .retain(|_, at| now.duration_since(*at) < WINDOW);
        }
    }
}
