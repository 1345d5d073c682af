//! Why a change was not accepted.

/// Why a change was not accepted. Nothing of the job has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Anything but `started`, `notice`, `failed` on a queued job.
    #[error("the job has not been started: send `started` first")]
    NotStarted,
    /// Another worker holds the job.
    #[error("attempt {attempt} is at work on this job: wait until it ends or stalls")]
    AlreadyRunning {
        /// The attempt that holds it.
        attempt: u64,
    },
    /// `started` or `retrying` while a stop is asked for.
    #[error("the job is being cancelled: report `cancelled`")]
    Cancelling,
    /// The report speaks for an attempt that is not the current one.
    #[error("attempt {said} does not hold this job, attempt {attempt} does: stop working on it")]
    Fenced {
        /// The current attempt.
        attempt: u64,
        /// The attempt the report speaks for: an older one, or one that has not been opened as far as is known here.
        said: u64,
    },
    /// The job is terminal.
    #[error("the job is {} and never changes again", status.as_str())]
    Finished {
        /// How it ended.
        status: super::Status,
    },
    /// Too many notices within a second.
    #[error(
        "more than {} notices in one second: wait a second",
        super::NOTICES_PER_SECOND
    )]
    TooManyNotices,
    /// The merged state would pass a limit of the contract.
    #[error("{what}")]
    TooLarge {
        /// Which limit, in words.
        what: &'static str,
        /// JSON pointer to the field of the report.
        pointer: &'static str,
    },
}

impl Refusal {
    /// Whether no later state of the job could have accepted it: such a refusal may be decided on a state that
    /// others may have changed meanwhile.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            // Attempts only rise; a newer one may have been opened on another node.
            Refusal::Fenced { attempt, said } => said < attempt,
            Refusal::Finished { .. } => true,
            _ => false,
        }
    }
}
