//! What is wrong with a body. Our own words only: nothing of the parser's, nothing of the value itself.

use std::borrow::Cow;

use serde::Serialize;

/// One thing wrong with a body, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// JSON pointer (RFC 6901) to the value; empty = the whole body.
    pub pointer: String,
    /// What it should be, as a sentence that follows the pointer.
    pub detail: Cow<'static, str>,
}

/// Why a body, or one item of it, was refused before anything of it was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Not JSON at all, or not in UTF-8.
    #[error("{0}")]
    Malformed(String),
    /// More items than one request may carry.
    #[error(
        "a request carries at most {} reports: send the rest in another",
        super::body::MAX_ITEMS
    )]
    TooMany,
    /// JSON, but not what is understood here. At least one fault.
    #[error("the body has {} invalid field(s)", .0.len())]
    Unprocessable(Vec<Fault>),
}

impl Invalid {
    /// One fault of JSON that was read well.
    #[must_use]
    pub fn at(pointer: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Unprocessable(vec![Fault {
            pointer: pointer.into(),
            detail: detail.into(),
        }])
    }
}

/// `base` and one more step, escaped as RFC 6901 says.
#[must_use]
pub(super) fn pointer(base: &str, step: &str) -> String {
    format!("{base}/{}", step.replace('~', "~0").replace('/', "~1"))
}
