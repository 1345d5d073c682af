//! Syncs a feed of Sigma rules into Postgres and lets people watch.
//!
//! `cargo run --example feed_sync -- --database-url postgres://… --feed sigma rules.tar.zst`

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use milepost::worker::Reporter;
use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

mod archive;
mod difference;
#[path = "../pace/pace.rs"]
mod pace;
mod rule;
mod sync;

/// Syncs a feed of Sigma rules: added, updated, removed and invalid against the last sync.
#[derive(Parser)]
struct Args {
    /// A `.tar.zst` archive or a folder of rule files.
    source: PathBuf,
    /// The name of the feed.
    #[arg(long, default_value = "sigma")]
    feed: String,
    /// The database that keeps the last sync; a folder as host means a unix socket.
    #[arg(long, env = "DATABASE_URL")]
    database_url: Config,
    /// The Milepost service to report to.
    #[arg(long, env = "MILEPOST_URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// The project the job belongs to.
    #[arg(long, env = "MILEPOST_PROJECT", default_value = "demo")]
    project: String,
    /// The token, where the service wants one.
    #[arg(long, env = "MILEPOST_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Report after so many rules.
    #[arg(long, default_value_t = 50)]
    every: u64,
    /// Go slowly, to be watched: 1 = 20 rules a second; 0 = as fast as it can.
    #[arg(long, default_value_t = 0.0)]
    pace: f64,
    /// Do not report to anybody.
    #[arg(long)]
    no_report: bool,
}

/// How long a signal leaves for rolling back.
const GRACE: Duration = Duration::from_secs(10);

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

#[tokio::main]
async fn main() -> ExitCode {
    // What the reporter has to say for itself: that the service is away, that something was refused.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let args = Args::parse();
    let reporter = match reporter(&args) {
        Ok(reporter) => reporter,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let sync = sync::Sync {
        title: format!("Feed {}", args.feed),
        feed: args.feed,
        source: args.source,
        every: args.every,
        pace: args.pace,
        halt: CancellationToken::new(),
    };
    let id = Uuid::now_v7().to_string();
    let begun = sync.begin(&id, &reporter);
    match begun.finish(&args.database_url).await {
        Ok(done) => println!("{id}: {done:?}"),
        Err(error) => {
            eprintln!("{id}: {}", error.failure().message());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
