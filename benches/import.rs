//! What reporting costs the import of a CSV file of 215 MB, how much memory that takes, and how right its ETA is.
//!
//! `MILEPOST_DATA=DIR cargo bench --bench import -- [--runs 10]`. DIR holds `csv/vulnrichment-affected-2024-10-24.csv.zst`
//! (cisagov/vulnrichment at b0ed758 as one table, 199,699 rows; CC0); by default `../shared/data`. Runs with and
//! without reporting take turns, in alternating order, each on fresh tables after a checkpoint.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)] // a bench says what it measured, or fails

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;
use tokio::task::{JoinHandle, block_in_place};

#[path = "support/importer.rs"]
mod importer;
#[path = "support/line.rs"]
mod line;
#[path = "support/numbers.rs"]
mod numbers;
#[path = "support/process.rs"]
mod process;
#[path = "support/service.rs"]
mod service;
#[path = "support/unpack.rs"]
mod unpack;
#[path = "support/watch.rs"]
mod watch;

use importer::{Importer, Run};
use line::{Line, request};
use numbers::{flag, median, option, quantile, sorted};
use service::Service;
use unpack::unpack;
use watch::{Given, Transport, Watch};

/// Where in the run the ETA is looked at.
const MARKS: [f64; 3] = [0.25, 0.5, 0.75];

/// One frame of the job: when it was here, and what it said.
struct Seen {
    at: Instant,
    eta: Option<f64>,
}

#[tokio::main]
async fn main() {
    let Some(packed) = data() else {
        println!("skipped: set MILEPOST_DATA to the folder that holds csv/{FILE}");
        return;
    };
    println!("{}", numbers::circumstances());
    let service = Service::start();
    let importer = Importer::new(&service).await;
    let file = unpack(&packed, service.root());
    println!("pair | reporting | s | RSS MiB | ETA off at 25, 50, 75 % of the run");
    let (mut with, mut without, mut off) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..option("--runs", 10) {
        for reporting in [pair % 2 == 0, pair % 2 != 0] {
            importer.fresh().await;
            let watching = watch(&service.address).await;
            let run = block_in_place(|| importer.run(&file, reporting));
            assert!(run.imported);
            let errors = match reporting {
                true => errors(&watching.await.unwrap()),
                false => {
                    watching.abort();
                    [f64::NAN; 3]
                }
            };
            say(pair, reporting, &run, errors);
            if reporting {
                with.push(run);
                off.push(errors);
            } else {
                without.push(run);
            }
        }
    }
    summary(&with, &without, &off);
    cancel(&service, &importer, &file).await;
    println!("{}", numbers::circumstances());
}

const FILE: &str = "vulnrichment-affected-2024-10-24.csv.zst";

fn data() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("MILEPOST_DATA").map_or_else(beside, PathBuf::from);
    Some(folder.join("csv").join(FILE)).filter(|file| file.exists())
}

/// Watches the next import until it has ended.
async fn watch(address: &str) -> JoinHandle<Vec<Seen>> {
    let watch = imports(address).await;
    tokio::spawn(follow(watch))
}

async fn imports(address: &str) -> Watch {
    let query = "kind=csv:import&status=active";
    let watch = Watch::open(address, Transport::Events, query, None).await;
    let mut watch = watch.expect("it may watch");
    watch.synced().await.expect("a snapshot");
    watch
}

/// Everything that is seen of the job until it has ended.
async fn follow(mut watch: Watch) -> Vec<Seen> {
    let mut all = Vec::new();
    loop {
        let given = watch.next().await.expect("the ending first");
        let Given::Frame(frame) = given else { continue };
        let at = Instant::now();
        let frame: Value = serde_json::from_slice(&frame).expect("a frame");
        let state = &frame["data"];
        let status = state["status"].as_str().expect("a status");
        let moment = |text: &Value| {
            text.as_str()
                .and_then(|t| t.parse::<jiff::Timestamp>().ok())
        };
        let (until, now) = (
            moment(&state["eta"]["finish_at"]),
            moment(&frame["timestamp"]),
        );
        let eta = until
            .zip(now)
            .map(|(until, now)| (until - now).total(jiff::Unit::Second).expect("seconds"));
        all.push(Seen { at, eta });
        if flag("--trace") {
            trace(all.first().map_or(at, |first| first.at), at, state);
        }
        if !matches!(status, "queued" | "running" | "cancelling") {
            return all;
        }
    }
}

/// Says what is seen of a run.
fn trace(begin: Instant, at: Instant, state: &Value) {
    let (percent, eta) = (&state["progress"]["percent"], &state["eta"]);
    let after = (at - begin).as_secs_f64();
    println!("  {after:.2} s: {} {percent} %, eta {eta}", state["phase"]);
    for phase in state["phases"].as_array().into_iter().flatten() {
        if state["status"] == "completed" {
            println!(
                "  {} {} to {}",
                phase["name"], phase["started_at"], phase["finished_at"]
            );
        }
    }
}

