//! How frames reach a stream's socket: offered by the hub, or owed and caught up on.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::Stream;
use super::inner::{Inner, Phase, Sub};
use crate::hub::{Emission, Mark};
use crate::progress::{JobKey, Name};
use crate::transport::endings::Ending;
use crate::transport::words::{Framing, Word};
use crate::transport::ws::message::Header;
use crate::wire::Frame;

/// After how many catch-up reads the hub knows all that a snapshot gave.
const PASSES: u64 = 2;

impl Stream {
    /// What the viewer may be told as its cursor. `mark` = the hub's, where the caller has it at hand.
    pub(in crate::transport) fn standing(
        &self,
        inner: &Inner,
        mark: Option<&Mark>,
    ) -> Option<Mark> {
        let holding = inner.subs.iter().any(|s| s.held.is_some());
        if holding && inner.subs.len() > 1 {
            return None;
        }
        let base = inner.base.clone();
        if holding || inner.subs.is_empty() || !inner.dirty.is_empty() {
            return base;
        }
        let mark = match mark {
            Some(mark) => Some(mark.clone()),
            None => self.hub.full_mark(&self.project),
        };
        match (base, mark) {
            (Some(base), Some(mark)) if mark.end < base.end => Some(base),
            (base, mark) => mark.or(base),
        }
    }

    /// A cursor as this stream's viewer is told it: sealed, where a ticket opened the stream.
    pub(in crate::transport) fn told<'a>(&self, cursor: &'a str) -> Cow<'a, str> {
        match &self.seal {
            None => cursor.into(),
            Some(seal) => seal.put(cursor).into(),
        }
    }

    /// The hub lets a frame out that the subscription `tag` may want.
    pub(super) fn offered(&self, inner: &mut Inner, emission: &Emission, tag: u32) {
        let frame = &emission.frame;
        let id = &frame.key.id;
        let Some(sub) = inner.sub(tag) else {
            return;
        };
        if let Some(held) = &mut sub.held {
            held.dirty.insert(id.clone());
            return;
        }
        if emission.stamp <= sub.settled && !sub.subscription.decide(frame) {
            return;
        }
        if emission.stamp <= inner.stamp || gave(inner, emission) {
            return;
        }
        if inner.out.is_empty() && inner.dirty.is_empty() {
            let mark = match self.framing {
                Framing::Sse => self.standing(inner, emission.mark.as_ref()),
                Framing::Ws => None,
            };
            self.give(inner, (frame, emission.stamp), mark.as_ref());
        } else {
            if inner.dirty.is_empty() {
                inner.base = self.standing(inner, emission.mark.as_ref());
            }
            inner.dirty.insert(id.clone());
        }
    }

    /// Writes a frame, with the cursor that holds before it.
    pub(super) fn give(
        &self,
        inner: &mut Inner,
        (frame, stamp): (&Arc<Frame>, u64),
        mark: Option<&Mark>,
    ) {
        inner.stamp = inner.stamp.max(stamp);
        match (self.framing, mark) {
            (Framing::Sse, Some(mark)) => {
                let cursor = self.told(&mark.text);
                let before: [&[u8]; 3] = [b"id: ", cursor.as_bytes(), b"\n"];
                self.write_parts(inner, &before, &frame.event());
            }
            (Framing::Sse, None) => self.write_parts(inner, &[], &frame.event()),
            (Framing::Ws, _) => {
                let json: Bytes = frame.json();
                let header = Header::text(json.len());
                self.write_parts(inner, &[header.as_slice()], &json);
            }
        }
        if frame.status.is_terminal() {
            self.over(inner, &frame.key.id);
        }
    }

    /// A job has ended, or is gone: subscriptions that were waiting for it alone are over.
    pub(super) fn over(&self, inner: &mut Inner, id: &Name) {
        for sub in &mut inner.subs {
            if let Some(left) = &mut sub.left {
                left.remove(id);
            }
        }
        self.finish(inner);
    }

    /// Ends the subscriptions of which every job has ended.
    pub(super) fn finish(&self, inner: &mut Inner) {
        let done =
            |s: &Sub| s.held.is_none() && s.left.as_ref().is_some_and(|left| left.is_empty());
        while let Some(at) = inner.subs.iter().position(done) {
            if self.framing == Framing::Sse {
                self.close(inner, Ending::Finished);
                return;
            }
            let sub = inner.subs.remove(at);
            let word = Word::End(Some(sub.number), Ending::Finished, None);
            self.write(inner, word.bytes(Framing::Ws));
            let asked = inner.ws.as_ref().is_some_and(|ws| ws.subscribed);
            if sub.number == 0 && !asked {
                self.close(inner, Ending::Finished);
            }
        }
    }

    /// A job that the subscription `tag` may have shown is gone.
    pub(super) fn departed(&self, inner: &mut Inner, id: &Name, tag: u32) {
        let Some(sub) = inner.sub(tag) else {
            return;
        };
        if let Some(held) = &mut sub.held {
            held.dirty.remove(id);
            held.gone.push(id.clone());
            return;
        }
        inner.dirty.remove(id);
        // Through a second subscription it comes right behind the first.
        if inner.told_gone.as_ref() != Some(id) {
            inner.told_gone = Some(id.clone());
            inner.departed.push(id.clone());
        }
        self.catch_up(inner);
    }

    /// Gives what is owed, as far as the socket takes it.
    pub(super) fn catch_up(&self, inner: &mut Inner) {
        match inner.out.flush(&self.socket) {
            Ok(_) => {}
            Err(_) => return inner.die(),
        }
        if inner.phase == Phase::Open {
            self.give_owed(inner);
        }
        if inner.out.is_empty() {
            self.room.notify_one();
        }
    }

    fn give_owed(&self, inner: &mut Inner) {
        if inner.out.is_empty() && !inner.dirty.is_empty() {
            let base = inner.base.clone();
            let mut owed = std::mem::take(&mut inner.dirty).into_iter();
            while inner.out.is_empty() {
                let Some(id) = owed.next() else {
                    break;
                };
                let key = JobKey {
                    project: self.project.clone(),
                    id,
                };
                let Some((frame, stamp)) = self.hub.newest(&key) else {
                    // Noted so long ago that the hub has forgotten it: with the cursor of now it is found again.
                    inner.dirty.insert(key.id);
                    return self.close(inner, Ending::TooSlow);
                };
                // A subscription may have ended since the job's name was noted.
                if inner.fits(&frame) {
                    self.give(inner, (&frame, stamp), base.as_ref());
                }
                if inner.phase != Phase::Open {
                    return;
                }
            }
            inner.dirty.extend(owed);
        }
        while inner.out.is_empty() {
            let Some(id) = inner.departed.pop() else {
                return;
            };
            self.write(inner, Word::Gone(&id).bytes(self.framing));
            self.over(inner, &id);
        }
    }
}

/// Whether a snapshot gave this emission, or a newer one. Forgets what the hub has caught up with.
fn gave(inner: &mut Inner, emission: &Emission) -> bool {
    let mut gave = false;
    for sub in inner.subs.iter_mut().filter(|s| s.held.is_none()) {
        let caught_up = |p: u64| emission.passes >= p + PASSES;
        if sub
            .since
            .as_ref()
            .is_some_and(|s| s.passes.is_some_and(caught_up))
        {
            sub.since = None;
        }
        gave |= sub.gave(&emission.frame) && sub.selects(&emission.frame);
    }
    gave
}
