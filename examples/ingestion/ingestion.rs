//! The job: parse, extract, index and store every document of a collection, and tell how far it is.
//!
//! What passes by itself, a lost connection for one, ends an attempt and not the job: it goes back to the queue with its
//! error in sight, and the next attempt goes on where this one got. What each step has done is in the database, so that
//! holds for another process, too.

use std::{collections::HashSet, path::PathBuf, sync::Mutex, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use milepost::worker::{Failure, Job, Level, Phase, Reporter};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    extract::{Source, extract},
    outcome::{IngestError, Summary},
    pace::Pace,
    parse::{Remark, parse},
    source::{self, Entry},
    store::{At, Seen, Store},
};

/// How many documents a second each phase takes at pace 1.
pub const DOCUMENTS_PER_SECOND: f64 = 3.0;
/// How often it is tried.
pub const ATTEMPTS: u32 = 5;

/// What to ingest, and how.
pub struct Ingestion {
    /// The name that the documents are stored under.
    pub collection: String,
    /// What people read as the name of the job.
    pub title: String,
    /// A `.tar.zst` archive or a folder.
    pub source: PathBuf,
    /// Whether documents are stored anew that were stored before with the same bytes.
    pub anew: bool,
    /// How fast it goes, in [`DOCUMENTS_PER_SECOND`]; 0 = as fast as it can.
    pub pace: f64,
    /// How long it waits after the first attempt that failed; twice as long after the second, and so on.
    pub wait: Duration,
    /// Cancels the ingestion when the program is to stop.
    pub halt: CancellationToken,
}

/// What is done document by document, once all of them are parsed.
#[derive(Clone, Copy)]
enum Step {
    Extract,
    Index,
    Store,
}

impl Step {
    /// The name of its phase, and of the step that documents have taken before it.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Extract => ("extract", "parsed"),
            Self::Index => ("index", "extracted"),
            Self::Store => ("store", "indexed"),
        }
    }
}

/// An ingestion that can be watched.
pub struct Begun {
    ingestion: Ingestion,
    /// Its job.
    pub job: Job,
    told: Mutex<HashSet<(String, &'static str)>>,
}

impl Ingestion {
    /// Opens the job, of this id where one is given.
    pub fn begin(self, reporter: &Reporter, id: Option<&str>) -> Begun {
        let phases = [("parse", 2), ("extract", 2), ("index", 5), ("store", 3)];
        let phases = phases.map(|(name, weight)| Phase::new(name).weight(weight).unit("documents"));
        let source = self
            .source
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let job = reporter
            .job("ingestion")
            .title(&self.title)
            .subject(&self.collection)
            .phases(phases)
            .metadata(json!({"source": source, "pace": self.pace, "attempts": ATTEMPTS}))
            .halt(&self.halt);
        let job = id.into_iter().fold(job, |job, id| job.id(id)).start();
        Begun {
            ingestion: self,
            job,
            told: Mutex::default(),
        }
    }
}

impl Begun {
    /// Does the work, in as many attempts as it takes, and says how it ended.
    pub async fn finish(self, store: &Store) -> Result<Summary, IngestError> {
        let mut number = 1;
        let outcome = loop {
            match self.attempt(store, number).await {
                Err(error) if error.passes() && number < ATTEMPTS => {
                    self.rest(number, &error).await;
                    number += 1;
                }
                outcome => break outcome,
            }
        };
        let delivered = match &outcome {
            Ok(done) => self.job.complete(done),
            Err(IngestError::Cancelled) => self
                .job
                .cancel("What was stored until then is whole, and stays"),
            Err(error) => self.job.fail(failure(error)),
        };
        delivered.await;
        // The job has ended: nobody need wait for this. Where it fails, another ingestion does it.
        let _ = store.forget(self.job.id()).await;
        outcome
    }

    /// Gives the job back, and claims it again after a while.
    async fn rest(&self, number: u32, error: &IngestError) {
        let wait = self.ingestion.wait * 2_u32.pow(number - 1);
        self.job.message(format!(
            "Attempt {number} of {ATTEMPTS} failed, the next in {} s",
            wait.as_secs()
        ));
        self.job
            .metadata(json!({"last_error": format!("attempt {number}: {error}")}));
        self.job
            .retrying(failure(error).retry_after(wait.as_secs()))
            .await;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.job.cancelled().cancelled() => {}
        }
        self.job.again();
    }

    async fn attempt(&self, store: &Store, number: u32) -> Result<Summary, IngestError> {
        let mut summary = Summary {
            attempts: number,
            ..Summary::default()
        };
        if number > 1 {
            self.job.message(format!(
                "Attempt {number} of {ATTEMPTS}: going on where the last one got"
            ));
        }
        self.parse(store, &mut summary).await?;
        let documents = summary.files - summary.unchanged - summary.refused;
        for step in [Step::Extract, Step::Index, Step::Store] {
            self.each(store, step, documents).await?;
        }
        [summary.stored, summary.chunks, summary.near_duplicates] =
            store.stored(self.job.id()).await?;
        Ok(summary)
    }

