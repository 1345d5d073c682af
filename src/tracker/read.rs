//! Reading: one job, pages of a selection, the list, the history, the tiles, and how well all of this stands.

use std::sync::Arc;

use super::follow::project_epoch;
use super::{Error, Line, Listing, Page, Pages, Tracker};
use crate::progress::{JobKey, Name, Narrowing, Selector, Timestamp};
use crate::store::read::{Bounds, Filter};
use crate::wire::cursor::Halfway;
use crate::wire::{Cursor, Frame, Snapshot, page};

/// How many frames are read at once for a stream.
const STRETCH: u32 = 250;

/// Where an answer begins, as a cursor says.
#[derive(Debug, Default)]
struct From {
    /// Only what this does not see.
    since: Option<Snapshot>,
    /// Only ids after this one, and what was seen when the first of these pages was read.
    after: Option<(Name, Snapshot)>,
    /// A cursor was given and is of no use.
    reset: bool,
    /// A cursor was given and is of use.
    valid: bool,
}

impl Tracker {
    /// One job as it is stored (read from Postgres, never from memory).
    pub async fn get(&self, key: &JobKey) -> Result<Arc<Frame>, Error> {
        let frame = self.inner.store.frame(key, None).await?;
        frame.ok_or(Error::NotFound)
    }

    /// The same, for whoever sees no more than this. A job that is not to be seen is not read, so that it takes no
    /// longer to be refused than one that is not there.
    pub async fn get_within(
        &self,
        key: &JobKey,
        narrowing: &Narrowing,
    ) -> Result<Arc<Frame>, Error> {
        if !narrowing.has_id(&key.id) {
            return Err(Error::NotFound);
        }
        let owners = narrowing.owners.as_deref();
        let frame = self.inner.store.frame(key, owners).await?;
        frame.ok_or(Error::NotFound)
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
        let epoch = project_epoch(self.inner.store.epoch, project);
        let mut from = self.begin(epoch, selector, cursor).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let bounds = Bounds {
            since: from.since.as_ref(),
            after: from.after.as_ref().map(|(id, _)| id),
            limit: i64::try_from(limit + 1).unwrap_or(i64::MAX),
        };
        let stretch = self.inner.store.stretch(project, selector, bounds).await?;
        let mut items = stretch.items;
        if !from.valid {
            self.all_known(project, selector, &items).await?;
        }
        let more = items.len() > limit;
        items.truncate(limit);
        // The snapshot of the first page holds for all: what changed while they were read comes after them.
        let seen = from.after.take().map_or(stretch.seen, |(_, seen)| seen);
        let mut cursor = Cursor::of(epoch, seen);
        if let Some(last) = items.last().filter(|_| more) {
            cursor.halfway = Some(Halfway {
                since: from.since.take(),
                after: last.key.id.clone(),
            });
            cursor.selection = Cursor::digest(selector);
        }
        Ok(Page {
            items,
            cursor,
            reset: from.reset,
            more,
        })
    }

    /// The same as a stream of pages, until nothing more is waiting. The last page has `more: false`.
    pub fn pages(&self, project: &Name, selector: &Selector, cursor: Option<&str>) -> Pages {
        let (tracker, project, selector) = (self.clone(), project.clone(), selector.clone());
        let mut cursor = cursor.map(str::to_owned);
        Box::pin(async_stream::try_stream! {
            loop {
                let page = tracker.page(&project, &selector, cursor.as_deref(), STRETCH).await?;
                let (more, next) = (page.more, page.cursor.encode());
                yield page;
                if !more {
                    break;
                }
                cursor = Some(next);
            }
        })
    }

    /// Whether all jobs that a selector names exist and are terminal.
    pub async fn all_terminal(&self, project: &Name, selector: &Selector) -> Result<bool, Error> {
        let known = self.inner.store.known(project, selector).await?;
        Ok(known.len() == selector.jobs.len() && known.iter().all(|(_, ended)| *ended))
    }

    /// Whether this cursor says that its bearer has been given every job of this selection in its terminal state.
    #[must_use]
    pub fn has_finished(&self, project: &Name, selector: &Selector, cursor: &str) -> bool {
        let epoch = project_epoch(self.inner.store.epoch, project);
        let told =
            |c: &Cursor| c.finished && c.epoch == epoch && c.selection == Cursor::digest(selector);
        Cursor::decode(cursor).is_some_and(|c| told(&c))
    }

