//! The only door to jobs: report, read, watch, cancel. Puts the store, the hub and the bus behind one interface;
//! knows no HTTP.

mod ask;
mod birth;
mod cache;
mod clock;
mod commit;
mod decide;
mod due;
mod follow;
mod inner;
mod queue;
mod read;
mod reply;
mod report;
mod start;
mod stats;
mod summary;
mod sweep;
pub mod tickets;
mod tried;
mod wait;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use tokio::sync::oneshot;

use crate::bus::Hint;
use crate::hub::Hub;
use crate::progress::{Change, JobKey, Name, Object, Selector, Status, Timestamp};
use crate::progress::{NewJob, Refusal};
use crate::store;
use crate::wire::{Cursor, Frame, memory};

pub use crate::store::read::Line;
use ask::{Ask, Done, Item};
use inner::Inner;
pub use start::{Settings, StartError};
pub use stats::Stats;

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
    /// The token of a page is not one that was given.
    #[error("this is not a `page` that was given: begin without one")]
    BadPage,
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
    inner: Arc<Inner>,
}

/// A stream of pages.
pub type Pages = Pin<Box<dyn Stream<Item = Result<Page, Error>> + Send>>;

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        tracing::warn!(%error, "a request met a database error");
        Error::Unavailable
    }
}

impl Tracker {
    /// The hub whose subscriptions the transports hold.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.inner.hub
    }

    /// What has been counted since the start.
    #[must_use]
    pub fn stats(&self) -> Arc<Stats> {
        self.inner.stats.clone()
    }

    /// Now, by the node's anchored clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Makes a job. `Ok((frame, true))` = made, `Ok((frame, false))` = it was there with the same creation.
    pub async fn create(&self, new: NewJob) -> Result<(Arc<Frame>, bool), Error> {
        let key = new.key.clone();
        let done = self.ask(key, Ask::Create(Arc::new(new))).await?;
        Ok((done.frame, done.made))
    }

    /// A person's wish to stop.
    pub async fn cancel(
        &self,
        key: &JobKey,
        reason: Option<Box<str>>,
        by: Option<Box<str>>,
    ) -> Result<Arc<Frame>, Error> {
        let change = Change::Cancel { reason, by };
        Ok(self.ask(key.clone(), Ask::Change(change)).await?.frame)
    }

    /// A new job with the old one's creation. `metadata` replaces the creation's, where given. `false` = it was
    /// asked before, and this is the job that was made then.
    pub async fn retry(
        &self,
        key: &JobKey,
        id: Option<Name>,
        metadata: Option<Vec<(Box<str>, Object)>>,
    ) -> Result<(Arc<Frame>, bool), Error> {
        let (status, creation) = self
            .inner
            .store
            .creation(key)
            .await?
            .ok_or(Error::NotFound)?;
        if !matches!(status, Status::Failed | Status::Cancelled) {
            return Err(Error::NotRetryable);
        }
        if let Some(frame) = self.inner.store.retried(key).await? {
            return Ok((frame, false));
        }
        let mut creation = memory::read_creation(&creation).map_err(|error| {
            tracing::error!(job = %key, %error, "a stored creation cannot be read");
            Error::Unavailable
        })?;
        creation.retry_of = Some(key.id.clone());
        creation.metadata = metadata.unwrap_or(creation.metadata);
        let id = id
            .or_else(|| Name::parse(&uuid::Uuid::now_v7().to_string()).ok())
            .ok_or(Error::Unavailable)?;
        let made = self
            .create(NewJob {
                key: JobKey {
                    project: key.project.clone(),
                    id,
                },
                creation,
            })
            .await;
        if matches!(made, Err(Error::Exists)) {
            // Somebody else asked at the same time.
            return Ok((
                self.inner.store.retried(key).await?.ok_or(Error::Exists)?,
                false,
            ));
        }
        made
    }

    /// Forgets a terminal job.
    pub async fn delete(&self, key: &JobKey) -> Result<(), Error> {
        match self.inner.store.delete(key, sweep::GRAVE).await? {
            (_, Some(labels)) => {
                self.inner.forget(key, &labels);
                self.inner.hints.add(Hint {
                    key: key.clone(),
                    version: 0,
                });
                Ok(())
            }
            (true, None) => Err(Error::NotFinished),
            (false, None) => Err(Error::NotFound),
        }
    }

    /// Asks one thing and waits until it is in Postgres.
    async fn ask(&self, key: JobKey, ask: Ask) -> Result<Done, Error> {
        let mut outcomes = self.ask_all(key, vec![ask]).await;
        outcomes.pop().unwrap_or(Err(Error::Unavailable))
    }

    /// Asks several things of one job, in order, and waits until they are in Postgres.
    async fn ask_all(&self, key: JobKey, asks: Vec<Ask>) -> ask::Outcomes {
        let many = asks.len();
        let (reply, answer) = oneshot::channel();
        if let Err(error) = self.inner.queue.ask(
            key,
            Item {
                asks,
                reply: Some(reply),
            },
        ) {
            return vec![Err(error); many];
        }
        match tokio::time::timeout(start::PATIENCE, answer).await {
            Ok(Ok(outcomes)) => outcomes,
            _ => vec![Err(Error::Unavailable); many],
        }
    }
}
