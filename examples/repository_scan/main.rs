//! Scans repositories of controlled documents, several at once, and lets people watch.
//!
//! `cargo run --example repository_scan -- --database-url postgres://… eips=eips.tar.zst ercs=checkout/ERCS`

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use milepost::worker::Reporter;
use tokio::task::JoinSet;
use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;

#[path = "scan.rs"]
mod scan;

use scan::{Scan, rule::RULES};

/// Checks the front matter and sections of markdown documents by the rules of a controlled process.
/// Findings and documents are kept in Postgres, so that the next scan checks only what changed.
#[derive(Parser)]
struct Args {
    /// NAME=PATH of each repository: a `.tar.zst` archive or a folder.
    #[arg(required_unless_present = "rules", value_parser = repository)]
    repositories: Vec<(String, PathBuf)>,
    /// The repositories are companions: a document may refer to those of the others.
    #[arg(long)]
    companions: bool,
    /// Print the rules and end.
    #[arg(long)]
    rules: bool,
    /// The database that keeps the last scan; a folder as host means a unix socket.
    #[arg(long, env = "DATABASE_URL", required_unless_present = "rules")]
    database_url: Option<Config>,
    /// Go slowly, to be watched: 1 = 10 files a second; 0 = as fast as it can.
    #[arg(long, default_value_t = 0.0)]
    pace: f64,
}

fn repository(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() => Ok((name.into(), path.into())),
        _ => Err("write it as NAME=PATH".into()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let Some(database) = args.database_url.filter(|_| !args.rules) else {
        for rule in RULES {
            println!("{:9} {:21} {}", rule.severity.name(), rule.id, rule.demands);
        }
        return ExitCode::SUCCESS;
    };
    let reporter = match Reporter::from_env() {
        Ok(reporter) => reporter,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut scans = JoinSet::new();
    for (name, path) in &args.repositories {
        let others = args
            .repositories
            .iter()
            .filter(|(other, _)| args.companions && other != name);
        let scan = Scan {
            repository: name.clone(),
            title: format!("Repository {name}"),
            source: path.clone(),
            companions: others.map(|(_, path)| path.clone()).collect(),
            pace: args.pace,
            halt: CancellationToken::new(),
        };
        let (name, database) = (name.clone(), database.clone());
        let begun = scan.begin(&reporter, None);
        scans.spawn(async move { (name, begun.finish(&database).await) });
    }
    let mut code = ExitCode::SUCCESS;
    while let Some(ended) = scans.join_next().await {
        match ended {
            Ok((name, Ok(summary))) => println!("{name}: {summary:?}"),
            Ok((name, Err(error))) => {
                eprintln!("{name}: {error}");
                code = ExitCode::FAILURE;
            }
            Err(error) => eprintln!("a scan was given up: {error}"),
        }
    }
    reporter.close(Duration::from_secs(60)).await;
    code
}
