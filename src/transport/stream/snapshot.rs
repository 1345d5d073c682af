//! What a new subscription is given first: the rows of its snapshot, what changed while they were read, `synced`.
//! The argument why nothing is missing, doubled or backwards stands at the head of [`super`].

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;

use super::Stream;
use crate::hub::Mark;
use crate::progress::{JobKey, Name, Selector};
use crate::tracker::{Error, Pages, Tracker};
use crate::wire::cursor::Halfway;
use crate::wire::{Cursor, Frame};

/// A read of one job.
pub type Read<'a> = Pin<Box<dyn Future<Output = Result<Arc<Frame>, Error>> + Send + 'a>>;

/// Where snapshots are read.
pub trait Source: Send + Sync {
    /// What is newer than `cursor`.
    fn pages(&self, project: &Name, selector: &Selector, cursor: Option<&str>) -> Pages;

    /// One job as it is stored.
    fn job<'a>(&'a self, key: &'a JobKey) -> Read<'a>;
}

impl Source for Tracker {
    fn pages(&self, project: &Name, selector: &Selector, cursor: Option<&str>) -> Pages {
        Tracker::pages(self, project, selector, cursor)
    }

    fn job<'a>(&'a self, key: &'a JobKey) -> Read<'a> {
        Box::pin(self.get(key))
    }
}

/// Gives the subscription `tag` its snapshot and lets it go live. Returns early, without error, when the stream or
/// the subscription ends meanwhile.
///
/// # Errors
/// What the source said; the subscription still holds then, and it is for the caller to end it or the stream.
pub async fn read(
    stream: &Arc<Stream>,
    tag: u32,
    cursor: Option<&str>,
    source: &dyn Source,
) -> Result<(), Error> {
    let Some(selector) = stream.ask(tag, cursor) else {
        return Ok(());
    };
    if cursor.is_some() && !selector.status.is_empty() {
        // Who is in, before it is read what changed: whoever leaves in between is sent once more.
        let mut members = source.pages(&stream.project, &selector, None);
        while let Some(page) = members.next().await {
            stream.admit(tag, &page?);
        }
    }
    let mut pages = source.pages(&stream.project, &selector, cursor);
    let mut whole = cursor.is_none();
    while let Some(page) = pages.next().await {
        let page = page?;
        whole |= page.reset;
        stream.begin_page(tag, &page);
        for frame in &page.items {
            let cursor = whole.then(|| halfway(&page.cursor, &selector, &frame.key.id));
            stream.row(tag, frame, (&page, cursor));
            if !stream.has_room().await {
                return Ok(());
            }
        }
        stream.end_page(tag, &page);
        if stream.number(tag).is_none() {
            return Ok(());
        }
    }
    drop(pages);
    late(stream, tag, source).await;
    stream.go_live(tag);
    if cursor.is_some() || !selector.status.is_empty() {
        ended_before(stream, tag, source).await?;
    }
    Ok(())
}

/// Where a viewer stands that was given a whole snapshot up to `after`.
fn halfway(page: &Cursor, selector: &Selector, after: &Name) -> Mark {
    let cursor = Cursor {
        halfway: Some(Halfway {
            since: None,
            after: after.clone(),
        }),
        selection: Cursor::digest(selector),
        ..page.clone()
    };
    Mark::new(&cursor)
}

/// Gives what was offered while the rows went out.
async fn late(stream: &Arc<Stream>, tag: u32, source: &dyn Source) {
    for id in stream.take_held(tag) {
        let key = JobKey {
            project: stream.project.clone(),
            id,
        };
        let newest = match stream.hub.newest(&key) {
            Some(newest) => Some(newest),
            // The hub forgets a job only long after its last frame: the snapshot took that long.
            None => source.job(&key).await.ok().map(|frame| (frame, 0)),
        };
        if let Some((frame, stamp)) = newest {
            stream.late_row(tag, &frame, stamp);
        }
        if !stream.has_room().await {
            return;
        }
    }
}

/// Finds the named jobs that had ended before this viewer came, of which it is therefore told nothing more: with a
/// cursor they were given before, and a status may leave them out. Whatever ended later comes through the hub.
async fn ended_before(stream: &Arc<Stream>, tag: u32, source: &dyn Source) -> Result<(), Error> {
    let jobs = stream.left(tag);
    let Some(selector) = stream.selector(tag).filter(|_| !jobs.is_empty()) else {
        return Ok(());
    };
    let named = Selector {
        jobs,
        within: selector.within.clone(),
        ..Selector::default()
    }
    .normal();
    let mut pages = source.pages(&stream.project, &named, None);
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => page.items.iter().for_each(|f| stream.ended(tag, f)),
            Err(Error::NotFound) => return one_by_one(stream, tag, (named, source)).await,
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

async fn one_by_one(
    stream: &Arc<Stream>,
    tag: u32,
    (named, source): (Selector, &dyn Source),
) -> Result<(), Error> {
    for id in &named.jobs {
        let key = JobKey {
            project: stream.project.clone(),
            id: id.clone(),
        };
        match source.job(&key).await {
            Ok(frame) if named.fits(id, &frame.labels) => stream.ended(tag, &frame),
            Ok(_) | Err(Error::NotFound) => stream.expired(id),
            Err(other) => return Err(other),
        }
    }
    Ok(())
}
