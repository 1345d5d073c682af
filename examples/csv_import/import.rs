//! Imports one CSV file: copies it into a staging table of its own, then merges that in batches,
//! inside one transaction, into the final tables, which see all of the file or nothing.
//!
//! A wish to cancel is honoured between batches.

use std::{path::PathBuf, pin::pin, time::Duration};

use bytes::{BufMut, BytesMut};
use futures_util::SinkExt;
use milepost::worker::{Counter, Job, Level, Phase, Reporter};
use serde_json::json;
use tokio::time::timeout;
use tokio_postgres::{Client, Config, NoTls, Transaction};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    mapping::{Bad, Encoder, Mapping},
    outcome::{ImportError, Summary},
    pace::Pace,
    source::{Dialect, Row, Rows, SAMPLE},
    stage::{Stage, prepare, turn},
};

/// How much is gathered before it is sent to Postgres, in bytes.
const CHUNK: usize = 256 << 10;
/// How many staged rows are merged by one statement.
const BATCH: u64 = 2000;
/// How many notices may wait: a file whose every row is bad must not keep the import from ending.
const NOTICES: usize = 100;

/// How many rows a second each phase takes at pace 1.
pub const ROWS_PER_SECOND: f64 = 400.0;

/// What to import, and how.
pub struct Import {
    /// The file.
    pub file: PathBuf,
    /// What people read as the name of the file.
    pub title: String,
    /// What the columns mean; found out from the header where it is not given.
    pub mapping: Option<&'static Mapping>,
    /// Whether the first record names the columns.
    pub header: bool,
    /// Look after so many rows whether the import is still wanted, and say how far it is. That leaves four times a
    /// second at most in any case.
    pub every: u64,
    /// How fast it goes, in [`ROWS_PER_SECOND`]; 0 = as fast as it can.
    pub pace: f64,
    /// Cancels the import when the program is to stop.
    pub halt: CancellationToken,
}

/// A file that was recognised, and a database that is ready for it.
struct Ready {
    dialect: Dialect,
    mapping: &'static Mapping,
    /// The share of staging in the time of the run, in percent.
    staging: u32,
    stage: Option<Stage>,
    client: Client,
    _connection: AbortOnDropHandle<Result<(), tokio_postgres::Error>>,
}

/// An import whose job has begun.
pub struct Begun {
    import: Import,
    ready: Result<Ready, ImportError>,
    /// What people watch.
    pub job: Job,
}

impl Begun {
    /// Does the work and says how it ended.
    pub async fn finish(self) -> Result<Summary, ImportError> {
        let Self { import, ready, job } = self;
        let (outcome, ready) = match ready {
            Ok(mut ready) => (import.work(&mut ready, &job).await, Some(ready)),
            Err(error) => (Err(error), None),
        };
        let ending = match &outcome {
            Ok(done) => job.complete(done.json()),
            Err(ImportError::Cancelled) => job.cancel("Rolled back: nothing was imported"),
            Err(error) => job.fail(error.failure()),
        };
        if let Some(ready) = &ready
            && let Some(stage) = &ready.stage
        {
            // The job has ended: people need not wait for this. Where it fails, the next import
            // does it.
            let _ = stage.drop(&ready.client).await;
        }
        ending.await; // what is not delivered when the program ends is never said
        outcome
    }
}

/// How soon a statement that did not hear of its cancel is cancelled again.
const AGAIN: Duration = Duration::from_millis(50);

impl Import {
    /// Recognises the file and begins the job `id`.
    pub async fn begin(self, id: &str, database: &Config, reporter: &Reporter) -> Begun {
        let ready = self.ready(database).await;
        let job = self.announce(id, &ready, reporter);
        Begun {
            import: self,
            ready,
            job,
        }
    }

    async fn ready(&self, database: &Config) -> Result<Ready, ImportError> {
        let dialect = Dialect::of(&self.file, self.header)?;
        let mapping = self
            .mapping
            .unwrap_or_else(|| Mapping::of(&dialect.columns));
        if let Some(column) = mapping.missing(&dialect.columns).filter(|_| self.header) {
            return Err(ImportError::MissingColumn {
                column,
                mapping: mapping.name,
            });
        }
        let (mut client, connection) = database.connect(NoTls).await?;
        let connection = AbortOnDropHandle::new(tokio::spawn(connection));
        prepare(&mut client).await?;
        let known = mapping
            .key(&dialect.columns)
            .and_then(|key| dialect.first.get(key));
        let known: bool = client.query_one(mapping.known, &[&known]).await?.get(0);
        let staging = match known {
            _ if self.pace > 0.0 => 50, // then the limit takes the time, the same twice
            true => mapping.staging.1,
            false => mapping.staging.0,
        };
        Ok(Ready {
            dialect,
            mapping,
            staging,
            client,
            stage: None,
            _connection: connection,
        })
    }

