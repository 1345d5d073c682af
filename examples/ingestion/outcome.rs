//! How an ingestion ends: with a summary, or with an error that has a stable code and may pass by itself.

use std::io;

use deadpool_postgres::PoolError;
use milepost::worker::Cancelled;
use serde::Serialize;
use tokio_postgres::error::SqlState;

/// What an ingestion did. Every file is in one of `stored`, `unchanged` and `refused`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Files in the source.
    pub files: u64,
    /// Documents stored by this job.
    pub stored: u64,
    /// Their chunks.
    pub chunks: u64,
    /// Files that were stored before, with the same bytes.
    pub unchanged: u64,
    /// Files that hold no document, each with a notice.
    pub refused: u64,
    /// Documents that are nearly another, each with a notice.
    pub near_duplicates: u64,
    /// The attempts it took.
    pub attempts: u32,
}

/// Why an ingestion, or an attempt at it, ended. What was stored until then is whole, and stays.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum IngestError {
    #[error("cancelled")]
    Cancelled,
    #[error("the archive is cut off or damaged: fetch it again")]
    TruncatedArchive(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no files in the source")]
    Empty,
    #[error("reading the source: {0}")]
    Read(#[from] io::Error),
    #[error("the database's settings cannot be used: {0}")]
    Settings(#[from] deadpool_postgres::BuildError),
    #[error("no connection to the database: {0}")]
    Connect(#[from] PoolError),
    #[error("database: {}", said(.0))]
    Database(#[from] tokio_postgres::Error),
}

impl From<Cancelled> for IngestError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl IngestError {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::TruncatedArchive(_) => "truncated_archive",
            Self::Empty => "empty",
            Self::Read(_) => "unreadable",
            Self::Settings(_) => "settings",
            Self::Connect(_) => "database_away",
            Self::Database(_) if self.passes() => "database_lost",
            Self::Database(_) => "database",
        }
    }

    /// Whether one document is to blame, which the database cannot take: invalid data, or more of it than there may be.
    pub fn is_of_document(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        error.code().is_some_and(|state| {
            ["22", "54"]
                .iter()
                .any(|class| state.code().starts_with(class))
        })
    }

    /// Whether the next attempt may succeed where this one stopped: connections are lost, servers restart.
    pub fn passes(&self) -> bool {
        let error = match self {
            Self::Database(error) | Self::Connect(PoolError::Backend(error)) => error,
            Self::Connect(PoolError::Timeout(_)) => return true,
            _ => return false,
        };
        let Some(state) = error.code() else {
            return error.is_closed() || is_io(error);
        };
        let passing = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ];
        passing.contains(state) || state.code().starts_with("08")
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<io::Error>())
}

/// What the server said, where it said something; a `tokio_postgres` error alone says only "db error".
fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    }
}
