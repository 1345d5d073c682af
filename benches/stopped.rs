//! What viewers that read nothing cost the service and the others: 1,000 viewers over server-sent events and 1,000
//! over WebSocket, a third of them stopped (SIGSTOP).
//!
//! `cargo bench --bench stopped -- [--minutes 10] [--viewers 1000] [--jobs 50] [--pad 2000]`. Every viewer has one of
//! the jobs, each of which ticks 1.8 times a second with a frame of some 700 bytes and the pad.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)] // a bench says what it measured, or fails

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

#[path = "support/crowd.rs"]
mod crowd;
#[path = "support/line.rs"]
mod line;
#[path = "support/numbers.rs"]
mod numbers;
#[path = "support/process.rs"]
mod process;
#[path = "support/service.rs"]
mod service;
#[path = "support/stillness.rs"]
mod stillness;
#[path = "support/watch.rs"]
mod watch;

use crowd::Crowd;
use line::{Line, create, report, request};
use numbers::{option, quantile, sorted};
use service::{Service, signal};
use stillness::Stillness;
use watch::Transport;

/// Between two reports of one job: a little more than the governor's half second, so that each is a frame.
const TICK: Duration = Duration::from_micros(555_556);

/// Between two rows of the table.
const ROW: Duration = Duration::from_secs(5);

/// One row of the table.
struct Row {
    at: f64,
    rss: u64,
    p99: f64,
}

/// What a phase has shown.
#[derive(Default)]
struct Phase {
    rows: Vec<Row>,
    millis: Vec<f64>,
    reconnects: u64,
    closed: u64,
}

fn main() {
    let (count, jobs) = (option("--count", 0), option("--jobs", 50));
    let crowd: String = option("--crowd", String::new());
    let runtime = match crowd.is_empty() {
        true => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build(),
        false => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build(),
    };
    let transport = match crowd.starts_with("ws") {
        true => Transport::WebSocket,
        false => Transport::Events,
    };
    let address = option("--address", String::new());
    let runtime = runtime.unwrap();
    match crowd.is_empty() {
        true => runtime.block_on(measure(jobs)),
        false => runtime.block_on(crowd::run(transport, address, (count, jobs))),
    }
    runtime.shutdown_background(); // the workers never end by themselves
}

async fn measure(jobs: usize) {
    let (viewers, minutes) = (option("--viewers", 1000_usize), option("--minutes", 10.0));
    let stopped = viewers / 3;
    println!("{}", numbers::circumstances());
    let service = Service::start();
    let workers = tokio::spawn(tick(jobs, prepare(&service, jobs).await));
    let start = |name, count| Crowd::start(name, &service.address, (count, jobs));
    let mut live = [
        start("sse", viewers - stopped),
        start("ws", viewers - stopped),
    ];
    let before = process::unsent(port(&service)).into_keys().collect();
    let victims = [start("sse to stop", stopped), start("ws to stop", stopped)];
    let mut stillness = Stillness::new(port(&service), before);
    println!("{viewers} viewers over each of SSE and WebSocket; {stopped} of each will be stopped");
    println!(
        "s | RSS KiB | viewers sse, ws | stopped ones left | their unsent KiB | others' p99 ms"
    );
    let base = phase(&service, &mut live, &mut stillness, 60.0).await;
    stillness.begin();
    for crowd in &victims {
        println!("SIGSTOP to the process {}", crowd.name);
        signal(crowd.pid(), libc::SIGSTOP);
    }
    let after = phase(&service, &mut live, &mut stillness, minutes * 60.0).await;
    workers.abort();
    verdicts(&base, &after, 2 * stopped);
    stillness.tell();
    println!("{}", numbers::circumstances());
}

fn port(service: &Service) -> u16 {
    let port = service.address.rsplit(':').next().unwrap();
    port.parse().unwrap()
}

