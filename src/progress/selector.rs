//! Which jobs of a project somebody wants: conditions that must all hold.

use std::sync::Arc;

use super::{Kind, Labels, Name, Narrowing, Status};

/// A set of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StatusSet(u8);

impl StatusSet {
    /// Every status that is not terminal.
    #[must_use]
    pub fn active() -> Self {
        Status::ALL
            .into_iter()
            .filter(|s| !s.is_terminal())
            .fold(Self::default(), Self::with)
    }

    /// This set and `status`.
    #[must_use]
    pub fn with(self, status: Status) -> Self {
        Self(self.0 | 1 << status as u8)
    }

    /// The union of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `status` is in it. The empty set holds every status: no condition was given.
    #[must_use]
    pub fn holds(self, status: Status) -> bool {
        self.0 == 0 || self.0 & (1 << status as u8) != 0
    }

    /// Whether no condition was given.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The words, for a query.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        Status::ALL
            .into_iter()
            .filter(|s| self.0 & (1 << *s as u8) != 0)
            .map(Status::as_str)
            .collect()
    }
}

/// A selection of jobs within one project. The default selects all of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Selector {
    /// These jobs; empty = any. Sorted and without repetitions when made by [`Selector::normal`].
    pub jobs: Vec<Name>,
    /// This kind.
    pub kind: Option<Kind>,
    /// This subject.
    pub subject: Option<Name>,
    /// This owner.
    pub owner: Option<Name>,
    /// This parent.
    pub parent: Option<Name>,
    /// One of these statuses; empty = any.
    pub status: StatusSet,
    /// What whoever asks may see at all; not asked for, but part of what is selected.
    pub within: Option<Arc<Narrowing>>,
}

impl Selector {
    /// The same selection with its job ids sorted and each named once, so that equal selections are equal values.
    #[must_use]
    pub fn normal(mut self) -> Self {
        self.jobs.sort();
        self.jobs.dedup();
        self
    }

    /// The same selection, of what a credential leaves of it.
    #[must_use]
    pub fn within(mut self, narrowing: Option<&Arc<Narrowing>>) -> Self {
        self.within = narrowing.cloned();
        self
    }

    /// Whether a job with this id and these labels is selected, its status aside. None of it changes in a job's life.
    #[must_use]
    pub fn fits(&self, id: &Name, labels: &Labels) -> bool {
        (self.jobs.is_empty() || self.jobs.binary_search(id).is_ok())
            && self.kind.as_ref().is_none_or(|k| *k == labels.kind)
            && self
                .subject
                .as_ref()
                .is_none_or(|s| labels.subject.as_ref() == Some(s))
            && self
                .owner
                .as_ref()
                .is_none_or(|o| labels.owner.as_ref() == Some(o))
            && self
                .parent
                .as_ref()
                .is_none_or(|p| labels.parent.as_ref() == Some(p))
            && self.within.as_ref().is_none_or(|w| w.holds(id, labels))
    }

    /// Whether a job is selected as it stands.
    #[must_use]
    pub fn selects(&self, id: &Name, labels: &Labels, status: Status) -> bool {
        self.status.holds(status) && self.fits(id, labels)
    }
}
