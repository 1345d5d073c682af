//! Which jobs are watched, as the query that selects them.

use crate::progress::{Kind, Name, Status};

/// The most jobs one stream may name.
pub const MOST_JOBS: usize = 200;

/// Conditions that must all hold; none selects the whole project.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// These jobs.
    pub jobs: Vec<Name>,
    /// This kind.
    pub kind: Option<Kind>,
    /// This subject.
    pub subject: Option<Name>,
    /// This owner.
    pub owner: Option<Name>,
    /// This parent.
    pub parent: Option<Name>,
    /// One of these.
    pub status: Vec<StatusWord>,
}

/// A status to select by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusWord {
    /// Every status that is not final.
    Active,
    /// This one.
    Is(Status),
}

impl StatusWord {
    /// The status that a word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        if word == "active" {
            return Some(Self::Active);
        }
        let status = Status::ALL.into_iter().find(|s| s.as_str() == word);
        status.map(Self::Is)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Is(status) => status.as_str(),
        }
    }
}

impl Query {
    /// The children of a job.
    #[must_use]
    pub fn children(parent: Name) -> Self {
        Self {
            parent: Some(parent),
            ..Self::default()
        }
    }

    /// The query as it stands in an address. No alphabet of its parts has a character that would need escaping.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts: Vec<String> = self.jobs.iter().map(|id| format!("job={id}")).collect();
        parts.extend(self.kind.iter().map(|kind| format!("kind={kind}")));
        for (name, value) in [
            ("subject", &self.subject),
            ("owner", &self.owner),
            ("parent", &self.parent),
        ] {
            parts.extend(value.iter().map(|value| format!("{name}={value}")));
        }
        let words = self.status.iter().map(|s| format!("status={}", s.as_str()));
        parts.extend(words);
        parts.join("&")
    }
}
