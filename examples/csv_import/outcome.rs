//! How an import ends: with a summary, or with an error that has a stable code.

use std::io;

use milepost::worker::{Cancelled, Failure};
use serde_json::{Value, json};

/// What an import did.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Rows read.
    pub rows: u64,
    /// Rows refused, each with a notice.
    pub invalid: u64,
    /// Rows added to the final tables.
    pub added: u64,
    /// Rows of the final tables that were changed.
    pub updated: u64,
}

/// Why an import ended without a result. In no case was a final table changed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ImportError {
    #[error("cancelled")]
    Cancelled,
    #[error("the file has no rows")]
    Empty,
    #[error("the file is UTF-16: save it as UTF-8")]
    Encoding,
    #[error("no column {column:?} in the header: {mapping} needs it")]
    MissingColumn {
        column: &'static str,
        mapping: &'static str,
    },
    #[error("reading the file: {0}")]
    Read(#[from] io::Error),
    #[error("database: {0}")]
    Database(#[from] tokio_postgres::Error),
}

impl ImportError {
    /// What is said of it: with the cause, which the driver's error keeps to itself.
    pub fn failure(&self) -> Failure {
        let (code, retryable) = self.code();
        Failure::of(code, self).retryable(retryable)
    }

    /// The stable code, and whether the same import may succeed later.
    pub fn code(&self) -> (&'static str, bool) {
        match self {
            Self::Cancelled => ("cancelled", true),
            Self::Empty => ("empty", false),
            Self::Encoding => ("encoding", false),
            Self::MissingColumn { .. } => ("missing_column", false),
            Self::Read(_) => ("unreadable", true),
            Self::Database(_) => ("database", true),
        }
    }
}

impl From<Cancelled> for ImportError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl Summary {
    /// The result of the job.
    pub fn json(&self) -> Value {
        json!({"rows": self.rows, "invalid": self.invalid, "added": self.added, "updated": self.updated})
    }
}
