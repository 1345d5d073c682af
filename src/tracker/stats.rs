//! What the tracker counts for the metrics. Plain atomics; whoever shows them reads them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts since the start of the process.
#[derive(Debug, Default)]
pub struct Stats {
    /// Statements that wrote jobs.
    pub batches: AtomicU64,
    /// Versions written.
    pub rows: AtomicU64,
    /// Microseconds those statements took, together.
    pub micros: AtomicU64,
    /// Ticks taken to be folded.
    pub ticks: AtomicU64,
    /// Hints heard from other nodes.
    pub hints_heard: AtomicU64,
    /// Catch-up reads.
    pub catch_ups: AtomicU64,
    /// Versions that a catch-up read found and no hint had told.
    pub caught: AtomicU64,
    /// Jobs that were found silent, lost or never started.
    pub silences: AtomicU64,
    /// Jobs whose worker was given up.
    pub lost: AtomicU64,
    /// Jobs that expired.
    pub expired: AtomicU64,
    /// How full Postgres' queue of notifications is, in millionths.
    pub notification_queue: AtomicU64,
}

impl Stats {
    /// A statement wrote `rows` versions.
    pub fn batch(&self, rows: usize, took: Duration) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.micros.fetch_add(
            u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }

    /// Adds to a count.
    pub fn add(count: &AtomicU64, n: usize) {
        count.fetch_add(n as u64, Ordering::Relaxed);
    }
}
