//! Scans a repository of controlled documents: which files there are, what each says of itself,
//! and which rules it breaks. Everything is written to Postgres or nothing.
//!
//! The way of the work is `work`'s business; what the rules are, `rule`'s.

use std::{io, path::PathBuf, time::Duration};

use milepost::worker::{Cancelled, Failure, Job, Phase, Reporter};
use serde_json::json;
use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;

pub mod collection;
pub mod document;
pub mod finding;
pub mod front_matter;
pub mod known;
pub mod persist;
pub mod process;
pub mod rule;
pub mod source;
pub mod summary;
pub mod validate;
mod work;

use self::summary::Summary;

/// How many files a second go through a phase at pace 1.
pub const FILES_PER_SECOND: f64 = 10.0;

/// How many findings may wait to be told: as many as the service keeps of a job. All of them are in
/// the tables.
const NOTICES: usize = 10_000;
/// How long the last findings may take to be told: 40 of them leave in a second.
const DELIVERY: Duration = Duration::from_secs(300);

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
    Cancelled(#[from] Cancelled),
    #[error("the archive is cut off or damaged: fetch it again")]
    TruncatedArchive(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no markdown files in the repository: see that the folder is right")]
    Empty,
    #[error("the repository cannot be read: see that it is there")]
    Read(#[from] io::Error),
    #[error("the database refused or went away")]
    Database(#[from] tokio_postgres::Error),
}

impl ScanError {
    /// What is said of it: with the cause, which the driver's error keeps to itself.
    pub fn failure(&self) -> Failure {
        let (code, retryable) = self.code();
        Failure::of(code, self).retryable(retryable)
    }

    /// The stable code, and whether the same scan may succeed later.
    pub fn code(&self) -> (&'static str, bool) {
        match self {
            Self::Cancelled(_) => ("cancelled", true),
            Self::TruncatedArchive(_) => ("truncated_archive", true),
            Self::Empty => ("empty", false),
            Self::Read(_) => ("unreadable", true),
            Self::Database(_) => ("database", true),
        }
    }
}

/// A scan whose job has begun.
pub struct Begun {
    scan: Scan,
    /// What people watch.
    pub job: Job,
}

impl Scan {
    /// Begins the job.
    pub fn begin(self, reporter: &Reporter) -> Begun {
        let source = self
            .source
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let metadata = json!({"source": source, "pace": self.pace});
        let job = reporter
            .job("scan")
            .halt(&self.halt)
            .title(&self.title)
            .subject(&self.repository)
            .phases([
                Phase::new("discovery").unit("files"),
                Phase::new("fetch").weight(3).unit("files"),
                Phase::new("parse").weight(3).unit("files"),
                Phase::new("validate").weight(3).unit("files"),
                Phase::new("persist").unit("rows"),
            ])
            .metadata(metadata)
            .notices(NOTICES)
            .start();
        Begun { scan: self, job }
    }
}

impl Begun {
    /// Does the work, says how it ended, and waits a while until all findings and that were heard.
    pub async fn finish(self, database: &Config) -> Result<Summary, ScanError> {
        let Self { scan, job } = self;
        let outcome = work::run(&scan, database, &job).await;
        let ending = match &outcome {
            Ok((summary, worst)) => job.complete(summary.json(worst)),
            Err(ScanError::Cancelled(_)) => job.cancel("Nothing was written"),
            Err(error) => job.fail(error.failure()),
        };
        ending.within(DELIVERY).await;
        outcome.map(|(summary, _)| summary)
    }
}
