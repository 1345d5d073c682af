//! What waits to be written: changes that somebody waits for, in order, and the folded ticks of each job with the
//! moment they are due. Bounded in jobs and in changes; past that the caller is told so.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::{Answer, Error};
use crate::progress::report::NewJob;
use crate::progress::{Change, JobKey, Report, fold};
use crate::wire::Frame;

/// A job's ticks are written at most so often.
pub const WINDOW: Duration = Duration::from_millis(500);
/// A tick is handed to the write so long after it came at the latest, so that it is stored within [`WINDOW`].
const LATEST: Duration = Duration::from_millis(470);
/// How many ticks of one job may wait that cannot be folded into one (of several attempts).
const UNFOLDED: usize = 8;

/// One thing to do to a job.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Make it, with this creation as the store keeps it.
    Create(Arc<NewJob>),
    /// Change it.
    Change(Change),
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Done {
    /// As the contract answers a report.
    pub answer: Answer,
    /// The job's newest frame.
    pub frame: Arc<Frame>,
    /// For a creation: whether the job was made (else it was there).
    pub made: bool,
}

/// Outcomes of the asks of one request, in order.
pub type Outcomes = Vec<Result<Done, Error>>;

/// Asks of one request for one job; decided in order, written at once.
#[derive(Debug)]
pub struct Item {
    /// In order.
    pub asks: Vec<Ask>,
    /// Who waits; nobody for what the service found itself.
    pub reply: Option<oneshot::Sender<Outcomes>>,
}

impl Item {
    /// Whoever asked has been told that the outcome is not known, and will repeat it: to do it now would do it twice.
    fn is_abandoned(&self) -> bool {
        self.reply.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    fn creates(&self) -> bool {
        self.asks.iter().any(|ask| matches!(ask, Ask::Create(_)))
    }
}

/// Folded ticks of one job.
#[derive(Debug, Default)]
pub struct Ticks {
    /// In order; nearly always one.
    pub reports: Vec<Report>,
    /// Who waits until they are written.
    pub waiters: Vec<oneshot::Sender<Result<Done, Error>>>,
    /// When they are to be written; an entry of the heap with another moment is one of earlier ticks.
    due: Option<Instant>,
}

/// All that is to be done to one job in the next write.
#[derive(Debug)]
pub struct Group {
    /// Which job.
    pub key: JobKey,
    /// What was pending before the items.
    pub ticks: Ticks,
    /// In order.
    pub items: Vec<Item>,
}

impl Group {
    /// The creation it asks for; such a group asks for nothing else.
    pub fn creation(&self) -> Option<&Arc<NewJob>> {
        self.items
            .iter()
            .flat_map(|item| &item.asks)
            .find_map(|ask| match ask {
                Ask::Create(new) => Some(new),
                Ask::Change(_) => None,
            })
    }
}

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

    /// Folds a tick into what is pending of its job.
    pub fn tick(
        &self,
        key: &JobKey,
        report: Report,
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
        let opens = written.get(key).map_or(now, |at| *at + WINDOW);
        let at = opens.clamp(now, now + LATEST);
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
        let Ticks {
            mut reports,
            mut waiters,
            ..
        } = ticks;
        let newer = waiting.ticks.remove(key).unwrap_or_default();
        reports.extend(newer.reports);
        waiters.extend(newer.waiters);
        let due = Instant::now() + WINDOW;
        let mut merged = Ticks {
            reports: Vec::new(),
            waiters,
            due: Some(due),
        };
        for report in reports {
            // The oldest are let go where they neither fold nor fit.
            if merged.reports.len() >= UNFOLDED {
                merged.reports.remove(0);
            }
            let _ = merged.add(report);
        }
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

impl Ticks {
    fn add(&mut self, report: Report) -> Result<(), Error> {
        let Some(last) = self.reports.pop() else {
            self.reports.push(report);
            return Ok(());
        };
        match fold::fold(last, report) {
            Ok(folded) => self.reports.push(folded),
            Err(apart) => {
                let (last, report) = *apart;
                self.reports.push(last);
                if self.reports.len() >= UNFOLDED {
                    return Err(Error::Overloaded);
                }
                self.reports.push(report);
            }
        }
        Ok(())
    }
}
