//! Scans a repository of controlled documents: which files there are, what each says of itself,
//! and which rules it breaks. Everything is written to Postgres or nothing.
//!
//! The way of the work is `work`'s business; what the rules are, `rule`'s.

use std::{io, path::PathBuf};

use tokio_util::sync::CancellationToken;

pub mod collection;
pub mod document;
pub mod finding;
pub mod front_matter;
pub mod known;
#[path = "../reporter/pace.rs"]
mod pace;
pub mod persist;
pub mod rule;
pub mod source;
pub mod summary;
pub mod validate;

/// How many files a second go through a phase at pace 1.
pub const FILES_PER_SECOND: f64 = 10.0;

/// What to scan, and how.
#[derive(Clone)]
pub struct Scan {
    /// The name of the repository: what is stored belongs to it. Scans of one repository run one
    /// after the other.
    pub repository: String,
    /// What people read as the name of the job.
    pub title: String,
    /// A `.tar.zst` archive or a folder of markdown files.
    pub source: PathBuf,
    /// Other repositories, whose documents may be referred to.
    pub companions: Vec<PathBuf>,
    /// How fast it goes, in [`FILES_PER_SECOND`]; 0 = as fast as it can.
    pub pace: f64,
    /// Cancels the scan when the program is to stop.
    pub halt: CancellationToken,
}

/// Why a scan ended without a result. In no case was anything written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ScanError {
    #[error("cancelled")]
    Cancelled,
    #[error("the archive is cut off or damaged: fetch it again")]
    TruncatedArchive(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no markdown files in the repository: see that the folder is right")]
    Empty,
    #[error("reading the repository: {0}")]
    Read(#[from] io::Error),
    #[error("database: {0}")]
    Database(#[from] tokio_postgres::Error),
}

impl ScanError {
    /// The stable code, and whether the same scan may succeed later.
    pub fn code(&self) -> (&'static str, bool) {
        match self {
            Self::Cancelled => ("cancelled", true),
            Self::TruncatedArchive(_) => ("truncated_archive", true),
            Self::Empty => ("empty", false),
            Self::Read(_) => ("unreadable", true),
            Self::Database(_) => ("database", true),
        }
    }
}
