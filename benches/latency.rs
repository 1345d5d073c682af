//! How long the ending of a job takes from its worker to those who watch: from just before the first byte of
//! `completed` is written, to its frame parsed in the watcher's hand, over 1,000 jobs and each transport.
//!
//! `cargo bench --bench latency -- [--jobs 1000] [--rate 50] [--two]`. With `--two` the worker reports to one node
//! and the watchers are on another.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)] // a bench says what it measured, or fails

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

#[path = "support/line.rs"]
mod line;
#[path = "support/numbers.rs"]
mod numbers;
#[path = "support/service.rs"]
mod service;
#[path = "support/watch.rs"]
mod watch;

use line::{Line, create, report};
use numbers::{flag, option, quantile, sorted};
use service::Service;
use watch::{Given, Transport, Watch};

/// How many workers there are, each with a connection of its own.
const WORKERS: usize = 16;

/// How long a job runs.
const RUNS: Duration = Duration::from_millis(50);

/// When the endings of the jobs set out, and when their workers were answered.
type Times = Arc<Vec<OnceLock<(Instant, Instant)>>>;

/// Where the work is done, and where it is watched.
struct Rig {
    worker: String,
    watcher: String,
    jobs: usize,
    rate: f64,
}

#[tokio::main]
async fn main() {
    let first = Service::start();
    let second = flag("--two").then(|| first.beside());
    let rig = Rig {
        worker: first.address.clone(),
        watcher: second.as_ref().unwrap_or(&first).address.clone(),
        jobs: option("--jobs", 1000),
        rate: option("--rate", 50.0),
    };
    let nodes = if second.is_some() {
        "two nodes"
    } else {
        "one node"
    };
    println!("{}", numbers::circumstances());
    println!(
        "{nodes}, {} jobs at {}/s, ms from `completed` sent to its frame parsed",
        rig.jobs, rig.rate
    );
    println!("transport | p50 | p99 | max | worker answered p50 | p99");
    for transport in [Transport::WebSocket, Transport::Events, Transport::Poll] {
        let (seen, answered) = rig.measure(transport).await;
        println!(
            "{transport:?} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2}",
            quantile(&seen, 0.5),
            quantile(&seen, 0.99),
            quantile(&seen, 1.0),
            quantile(&answered, 0.5),
            quantile(&answered, 0.99),
        );
    }
    println!("{}", numbers::circumstances());
    drop(second);
}

impl Rig {
    /// Milliseconds until seen, and until answered.
    async fn measure(&self, transport: Transport) -> (Vec<f64>, Vec<f64>) {
        let name = |n: usize| format!("{transport:?}-{n}");
        let mut maker = Line::open(&self.worker).await;
        for n in 0..self.jobs {
            maker
                .done(&create(&name(n), r#"{"kind":"bench","total":100}"#))
                .await;
        }
        let mut watchers = Vec::new();
        for n in 0..self.jobs {
            watchers.push(self.watcher(transport, name(n)).await);
        }
        let times: Times = Arc::new((0..self.jobs).map(|_| OnceLock::new()).collect());
        let begin = Instant::now() + Duration::from_millis(200);
        let mut workers = JoinSet::new();
        for first in 0..WORKERS {
            let jobs = (first..self.jobs).step_by(WORKERS);
            let due = jobs.map(|n| {
                (
                    n,
                    name(n),
                    begin + Duration::from_secs_f64(n as f64 / self.rate),
                )
            });
            let due: Vec<_> = due.collect();
            workers.spawn(work(Line::open(&self.worker).await, due, times.clone()));
        }
        let mut seen = Vec::new();
        for (watcher, time) in watchers.into_iter().zip(times.iter()) {
            let at = timeout(Duration::from_secs(300), watcher).await;
            let at = at.expect("every ending is seen").unwrap();
            let (sent, _) = *time.wait();
            seen.push(at.duration_since(sent).as_secs_f64() * 1e3);
        }
        workers.join_all().await;
        let answered = times.iter().map(|t| t.wait());
        let answered = answered.map(|(sent, at)| at.duration_since(*sent).as_secs_f64() * 1e3);
        (sorted(seen), sorted(answered))
    }

    /// A watcher of one job, once it has the snapshot: when it has parsed the ending.
    async fn watcher(&self, transport: Transport, job: String) -> JoinHandle<Instant> {
        let query = format!("job={job}");
        let watch = Watch::open(&self.watcher, transport, &query, None).await;
        let mut watch = watch.expect("it may watch");
        watch.synced().await.expect("a snapshot");
        tokio::spawn(async move {
            loop {
                let Given::Frame(frame) = watch.next().await.expect("the ending first") else {
                    continue;
                };
                let frame: Value = serde_json::from_slice(&frame).expect("a frame");
                if frame["data"]["status"] == "completed" {
                    return Instant::now();
                }
            }
        })
    }
}

/// One worker: starts each of its jobs when it is due, and completes it a little later.
async fn work(mut line: Line, due: Vec<(usize, String, Instant)>, times: Times) {
    for (n, name, at) in due {
        sleep_until(at).await;
        line.done(&report(&name, r#"{"type":"started","worker":"w"}"#))
            .await;
        sleep(RUNS).await;
        let ending = report(&name, r#"{"type":"completed","result":{"rows":100}}"#);
        let sent = Instant::now();
        line.done(&ending).await;
        times[n].set((sent, Instant::now())).unwrap();
    }
}
