//! What the tracker counts of itself, told to Prometheus when it asks.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::tracker::{Stats, Tracker};

/// The counts of one tracker.
pub struct Counted(Tracker);

impl Counted {
    /// The counts of this one.
    #[must_use]
    pub fn of(tracker: &Tracker) -> Self {
        Self(tracker.clone())
    }
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counted")
    }
}

/// A count: its name, its help, and where it is.
type Row = (&'static str, &'static str, fn(&Stats) -> &AtomicU64);

const ROWS: [Row; 9] = [
    ("commits", "Statements that wrote jobs", |s| &s.batches),
    ("commit_rows", "Versions written", |s| &s.rows),
    ("ticks_folded", "Ticks taken to be folded", |s| &s.ticks),
    ("hints_received", "Hints heard from other nodes", |s| {
        &s.hints_heard
    }),
    (
        "catch_ups",
        "Comparisons of what is watched with what is stored",
        |s| &s.catch_ups,
    ),
    (
        "catch_up_frames",
        "Changes that they found and no hint had told",
        |s| &s.caught,
    ),
    (
        "sweep_silences",
        "Jobs found silent, lost or never started",
        |s| &s.silences,
    ),
    ("jobs_lost", "Jobs whose worker was given up", |s| &s.lost),
    ("sweep_expired", "Jobs that expired", |s| &s.expired),
];

impl Collector for Counted {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stats = self.0.stats();
        let mut tell = |name: &str, help: &str, metric: &dyn EncodeMetric| {
            let encoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
            metric.encode(encoder)
        };
        for (name, help, count) in ROWS {
            let count = count(&stats).load(Ordering::Relaxed);
            tell(name, help, &ConstCounter::new(count))?;
        }
        #[allow(clippy::cast_precision_loss)] // exact for 285 years of writing
        let seconds = stats.micros.load(Ordering::Relaxed) as f64 / 1e6;
        tell(
            "commit_seconds",
            "Seconds that the statements which wrote jobs took",
            &ConstCounter::new(seconds),
        )?;
        #[allow(clippy::cast_precision_loss)] // millionths
        let queue = stats.notification_queue.load(Ordering::Relaxed) as f64 / 1e6;
        tell(
            "notification_queue_ratio",
            "How full Postgres' queue of notifications is, 0 to 1",
            &ConstGauge::new(queue),
        )?;
        let emitted = self.0.hub().stamp();
        tell(
            "frames_emitted",
            "Frames let out, each to all who watch its job",
            &ConstCounter::new(emitted),
        )?;
        let hears = i64::from(self.0.hears());
        tell(
            "listener_up",
            "Whether hints of other nodes are heard",
            &ConstGauge::new(hears),
        )?;
        let fresh = i64::from(self.0.stale_since().is_none());
        tell(
            "database_up",
            "Whether the database was verified within 5 s",
            &ConstGauge::new(fresh),
        )
    }
}
