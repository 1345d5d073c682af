//! Syncs a feed of Sigma rules: reads every rule, compares it with what the last sync left in
//! Postgres, and writes the difference, all of it or nothing.
//!
//! What counts as a change is `difference`'s business.

use std::{io, path::PathBuf};

use milepost::worker::{Cancelled, Failure, Job, Phase, Reporter};
use serde_json::json;
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    archive,
    difference::{Counters, Difference, Known, Summary},
    pace::Pace,
    rule::Rule,
};

/// How many rules are written by one statement.
const BATCH: u64 = 100;
/// The advisory lock under which the schema is made.
const SCHEMA_LOCK: i64 = 0x6d70_6373_7600;

/// How many rules a second are parsed at pace 1, and a tenth of how many are written.
pub const RULES_PER_SECOND: f64 = 20.0;

/// What to sync, and how.
pub struct Sync {
    /// The name of the feed; syncs of one feed run one after the other.
    pub feed: String,
    /// What people read as the name of the job.
    pub title: String,
    /// A `.tar.zst` archive or a folder of rule files.
    pub source: PathBuf,
    /// Look after so many rules whether the sync is still wanted, and say what was found. That leaves four times a
    /// second at most in any case.
    pub every: u64,
    /// How fast it goes, in [`RULES_PER_SECOND`]; 0 = as fast as it can.
    pub pace: f64,
    /// Cancels the sync when the program is to stop.
    pub halt: CancellationToken,
}

