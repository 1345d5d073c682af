//! The demonstration: the example workers on sample data, over and over, and a front that starts
//! them from a page.
//!
//! The workers are the very files of `examples/`, and speak to the service over HTTP like any
//! other: nothing here reaches into it. Outside `milepost demo` none of this runs.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use milepost::worker::Reporter;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

#[path = "../examples/feed_sync/archive.rs"]
mod archive;
#[path = "../examples/vulnerability_audit/audit.rs"]
mod audit;
mod audits;
#[path = "../examples/feed_sync/difference.rs"]
mod difference;
mod front;
#[path = "../examples/csv_import/import.rs"]
mod import;
#[path = "../examples/csv_import/mapping.rs"]
mod mapping;
#[path = "../examples/csv_import/outcome.rs"]
mod outcome;
#[path = "../examples/pace/pace.rs"]
mod pace;
#[path = "../examples/feed_sync/rule.rs"]
mod rule;
mod samples;
mod schedule;
#[path = "../examples/csv_import/source.rs"]
mod source;
#[path = "../examples/csv_import/stage.rs"]
mod stage;
#[path = "../examples/feed_sync/sync.rs"]
mod sync;
mod upload;
mod wish;

use self::{import::Import, mapping::Mapping, sync::Sync};

/// The project that the demonstration's jobs belong to.
pub const PROJECT: &str = "demo";
/// The default of [`Demo::upload_limit`].
pub const UPLOAD_LIMIT: u64 = 256 << 20;
/// How long the front waits until a job can be watched, before it answers all the same.
const PATIENCE: Duration = Duration::from_secs(5);
/// Seconds between two jobs of one lane at pace 1.
const PAUSE: f64 = 5.0;

/// What the demonstration runs on.
#[derive(Clone)]
pub struct Demo {
    /// What the workers report to: the service, project [`PROJECT`].
    pub reporter: Reporter,
    /// The database the workers import into; their tables are in its schema `examples`.
    pub database: tokio_postgres::Config,
    /// A folder for the unpacked samples and for uploads under way.
    pub data: PathBuf,
    /// How fast it goes. 1: 20 rules a second, 400 rows a second in each phase, and 5 seconds
    /// between jobs, which makes a sample take about 20 seconds. 2 is twice as fast; 0 sets no
    /// limit at all (and 1 second between jobs). Every job says it in `metadata.pace`.
    pub pace: f64,
    /// The largest file a page may send, in bytes; [`UPLOAD_LIMIT`] by default.
    pub upload_limit: u64,
}

/// Unpacks the samples and removes uploads that a killed run left. To be called before
/// [`routes`] and [`run`]; blocking.
pub fn prepare(demo: &Demo) -> io::Result<()> {
    samples::unpack(&demo.data)
}

/// The front of the demonstration: `GET /demo`, `POST /demo/feeds/{id}/sync`, `POST /demo/imports` and
/// `POST /demo/audits`. What they start runs on `tasks` and gives up when `stop` is cancelled.
pub fn routes(demo: Arc<Demo>, tasks: TaskTracker, stop: CancellationToken) -> axum::Router {
    front::routes(demo, tasks, stop)
}

/// Runs the example workers on the samples, several at once, until `stop` is cancelled; returns
/// when the last of them has given up.
pub async fn run(demo: Arc<Demo>, stop: CancellationToken) {
    schedule::run(demo, stop).await;
}

impl Demo {
    fn sync(&self, feed: &samples::Feed, turn: usize, halt: &CancellationToken) -> Sync {
        Sync {
            feed: feed.id.into(),
            title: feed.title.into(),
            source: feed.source(&self.data, turn),
            every: 10,
            pace: self.pace,
            halt: halt.clone(),
        }
    }

    fn import(&self, file: File, halt: &CancellationToken) -> Import {
        Import {
            file: file.path,
            title: file.title,
            mapping: file.mapping,
            header: file.header,
            every: 1000,
            pace: file.pace,
            halt: halt.clone(),
        }
    }

    /// Runs one sync to its end. How it ended is seen in the job.
    async fn run_sync(&self, sync: Sync) {
        let begun = sync.begin(&new_id(), &self.reporter);
        log(begun.finish(&self.database).await);
    }

    /// Runs one import to its end. How it ended is seen in the job.
    async fn run_import(&self, import: Import) {
        let id = new_id();
        let begun = import.begin(&id, &self.database, &self.reporter).await;
        log(begun.finish().await);
    }
}

/// A file to import.
struct File {
    path: PathBuf,
    title: String,
    mapping: Option<&'static Mapping>,
    header: bool,
    pace: f64,
}

fn new_id() -> String {
    Uuid::now_v7().to_string()
}

fn log<T: std::fmt::Debug, E: std::fmt::Display>(outcome: Result<T, E>) {
    match outcome {
        Ok(summary) => tracing::debug!(?summary, "demo job completed"),
        Err(error) => tracing::info!(%error, "demo job ended without a result"),
    }
}
