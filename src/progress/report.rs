//! What can be said about a job, and what comes of it in its history.

use super::{Children, Failure, Object};

/// How grave a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Something went well.
    Success,
    /// Something is off.
    Warning,
    /// Something is wrong.
    Error,
}

impl Level {
    /// All of them.
    pub const ALL: [Level; 4] = [Level::Info, Level::Success, Level::Warning, Level::Error];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Success => "success",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// Counts and texts of the work at hand. Every value is absolute, so saying it twice is harmless.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tick {
    /// How much is done; one lower than known in the same phase is ignored.
    pub current: Option<u64>,
    /// How much there is; never ends up below `current`.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: Option<Box<str>>,
    /// The whole job in percent, 0 to 100, from a worker that has no counts.
    pub percent: Option<f64>,
    /// What the worker does.
    pub message: Option<Box<str>>,
    /// Numbers by name; last value wins.
    pub counters: Vec<(Box<str>, f64)>,
    /// Keys to set in the metadata, each with the JSON text of its value.
    pub metadata: Vec<(Box<str>, Object)>,
    /// How many reports are folded into this one, at least 1.
    pub reports: u32,
    /// The `seq` of the report that brought `total`, where it had one.
    pub total_seq: Option<u64>,
}

/// What a worker says, without its envelope.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// Claims the job.
    Started {
        /// One run of a worker process.
        worker: Option<Box<str>>,
        /// How much there is.
        total: Option<u64>,
        /// What is counted.
        unit: Option<Box<str>>,
        /// What the worker does.
        message: Option<Box<str>>,
    },
    /// Ends the running phase, starts this one.
    Phase {
        /// Which; appended where it was never announced.
        name: Box<str>,
        /// How much there is.
        total: Option<u64>,
        /// What is counted.
        unit: Option<Box<str>>,
        /// What the worker does.
        message: Option<Box<str>>,
    },
    /// How far the work is.
    Progress(Tick),
    /// Something happened.
    Notice {
        /// How grave.
        level: Level,
        /// A stable word for programs.
        code: Option<Box<str>>,
        /// For people.
        message: Box<str>,
        /// Whatever else.
        data: Object,
    },
    /// Still here.
    Heartbeat,
    /// This attempt is over, another may follow: back to queued.
    Retrying {
        /// Why.
        error: Failure,
        /// For people.
        message: Option<Box<str>>,
    },
    /// Done.
    Completed {
        /// What came of it.
        result: Option<Object>,
        /// For people.
        message: Option<Box<str>>,
    },
    /// Given up.
    Failed {
        /// Why.
        error: Failure,
    },
    /// Stopped.
    Cancelled {
        /// For people.
        message: Option<Box<str>>,
    },
}

impl Said {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Said::Started { .. } => "started",
            Said::Phase { .. } => "phase",
            Said::Progress(_) => "progress",
            Said::Notice { .. } => "notice",
            Said::Heartbeat => "heartbeat",
            Said::Retrying { .. } => "retrying",
            Said::Completed { .. } => "completed",
            Said::Failed { .. } => "failed",
            Said::Cancelled { .. } => "cancelled",
        }
    }

    /// Whether this may be folded and written a little later: a bare `progress` or `heartbeat`.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        matches!(self, Said::Progress(_) | Said::Heartbeat)
    }
}

/// One report of a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The attempt it speaks for; `None` = whichever is current.
    pub attempt: Option<u64>,
    /// Rising per attempt; an old one changes nothing.
    pub seq: Option<u64>,
    /// What it says.
    pub said: Said,
}

/// Anything that may change a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A worker reports.
    Report(Report),
    /// A person asks to stop it.
    Cancel {
        /// Why.
        reason: Option<Box<str>>,
        /// Who.
        by: Option<Box<str>>,
    },
    /// The worker has been silent for its lease.
    Stall,
    /// The worker has been silent for its lease and `lost_after_seconds` more.
    Lose,
    /// A heartbeat came of the current attempt of a stalled job.
    Resume,
    /// Nobody claimed the job in time.
    NeverStarted,
    /// A recount of the job's parts.
    Children(Children),
}

/// What happened: the type in a frame, and in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Happening {
    /// The job was made.
    Created,
    /// An attempt began.
    Started,
    /// A phase began.
    Phase,
    /// Counts, texts.
    Progress,
    /// A notice.
    Notice,
    /// The worker fell silent.
    Stalled,
    /// The worker spoke again.
    Resumed,
    /// A stop was asked for.
    Cancelling,
    /// The attempt was given up for another.
    Retrying,
    /// The count of parts changed.
    Children,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Was stopped.
    Cancelled,
}

impl Happening {
    /// All of them.
    pub const ALL: [Happening; 13] = [
        Happening::Created,
        Happening::Started,
        Happening::Phase,
        Happening::Progress,
        Happening::Notice,
        Happening::Stalled,
        Happening::Resumed,
        Happening::Cancelling,
        Happening::Retrying,
        Happening::Children,
        Happening::Completed,
        Happening::Failed,
        Happening::Cancelled,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Happening::Created => "created",
            Happening::Started => "started",
            Happening::Phase => "phase",
            Happening::Progress => "progress",
            Happening::Notice => "notice",
            Happening::Stalled => "stalled",
            Happening::Resumed => "resumed",
            Happening::Cancelling => "cancelling",
            Happening::Retrying => "retrying",
            Happening::Children => "children",
            Happening::Completed => "completed",
            Happening::Failed => "failed",
            Happening::Cancelled => "cancelled",
        }
    }

    /// Which of several happenings folded into one write names the frame: the highest rank, the last among equals.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Happening::Completed | Happening::Failed | Happening::Cancelled => 6,
            Happening::Started | Happening::Cancelling | Happening::Retrying => 5,
            Happening::Stalled | Happening::Resumed => 4,
            Happening::Phase => 3,
            Happening::Notice => 2,
            Happening::Children | Happening::Created => 1,
            Happening::Progress => 0,
        }
    }
}
