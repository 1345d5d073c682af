//! What a credential was found to allow.

use std::sync::Arc;
use std::time::Duration;

use super::scope::{Scope, Scopes};
use crate::progress::{Labels, Name, Narrowing, Timestamp};

/// Which key vouched for a credential: stands for the key itself, so that a key that was withdrawn, and another that
/// came under its `kid`, are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u64);

/// What a credential allows: everything a request may see or touch is built from this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who it is (`sub`); `None` = nobody in particular, where the service asks for no credentials.
    pub subject: Option<Box<str>>,
    /// The projects; `None` = every one, where the service asks for no credentials.
    pub projects: Option<Vec<Name>>,
    /// What may be done in them.
    pub scopes: Scopes,
    /// What it is narrowed to within them.
    pub narrowing: Option<Arc<Narrowing>>,
    /// When it ends (`exp`); `None` = never.
    pub expires: Option<Timestamp>,
    /// The key that vouched for it; `None` = none did.
    pub key: Option<KeyId>,
}

impl Grant {
    /// Everything: what everybody has where the service asks for no credentials.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            subject: None,
            projects: None,
            scopes: Scopes::all(),
            narrowing: None,
            expires: None,
            key: None,
        }
    }

    /// How long it holds from `now` on; `None` = for ever.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Option<Duration> {
        let millis = self.expires?.0.saturating_sub(now.0);
        Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
    }

    /// Whether it is for this project.
    #[must_use]
    pub fn covers(&self, project: &Name) -> bool {
        let named = |projects: &Vec<Name>| projects.contains(project);
        self.projects.as_ref().is_none_or(named)
    }

    /// Whether `scope` is among what it allows.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.holds(scope)
    }

    /// Whether it may see a job with this id and these labels, of a project that it covers.
    #[must_use]
    pub fn sees(&self, id: &Name, labels: &Labels) -> bool {
        let within = |n: &Arc<Narrowing>| n.holds(id, labels);
        self.narrowing.as_ref().is_none_or(within)
    }
}