/// By which share of the time that was left the ETA was wrong, at each mark. Without an ETA: wrong beyond all bounds.
fn errors(seen: &[Seen]) -> [f64; 3] {
    let (first, last) = (seen.first().unwrap().at, seen.last().unwrap().at);
    MARKS.map(|mark| {
        let until = first + (last - first).mul_f64(mark);
        let frame = seen.iter().rfind(|s| s.at <= until).unwrap();
        let left = (last - frame.at).as_secs_f64();
        frame.eta.map_or(f64::INFINITY, |eta| eta / left - 1.0)
    })
}

fn percent(errors: [f64; 3]) -> String {
    let texts = errors.map(|e| format!("{:+.0} %", 100.0 * e));
    texts.join(", ")
}

fn say(pair: usize, reporting: bool, run: &Run, errors: [f64; 3]) {
    let how = if reporting { "on" } else { "off" };
    let said = if reporting {
        percent(errors)
    } else {
        "-".to_owned()
    };
    let memory = run.memory as f64 / 1024.0;
    println!("{pair} | {how} | {:.2} | {memory:.1} | {said}", run.seconds);
}

fn summary(with: &[Run], without: &[Run], off: &[[f64; 3]]) {
    let seconds = |runs: &[Run]| runs.iter().map(|r| r.seconds).collect::<Vec<_>>();
    let (on, plain) = (seconds(with), seconds(without));
    for (name, all) in [("on", &on), ("off", &plain)] {
        let rising = sorted(all.iter().copied());
        let at = |q| quantile(&rising, q);
        println!(
            "reporting {name}: median {:.2} s, {:.2} to {:.2}, quartiles {:.2} to {:.2}",
            median(all),
            at(0.0),
            at(1.0),
            at(0.25),
            at(0.75)
        );
    }
    let pairs: Vec<f64> = on.iter().zip(&plain).map(|(a, b)| a / b).collect();
    println!(
        "on / off: {:.4} of the medians, {:.4} the median of the pairs (limit 1.05)",
        median(&on) / median(&plain),
        median(&pairs)
    );
    let most = with.iter().map(|r| r.memory).max().unwrap_or(0);
    let most = most as f64 / 1024.0;
    println!("RSS of the importer: {most:.1} MiB at most, with reporting (limit 64)");
    let middle = [0, 1, 2].map(|mark| {
        let sizes: Vec<f64> = off.iter().map(|e| e[mark].abs()).collect();
        median(&sizes)
    });
    println!(
        "ETA off by {} at 25, 50, 75 % of the run (medians of the sizes; limit 25)",
        percent(middle)
    );
}

/// A cancel in the middle of the merge, over tables that have rows already: they must stay as they are.
async fn cancel(service: &Service, importer: &Importer, file: &Path) {
    let small = Path::new(env!("CARGO_MANIFEST_DIR"));
    let small = small.join("examples/data/vulnerabilities-2024-10-24.csv.zst");
    let small = unpack(&small, service.root());
    importer.fresh().await;
    assert!(block_in_place(|| importer.run(&small, false)).imported);
    let before = importer.fingerprint().await;
    let watch = imports(&service.address).await;
    let address = service.address.clone();
    let asking = tokio::spawn(async move {
        let job = halfway(watch).await;
        let path = format!("/v1/projects/bench/jobs/{job}/cancel");
        let mut line = Line::open(&address).await;
        line.done(&request("POST", &path, r#"{"reason":"enough"}"#))
            .await;
        Instant::now()
    });
    let run = block_in_place(|| importer.run(file, true));
    let took = asking.await.unwrap().elapsed().as_secs_f64();
    let after = importer.fingerprint().await;
    assert!(!run.imported, "it was cancelled");
    println!("cancelled in the middle of the merge: over {took:.2} s after it was asked to");
    println!(
        "the final tables before: {before}; after: {after}; same: {}",
        before == after
    );
}

/// The job, once half of it is merged.
async fn halfway(mut watch: Watch) -> String {
    loop {
        let given = watch.next().await.expect("the middle first");
        let Given::Frame(frame) = given else { continue };
        let frame: Value = serde_json::from_slice(&frame).expect("a frame");
        let state = &frame["data"];
        let share = |n: &Value| n["current"].as_f64().zip(n["total"].as_f64());
        let half = share(&state["progress"]).is_some_and(|(done, all)| done >= all / 2.0);
        if state["phase"] == "merge" && half {
            return state["id"].as_str().expect("an id").to_owned();
        }
    }
}