/// Makes the jobs and starts them; one connection for every ten.
async fn prepare(service: &Service, jobs: usize) -> Vec<Line> {
    let pad = "x".repeat(option("--pad", 2000));
    let creation =
        format!(r#"{{"kind":"bench","lease_seconds":3600,"metadata":{{"pad":"{pad}"}}}}"#);
    let mut line = Line::open(&service.address).await;
    for n in 0..jobs {
        let name = format!("j{n}");
        line.done(&create(&name, &creation)).await;
        line.done(&report(&name, r#"{"type":"started","worker":"w"}"#))
            .await;
    }
    let mut lines = Vec::new();
    for _ in 0..jobs.div_ceil(10) {
        lines.push(Line::open(&service.address).await);
    }
    lines
}

/// Every job in turn, evenly spread over the tick.
async fn tick(jobs: usize, mut lines: Vec<Line>) {
    let mut clock = interval(TICK / u32::try_from(jobs).unwrap());
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let count = lines.len();
    for n in 0_usize.. {
        clock.tick().await;
        let body = format!(
            r#"{{"type":"progress","current":{n},"message":"{}"}}"#,
            crowd::message()
        );
        lines[n % count]
            .done(&report(&format!("j{}", n % jobs), &body))
            .await;
    }
}

/// Watches the service for so many seconds and prints a row every now and then.
async fn phase(
    service: &Service,
    live: &mut [Crowd],
    stillness: &mut Stillness,
    seconds: f64,
) -> Phase {
    let (mut phase, begin) = (Phase::default(), Instant::now());
    live.iter_mut().for_each(|crowd| drop(crowd.mark()));
    let mut next = ROW;
    let mut clock = interval(Duration::from_secs(1));
    let mut metrics = Line::open(&service.address).await;
    while begin.elapsed().as_secs_f64() < seconds {
        clock.tick().await;
        let (left, unsent) = stillness.look();
        if begin.elapsed() < next {
            continue;
        }
        next += ROW;
        let mut millis = Vec::new();
        for crowd in live.iter_mut() {
            let seen = crowd.mark();
            millis.extend(seen.millis);
            phase.reconnects += seen.reconnects;
            phase.closed += seen.closed;
        }
        let row = Row {
            at: begin.elapsed().as_secs_f64(),
            rss: process::memory(service.pid(), "VmRSS"),
            p99: quantile(&sorted(millis.iter().copied()), 0.99),
        };
        let viewers = viewers(&metrics.done(&request("GET", "/metrics", "")).await);
        println!(
            "{:.0} | {} | {viewers} | {left} | {} | {:.1}",
            row.at,
            row.rss,
            unsent >> 10,
            row.p99
        );
        phase.millis.extend(millis);
        phase.rows.push(row);
    }
    phase.millis = sorted(phase.millis);
    phase
}

/// How many there are of each, by the service's own count.
fn viewers(metrics: &[u8]) -> String {
    let text = String::from_utf8_lossy(metrics).to_lowercase();
    let count = |name: &str| {
        let start = format!("milepost_viewers{{transport=\"{name}\"}} ");
        let line = text.lines().find_map(|l| l.strip_prefix(&start));
        line.unwrap_or("?").to_owned()
    };
    format!("{}, {}", count("sse"), count("ws"))
}

/// The slope of what is resident, in KiB a minute, by least squares.
fn slope(rows: &[&Row]) -> f64 {
    let n = rows.len() as f64;
    let mean = |of: fn(&Row) -> f64| rows.iter().map(|r| of(r)).sum::<f64>() / n;
    let (at, rss) = (mean(|r| r.at), mean(|r| r.rss as f64));
    let both = rows.iter().map(|r| (r.at - at) * (r.rss as f64 - rss));
    let square = rows.iter().map(|r| (r.at - at).powi(2));
    60.0 * both.sum::<f64>() / square.sum::<f64>()
}

fn verdicts(base: &Phase, after: &Phase, stopped: usize) {
    let settled: Vec<&Row> = after.rows.iter().filter(|r| r.at >= 60.0).collect();
    let of = |rows: &[Row], pick: fn(u64, u64) -> u64| rows.iter().map(|r| r.rss).reduce(pick);
    let (low, high) = (of(&base.rows, u64::max), of(&after.rows, u64::max));
    let (low, high) = (low.unwrap_or(0), high.unwrap_or(0));
    let per_stopped = high.saturating_sub(low) as f64 / stopped as f64;
    let (first, last) = (settled.first(), settled.last());
    let edges = first.zip(last).map_or((0, 0), |(a, b)| (a.rss, b.rss));
    let half = settled.get(settled.len() / 2..).unwrap_or(&[]);
    println!(
        "RSS after the first minute: {:+.1} KiB a minute ({} -> {} KiB), in the second half of that {:+.1}",
        slope(&settled),
        edges.0,
        edges.1,
        slope(half)
    );
    println!(
        "RSS per stopped one: {per_stopped:.1} KiB at most ({low} KiB without, {high} KiB with; limit 64)"
    );
    for (name, phase) in [("without", base), ("with", after)] {
        println!(
            "others {name}: {} frames, p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms; {} came back, {} were lost",
            phase.millis.len(),
            quantile(&phase.millis, 0.5),
            quantile(&phase.millis, 0.99),
            quantile(&phase.millis, 1.0),
            phase.reconnects,
            phase.closed,
        );
    }
    let ratio = quantile(&after.millis, 0.99) / quantile(&base.millis, 0.99);
    println!("the others' p99 is {ratio:.2} times its value without (limit 2)");
}
