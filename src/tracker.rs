//! The only door to jobs: report, read, watch, cancel. Puts the store, the hub and the bus behind one interface;
//! knows no HTTP.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;

use crate::hub::Hub;
use crate::progress::report::{NewJob, Refusal};
use crate::progress::{JobKey, Name, Object, Report, Selector, Status, Timestamp};
use crate::wire::{Cursor, Frame};

/// Why the tracker did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No such job, or none that may be seen.
    #[error("no such job")]
    NotFound,
    /// The machine said no. Carries the answer as far as the state is known.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: Refusal,
        /// The job as it stands.
        frame: Arc<Frame>,
    },
    /// The id is taken by a job of another creation, or was given up less than 30 days ago.
    #[error("this id was used by another job: choose another")]
    Exists,
    /// Not terminal yet (delete).
    #[error("the job has not finished: cancel it first")]
    NotFinished,
    /// Neither failed nor cancelled (retry).
    #[error("only a failed or cancelled job can be retried")]
    NotRetryable,
    /// The parent does not exist or is terminal.
    #[error("the parent does not exist or has finished")]
    NoParent,
    /// Too much is waiting to be written.
    #[error("too many reports are waiting to be written: try again")]
    Overloaded,
    /// Postgres cannot be reached, or does not answer in time; whether the change was written is not known.
    #[error("the database does not answer: repeat the same request")]
    Unavailable,
}

/// What a report came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The job's version with it, or before it where it is only folded.
    pub version: u64,
    /// The job's status.
    pub status: Status,
    /// The job's attempt.
    pub attempt: u64,
    /// Whether it changed anything or was a sign of life; `false` for a repetition.
    pub applied: bool,
    /// Whether it is in flushed WAL; else it is folded, and will be within 500 ms.
    pub durable: bool,
    /// Whether somebody asked to stop.
    pub cancel_requested: bool,
}

/// A stretch of the answer to "what is newer than I have".
#[derive(Debug, Clone)]
pub struct Page {
    /// The frames, in the order of ids.
    pub items: Vec<Arc<Frame>>,
    /// Where the viewer stands once it has them.
    pub cursor: Cursor,
    /// Whether the cursor it came with was of no use, so that this begins the whole snapshot again.
    pub reset: bool,
    /// Whether more is waiting.
    pub more: bool,
}

/// A line of a job's history: `data` is the JSON text of an object.
#[derive(Debug, Clone)]
pub struct Line {
    /// Counts from 1 within the job.
    pub number: u64,
    /// The version it came with.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// The word of [`crate::progress::Happening`].
    pub what: String,
    /// What else.
    pub data: Object,
}

/// What the list for people asks.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Which jobs.
    pub selector: Selector,
    /// In the title, whatever the case.
    pub text: Option<String>,
    /// Created at or after.
    pub after: Option<Timestamp>,
    /// Created before.
    pub before: Option<Timestamp>,
    /// At most so many, 1 to 1,000.
    pub limit: u32,
    /// Where the page before ended.
    pub page: Option<String>,
}

/// The door. Cheap to clone.
#[derive(Clone)]
pub struct Tracker {
    hub: Hub,
}

/// A stream of pages.
pub type Pages = Pin<Box<dyn Stream<Item = Result<Page, Error>> + Send>>;

// Signatures only, for the sides that call them; see the modules for what they do.
#[allow(
    unused_variables,
    clippy::unimplemented,
    clippy::unused_async,
    missing_docs
)]
impl Tracker {
    /// The hub whose subscriptions the transports hold.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Makes a job. `Ok((frame, true))` = made, `Ok((frame, false))` = it was there with the same creation.
    pub async fn create(&self, new: NewJob) -> Result<(Arc<Frame>, bool), Error> {
        unimplemented!()
    }

    /// One job's reports, in order; an answer for each. `durable` = ticks wait for their write, too.
    pub async fn report(
        &self,
        key: &JobKey,
        reports: Vec<Report>,
        durable: bool,
    ) -> Vec<Result<Answer, Error>> {
        unimplemented!()
    }

    /// A person's wish to stop.
    pub async fn cancel(
        &self,
        key: &JobKey,
        reason: Option<Box<str>>,
        by: Option<Box<str>>,
    ) -> Result<Arc<Frame>, Error> {
        unimplemented!()
    }

    /// A new job with the old one's creation. `metadata` replaces the creation's, where given.
    pub async fn retry(
        &self,
        key: &JobKey,
        id: Option<Name>,
        metadata: Option<Vec<(Box<str>, Object)>>,
    ) -> Result<(Arc<Frame>, bool), Error> {
        unimplemented!()
    }

    /// Forgets a terminal job.
    pub async fn delete(&self, key: &JobKey) -> Result<(), Error> {
        unimplemented!()
    }

    /// One job as it is stored (read from Postgres, never from memory).
    pub async fn get(&self, key: &JobKey) -> Result<Arc<Frame>, Error> {
        unimplemented!()
    }

    /// One job once its version is above `version`, or as it is when `wait` is over.
    pub async fn get_newer(
        &self,
        key: &JobKey,
        version: u64,
        wait: Duration,
    ) -> Result<Arc<Frame>, Error> {
        unimplemented!()
    }

    /// What is newer than `cursor` (all, without one), at most `limit` frames.
    /// Ids named in the selector that do not exist are `NotFound` unless a valid cursor came along.
    pub async fn page(
        &self,
        project: &Name,
        selector: &Selector,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, Error> {
        unimplemented!()
    }

    /// The same as a stream of pages, until nothing more is waiting. The last page has `more: false`.
    pub fn pages(&self, project: &Name, selector: &Selector, cursor: Option<&str>) -> Pages {
        unimplemented!()
    }

    /// Whether all of these jobs exist and are terminal.
    pub async fn all_terminal(&self, project: &Name, jobs: &[Name]) -> Result<bool, Error> {
        unimplemented!()
    }

    /// The list for people, newest first, and the token of the next page.
    pub async fn list(
        &self,
        project: &Name,
        listing: &Listing,
    ) -> Result<(Vec<Arc<Frame>>, Option<String>), Error> {
        unimplemented!()
    }

    /// A job's history after line `after`, oldest first, and where to go on.
    pub async fn history(
        &self,
        key: &JobKey,
        after: u64,
        limit: u32,
    ) -> Result<(Vec<Line>, Option<u64>), Error> {
        unimplemented!()
    }

    /// The tiles of a project, as JSON text of the contract's object, at most a second old; the same text while
    /// nothing changed.
    pub async fn summary(&self, project: &Name) -> Result<Arc<str>, Error> {
        unimplemented!()
    }

    /// Whether the database takes writes and the listener is proven.
    pub async fn ready(&self) -> Result<(), String> {
        unimplemented!()
    }

    /// Since when this node could not verify with Postgres, once that is longer than 5 s ago.
    #[must_use]
    pub fn stale_since(&self) -> Option<Timestamp> {
        unimplemented!()
    }

    /// Now, by the node's anchored clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        unimplemented!()
    }
}