    /// The list for people, newest first, and the token of the next page.
    pub async fn list(
        &self,
        project: &Name,
        listing: &Listing,
    ) -> Result<(Vec<Arc<Frame>>, Option<String>), Error> {
        let page = listing
            .page
            .as_deref()
            .map(|token| page::decode(token).ok_or(Error::BadPage))
            .transpose()?;
        let limit = usize::try_from(listing.limit).unwrap_or(usize::MAX);
        let filter = Filter {
            text: listing.text.as_deref(),
            after: listing.after,
            before: listing.before,
            page: page.as_ref().map(|(at, id)| (*at, id.as_str())),
            limit: i64::try_from(limit + 1).unwrap_or(i64::MAX),
        };
        let mut rows = self
            .inner
            .store
            .list(project, &listing.selector, &filter)
            .await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let token = |(frame, at): &(Arc<Frame>, Timestamp)| page::encode(*at, &frame.key.id);
        let next = rows.last().filter(|_| more).map(token);
        Ok((rows.into_iter().map(|(frame, _)| frame).collect(), next))
    }

    /// A job's history after line `after`, oldest first, and where to go on.
    pub async fn history(
        &self,
        key: &JobKey,
        after: u64,
        limit: u32,
    ) -> Result<(Vec<Line>, Option<u64>), Error> {
        let mut lines = self
            .inner
            .store
            .history(key, after, limit.saturating_add(1))
            .await?;
        if lines.is_empty() && self.inner.store.frame(key, None).await?.is_none() {
            return Err(Error::NotFound);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| more).map(|line| line.number);
        Ok((lines, next))
    }

    /// The tiles of a project, as JSON text of the contract's object, at most a second old; the same text while
    /// nothing changed.
    pub async fn summary(&self, project: &Name) -> Result<Arc<str>, Error> {
        Ok(self.inner.summaries.get(&self.inner.store, project).await?)
    }

    /// Whether the database takes durable writes and the listener is proven; why not, in words.
    pub async fn ready(&self) -> Result<(), String> {
        match self.inner.store.durable().await {
            Err(error) => Err(error.to_string()),
            Ok(Err(reason)) => Err(reason),
            Ok(Ok(())) if !self.inner.listener_proven() => {
                Err("the listener for hints is not proven yet".into())
            }
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Whether hints of other nodes are heard: the listener's last probe came back.
    #[must_use]
    pub fn hears(&self) -> bool {
        self.inner.listener_proven()
    }

    /// Since when this node could not verify with Postgres, once that is longer than 5 s ago.
    #[must_use]
    pub fn stale_since(&self) -> Option<Timestamp> {
        self.inner.verified.stale()
    }

    /// What a cursor means for this selection.
    async fn begin(
        &self,
        epoch: u64,
        selector: &Selector,
        cursor: Option<&str>,
    ) -> Result<From, Error> {
        let Some(text) = cursor.filter(|text| !text.is_empty()) else {
            return Ok(From::default());
        };
        let useless = From {
            reset: true,
            ..From::default()
        };
        let Some(cursor) = Cursor::decode(text).filter(|cursor| cursor.epoch == epoch) else {
            return Ok(useless);
        };
        let ahead = match self.inner.verified.known_end() {
            Some(end) if cursor.seen.end() <= end => false,
            _ => cursor.seen.end() > self.inner.store.snapshot().await?.0.end(),
        };
        if ahead {
            return Ok(useless);
        }
        let valid = From {
            valid: true,
            ..From::default()
        };
        Ok(match cursor.halfway {
            None => From {
                since: Some(cursor.seen),
                ..valid
            },
            Some(half) if cursor.selection == Cursor::digest(selector) => From {
                since: half.since,
                after: Some((half.after, cursor.seen)),
                ..valid
            },
            // Half of another selection: only what came before it holds.
            Some(Halfway {
                since: Some(since), ..
            }) => From {
                since: Some(since),
                ..valid
            },
            Some(Halfway { since: None, .. }) => useless,
        })
    }

    /// `NotFound` where the selector names a job that does not exist.
    async fn all_known(
        &self,
        project: &Name,
        selector: &Selector,
        items: &[Arc<Frame>],
    ) -> Result<(), Error> {
        if items.len() >= selector.jobs.len() {
            return Ok(());
        }
        let known = self.inner.store.known(project, selector).await?;
        if known.len() < selector.jobs.len() {
            Err(Error::NotFound)
        } else {
            Ok(())
        }
    }
}
