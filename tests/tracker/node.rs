//! One node of the service without its HTTP side.

use milepost::tracker::{Settings, Tracker};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::support::postgres::TestDatabase;

/// A tracker with its tasks.
pub struct Node {
    pub tracker: Tracker,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Node {
    /// Starts on a database.
    pub async fn start(database: &TestDatabase) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let settings = Settings {
            connections: 4,
            ..Settings::of(database.config())
        };
        let tracker = Tracker::start(settings, stop.clone(), tasks.clone())
            .await
            .unwrap();
        Self {
            tracker,
            stop,
            tasks,
        }
    }

    /// Writes what is left, and ends every task.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
