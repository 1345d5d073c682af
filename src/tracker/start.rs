//! Puts the tracker together: opens the store, starts the tasks, and ends them in order.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::cache::Cache;
use super::clock::Clock;
use super::follow::{self, Verified};
use super::inner::{Beats, Inner, Recounts};
use super::queue::{Bounds, Queue};
use super::stats::Stats;
use super::summary::Summaries;
use super::{Tracker, commit, sweep};
use crate::bus::{self, Hints};
use crate::hub::Hub;
use crate::store::notify::Notifier;
use crate::store::{Store, listener, pool};

/// Who waits for a write is told after so long that its outcome is not known.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Hints that may wait to be looked at; past that everything is looked through instead.
const HEARD: usize = 1024;

/// What the tracker needs to start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The database.
    pub database: tokio_postgres::Config,
    /// The same database without a pooler between, for LISTEN; the database itself where none is given.
    pub direct: Option<tokio_postgres::Config>,
    /// Connections of the pool, at least 2.
    pub connections: usize,
    /// Jobs held in memory.
    pub cached_jobs: usize,
    /// Requests and jobs with ticks that may wait to be written.
    pub waiting: usize,
    /// Jobs in one write.
    pub batch: usize,
    /// How long finished jobs are kept, in seconds.
    pub keep_seconds: f64,
}

impl Settings {
    /// The defaults for this database.
    #[must_use]
    pub fn of(database: tokio_postgres::Config) -> Self {
        Self {
            database,
            direct: None,
            connections: 8,
            cached_jobs: 20_000,
            waiting: 20_000,
            batch: 500,
            keep_seconds: 7.0 * 86_400.0,
        }
    }
}

/// Why the tracker could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened.
    #[error("{0}")]
    Database(#[from] crate::store::Error),
}

impl Tracker {
    /// Opens the database and starts the tracker's tasks, all of them in `tasks`. They end with `stop`; the commit
    /// writes what is left first.
    pub async fn start(
        settings: Settings,
        stop: CancellationToken,
        tasks: TaskTracker,
    ) -> Result<Self, StartError> {
        let store = Store::open(&settings.database, settings.connections).await?;
        let (seen, now) = store.snapshot().await?;
        let direct = settings.direct.as_ref().unwrap_or(&settings.database);
        let notifier = Notifier::new(direct, store.node)?;
        let proven = Arc::new(AtomicBool::new(false));
        let bounds = Bounds {
            items: settings.waiting,
            jobs: settings.waiting,
            batch: settings.batch,
        };
        let inner = Arc::new(Inner {
            store,
            hub: Hub::new(),
            clock: Clock::new(now),
            cache: Cache::new(settings.cached_jobs),
            queue: Queue::new(bounds),
            hints: Arc::new(Hints::default()),
            recounts: Recounts::default(),
            beats: Beats::default(),
            verified: Verified::new(now),
            summaries: Summaries::default(),
            proven: proven.clone(),
            stats: Arc::new(Stats::default()),
            keep_seconds: settings.keep_seconds,
        });
        let (tell, heard) = mpsc::channel(HEARD);
        let hub = inner.hub.clone();
        let token = stop.clone();
        tasks.spawn(async move { hub.run(token).await });
        tasks.spawn(commit::run(inner.clone(), stop.clone()));
        tasks.spawn(listener::listen(
            pool::tuned(direct),
            tell,
            proven,
            stop.clone(),
        ));
        tasks.spawn(follow::run(inner.clone(), seen, heard, stop.clone()));
        tasks.spawn(follow::watch_staleness(inner.clone(), stop.clone()));
        tasks.spawn(bus::postgres::send(
            inner.hints.clone(),
            notifier,
            stop.clone(),
        ));
        tasks.spawn(sweep::beats(inner.clone(), stop.clone()));
        tasks.spawn(sweep::recounts(inner.clone(), stop.clone()));
        tasks.spawn(sweep::run(inner.clone(), stop));
        Ok(Self { inner })
    }

    /// Closes the connections. Nothing can be read or written afterwards.
    pub fn close(&self) {
        self.inner.store.close();
    }
}