    /// Reads every file, and keeps those that are documents and not known yet.
    async fn parse(&self, store: &Store, summary: &mut Summary) -> Result<(), IngestError> {
        let Ingestion {
            collection, source, ..
        } = &self.ingestion;
        let mut seen = store.seen(self.job.id(), collection).await?;
        let files = source::count(source).await?;
        let phase = self
            .job
            .phase(Phase::new("parse").total(files).unit("documents"));
        let (mut pace, mut paths) = (self.pace(), HashSet::new());
        let mut entries = source::entries(source);
        while let Some(entry) = entries.recv().await {
            self.job.bail_if_cancelled()?;
            let mut entry = entry?;
            summary.files += 1;
            self.own_path(&mut entry, &mut paths);
            let hash = digest(&SHA256, &entry.bytes);
            match seen.remove(&entry.path) {
                Some(Seen::Staged | Seen::Done) => {}
                Some(Seen::Refused) => summary.refused += 1,
                Some(Seen::Stored(stored)) if stored == hash.as_ref() && !self.ingestion.anew => {
                    summary.unchanged += 1;
                }
                _ => {
                    summary.refused +=
                        u64::from(!self.parse_one(store, entry, hash.as_ref()).await?);
                    pace.spend(1).await;
                }
            }
            self.job.counter("unchanged").set(summary.unchanged);
            self.job.counter("refused").set(summary.refused);
            phase.inc(1);
        }
        Ok(())
    }

    /// An archive may hold two files of one name: neither is lost.
    fn own_path(&self, entry: &mut Entry, paths: &mut HashSet<String>) {
        let first = entry.path.clone();
        let mut number = 1;
        while !paths.insert(entry.path.clone()) {
            number += 1;
            entry.path = format!("{first} ({number})");
        }
        if number > 1 {
            let text = format!(
                "the source has {number} files of this name: this one is {}",
                entry.path
            );
            self.tell(Level::Warning, &entry.path, &Remark::new("same_name", text));
        }
    }

    /// Parses one file; false where it is refused.
    async fn parse_one(
        &self,
        store: &Store,
        entry: Entry,
        hash: &[u8],
    ) -> Result<bool, IngestError> {
        let Entry { path, bytes } = entry;
        let at = At {
            job: self.job.id(),
            path: &path,
        };
        let (parsed, bytes) = aside(move || (parse(&bytes), bytes)).await?;
        match parsed {
            Ok(parsed) => {
                parsed
                    .remarks
                    .iter()
                    .for_each(|remark| self.tell(Level::Warning, &path, remark));
                store.stage(at, (&bytes, hash), &parsed).await?;
                Ok(true)
            }
            Err(why) => {
                self.tell(Level::Error, &path, &why);
                store.refuse(at).await?;
                Ok(false)
            }
        }
    }

    async fn extract(&self, store: &Store, at: At<'_>) -> Result<(), IngestError> {
        let text = store.text(at).await?;
        let extracted = aside(move || {
            let (kind, encoding) = (text.kind, text.encoding.as_str());
            extract(&Source {
                kind,
                encoding,
                head: &text.head,
                body: &text.body,
            })
        })
        .await?;
        extracted
            .remarks
            .iter()
            .for_each(|remark| self.tell(Level::Warning, at.path, remark));
        if let Some((twin, share)) = store
            .extracted(at, &self.ingestion.collection, &extracted)
            .await?
        {
            let text = format!("{:.0} % the same as {twin}", (share * 100.0).floor());
            let data = json!({"twin": twin, "resemblance": share});
            self.tell(
                Level::Info,
                at.path,
                &Remark {
                    data,
                    ..Remark::new("near_duplicate", text)
                },
            );
        }
        Ok(())
    }

    /// One phase over the documents that have come as far as it.
    async fn each(&self, store: &Store, step: Step, documents: u64) -> Result<(), IngestError> {
        let (name, after) = step.names();
        let waiting = store.waiting(self.job.id(), after).await?;
        let phase = self.job.phase(Phase::new(name).unit("documents"));
        if documents > 0 {
            phase.total(documents);
        }
        phase.inc(documents.saturating_sub(waiting.len() as u64)); // an earlier attempt's
        let counters = ["documents", "chunks"].map(|name| self.job.counter(name));
        let done = store.stored(self.job.id()).await?;
        counters
            .iter()
            .zip(done)
            .for_each(|(counter, done)| counter.set(done));
        let mut pace = self.pace();
        for path in &waiting {
            self.job.bail_if_cancelled()?;
            let at = At {
                job: self.job.id(),
                path,
            };
            match step {
                Step::Extract => self.extract(store, at).await?,
                Step::Index => store.index(at).await?,
                Step::Store => {
                    let chunks = store.store(at, &self.ingestion.collection).await?;
                    counters
                        .iter()
                        .zip([1, chunks])
                        .for_each(|(counter, more)| counter.inc(more));
                }
            }
            phase.inc(1);
            pace.spend(1).await;
        }
        Ok(())
    }

    /// Says something of a file, once.
    fn tell(&self, level: Level, path: &str, remark: &Remark) {
        let Ok(mut told) = self.told.lock() else {
            return;
        };
        if told.insert((path.to_owned(), remark.code)) {
            let mut data = remark.data.clone();
            data["path"] = path.into();
            self.job.notice_with(
                level,
                remark.code,
                format!("{path}: {}", remark.message),
                data,
            );
            if remark.code == "near_duplicate" {
                self.job.counter("near_duplicates").inc(1);
            }
        }
    }

    fn pace(&self) -> Pace {
        Pace::new(self.ingestion.pace * DOCUMENTS_PER_SECOND)
    }
}

fn failure(error: &IngestError) -> Failure {
    Failure::new(error.code(), error.to_string()).retryable(error.passes())
}

/// Work for a processor, on a thread of its own.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, IngestError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| IngestError::Read(error.into()))
}
