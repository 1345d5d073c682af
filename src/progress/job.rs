//! The job: its state as people see it.

use super::{JobKey, Kind, Level, Memory, Name, Object, Timestamp};

/// Where a job stands. The doors between these are in [`super::machine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Created, or waiting for another try; nobody works on it. Leaves by `started`, `cancel`, `failed`.
    Queued,
    /// An attempt is at work. Leaves by `completed`, `failed`, `cancelled`, `retrying`, `cancel`, silence.
    Running,
    /// A person asked to stop; the worker has not answered. Leaves by `cancelled`, `completed`, `failed`, silence.
    Cancelling,
    /// Done. Final.
    Completed,
    /// Given up. Final; `retry` makes a new job.
    Failed,
    /// Stopped on request or by the worker. Final.
    Cancelled,
}

impl Status {
    /// All of them, in the order of a job's life.
    pub const ALL: [Status; 6] = [
        Status::Queued,
        Status::Running,
        Status::Cancelling,
        Status::Completed,
        Status::Failed,
        Status::Cancelled,
    ];

    /// Whether nothing can change the job any more.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Status::Completed | Status::Failed | Status::Cancelled)
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Running => "running",
            Status::Cancelling => "cancelling",
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// Where a phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhaseStatus {
    /// Announced, not begun.
    Pending,
    /// Being worked on; at most one phase of a job is.
    Running,
    /// Ended by the next phase or by the job's completion.
    Completed,
    /// The job failed in it.
    Failed,
    /// The job was cancelled in it.
    Cancelled,
    /// The job completed without it.
    Skipped,
}

impl PhaseStatus {
    /// All of them.
    pub const ALL: [PhaseStatus; 6] = [
        PhaseStatus::Pending,
        PhaseStatus::Running,
        PhaseStatus::Completed,
        PhaseStatus::Failed,
        PhaseStatus::Cancelled,
        PhaseStatus::Skipped,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PhaseStatus::Pending => "pending",
            PhaseStatus::Running => "running",
            PhaseStatus::Completed => "completed",
            PhaseStatus::Failed => "failed",
            PhaseStatus::Cancelled => "cancelled",
            PhaseStatus::Skipped => "skipped",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<PhaseStatus> {
        PhaseStatus::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// One phase of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Its name, 1 to 64 characters, unique within the job.
    pub name: Box<str>,
    /// Where it stands.
    pub status: PhaseStatus,
    /// Its share of the whole, relative to the other phases; above zero.
    pub weight: f64,
    /// How much is done, in `unit`s.
    pub current: u64,
    /// How much there is, where known; never below `current`.
    pub total: Option<u64>,
    /// What is counted, at most 32 characters.
    pub unit: Option<Box<str>>,
    /// When it began (again, after a new attempt).
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// How far the work is: the current phase, or the whole job where it has no phases.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// How much is done.
    pub current: u64,
    /// How much there is; `None` = not known yet.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: Option<Box<str>>,
    /// The whole job, 0 to 100, at most two decimals; `None` while nothing is known.
    pub percent: Option<f64>,
}

/// A discrete happening: a warning, a finding, a note for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Counts from 1 within the job.
    pub number: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// How grave.
    pub level: Level,
    /// A stable word for programs, at most 64 characters.
    pub code: Option<Box<str>>,
    /// For people, at most 500 characters.
    pub message: Box<str>,
    /// Whatever the worker added, at most 1 KiB.
    pub data: Object,
}

/// How the jobs fare that name this one as parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Children {
    /// How many there are.
    pub total: u64,
    /// How many of them have ended, however.
    pub finished: u64,
    /// How many of them failed.
    pub failed: u64,
}

/// A request to stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Cancel {
    /// When it was asked.
    pub requested_at: Timestamp,
    /// Why, at most 1,000 characters.
    pub reason: Option<Box<str>>,
    /// Who: the `sub` of the token, at most 255 characters.
    pub by: Option<Box<str>>,
}

/// Why a job failed, or why its attempt is to be tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// A stable word: `[a-z][a-z0-9_]{0,63}`.
    pub code: Box<str>,
    /// For people, at most 1,000 characters.
    pub message: Box<str>,
    /// Whether another try may help.
    pub retryable: bool,
    /// How long to wait before that.
    pub retry_after_seconds: Option<u64>,
    /// The phase it happened in; where the worker does not say, the machine fills in the running one.
    pub phase: Option<Box<str>>,
    /// Whatever the worker added, at most 16 KiB.
    pub details: Option<Object>,
}

/// What a job can be selected by; none of it changes after creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// What sort of job.
    pub kind: Kind,
    /// The thing worked on.
    pub subject: Option<Name>,
    /// The user it is for.
    pub owner: Option<Name>,
    /// The job it is part of.
    pub parent: Option<Name>,
}

/// A job as it stands: what the wire calls the state, and the memory behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Project and id.
    pub key: JobKey,
    /// Kind, subject, owner, parent.
    pub labels: Labels,
    /// For people.
    pub title: Option<Box<str>>,
    /// The job this one repeats.
    pub retry_of: Option<Name>,
    /// Counts the writes of this state, from 1 without a gap.
    pub version: u64,
    /// Where it stands.
    pub status: Status,
    /// The number of the newest claim; 0 before the first.
    pub attempt: u64,
    /// What the worker says it does, at most 1,000 characters.
    pub message: Option<Box<str>>,
    /// How far.
    pub progress: Progress,
    /// In the order of the plan, unannounced ones at the end.
    pub phases: Vec<Phase>,
    /// `unit`s per second.
    pub rate: Option<f64>,
    /// Seconds left, and when that is.
    pub eta: Option<(u64, Timestamp)>,
    /// Numbers by name, in the order they came up.
    pub counters: Vec<(Box<str>, f64)>,
    /// The creator's object, as reports have changed it.
    pub metadata: Vec<(Box<str>, Object)>,
    /// How many notices there were.
    pub notices: u64,
    /// The newest of them, newest last, at most [`super::RECENT_NOTICES`].
    pub recent: Vec<Notice>,
    /// How the parts fare, where there are any.
    pub children: Option<Children>,
    /// The request to stop, where there was one.
    pub cancel: Option<Cancel>,
    /// Since when the worker is silent beyond its lease.
    pub stalled_at: Option<Timestamp>,
    /// What came of it.
    pub result: Option<Object>,
    /// What went wrong.
    pub error: Option<Failure>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the newest attempt began.
    pub started_at: Option<Timestamp>,
    /// When this version was written; never falls.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What nobody sees.
    pub memory: Memory,
}

impl Job {
    /// The name of the running phase, or after an ending of the one it ended in.
    #[must_use]
    pub fn phase(&self) -> Option<&str> {
        let ended = |p: &&Phase| matches!(p.status, PhaseStatus::Failed | PhaseStatus::Cancelled);
        let running = self
            .phases
            .iter()
            .find(|p| p.status == PhaseStatus::Running);
        let last = || {
            self.phases
                .iter()
                .filter(|p| p.started_at.is_some())
                .max_by_key(|p| p.started_at)
        };
        running
            .or_else(|| self.phases.iter().find(ended))
            .or_else(last)
            .map(|p| &*p.name)
    }
}
