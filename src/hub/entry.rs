//! One subscription: who, what, and, where a status is asked for, which jobs it has shown.
//!
//! Only a status can change after a job's creation, so only selections with a status need a memory: a job that
//! leaves such a selection is sent once more.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::sink::Sink;
use crate::progress::{Labels, Name, Narrowing, Selector};
use crate::wire::Frame;

/// Which jobs a selection with a status holds.
#[derive(Debug, Default)]
struct Members {
    /// Until the snapshot is complete it is not known who was in, so everything that fits is offered.
    settled: bool,
    ids: HashSet<Name>,
}

/// One subscription as the hub holds it.
pub struct Entry {
    /// Its number in the hub.
    pub id: u64,
    /// Whose jobs.
    pub project: Name,
    /// Which of them.
    pub selector: Arc<Selector>,
    /// Whom to offer frames.
    pub sink: Arc<dyn Sink>,
    /// What the sink calls this subscription.
    pub tag: u32,
    /// Cleared when it is over, for a round that is under way.
    pub live: AtomicBool,
    members: Option<Box<Mutex<Members>>>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("id", &self.id)
            .field("project", &self.project)
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// A subscription; one with a status starts unsettled.
    pub fn new(
        id: u64,
        project: Name,
        selector: Arc<Selector>,
        (sink, tag): (Arc<dyn Sink>, u32),
    ) -> Self {
        let members = (!selector.status.is_empty()).then(Box::default);
        Self {
            id,
            project,
            selector,
            sink,
            tag,
            live: AtomicBool::new(true),
            members,
        }
    }

    fn members(&self) -> Option<std::sync::MutexGuard<'_, Members>> {
        let members = self.members.as_ref()?;
        Some(members.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that the viewer was shown this job as one of the selection.
    pub fn admit(&self, id: &Name) {
        if let Some(mut members) = self.members() {
            members.ids.insert(id.clone());
        }
    }

    /// Says that the snapshot is complete: from now on only members and newcomers are offered.
    pub fn settle(&self) {
        if let Some(mut members) = self.members() {
            members.settled = true;
        }
    }

    /// Whether a frame is to be sent as the selection stands, and notes who came and who left.
    pub fn decide(&self, frame: &Frame) -> bool {
        if !self.selector.fits(&frame.key.id, &frame.labels) {
            return false;
        }
        let Some(mut members) = self.members() else {
            return true;
        };
        if !self.selector.status.holds(frame.status) {
            return members.ids.remove(&frame.key.id);
        }
        // A terminal job cannot leave any more.
        if frame.status.is_terminal() {
            members.ids.remove(&frame.key.id);
        } else if !members.ids.contains(&frame.key.id) {
            members.ids.insert(frame.key.id.clone());
        }
        true
    }

    /// Whether to offer a frame that goes out now.
    pub fn wants(&self, frame: &Frame) -> bool {
        if !self.live.load(Ordering::Acquire) {
            return false;
        }
        if self.members().is_some_and(|members| !members.settled) {
            return self.selector.fits(&frame.key.id, &frame.labels);
        }
        self.decide(frame)
    }

    /// Whether to tell that a job is gone. Without labels only who names the job, or takes the whole project, can
    /// be told: who asked for a label must not learn ids that never had it.
    pub fn cares(&self, id: &Name, labels: Option<&Labels>) -> bool {
        let s = &self.selector;
        let unlabelled =
            s.kind.is_none() && s.subject.is_none() && s.owner.is_none() && s.parent.is_none();
        let may = |w: &Arc<Narrowing>| w.owners.is_none() && w.has_id(id);
        let fits = match labels {
            Some(labels) => s.fits(id, labels),
            None => {
                unlabelled
                    && (s.jobs.is_empty() || s.jobs.binary_search(id).is_ok())
                    && s.within.as_ref().is_none_or(may)
            }
        };
        if let Some(mut members) = self.members() {
            members.ids.remove(id);
        }
        fits && self.live.load(Ordering::Acquire)
    }
}
