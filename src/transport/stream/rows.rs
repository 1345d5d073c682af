//! How a snapshot enters a stream: each step under the stream's lock, between which frames may be offered. The order
//! of the steps is [`super::snapshot`]'s business.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Stream;
use super::inner::{Inner, Phase, Since, Sub};
use crate::hub::Mark;
use crate::progress::{JobKey, Name, Selector};
use crate::tracker::Page;
use crate::transport::words::Word;
use crate::wire::{Cursor, Frame};

impl Stream {
    /// What the subscription selects. Its cursor is where the viewer stands until it is given more.
    pub(super) fn ask(&self, tag: u32, cursor: Option<&str>) -> Option<Arc<Selector>> {
        let selector = self.selector(tag)?;
        let mut inner = self.inner();
        if inner.subs.len() == 1 {
            let text = cursor.filter(|c| Cursor::decode(c).is_some());
            inner.base = text.map(|text| Mark {
                text: Cursor::unsealed(text).into(),
                end: 0,
            });
        }
        Some(selector)
    }

    pub(super) fn admit(&self, tag: u32, page: &Page) {
        if let Some(sub) = self.inner().sub(tag) {
            for frame in &page.items {
                sub.subscription.admit(&frame.key.id);
            }
        }
    }

    pub(super) fn begin_page(&self, tag: u32, page: &Page) {
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
    pub(super) fn row(&self, tag: u32, frame: &Arc<Frame>, (page, cursor): (&Page, Option<Mark>)) {
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

    pub(super) fn end_page(&self, tag: u32, page: &Page) {
        let mut inner = self.inner();
        if inner.subs.len() == 1 && inner.sub(tag).is_some() {
            inner.base = Some(Mark::new(&page.cursor));
        }
    }

    pub(super) fn take_held(&self, tag: u32) -> Vec<Name> {
        let mut inner = self.inner();
        let held = inner.sub(tag).and_then(|sub| sub.held.as_mut());
        held.map_or_else(Vec::new, |held| held.dirty.drain().collect())
    }

    pub(super) fn late_row(&self, tag: u32, frame: &Arc<Frame>, stamp: u64) {
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
    pub(super) fn go_live(&self, tag: u32) {
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
            let cursor = cursor.as_deref().map(|c| self.told(c));
            let word = Word::Synced(number, cursor.as_deref());
            self.write(&mut inner, word.bytes(self.framing));
            inner.departed.extend(held.gone);
            self.catch_up(&mut inner);
            self.finish(&mut inner);
        }
    }

    /// The named jobs that have not ended, as far as this subscription knows.
    pub(super) fn selector(&self, tag: u32) -> Option<Arc<Selector>> {
        let mut inner = self.inner();
        Some(Arc::clone(inner.sub(tag)?.subscription.selector()))
    }

    pub(super) fn left(&self, tag: u32) -> Vec<Name> {
        let mut inner = self.inner();
        let left = inner.sub(tag).and_then(|sub| sub.left.as_ref());
        left.map_or_else(Vec::new, |left| left.iter().cloned().collect())
    }

    /// A named job's state of now: if it ended before the snapshot, nothing more comes of it.
    pub(super) fn ended(&self, tag: u32, frame: &Arc<Frame>) {
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
    pub(super) fn expired(&self, id: &Name) {
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
