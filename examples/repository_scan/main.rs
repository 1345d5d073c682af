//! Scans repositories of controlled documents, several at once, and lets people watch.
//!
//! `cargo run --example repository_scan -- --database-url postgres://… eips=eips.tar.zst ercs=checkout/ERCS`

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use futures_util::future::join_all;
use milepost::worker::Reporter;
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
    /// A document may refer to those of the other repositories.
    #[arg(long)]
    companions: bool,
    /// Print the rules and end.
    #[arg(long)]
    rules: bool,
    /// The database that keeps the last scan; a folder as host means a unix socket.
    #[arg(long, env = "DATABASE_URL", required_unless_present = "rules")]
    database_url: Option<Config>,
    /// The Milepost service to report to.
    #[arg(long, env = "MILEPOST_URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// The project the jobs belong to.
    #[arg(long, env = "MILEPOST_PROJECT", default_value = "demo")]
    project: String,
    /// The token, where the service wants one.
    #[arg(long, env = "MILEPOST_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Go slowly, to be watched: 1 = 10 files a second; 0 = as fast as it can.
    #[arg(long, default_value_t = 0.0)]
    pace: f64,
    /// Do not report to anybody.
    #[arg(long)]
    no_report: bool,
}

/// How long a signal leaves for rolling back.
const GRACE: Duration = Duration::from_secs(10);

fn repository(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if is_name(name) => Ok((name.into(), path.into())),
        _ => Err("write it as NAME=PATH; a name is of letters, digits, dots and dashes".into()),
    }
}

/// Whether the service takes it as the subject of a job.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&c);
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(fits)
}

fn reporter(args: &Args) -> Result<Reporter, Box<dyn Error>> {
    let reporter = if args.no_report {
        Reporter::off()
    } else {
        let builder = Reporter::builder(&args.server).project(&args.project);
        match &args.token {
            Some(token) => builder.token(token).build()?,
            None => builder.build()?,
        }
    };
    reporter.interrupt_on_signals(GRACE)?;
    Ok(reporter)
}

impl Args {
    fn scan(&self, (name, source): &(String, PathBuf)) -> Scan {
        let all = self.repositories.iter();
        let others = all.filter(|(other, _)| self.companions && other != name);
        Scan {
            repository: name.clone(),
            title: format!("Repository {name}"),
            source: source.clone(),
            companions: others.map(|(_, path)| path.clone()).collect(),
            pace: self.pace,
            halt: CancellationToken::new(),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let Some(database) = args.database_url.clone().filter(|_| !args.rules) else {
        for rule in RULES {
            println!("{:9} {:21} {}", rule.severity.name(), rule.id, rule.demands);
        }
        return ExitCode::SUCCESS;
    };
    let reporter = match reporter(&args) {
        Ok(reporter) => reporter,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let scans = args.repositories.iter().map(|repository| async {
        let begun = args.scan(repository).begin(&reporter);
        let ended = begun.finish(&database).await;
        match &ended {
            Ok(summary) => println!("{}: {summary:?}", repository.0),
            Err(error) => eprintln!("{}: {}", repository.0, error.failure().message()),
        }
        ended.is_ok()
    });
    match join_all(scans).await.into_iter().all(|done| done) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
