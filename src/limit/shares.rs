//! What every caller has a share of, in one place.

use super::{Admissions, Failures, PENDING_PER_ADDRESS, Rate};

/// What every caller has a share of. Cheap to clone; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Shares {
    /// Requests, and commands over WebSockets.
    pub requests: Rate,
    /// Credentials that are refused.
    pub failures: Failures,
    /// Streams that are open.
    pub streams: Admissions,
    /// Sockets that have yet to show a credential.
    pub waiting: Admissions,
}

impl Shares {
    /// So many requests, and so many streams where credentials tell callers apart; `None` = no limit.
    #[must_use]
    pub fn new(requests: Rate, streams: Option<usize>) -> Self {
        Self {
            requests,
            failures: Failures::default(),
            streams: Admissions::new(streams),
            waiting: Admissions::new(Some(PENDING_PER_ADDRESS)),
        }
    }
}
