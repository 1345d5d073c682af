//! Syncs a feed of Sigma rules into Postgres and lets people watch.
//!
//! `cargo run --example feed_sync -- --database-url postgres://… --feed sigma rules.tar.zst`

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use tokio_postgres::Config;
use uuid::Uuid;

mod archive;
mod difference;
#[path = "../reporter/halt.rs"]
mod halt;
#[path = "../reporter/http.rs"]
mod http;
#[path = "../reporter/pace.rs"]
mod pace;
#[path = "../reporter/reporter.rs"]
mod reporter;
mod rule;
#[path = "../reporter/sender.rs"]
mod sender;
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
    #[arg(long, env = "MILEPOST_SERVER", default_value = "http://127.0.0.1:8080")]
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

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let target = reporter::Target {
        server: args.server,
        project: args.project,
        token: args.token,
        patience: Duration::from_secs(60),
    };
    let sync = sync::Sync {
        title: format!("Feed {}", args.feed),
        feed: args.feed,
        source: args.source,
        every: args.every,
        pace: args.pace,
        halt: halt::on_signal(),
    };
    let id = Uuid::now_v7().to_string();
    let target = Some(&target).filter(|_| !args.no_report);
    let begun = sync.begin(&id, target).await;
    match begun.finish(&args.database_url).await {
        Ok(done) => println!("{id}: {done:?}"),
        Err(error) => {
            eprintln!("{id}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
