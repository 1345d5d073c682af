//! All that the hub remembers, behind its one lock: the projects, who is next, and who waits until when.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use super::Health;
use super::entry::Entry;
use super::project::{Cell, KEEP, Project, Turn};
use super::sink::{Departure, Emission, Sink};
use crate::progress::{JobKey, Name, Selector};
use crate::wire::Frame;

/// What leaves next.
#[derive(Debug)]
enum Next {
    Frame(JobKey),
    Gone(Departure),
}

/// What the emitter does now.
#[derive(Debug)]
pub enum Work {
    /// Offer this frame to those who want it.
    Emit(Emission, Vec<Arc<Entry>>),
    /// Tell those who care that a job is gone.
    Gone(Departure, Vec<Arc<Entry>>),
    /// Wait until this moment, or until something is published.
    Sleep(Instant),
}

/// The hub's memory.
#[derive(Debug)]
pub struct State {
    /// The projects that are or were watched.
    pub projects: HashMap<Name, Project>,
    /// How the node stands with Postgres.
    pub health: Health,
    ready: VecDeque<Next>,
    waiting: BinaryHeap<Reverse<(Instant, JobKey)>>,
    origin: Instant,
    swept: Instant,
    /// The stamp of the last emission.
    pub stamps: u64,
    ids: u64,
}

impl State {
    /// Nothing yet.
    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            projects: HashMap::new(),
            health: Health::default(),
            ready: VecDeque::new(),
            waiting: BinaryHeap::new(),
            origin: now,
            swept: now,
            stamps: 0,
            ids: 0,
        }
    }

    /// Takes a frame; says whether the emitter has something to do now.
    pub fn publish(&mut self, frame: Arc<Frame>) -> bool {
        let key = frame.key.clone();
        let Some(project) = self.projects.get_mut(&key.project) else {
            return false;
        };
        if !project.index.watches(&key.id) {
            return false;
        }
        let terminal = frame.status.is_terminal();
        if !project.cells.contains_key(&key.id) && project.has_seen(&frame) {
            return false;
        }
        let turn = match project.cells.get_mut(&key.id) {
            None => {
                let cell = Cell::new(frame, self.origin);
                &mut project.cells.entry(key.id.clone()).or_insert(cell).turn
            }
            Some(cell) => {
                let known = &cell.known;
                if known.status.is_terminal() || known.version >= frame.version {
                    return false;
                }
                cell.known = frame;
                cell.touched = Instant::now();
                &mut cell.turn
            }
        };
        let now = *turn == Turn::Idle || (terminal && *turn == Turn::Waiting);
        if now {
            *turn = Turn::Ready;
            self.ready.push_back(Next::Frame(key.clone()));
        }
        project.owe(&key.id);
        now
    }

    /// Notes that a job is gone. Its cell stays until those who watch have been told, so that a late frame of it
    /// does not pass for news.
    pub fn depart(&mut self, departure: Departure) {
        if self.projects.contains_key(&departure.key.project) {
            self.ready.push_back(Next::Gone(departure));
        }
    }

    /// Files a subscription.
    pub fn subscribe(
        &mut self,
        project: &Name,
        selector: Arc<Selector>,
        to: (Arc<dyn Sink>, u32),
    ) -> Arc<Entry> {
        self.ids += 1;
        let entry = Arc::new(Entry::new(self.ids, project.clone(), selector, to));
        let project = self.projects.entry(project.clone()).or_default();
        project.index.insert(&entry);
        entry
    }

    /// Takes a subscription out.
    pub fn unsubscribe(&mut self, entry: &Entry) {
        if let Some(project) = self.projects.get_mut(&entry.project) {
            project.index.remove(entry);
            if project.index.len() == 0 {
                project.unwatched();
            }
        }
    }

    /// What the emitter does next.
    pub fn next(&mut self) -> Work {
        let now = Instant::now();
        if now - self.swept >= KEEP / 3 {
            self.sweep(now);
        }
        while let Some(Reverse((at, _))) = self.waiting.peek() {
            if *at > now {
                break;
            }
            if let Some(Reverse((_, key))) = self.waiting.pop() {
                self.wake(key);
            }
        }
        while let Some(next) = self.ready.pop_front() {
            let work = match next {
                Next::Frame(key) => self.emit(&key),
                Next::Gone(departure) => Some(self.part(departure)),
            };
            if let Some(work) = work {
                return work;
            }
        }
        let sweep = self.swept + KEEP / 3;
        let due = self.waiting.peek().map_or(sweep, |Reverse((at, _))| *at);
        Work::Sleep(due.min(sweep))
    }

    /// A window has opened. A job that went ahead meanwhile (its end came) is not waiting any more.
    fn wake(&mut self, key: JobKey) {
        if let Some(cell) = cell(&mut self.projects, &key).filter(|c| c.turn == Turn::Waiting) {
            cell.turn = Turn::Ready;
            self.ready.push_back(Next::Frame(key));
        }
    }

    /// The next emission of this job, unless there is nothing new or its window is closed.
    fn emit(&mut self, key: &JobKey) -> Option<Work> {
        let cell = cell(&mut self.projects, key).filter(|c| c.turn == Turn::Ready)?;
        let ends = cell.known.status.is_terminal();
        if let Err(at) = if ends { Ok(()) } else { cell.pace.take() } {
            cell.turn = Turn::Waiting;
            self.waiting.push(Reverse((at, key.clone())));
            return None;
        }
        self.stamps += 1;
        cell.turn = Turn::Idle;
        cell.emitted = Some((Arc::clone(&cell.known), self.stamps));
        let frame = Arc::clone(&cell.known);
        let project = self.projects.get(&key.project)?;
        let to = project.index.candidates(&key.id, Some(&frame.labels));
        let emission = Emission {
            frame,
            stamp: self.stamps,
            mark: project.mark.clone(),
            passes: project.passes,
        };
        Some(Work::Emit(emission, to))
    }

    fn part(&mut self, mut departure: Departure) -> Work {
        let key = &departure.key;
        let mut to = Vec::new();
        if let Some(project) = self.projects.get_mut(&key.project) {
            if let Some(cell) = project.cells.remove(&key.id) {
                departure
                    .labels
                    .get_or_insert_with(|| cell.known.labels.clone());
            }
            project.settle(&key.id, u64::MAX);
            to = project.index.candidates(&key.id, departure.labels.as_ref());
        }
        Work::Gone(departure, to)
    }

    /// An emission has reached everybody.
    pub fn emitted(&mut self, emission: &Emission) {
        let frame = &emission.frame;
        let Some(project) = self.projects.get_mut(&frame.key.project) else {
            return;
        };
        if let Some(cell) = project.cells.get_mut(&frame.key.id) {
            cell.pace.sent();
        }
        project.settle(&frame.key.id, frame.version);
    }

    fn sweep(&mut self, now: Instant) {
        self.swept = now;
        for project in self.projects.values_mut() {
            project.sweep(now);
        }
        self.projects
            .retain(|_, p| p.index.len() > 0 || !p.cells.is_empty());
    }
}

fn cell<'a>(projects: &'a mut HashMap<Name, Project>, key: &JobKey) -> Option<&'a mut Cell> {
    projects.get_mut(&key.project)?.cells.get_mut(&key.id)
}
