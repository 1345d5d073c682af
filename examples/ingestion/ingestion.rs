//! The job: parse, extract, index and store every document of a collection, and tell how far it is.
//!
//! What passes by itself, a lost connection for one, ends an attempt and not the job: it goes back to the queue with its
//! error in sight, and the next attempt goes on where this one got. What each step has done is in the database, so that
//! holds for another process, too.

use std::{collections::HashSet, path::PathBuf, sync::Mutex, time::Duration};

use milepost::worker::{Failure, Job, Phase, Reporter};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    outcome::{IngestError, Summary},
    store::Store,
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

/// An ingestion that can be watched.
pub struct Begun {
    pub(super) ingestion: Ingestion,
    /// Its job.
    pub job: Job,
    /// Paths and codes of what people were told.
    pub(super) told: Mutex<HashSet<(String, &'static str)>>,
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
}

fn failure(error: &IngestError) -> Failure {
    Failure::new(error.code(), error.to_string()).retryable(error.passes())
}
