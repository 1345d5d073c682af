//! What reporting costs whole programs: the import of 215 MB, and the sync of all Sigma rules, with and without, in
//! pairs of alternating order, with the 95 % confidence interval of the difference.
//!
//! `MILEPOST_DATA=DIR cargo bench --bench overhead -- [--runs 40] [--only import|sync]`. DIR holds
//! `csv/vulnrichment-affected-2024-10-24.csv.zst` and `sigma/sigma-rules-2026-08-05.tar.zst`; by default
//! `../shared/data`. Every run begins on fresh tables, after a checkpoint. For a quiet machine: on a busy one the
//! interval says more about the neighbours.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)] // a bench says what it measured, or fails

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use tokio_postgres::{Client, NoTls};

#[path = "support/numbers.rs"]
mod numbers;
#[path = "support/service.rs"]
mod service;
#[path = "support/unpack.rs"]
mod unpack;

use numbers::{mean, median, middle, option};
use service::Service;
use unpack::unpack;

/// The database of the programs' tables, beside the service's own on the same server.
const DATABASE: &str = "work";

/// A program at work on a file.
struct Program {
    name: &'static str,
    binary: PathBuf,
    file: PathBuf,
}

/// Where it works, and to whom it reports.
struct Site {
    service: Service,
    tables: Client,
}

#[tokio::main]
async fn main() {
    println!("{}", numbers::circumstances());
    let site = Site::new().await;
    let only: String = option("--only", String::new());
    let import = Program::new(
        "import",
        "csv_import",
        "csv/vulnrichment-affected-2024-10-24.csv.zst",
    );
    let sync = Program::new("sync", "feed_sync", "sigma/sigma-rules-2026-08-05.tar.zst");
    for program in [import, sync] {
        if !only.is_empty() && only != program.name {
            continue;
        }
        if !program.file.exists() {
            println!(
                "skipped: set MILEPOST_DATA to the folder that holds {}",
                program.file.display()
            );
            continue;
        }
        site.compare(&program).await;
    }
    println!("{}", numbers::circumstances());
}

impl Program {
    /// The example, built if it is not there, and its file.
    fn new(name: &'static str, example: &str, file: &str) -> Self {
        let here = std::env::current_exe().expect("this program");
        let release = here.ancestors().nth(2).expect("target/release");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--release", "--quiet", "--example", example])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.is_ok_and(|s| s.success()), "the example is built");
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
        let data = std::env::var_os("MILEPOST_DATA").map_or_else(beside, PathBuf::from);
        Self {
            name,
            binary: release.join("examples").join(example),
            file: data.join(file),
        }
    }
}

impl Site {
    async fn new() -> Self {
        let service = Service::start();
        let admin = connect(&service.database("postgres")).await;
        let create = format!("create database {DATABASE}");
        admin.batch_execute(&create).await.expect("a database");
        let tables = connect(&service.database(DATABASE)).await;
        Self { service, tables }
    }

    /// Runs pairs, and says what the difference is.
    async fn compare(&self, program: &Program) {
        let packed = program.file.clone();
        let csv = packed
            .to_str()
            .is_some_and(|path| path.ends_with(".csv.zst"));
        let file = if csv {
            unpack(&packed, self.service.root())
        } else {
            packed
        };
        let (mut on, mut off) = (Vec::new(), Vec::new());
        self.run(program, &file, true).await; // so that the first pair finds all of it in memory, too
        for pair in 0..option("--runs", 40) {
            for reporting in [pair % 2 == 0, pair % 2 != 0] {
                let taken = self.run(program, &file, reporting).await;
                if reporting { &mut on } else { &mut off }.push(taken);
            }
            println!(
                "{} | {pair} | {:.3} s with, {:.3} s without",
                program.name, on[pair], off[pair]
            );
        }
        let shares: Vec<f64> = on
            .iter()
            .zip(&off)
            .map(|(a, b)| 100.0 * (a / b - 1.0))
            .collect();
        let (name, count) = (program.name, shares.len());
        let ((share, within), (middle, low, high)) = (mean(&shares), middle(&shares));
        println!(
            "{name}: median {:.3} s with, {:.3} s without, {count} pairs",
            median(&on),
            median(&off)
        );
        println!("{name}: reporting adds {share:+.2} % ± {within:.2} (mean, 95 %); limit 1");
        println!("{name}: {middle:+.2} %, {low:+.2} to {high:+.2} (median pair, 95 %)");
    }

    /// One run from the program's start to its end, in seconds.
    async fn run(&self, program: &Program, file: &Path, reporting: bool) -> f64 {
        let fresh = "drop schema if exists examples cascade";
        self.tables.batch_execute(fresh).await.expect("dropped");
        self.tables.batch_execute("checkpoint").await.expect("done");
        let mut command = Command::new(&program.binary);
        command
            .arg(file)
            .args(["--project", "bench", "--server"])
            .arg(format!("http://{}", self.service.address))
            .args(["--database-url", &self.service.database(DATABASE)])
            .stdout(Stdio::null());
        if !reporting {
            command.arg("--no-report");
        }
        let begin = Instant::now();
        let status = tokio::task::block_in_place(|| command.status());
        assert!(status.is_ok_and(|s| s.success()), "it did its work");
        begin.elapsed().as_secs_f64()
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("Postgres");
    tokio::spawn(connection);
    client
}
