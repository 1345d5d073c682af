//! Durable reports a second, and how long one takes, by the number of concurrent workers: the group commit on a
//! private Postgres with fsync on. `cargo bench --bench commit`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // a bench says what it measured, or fails

use std::time::{Duration, Instant};

use milepost::progress::{Creation, JobKey, Kind, Labels, Lease, Name, Report, Tick};
use milepost::progress::{NewJob, Said};
use milepost::store::embedded::{Embedded, Settings};
use milepost::tracker::{self, Tracker};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const SECONDS: u64 = 4;

fn key(n: usize) -> JobKey {
    JobKey {
        project: Name::parse("bench").unwrap(),
        id: Name::parse(&format!("j{n}")).unwrap(),
    }
}

fn report(said: Said) -> Report {
    Report {
        attempt: None,
        seq: None,
        said,
    }
}

async fn prepare(tracker: &Tracker, n: usize) {
    let labels = Labels {
        kind: Kind::parse("bench").unwrap(),
        subject: None,
        owner: None,
        parent: None,
    };
    let creation = Creation {
        labels,
        title: Some("a job of the bench".into()),
        retry_of: None,
        total: Some(1 << 40),
        unit: Some("rows".into()),
        phases: Vec::new(),
        metadata: Vec::new(),
        lease: Lease {
            lease_seconds: 3600,
            ..Lease::default()
        },
    };
    tracker
        .create(NewJob {
            key: key(n),
            creation,
        })
        .await
        .unwrap();
    let started = Said::Started {
        worker: Some("w".into()),
        total: None,
        unit: None,
        message: None,
    };
    tracker
        .report(&key(n), vec![report(started)], false)
        .await
        .remove(0)
        .unwrap();
}

/// One worker: durable reports of rising phases' messages, one after the other.
async fn work(tracker: Tracker, n: usize, end: Instant) -> Vec<Duration> {
    let mut took = Vec::new();
    let mut count = 0_u64;
    while Instant::now() < end {
        count += 1;
        let phase = Said::Phase {
            name: "p".into(),
            total: Some(count),
            unit: None,
            message: None,
        };
        let began = Instant::now();
        tracker
            .report(&key(n), vec![report(phase)], false)
            .await
            .remove(0)
            .unwrap();
        took.push(began.elapsed());
    }
    took
}

#[tokio::main]
async fn main() {
    let root = std::env::temp_dir().join(format!("milepost-bench-{}", std::process::id()));
    let settings = Settings::new(&root);
    let server = tokio::task::spawn_blocking(move || Embedded::start(&settings))
        .await
        .unwrap()
        .unwrap();
    server.ensure_database("milepost").await.unwrap();
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let settings = tracker::Settings::of(server.config("milepost"));
    let tracker = Tracker::start(settings, stop.clone(), tasks.clone())
        .await
        .unwrap();
    for n in 0..256 {
        prepare(&tracker, n).await;
    }
    println!("workers | durable reports/s | p50 ms | p99 ms | rows per batch");
    for workers in [1, 8, 32, 128, 256] {
        let stats = tracker.stats();
        let counts = || {
            let load =
                |c: &std::sync::atomic::AtomicU64| c.load(std::sync::atomic::Ordering::Relaxed);
            (load(&stats.rows), load(&stats.batches))
        };
        let before = counts();
        let end = Instant::now() + Duration::from_secs(SECONDS);
        let tasks: Vec<_> = (0..workers)
            .map(|n| tokio::spawn(work(tracker.clone(), n, end)))
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.unwrap());
        }
        all.sort();
        let after = counts();
        let at = |q: usize| all[(all.len() - 1) * q / 1000].as_secs_f64() * 1e3;
        println!(
            "{workers:7} | {:17.0} | {:6.2} | {:6.2} | {:6.1}",
            all.len() as f64 / SECONDS as f64,
            at(500),
            at(990),
            (after.0 - before.0) as f64 / (after.1 - before.1) as f64
        );
    }
    let ticks = Instant::now();
    let mut sent = 0_u64;
    while ticks.elapsed() < Duration::from_secs(SECONDS) {
        for n in 0..100 {
            let tick = Tick {
                current: Some(sent),
                reports: 1,
                ..Tick::default()
            };
            tracker
                .report(&key(n), vec![report(Said::Progress(tick))], false)
                .await
                .remove(0)
                .unwrap();
            sent += 1;
        }
        tokio::task::yield_now().await;
    }
    println!(
        "folded ticks/s over 100 jobs: {:.0}",
        sent as f64 / ticks.elapsed().as_secs_f64()
    );
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    server.stop();
    let _ = std::fs::remove_dir_all(root);
}
