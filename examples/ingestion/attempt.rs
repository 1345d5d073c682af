//! One attempt at an ingestion: every file is parsed, then every document is extracted, indexed and stored, one phase
//! after the other. What an earlier attempt has done is found in the database, and passed over.

use std::collections::HashSet;

use aws_lc_rs::digest::{SHA256, digest};
use milepost::worker::{Level, Phase};
use serde_json::json;

use super::{
    extract::{Source, extract},
    ingestion::{ATTEMPTS, Begun, DOCUMENTS_PER_SECOND, Ingestion},
    outcome::{IngestError, Summary},
    pace::Pace,
    parse::{Remark, parse},
    source::{self, Entry},
    store::{At, Seen, Store},
};

/// The longest name of a document, in characters.
const NAME: usize = 300;

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

impl Begun {
    /// One attempt: what an earlier one has done is passed over.
    pub(super) async fn attempt(&self, store: &Store, number: u32) -> Result<Summary, IngestError> {
        self.job.bail_if_cancelled()?;
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
            summary.refused += self.each(store, step, documents).await?;
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

    /// An archive may hold two files of one name: neither is lost. Names are kept as far as an index takes them.
    fn own_path(&self, entry: &mut Entry, paths: &mut HashSet<String>) {
        entry.path = entry
            .path
            .replace(char::is_control, "\u{FFFD}")
            .chars()
            .take(NAME)
            .collect();
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

    /// One phase over the documents that have come as far as it; how many of them the database refused.
    async fn each(&self, store: &Store, step: Step, documents: u64) -> Result<u64, IngestError> {
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
        let (mut pace, mut refused) = (self.pace(), 0);
        for path in &waiting {
            self.job.bail_if_cancelled()?;
            let at = At {
                job: self.job.id(),
                path,
            };
            match self.step(store, step, at).await {
                Ok(chunks) if matches!(step, Step::Store) => {
                    counters
                        .iter()
                        .zip([1, chunks])
                        .for_each(|(counter, more)| counter.inc(more));
                }
                Err(error) if error.is_of_document() => {
                    self.tell(
                        Level::Error,
                        path,
                        &Remark::new("not_indexable", error.to_string()),
                    );
                    store.give_up(at).await?;
                    self.job.counter("refused").inc(1);
                    refused += 1;
                }
                other => drop(other?),
            }
            phase.inc(1);
            pace.spend(1).await;
        }
        Ok(refused)
    }

    /// One step of one document; how many chunks were stored by it.
    async fn step(&self, store: &Store, step: Step, at: At<'_>) -> Result<u64, IngestError> {
        match step {
            Step::Extract => self.extract(store, at).await.map(|()| 0),
            Step::Index => store.index(at).await.map(|()| 0),
            Step::Store => store.store(at, &self.ingestion.collection).await,
        }
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

/// Work for a processor, on a thread of its own.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, IngestError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| IngestError::Read(error.into()))
}
