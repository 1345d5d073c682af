//! Why a job failed, in the words of the contract: a stable code for programs, a text for people.

use std::error::Error;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::limits;

/// Why a job, or one attempt at it, failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    code: String,
    message: String,
    retryable: bool,
    retry_after: Option<u64>,
    phase: Option<String>,
    details: Option<Map<String, Value>>,
}

impl Failure {
    /// A failure with a stable `code` (`[a-z][a-z0-9_]{0,63}`; anything else is spelt so) and a text for people, of
    /// which 1,000 characters are kept. Not retryable unless it is said to be.
    #[must_use]
    pub fn new(code: &str, message: impl AsRef<str>) -> Self {
        Self {
            code: limits::code(code),
            message: limits::text(message.as_ref(), limits::MESSAGE),
            retryable: false,
            retry_after: None,
            phase: None,
            details: None,
        }
    }

    /// A failure with the text of an error and of all that caused it, which many errors keep to themselves: what
    /// prints as `db error` names the violated constraint one level down.
    #[must_use]
    pub fn of(code: &str, error: &(dyn Error + 'static)) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        Self::new(code, message)
    }

    /// Whether the same work may succeed when it is done again.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// In how many seconds it makes sense to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.min(limits::COUNT));
        self
    }

    /// The phase it happened in, where that is not the current one.
    #[must_use]
    pub fn phase(mut self, name: &str) -> Self {
        self.phase = Some(limits::word(name, limits::PHASE));
        self
    }

    /// Details for programs: an object of 16 KiB at most.
    #[must_use]
    pub fn details(mut self, details: impl Serialize) -> Self {
        self.details = limits::object(details, limits::RESULT);
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The text for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The `error` of a report.
    pub(super) fn json(&self) -> Value {
        let mut error = json!({
            "code": self.code, "message": self.message, "retryable": self.retryable,
        });
        if let Some(seconds) = self.retry_after {
            error["retry_after_seconds"] = seconds.into();
        }
        if let Some(phase) = &self.phase {
            error["phase"] = phase.as_str().into();
        }
        if let Some(details) = &self.details {
            error["details"] = details.clone().into();
        }
        error
    }
}
