//! The vocabulary of progress: job, status, phase, report, version.
//!
//! Pure: no I/O, no clock, no serde. Time is a parameter, JSON that the service does not look into travels as
//! checked text ([`Object`]). What may happen to a job is decided in [`machine`], and only there; how fast it goes
//! and when it will be done is reckoned in [`estimate`].

pub mod effect;
pub mod estimate;
pub mod fold;
pub mod job;
pub mod machine;
pub mod memory;
pub mod name;
pub mod narrowing;
pub mod refusal;
pub mod report;
pub mod selector;
pub mod time;

pub use effect::{Decided, Effect, Event, EventData, NewJob};
pub use job::{
    Cancel, Children, Failure, Job, Labels, Notice, Phase, PhaseStatus, Progress, Status,
};
pub use memory::{Creation, Lease, Memory, PhasePlan};
pub use name::{JobKey, Kind, Name, Object};
pub use narrowing::Narrowing;
pub use refusal::Refusal;
pub use report::{Change, Happening, Level, Report, Said, Tick};
pub use selector::{Selector, StatusSet};
pub use time::Timestamp;

/// The largest count the contract knows: 2^53 - 1, what a JSON reader in a browser still holds exactly.
pub const MAX_COUNT: u64 = (1 << 53) - 1;

/// How many of the newest notices a state carries.
pub const RECENT_NOTICES: usize = 10;

/// How many notices a job may make within one second.
pub const NOTICES_PER_SECOND: u32 = 50;

/// How many phases a job may have, the announced and the unannounced ones together.
pub const MAX_PHASES: usize = 32;

/// How many counters a job may have.
pub const MAX_COUNTERS: usize = 32;

/// How many bytes a job's metadata may take as JSON.
pub const MAX_METADATA: usize = 4096;
