//! What the parts of the tracker share.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::cache::Cache;
use super::clock::Clock;
use super::follow::Verified;
use super::queue::Queue;
use super::stats::Stats;
use super::summary::Summaries;
use crate::bus::{Hint, Hints};
use crate::hub::Hub;
use crate::progress::{JobKey, Labels};
use crate::store::{self, Held, Store};
use crate::wire::Frame;

/// The shared parts.
pub(super) struct Inner {
    pub(super) store: Store,
    pub(super) hub: Hub,
    pub(super) clock: Clock,
    pub(super) cache: Cache,
    pub(super) queue: Queue,
    pub(super) hints: Arc<Hints>,
    pub(super) recounts: Recounts,
    pub(super) beats: Beats,
    pub(super) verified: Verified,
    pub(super) summaries: Summaries,
    /// Whether the listener's last probe came back.
    pub(super) proven: Arc<AtomicBool>,
    pub(super) stats: Arc<Stats>,
    pub(super) keep_seconds: f64,
}

impl Inner {
    /// Reads jobs from Postgres and holds them.
    pub(super) async fn hold(&self, keys: &[JobKey]) -> Result<Vec<Arc<Held>>, store::Error> {
        let (jobs, now) = self.store.hold(keys).await?;
        if let Some(now) = now {
            self.clock.anchor(now);
        }
        let jobs: Vec<Arc<Held>> = jobs.into_iter().map(Arc::new).collect();
        for job in &jobs {
            self.cache.put(job.clone());
        }
        Ok(jobs)
    }

    /// One job, from memory or from Postgres.
    pub(super) async fn held(&self, key: &JobKey) -> Result<Option<Arc<Held>>, store::Error> {
        if let Some(held) = self.cache.get(key) {
            return Ok(Some(held));
        }
        Ok(self.hold(std::slice::from_ref(key)).await?.pop())
    }

    /// Tells the other nodes of a written frame.
    pub(super) fn hint(&self, frame: &Frame) {
        self.hints.add(Hint {
            key: frame.key.clone(),
            version: frame.version,
        });
    }

    /// A job is no more.
    pub(super) fn forget(&self, key: &JobKey, labels: &Labels) {
        self.cache.drop(key);
        self.hub.gone_labelled(key, labels);
    }
}

/// Parents whose parts must be counted anew.
#[derive(Debug, Default)]
pub(super) struct Recounts {
    waiting: Mutex<HashSet<JobKey>>,
    some: Notify,
}

impl Recounts {
    pub(super) fn add(&self, parent: JobKey) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(parent);
        self.some.notify_one();
    }

    pub(super) async fn take(&self) -> Vec<JobKey> {
        loop {
            let taken =
                std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !taken.is_empty() {
                return taken.into_iter().collect();
            }
            self.some.notified().await;
        }
    }
}

/// Signs of life that cost no version: the attempt of each job that gave one.
#[derive(Debug, Default)]
pub(super) struct Beats(Mutex<HashMap<JobKey, u64>>);

impl Beats {
    pub(super) fn add(&self, key: JobKey, attempt: u64) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, attempt);
    }

    pub(super) fn take(&self) -> Vec<(JobKey, u64)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
            .into_iter()
            .collect()
    }
}
