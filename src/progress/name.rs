//! Names with a closed alphabet. A value of these types is valid by construction, so nothing behind the edge of the
//! service meets a path separator, a quote, a line break or an empty id.

use std::fmt;
use std::sync::Arc;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
    #[error(
        "a name starts with a letter or digit, continues with letters, digits, '.', '_' or '-', and has at most 64 characters"
    )]
    Name,
    /// Not `[a-z][a-z0-9_-]*(:[a-z][a-z0-9_-]*){0,3}`, or longer than 64.
    #[error(
        "a kind is one to four parts of lower-case letters, digits, '_' or '-', each starting with a letter, joined by ':', at most 64 characters"
    )]
    Kind,
}

/// A project, job id, subject or owner: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// The name, if `text` is one.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let first = text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric());
        let rest = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if first && rest && text.len() <= 64 {
            Ok(Self(text.into()))
        } else {
            Err(NameError::Name)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What sort of job: `feed:sync`, `scan`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(Arc<str>);

impl Kind {
    /// The kind, if `text` is one.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let part = |p: &str| {
            p.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
                && p.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-')
                })
        };
        let fits = text.len() <= 64 && text.split(':').count() <= 4;
        if fits && text.split(':').all(part) {
            Ok(Self(text.into()))
        } else {
            Err(NameError::Kind)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! shown {
    ($t:ty) => {
        impl fmt::Display for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    };
}
shown!(Name);
shown!(Kind);

/// One job among all: the project it belongs to and its id there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobKey {
    /// The tenant.
    pub project: Name,
    /// The job's id within the project.
    pub id: Name,
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.id)
    }
}

/// The text of one JSON object that passes through unread (a result, the data of a notice). Checked at the edge:
/// well-formed, an object, no U+0000, no duplicate keys, within its limit.
#[derive(Clone, PartialEq, Eq)]
pub struct Object(Arc<str>);

impl Object {
    /// Takes `text` as it is; the caller has checked that it is a JSON object (or, for a value of metadata, a JSON
    /// value).
    #[must_use]
    pub fn checked(text: &str) -> Self {
        Self(text.into())
    }

    /// `{}`.
    #[must_use]
    pub fn empty() -> Self {
        Self("{}".into())
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
shown!(Object);
