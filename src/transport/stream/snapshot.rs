//! What a new subscription is given first: the rows of its snapshot, what changed while they were read, `synced`.
//! Long because it carries the tests of what it argues.
//! The argument why nothing is missing, doubled or backwards stands at the head of [`super`].

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;

use super::Stream;
use super::inner::{Inner, Phase, Since, Sub};
use crate::hub::Mark;
use crate::progress::{JobKey, Name, Selector, StatusSet};
use crate::tracker::{Error, Page, Pages, Tracker};
use crate::transport::words::Word;
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
    if jobs.is_empty() {
        return Ok(());
    }
    let named = Selector {
        jobs: jobs.clone(),
        status: StatusSet::default(),
        ..Selector::default()
    }
    .normal();
    let mut pages = source.pages(&stream.project, &named, None);
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => page.items.iter().for_each(|f| stream.ended(tag, f)),
            Err(Error::NotFound) => return one_by_one(stream, tag, (jobs, source)).await,
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

async fn one_by_one(
    stream: &Arc<Stream>,
    tag: u32,
    (jobs, source): (Vec<Name>, &dyn Source),
) -> Result<(), Error> {
    for id in jobs {
        let key = JobKey {
            project: stream.project.clone(),
            id,
        };
        match source.job(&key).await {
            Ok(frame) => stream.ended(tag, &frame),
            Err(Error::NotFound) => stream.expired(&key.id),
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

impl Stream {
    /// What the subscription selects. Its cursor is where the viewer stands until it is given more.
    fn ask(&self, tag: u32, cursor: Option<&str>) -> Option<Arc<Selector>> {
        let mut inner = self.inner();
        let selector = Arc::clone(inner.sub(tag)?.subscription.selector());
        if inner.subs.len() == 1 {
            let text = cursor.filter(|c| Cursor::decode(c).is_some());
            inner.base = text.map(|text| Mark {
                text: text.into(),
                end: 0,
            });
        }
        Some(selector)
    }

    fn admit(&self, tag: u32, page: &Page) {
        if let Some(sub) = self.inner().sub(tag) {
            for frame in &page.items {
                sub.subscription.admit(&frame.key.id);
            }
        }
    }

    fn begin_page(&self, tag: u32, page: &Page) {
        let mut inner = self.inner();
        let Some(sub) = inner.sub(tag) else {
            return;
        };
        let number = sub.number;
        sub.since.get_or_insert_with(|| {
            Box::new(Since {
                seen: page.cursor.seen.clone(),
                sent: HashMap::new(),
                passed_over: HashSet::new(),
                passes: None,
            })
        });
        if page.reset && inner.phase == Phase::Open {
            if inner.subs.len() == 1 {
                inner.base = None;
            }
            self.write(&mut inner, Word::Reset(number).bytes(self.framing));
        }
    }

    /// Gives one row, unless the viewer gets it another way.
    fn row(&self, tag: u32, frame: &Arc<Frame>, (page, cursor): (&Page, Option<Mark>)) {
        let mut inner = self.inner();
        let alone = inner.subs.len() == 1;
        if !alone && inner.covered(frame, tag) {
            let had = self.was_given(&inner, frame);
            self.hub.publish(Arc::clone(frame));
            if let Some(sub) = inner.sub(tag) {
                sub.pass_over(frame);
                if had {
                    sub.take(frame);
                }
            }
            return;
        }
        let newer = |(newest, _): (Arc<Frame>, u64)| newest.version > frame.version;
        let outdated = !alone && self.hub.newest(&frame.key).is_some_and(newer);
        let Some(sub) = inner.sub(tag) else {
            return;
        };
        if sub.subscription.selector().status.holds(frame.status) {
            sub.subscription.admit(&frame.key.id);
        }
        if let Some(held) = sub.held.as_mut().filter(|_| outdated) {
            held.dirty.insert(frame.key.id.clone());
            sub.pass_over(frame);
            return;
        }
        let seen = frame.xid != 0 && page.cursor.seen.sees(frame.xid);
        if let Some(since) = sub.since.as_mut().filter(|_| !seen) {
            since.sent.insert(frame.key.id.clone(), frame.version);
        }
        sub.take(frame);
        if inner.phase == Phase::Open {
            // The row itself is in the cursor that comes with it: it says "up to this one".
            if alone && cursor.is_some() {
                inner.base = cursor;
            }
            let base = inner.base.clone();
            self.give(&mut inner, (frame, 0), base.as_ref());
        }
    }

    /// Whether a row that another subscription selects has been given by it; else the hub still owes it.
    fn was_given(&self, inner: &Inner, frame: &Frame) -> bool {
        match self.hub.newest(&frame.key) {
            Some((newest, _)) => {
                newest.version >= frame.version && !inner.dirty.contains(&frame.key.id)
            }
            None => self.hub.version(&frame.key).is_none() && self.hub.covers(frame),
        }
    }

    fn end_page(&self, tag: u32, page: &Page) {
        let mut inner = self.inner();
        if inner.subs.len() == 1 && inner.sub(tag).is_some() {
            inner.base = Some(Mark::new(&page.cursor));
        }
    }

    fn take_held(&self, tag: u32) -> Vec<Name> {
        let mut inner = self.inner();
        let held = inner.sub(tag).and_then(|sub| sub.held.as_mut());
        held.map_or_else(Vec::new, |held| held.dirty.drain().collect())
    }

    fn late_row(&self, tag: u32, frame: &Arc<Frame>, stamp: u64) {
        let mut inner = self.inner();
        if self.wants_late(&mut inner, tag, frame) && inner.phase == Phase::Open {
            let base = inner.base.clone();
            self.give(&mut inner, (frame, stamp), base.as_ref());
        }
    }

    /// Whether a noted job's newest frame is news to this viewer.
    fn wants_late(&self, inner: &mut Inner, tag: u32, frame: &Frame) -> bool {
        let covered = inner.covered(frame, tag);
        let Some(sub) = inner.sub(tag) else {
            return false;
        };
        !sub.gave(frame) && sub.subscription.decide(frame) && !covered
    }

    /// The last look and the step to live, under the lock that an offer needs.
    fn go_live(&self, tag: u32) {
        let mut inner = self.inner();
        let Some(held) = inner.sub(tag).and_then(|sub| sub.held.take()) else {
            return;
        };
        for id in held.dirty {
            let key = JobKey {
                project: self.project.clone(),
                id,
            };
            let newest = self.hub.newest(&key);
            if newest.is_some_and(|(frame, _)| self.wants_late(&mut inner, tag, &frame)) {
                inner.dirty.insert(key.id);
            }
        }
        let passes = self.hub.passes(&self.project);
        let settled = self.hub.stamp();
        let Some(sub) = inner.sub(tag) else {
            return;
        };
        sub.subscription.settle();
        sub.settled = settled;
        if let Some(since) = &mut sub.since {
            since.passes = Some(passes);
        }
        let number = sub.number;
        if inner.phase == Phase::Open {
            let cursor = self.standing(&inner, None).map(|m| m.text);
            let word = Word::Synced(number, cursor.as_deref());
            self.write(&mut inner, word.bytes(self.framing));
            inner.departed.extend(held.gone);
            self.catch_up(&mut inner);
            self.finish(&mut inner);
        }
    }

    /// The named jobs that have not ended, as far as this subscription knows.
    fn left(&self, tag: u32) -> Vec<Name> {
        let mut inner = self.inner();
        let left = inner.sub(tag).and_then(|sub| sub.left.as_ref());
        left.map_or_else(Vec::new, |left| left.iter().cloned().collect())
    }

    /// A named job's state of now: if it ended before the snapshot, nothing more comes of it.
    fn ended(&self, tag: u32, frame: &Arc<Frame>) {
        let mut inner = self.inner();
        let Some(sub) = inner.sub(tag) else {
            return;
        };
        let known = frame.xid == 0 || sub.gave(frame);
        if frame.status.is_terminal() && known {
            self.over(&mut inner, &frame.key.id);
        }
    }

    /// A named job does not exist any more.
    fn expired(&self, id: &Name) {
        self.over(&mut self.inner(), id);
    }
}

impl Sub {
    /// Notes that the viewer does not get this row through this snapshot.
    fn pass_over(&mut self, frame: &Frame) {
        if let Some(since) = &mut self.since {
            since.passed_over.insert(frame.key.id.clone());
        }
    }

    /// Notes that the viewer has this row.
    fn take(&mut self, frame: &Frame) {
        if let Some(left) = self.left.as_mut().filter(|_| frame.status.is_terminal()) {
            left.remove(&frame.key.id);
        }
    }
}
