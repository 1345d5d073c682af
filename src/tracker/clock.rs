//! The node's clock: monotonic, anchored on the database's. No wall clock of this machine decides anything.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::progress::Timestamp;

/// A clock that follows the database's and never goes back.
#[derive(Debug)]
pub struct Clock(Mutex<Anchor>);

#[derive(Debug)]
struct Anchor {
    at: Instant,
    database: Timestamp,
    last: Timestamp,
}

impl Clock {
    /// A clock that shows `database` now.
    #[must_use]
    pub fn new(database: Timestamp) -> Self {
        Self(Mutex::new(Anchor {
            at: Instant::now(),
            database,
            last: database,
        }))
    }

    /// Now, in milliseconds.
    pub fn now(&self) -> Timestamp {
        let mut anchor = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = i64::try_from(anchor.at.elapsed().as_millis()).unwrap_or(i64::MAX);
        anchor.last = anchor
            .last
            .max(Timestamp(anchor.database.0.saturating_add(elapsed)));
        anchor.last
    }

    /// The database just said that it is `database`.
    pub fn anchor(&self, database: Timestamp) {
        let mut anchor = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        anchor.at = Instant::now();
        anchor.database = database;
    }
}
