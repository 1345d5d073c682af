//! The loop of the demonstration: seven lanes side by side, each one job after the other with a
//! pause between. It does nothing that a person could not start from the page.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{
    Demo, File, PAUSE,
    audits::{PEOPLE, TARGETS, Turns},
    ingestions,
    samples::{FEEDS, TABLES, Table},
    scans::REPOSITORIES,
};

/// Which tables follow each other in a lane.
const CATALOGS: [usize; 4] = [0, 3, 1, 2];
const VULNERABILITIES: [usize; 3] = [4, 4, 5];

/// Runs the lanes until `stop` is cancelled.
pub async fn run(demo: Arc<Demo>, stop: CancellationToken) {
    let lanes = async {
        tokio::join!(
            feeds(&demo, &stop),
            tables(&demo, &CATALOGS, &stop),
            tables(&demo, &VULNERABILITIES, &stop),
            scans(&demo, &stop),
            audits(&demo, 0, &stop),
            audits(&demo, 1, &stop),
            ingestions::lane(&demo, &stop),
        )
    };
    Box::pin(lanes).await;
}

async fn feeds(demo: &Demo, stop: &CancellationToken) {
    for turn in 0.. {
        for feed in &FEEDS {
            demo.run_sync(demo.sync(feed, turn, stop)).await;
            if !demo.pause(stop).await {
                return;
            }
        }
    }
}

async fn scans(demo: &Demo, stop: &CancellationToken) {
    for turn in 0.. {
        for repository in &REPOSITORIES {
            demo.run_scan(demo.scan(repository, turn, stop)).await;
            if !demo.pause(stop).await {
                return;
            }
        }
    }
}

/// Audits one target after the other for the person of this number, each person beginning with another target.
async fn audits(demo: &Demo, number: usize, stop: &CancellationToken) {
    let turns = Turns::default();
    let person = PEOPLE.get(number).copied().unwrap_or_default();
    for target in TARGETS.iter().cycle().skip(2 * number) {
        let begun = demo
            .audit(target, person, (&turns, stop))
            .begin(&demo.reporter);
        super::log(begun.finish(&demo.database).await);
        if !demo.pause(stop).await {
            return;
        }
    }
}

async fn tables(demo: &Demo, order: &[usize], stop: &CancellationToken) {
    for table in order.iter().filter_map(|at| TABLES.get(*at)).cycle() {
        demo.run_import(demo.import(demo.sample(table, demo.pace), stop))
            .await;
        if !demo.pause(stop).await {
            return;
        }
    }
}

impl Demo {
    /// The sample as a file to import.
    pub(super) fn sample(&self, table: &Table, pace: f64) -> File {
        File {
            path: table.path(&self.data),
            title: table.name.into(),
            mapping: table.mapping(),
            header: true,
            pace,
        }
    }

    /// How long a lane rests between two jobs.
    pub(super) fn rest(&self) -> Duration {
        let seconds = if self.pace > 0.0 {
            PAUSE / self.pace
        } else {
            1.0
        };
        Duration::from_secs_f64(seconds.clamp(0.1, 3600.0))
    }

    /// Rests; false when it is time to stop.
    pub(super) async fn pause(&self, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = sleep(self.rest()) => true,
            () = stop.cancelled() => false,
        }
    }
}
