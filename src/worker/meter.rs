//! Where a wrapper counts: the gauge of one phase, or of whatever is worked on when it counts.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::core::{Core, Gauge, UNKNOWN};
use super::handle::Handle;

/// A place to count. Holds the job.
#[derive(Debug, Clone)]
pub struct Meter {
    handle: Arc<Handle>,
    /// The gauge's number; none = that of now.
    number: Option<usize>,
}

impl Meter {
    pub fn new(handle: Arc<Handle>, number: Option<usize>) -> Self {
        Self { handle, number }
    }

    #[inline]
    pub fn inc(&self, count: u64) {
        self.gauge().current.fetch_add(count, Relaxed);
    }

    #[inline]
    pub fn set(&self, current: u64) {
        self.gauge().current.store(current, Relaxed);
    }

    pub fn current(&self) -> u64 {
        self.gauge().current.load(Relaxed)
    }

    pub fn total(&self, total: u64) {
        self.gauge().total.store(total, Relaxed);
    }

    /// A total for where there is none: so many more than were done already.
    pub fn more(&self, (least, most): (usize, Option<usize>)) {
        let gauge = self.gauge();
        if most == Some(least) && gauge.total.load(Relaxed) == UNKNOWN {
            let more = u64::try_from(least).unwrap_or(UNKNOWN);
            self.total(self.current().saturating_add(more));
        }
    }

    #[inline]
    fn gauge(&self) -> &Gauge {
        let core: &Core = &self.handle.core;
        core.gauge(self.number.unwrap_or_else(|| core.now()))
    }
}
