//! Ingests documents into Postgres, lets people watch, and searches what was ingested.
//!
//! `cargo run --example ingestion -- --database-url postgres://… ingest --collection rfc rfc-txt.tar.zst`
//! `cargo run --example ingestion -- --database-url postgres://… search 'key rollover -dlv'`
//!
//! It reports to the service that `MILEPOST_URL` names (with `MILEPOST_PROJECT` and `MILEPOST_TOKEN`); without one it
//! works as well, and says nothing.

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use milepost::worker::Reporter;
use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;

#[path = "mod.rs"]
mod library;
#[allow(dead_code)] // other examples use more of it
#[path = "../pace/pace.rs"]
mod pace;

use library::{ingestion::Ingestion, search, store::Store};

/// Ingests documents into Postgres, and finds them again.
#[derive(Parser)]
struct Args {
    /// The database; the tables are in its schema `examples`.
    #[arg(long, env = "DATABASE_URL")]
    database_url: Config,
    /// How many connections to it there may be.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Ingests every file of a folder or of a `.tar.zst` archive.
    Ingest(Ingest),
    /// Searches as a search engine does: words, "a phrase", or, -not.
    Search {
        /// What to look for.
        query: String,
        /// In this collection only.
        #[arg(long)]
        collection: Option<String>,
        /// How many hits to show.
        #[arg(long, default_value_t = 10)]
        limit: u32,
    },
}

#[derive(clap::Args)]
struct Ingest {
    /// The folder or the archive.
    source: PathBuf,
    /// The name that the documents are stored under.
    #[arg(long, default_value = "documents")]
    collection: String,
    /// The id of the job; the same id goes on where a killed ingestion stopped.
    #[arg(long)]
    job: Option<String>,
    /// Store documents anew that were stored before with the same bytes.
    #[arg(long)]
    anew: bool,
    /// Go slowly, to be watched: 1 = 3 documents a second in each phase; 0 = as fast as it can.
    #[arg(long, default_value_t = 0.0)]
    pace: f64,
}

/// How long a signal leaves for the step that is under way.
const GRACE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let store = Store::new(&args.database_url, args.connections)?;
    match args.command {
        Command::Ingest(wish) => ingest(wish, &store).await,
        Command::Search {
            query,
            collection,
            limit,
        } => {
            let found = search::search(&store, &query, collection.as_deref(), limit).await?;
            println!("{} documents", found.documents);
            found.hits.iter().for_each(show);
            Ok(())
        }
    }
}

async fn ingest(wish: Ingest, store: &Store) -> Result<(), Box<dyn Error>> {
    let reporter = Reporter::from_env()?;
    reporter.interrupt_on_signals(GRACE)?;
    let ingestion = Ingestion {
        title: format!("Ingestion of {}", wish.collection),
        collection: wish.collection,
        source: wish.source,
        anew: wish.anew,
        pace: wish.pace,
        wait: Duration::from_secs(2),
        halt: CancellationToken::new(),
    };
    let outcome = ingestion
        .begin(&reporter, wish.job.as_deref())
        .finish(store)
        .await;
    reporter.close(GRACE).await;
    println!("{:?}", outcome?);
    Ok(())
}

/// A hit, with what was searched for in bold.
fn show(hit: &search::Hit) {
    let part = |part: &search::Part| {
        if part.hit {
            format!("\x1b[1m{}\x1b[0m", part.text)
        } else {
            part.text.clone()
        }
    };
    let snippet: String = hit.snippet.iter().map(part).collect();
    println!(
        "\n{} ({} in {})\n  {}\n  {snippet}",
        hit.title, hit.path, hit.collection, hit.heading
    );
}
