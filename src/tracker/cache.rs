//! Jobs held in memory to decide on, bounded. What is in it may be old: the write names the version it was decided
//! on, and whoever loses is read again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::progress::JobKey;
use crate::store::Held;

/// Two generations: when the young one is full it becomes the old one, whose members must be asked for again or go.
#[derive(Debug)]
pub struct Cache {
    generations: Mutex<Generations>,
    half: usize,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<JobKey, Arc<Held>>,
    old: HashMap<JobKey, Arc<Held>>,
}

impl Cache {
    /// A cache of at most `size` jobs.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self {
            generations: Mutex::default(),
            half: (size / 2).max(1),
        }
    }

    /// The job, if it is held.
    pub fn get(&self, key: &JobKey) -> Option<Arc<Held>> {
        let mut g = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = g.young.get(key) {
            return Some(held.clone());
        }
        let held = g.old.remove(key)?;
        self.insert(&mut g, key.clone(), held.clone());
        Some(held)
    }

    /// Holds a job; an older version than the one held is passed over.
    pub fn put(&self, held: Arc<Held>) {
        let mut g = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let key = held.job.key.clone();
        let known = g
            .young
            .get(&key)
            .or_else(|| g.old.get(&key))
            .map_or(0, |h| h.job.version);
        if held.job.version >= known {
            g.old.remove(&key);
            self.insert(&mut g, key, held);
        }
    }

    /// Lets a job go.
    pub fn drop(&self, key: &JobKey) {
        let mut g = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        g.young.remove(key);
        g.old.remove(key);
    }

    /// Lets a job go if what is held is older than `version`. Answers whether it was.
    pub fn outdated(&self, key: &JobKey, version: u64) -> bool {
        let older = self.get(key).is_some_and(|held| held.job.version < version);
        if older {
            self.drop(key);
        }
        older
    }

    fn insert(&self, g: &mut Generations, key: JobKey, held: Arc<Held>) {
        if g.young.len() >= self.half {
            g.old = std::mem::take(&mut g.young);
        }
        g.young.insert(key, held);
    }
}
