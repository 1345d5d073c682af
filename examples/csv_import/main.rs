//! Imports a CSV file into Postgres and lets people watch.
//!
//! `cargo run --example csv_import -- --database-url postgres://… --project demo FILE`

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use milepost::worker::Reporter;
use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

mod import;
mod mapping;
mod outcome;
#[path = "../pace/pace.rs"]
mod pace;
mod source;
mod stage;

/// Imports a CSV file through a staging table: all of it, or nothing.
#[derive(Parser)]
struct Args {
    /// The file to import.
    file: PathBuf,
    /// The database to import into; a folder as host means a unix socket.
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
    /// What the columns mean: vulnerabilities, kev, epss or rows; by default found from the header.
    #[arg(long, value_parser = |name: &str| mapping::Mapping::named(name).ok_or("no such mapping"))]
    mapping: Option<&'static mapping::Mapping>,
    /// The first record is data, not the names of the columns.
    #[arg(long)]
    no_header: bool,
    /// Report after so many rows.
    #[arg(long, default_value_t = 1000)]
    every: u64,
    /// Go slowly, to be watched: 1 = 400 rows a second in each phase; 0 = as fast as it can.
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
    let import = import::Import {
        title: args
            .file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        file: args.file,
        mapping: args.mapping,
        header: !args.no_header,
        every: args.every,
        pace: args.pace,
        halt: CancellationToken::new(),
    };
    let id = Uuid::now_v7().to_string();
    let begun = import.begin(&id, &args.database_url, &reporter).await;
    match begun.finish().await {
        Ok(done) => println!("{id}: {done:?}"),
        Err(error) => {
            eprintln!("{id}: {}", error.failure().message());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