    /// Says what is to be done.
    fn announce(&self, id: &str, ready: &Result<Ready, ImportError>, reporter: &Reporter) -> Job {
        let mut metadata = json!({"file": self.title, "pace": self.pace});
        let mut staging = 50;
        if let Ok(ready) = ready {
            metadata["mapping"] = ready.mapping.name.into();
            metadata["delimiter"] = char::from(ready.dialect.delimiter).to_string().into();
            staging = ready.staging;
        }
        reporter
            .job("csv:import")
            .id(id)
            .title(&self.title)
            .phases([
                Phase::new("read").unit("bytes"),
                Phase::new("stage").weight(staging).unit("bytes"),
                Phase::new("merge").weight(100 - staging).unit("rows"),
            ])
            .metadata(metadata)
            .notices(NOTICES)
            .halt(&self.halt)
            .start()
    }

    async fn work(&self, ready: &mut Ready, job: &Job) -> Result<Summary, ImportError> {
        let sample = ready.dialect.size.min(SAMPLE);
        job.phase(Phase::new("read").total(sample).unit("bytes"));
        let stage = Stage::create(&ready.client, ready.mapping).await?;
        ready.stage = Some(stage.clone());
        self.stage_and_merge(ready, &stage, job).await
    }

    async fn stage_and_merge(
        &self,
        ready: &mut Ready,
        stage: &Stage,
        job: &Job,
    ) -> Result<Summary, ImportError> {
        let mut summary = self.stage(ready, stage, job).await?;
        job.phase(Phase::new("merge").total(summary.rows).unit("rows"));
        let merge = ready
            .mapping
            .merge
            .replace("{stage}", &stage.table)
            .replace("{import}", job.id());
        let interrupt = ready.client.cancel_token();
        let transaction = ready.client.transaction().await?;
        {
            let mut turn = pin!(turn(&transaction, ready.mapping, job));
            tokio::select! {
                turn = &mut turn => turn?,
                () = job.cancelled().cancelled() => {
                    // Else the rollback waits as well. What is still on its way to the server is not there to be
                    // cancelled.
                    loop {
                        let _ = interrupt.cancel_query(NoTls).await;
                        if timeout(AGAIN, &mut turn).await.is_ok() {
                            return Err(ImportError::Cancelled);
                        }
                    }
                }
            }
        }
        self.merge(&merge, &transaction, &mut summary, job).await?;
        transaction.commit().await?;
        Ok(summary)
    }

    /// Copies the good rows of the file into the staging table.
    async fn stage(&self, ready: &Ready, stage: &Stage, job: &Job) -> Result<Summary, ImportError> {
        let dialect = &ready.dialect;
        let phase = job.phase(Phase::new("stage").total(dialect.size).unit("bytes"));
        let counters = ["rows", "invalid"].map(|name| job.counter(name));
        let encoder = Encoder::new(ready.mapping, &dialect.columns);
        let mut rows = Rows::open(&self.file, dialect).await?;
        let mut sink = pin!(ready.client.copy_in(&stage.copy()).await?);
        let mut pace = Pace::new(self.pace * ROWS_PER_SECOND);
        let every = pace.step(self.every.max(1));
        let mut summary = Summary::default();
        let mut out = BytesMut::with_capacity(CHUNK * 2);
        out.put_slice(b"PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0");
        while let Some(row) = rows.next().await? {
            summary.rows += 1;
            let good = out.len();
            if let Err(bad) = encoder.encode(&row, &mut out) {
                out.truncate(good);
                summary.invalid += 1;
                warn(job, &row, bad);
            }
            if summary.rows.is_multiple_of(every) {
                phase.set(row.position);
                count(&counters, [summary.rows, summary.invalid]);
                pace.spend(every).await;
            }
            if out.len() >= CHUNK || summary.rows.is_multiple_of(every) {
                job.bail_if_cancelled()?; // the copy ends with its sink
                sink.send(out.split().freeze()).await?;
                out.reserve(CHUNK * 2);
            }
        }
        out.put_i16(-1);
        sink.send(out.freeze()).await?;
        sink.finish().await?;
        phase.set(dialect.size);
        count(&counters, [summary.rows, summary.invalid]);
        Ok(summary)
    }

    async fn merge(
        &self,
        merge: &str,
        transaction: &Transaction<'_>,
        summary: &mut Summary,
        job: &Job,
    ) -> Result<(), ImportError> {
        let counters = ["added", "updated"].map(|name| job.counter(name));
        let merge = transaction.prepare(merge).await?;
        let mut pace = Pace::new(self.pace * ROWS_PER_SECOND);
        let step = pace.step(BATCH);
        for first in (0..summary.rows).step_by(step as usize) {
            job.bail_if_cancelled()?; // dropping the transaction rolls it back
            let last = summary.rows.min(first + step);
            let written = transaction
                .query_one(&merge, &[&(first as i64), &(last as i64)])
                .await?;
            summary.added += written.get::<_, i64>(0) as u64;
            summary.updated += written.get::<_, i64>(1) as u64;
            job.set(last);
            count(&counters, [summary.added, summary.updated]);
            pace.spend(last - first).await;
        }
        Ok(())
    }
}

fn warn(job: &Job, row: &Row<'_>, Bad(code, text): Bad) {
    let text = format!("row {}, line {}: {text}", row.number, row.line);
    let data = json!({"row": row.number, "line": row.line});
    job.notice_with(Level::Warning, code, text, data);
}

fn count(counters: &[Counter; 2], values: [u64; 2]) {
    for (counter, value) in counters.iter().zip(values) {
        counter.set(value);
    }
}
