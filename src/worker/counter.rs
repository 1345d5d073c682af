//! A number of a job beside its progress: `added`, `failed`.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::core::Count;

/// A counter: a cheap clone, and no holder of its job. An increment is one relaxed atomic.
#[derive(Debug, Clone)]
pub struct Counter {
    count: Arc<Count>,
}

impl Counter {
    pub(super) fn new(count: Arc<Count>) -> Self {
        Self { count }
    }

    /// So many more.
    #[inline]
    pub fn inc(&self, more: u64) {
        self.count.value.fetch_add(more, Relaxed);
    }

    /// So many.
    #[inline]
    pub fn set(&self, value: u64) {
        self.count.value.store(value, Relaxed);
    }

    /// How many there are.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.count.value.load(Relaxed)
    }
}
