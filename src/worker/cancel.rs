//! That a job is to give up, and why.

use std::fmt;

/// Why a job is to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Somebody asked for it.
    Asked,
    /// The program's own token, given with [`JobBuilder::halt`](super::JobBuilder::halt).
    Halted,
    /// The process was told to end, see [`Reporter::interrupt`](super::Reporter::interrupt).
    Interrupted,
    /// Another worker has the job now.
    Fenced,
    /// The job is over already, or was deleted: nothing that is done for it counts any more.
    Finished,
}

/// What [`Job::bail_if_cancelled`](super::Job::bail_if_cancelled) gives where the job is to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled {
    pub(super) reason: Reason,
}

impl Cancelled {
    /// Why.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            Reason::Asked => "cancelled, as somebody asked",
            Reason::Halted => "cancelled by the program",
            Reason::Interrupted => "interrupted: the process was told to end",
            Reason::Fenced => "given up: another worker has the job",
            Reason::Finished => "given up: the job is over already",
        })
    }
}

impl std::error::Error for Cancelled {}