/// Why a sync ended without a result. In no case was anything written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum SyncError {
    #[error("cancelled")]
    Cancelled,
    #[error("the archive is cut off or damaged: fetch it again")]
    TruncatedArchive(#[source] Box<dyn std::error::Error + Send + std::marker::Sync>),
    #[error("no rule files in the feed")]
    Empty,
    #[error("reading the feed: {0}")]
    Read(#[from] io::Error),
    #[error("database: {0}")]
    Database(#[from] tokio_postgres::Error),
}

impl SyncError {
    /// What is said of it: with the cause, which the driver's error keeps to itself.
    pub fn failure(&self) -> Failure {
        let (code, retryable) = self.code();
        Failure::of(code, self).retryable(retryable)
    }

    /// The stable code, and whether the same sync may succeed later.
    pub fn code(&self) -> (&'static str, bool) {
        match self {
            Self::Cancelled => ("cancelled", true),
            Self::TruncatedArchive(_) => ("truncated_archive", true),
            Self::Empty => ("empty", false),
            Self::Read(_) => ("unreadable", true),
            Self::Database(_) => ("database", true),
        }
    }
}

impl From<Cancelled> for SyncError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// A sync whose job has begun.
pub struct Begun {
    sync: Sync,
    /// What people watch.
    pub job: Job,
}

impl Begun {
    /// Does the work and says how it ended.
    pub async fn finish(self, database: &Config) -> Result<Summary, SyncError> {
        let Self { sync, job } = self;
        let outcome = sync.work(database, &job).await;
        match &outcome {
            Ok(done) => job.complete(done.json()).await,
            Err(SyncError::Cancelled) => job.cancel("Nothing was written").await,
            Err(error) => job.fail(error.failure()).await,
        };
        outcome
    }
}

impl Sync {
    /// Begins the job `id`.
    pub fn begin(self, id: &str, reporter: &Reporter) -> Begun {
        let source = self
            .source
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let job = reporter
            .job("feed:sync")
            .id(id)
            .title(&self.title)
            .subject(&self.feed)
            .phases([
                Phase::new("fetch").unit("bytes"),
                Phase::new("parse").weight(8).unit("rules"),
                Phase::new("persist").unit("rules"),
            ])
            .metadata(json!({"source": source, "pace": self.pace}))
            .halt(&self.halt)
            .start();
        Begun { sync: self, job }
    }

    async fn work(&self, database: &Config, job: &Job) -> Result<Summary, SyncError> {
        let (mut client, connection) = database.connect(NoTls).await?;
        let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
        prepare(&mut client).await?;
        tokio::select! {
            turn = self.turn(&client, job) => turn?,
            () = job.cancelled().cancelled() => return Err(SyncError::Cancelled),
        }
        let total = self.fetch(job).await?;
        let difference = self.parse(&client, total, job).await?;
        self.persist(&mut client, difference, job).await
    }

    /// Waits until no other sync of this feed is under way. The lock ends with the connection.
    async fn turn(&self, client: &Client, job: &Job) -> Result<(), SyncError> {
        let lock = |how: &str| format!("select {how}(hashtextextended($1, 1))");
        let free = client
            .query_one(&lock("pg_try_advisory_lock"), &[&self.feed])
            .await?;
        if !free.get::<_, bool>(0) {
            job.message("Waiting for the sync of this feed that is under way");
            client
                .execute(&lock("pg_advisory_lock"), &[&self.feed])
                .await?;
        }
        Ok(())
    }

    /// Reads the feed once to its end: a damaged one fails here, before anything is compared.
    async fn fetch(&self, job: &Job) -> Result<u64, SyncError> {
        let size = archive::size(&self.source)?;
        let fetch = job.phase(Phase::new("fetch").total(size).unit("bytes"));
        job.message("Fetching the feed");
        let (mut entries, mut total) = (archive::entries(&self.source), 0);
        while let Some(entry) = entries.recv().await {
            total += 1;
            fetch.set(entry?.position);
            job.bail_if_cancelled()?;
        }
        fetch.set(size);
        if total == 0 {
            Err(SyncError::Empty)
        } else {
            Ok(total)
        }
    }

    async fn parse(&self, client: &Client, total: u64, job: &Job) -> Result<Difference, SyncError> {
        let parse = job.phase(Phase::new("parse").total(total).unit("rules"));
        let counters = Counters::of(job);
        job.message("Parsing rules");
        let mut known = Known::load(client, &self.feed).await?;
        let mut difference = Difference::default();
        let mut pace = Pace::new(self.pace * RULES_PER_SECOND);
        let every = pace.step(self.every.max(1));
        let mut entries = archive::entries(&self.source);
        while let Some(entry) = entries.recv().await {
            known.compare(entry?, &mut difference, job);
            let done = difference.summary.total;
            if done.is_multiple_of(every) || done == total {
                parse.set(done);
                counters.set(&difference.summary);
                job.bail_if_cancelled()?;
                pace.spend(every).await;
            }
        }
        difference.gone = known.left();
        difference.summary.removed = difference.gone.len() as u64;
        counters.set(&difference.summary);
        Ok(difference)
    }

    async fn persist(
        &self,
        client: &mut Client,
        difference: Difference,
        job: &Job,
    ) -> Result<Summary, SyncError> {
        let Difference {
            summary,
            changed,
            gone,
        } = difference;
        let total = (changed.len() + gone.len()) as u64;
        let persist = job.phase(Phase::new("persist").unit("rules"));
        if total > 0 {
            persist.total(total);
        }
        job.message("Writing the difference");
        let transaction = client.transaction().await?;
        let upsert = transaction.prepare(include_str!("upsert.sql")).await?;
        let mut pace = Pace::new(self.pace * RULES_PER_SECOND * 10.0);
        let mut done = 0;
        for batch in changed.chunks(pace.step(BATCH) as usize) {
            job.bail_if_cancelled()?; // dropping the transaction rolls it back
            let column = |of: fn(&(Rule, String)) -> &str| batch.iter().map(of).collect::<Vec<_>>();
            let hashes: Vec<&[u8]> = batch.iter().map(|(rule, _)| rule.hash.as_slice()).collect();
            let ids = column(|(rule, _)| &rule.id);
            let (paths, titles) = (column(|(_, path)| path), column(|(rule, _)| &rule.title));
            let (levels, authors) = (
                column(|(rule, _)| &rule.level),
                column(|(rule, _)| &rule.author),
            );
            transaction
                .execute(
                    &upsert,
                    &[
                        &self.feed, &ids, &paths, &titles, &levels, &authors, &hashes,
                    ],
                )
                .await?;
            done += batch.len() as u64;
            persist.set(done);
            pace.spend(batch.len() as u64).await;
        }
        let remove = "delete from examples.rule where feed = $1 and rule_id = any($2)";
        transaction.execute(remove, &[&self.feed, &gone]).await?;
        transaction.commit().await?;
        persist.set(total);
        Ok(summary)
    }
}

async fn prepare(client: &mut Client) -> Result<(), SyncError> {
    client
        .batch_execute("set client_min_messages = warning")
        .await?;
    let transaction = client.transaction().await?;
    transaction
        .execute("select pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK])
        .await?;
    transaction
        .batch_execute(include_str!("schema.sql"))
        .await?;
    Ok(transaction.commit().await?)
}
