//! What a job was created with, and what the machine must remember of it that nobody sees.

use super::estimate::Estimator;
use super::{Labels, Name, Object};

/// A phase as the creation announced it.
#[derive(Debug, Clone, PartialEq)]
pub struct PhasePlan {
    /// Its name.
    pub name: Box<str>,
    /// Its share of the whole; 1 where nothing was said.
    pub weight: f64,
    /// How much there will be.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: Option<Box<str>>,
}

/// How long a job may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Silence of a worker up to `stalled_at`, 5 to 3,600 s.
    pub lease_seconds: u32,
    /// Silence after that up to the end, 0 to 86,400 s.
    pub lost_after_seconds: u32,
    /// How long a queued job waits for a worker; 0 = for ever.
    pub start_within_seconds: u32,
}

impl Default for Lease {
    fn default() -> Self {
        Self {
            lease_seconds: 30,
            lost_after_seconds: 300,
            start_within_seconds: 0,
        }
    }
}

/// What a job was created with, defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Creation {
    /// Kind, subject, owner, parent.
    pub labels: Labels,
    /// For people, at most 200 characters.
    pub title: Option<Box<str>>,
    /// The failed or cancelled job this one repeats.
    pub retry_of: Option<Name>,
    /// How much there is, where there are no phases.
    pub total: Option<u64>,
    /// What is counted, where there are no phases.
    pub unit: Option<Box<str>>,
    /// The plan, in order.
    pub phases: Vec<PhasePlan>,
    /// The creator's own object: each key with the JSON text of its value, in order.
    pub metadata: Vec<(Box<str>, Object)>,
    /// How long it may be silent.
    pub lease: Lease,
}

/// What the machine must remember of a job and nobody sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    /// The plan of the creation, to which a new attempt returns.
    pub plan: Vec<PhasePlan>,
    /// Total of the creation, for a job without phases.
    pub total: Option<u64>,
    /// Unit of the creation, for a job without phases.
    pub unit: Option<Box<str>>,
    /// How long the job may be silent.
    pub lease: Lease,
    /// The worker that holds the attempt.
    pub worker: Option<Box<str>>,
    /// `seq` of the `started` that opened the attempt.
    pub started_seq: Option<u64>,
    /// Whether nothing but `started` was accepted in this attempt yet.
    pub untouched: bool,
    /// The highest `seq` accepted in this attempt.
    pub seq: Option<u64>,
    /// The `seq` of the report that set the current total, if it had one; or of the one that began the phase. A total
    /// numbered lower, late in a fold, is outdated.
    pub total_seq: Option<u64>,
    /// The highest percentage shown in this attempt: what is shown never falls below it.
    pub percent: Option<f64>,
    /// A percentage said by the worker itself, for want of counts.
    pub said_percent: Option<f64>,
    /// Rate and ETA.
    pub estimator: Estimator,
    /// The second in which the last notice came (seconds since 1970), and how many came in it.
    pub notice_second: (i64, u32),
    /// What ended the job: `seq` and a digest of the report, to tell the same ending said again from another.
    pub ending: Option<(Option<u64>, u64)>,
}
