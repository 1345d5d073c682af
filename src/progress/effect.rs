//! What comes of an accepted change: the next version, and lines for the history.

use super::{Creation, Failure, Happening, Job, JobKey, Name, Notice, Status, Timestamp};

/// A line of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What happened.
    pub what: Happening,
    /// The notice it is about, or what else a reader of the history needs; see [`EventData`].
    pub data: EventData,
}

/// What a line of the history says beyond its type.
#[derive(Debug, Clone, PartialEq)]
pub enum EventData {
    /// Nothing more than status, attempt and message, as they are in the job at that moment.
    Status {
        /// The status after it.
        status: Status,
        /// The attempt after it.
        attempt: u64,
        /// The message after it.
        message: Option<Box<str>>,
        /// The worker, for `started`.
        worker: Option<Box<str>>,
        /// The error, for `failed` and `retrying`.
        error: Option<Failure>,
        /// The reason, for `cancelling` and `cancelled`.
        reason: Option<Box<str>>,
    },
    /// A phase began.
    Phase {
        /// Which.
        name: Box<str>,
        /// The one it ended, if any.
        ended: Option<Box<str>>,
    },
    /// A notice.
    Notice(Notice),
}

/// What an accepted change did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effect {
    /// Whether anything at all was taken from it: `false` for a repetition or an old `seq`.
    pub applied: bool,
    /// Whether the state differs and a new version must be written. A heartbeat, or a repeated count, is applied
    /// (it is a sign of life) without changing anything.
    pub changed: bool,
    /// What names the frame; `None` exactly where nothing changed.
    pub happening: Option<Happening>,
    /// Lines for the history.
    pub events: Vec<Event>,
}

/// A job to be made: its creation and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Project and id.
    pub key: JobKey,
    /// What with.
    pub creation: Creation,
}

/// A decided write of one job: the next version and what led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The state to write; its version is one more than the held one.
    pub job: Job,
    /// What names the frame.
    pub happening: Happening,
    /// Lines for the history.
    pub events: Vec<Event>,
    /// When.
    pub at: Timestamp,
    /// The parent whose parts must be counted anew: this job was made or ended.
    pub recount: Option<Name>,
}
