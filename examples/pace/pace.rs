//! A speed limit for demonstrations: so many units a second, and no limit at all by default.
//!
//! It is never hidden: the speed is an option of the program and stands in the job's metadata.

use std::time::Duration;

use tokio::time::Instant;

/// Spends a budget of units per second.
pub struct Pace {
    per_second: f64,
    due: Instant,
}

impl Pace {
    /// At most `per_second` units a second; 0 or less means as fast as it goes.
    pub fn new(per_second: f64) -> Self {
        Self {
            per_second,
            due: Instant::now(),
        }
    }

    /// Waits until `units` more were allowed. Does not wait at all without a limit.
    pub async fn spend(&mut self, units: u64) {
        if self.per_second > 0.0 {
            let cost = Duration::from_secs_f64(units as f64 / self.per_second);
            self.due = self.due.max(Instant::now()) + cost;
            tokio::time::sleep_until(self.due).await;
        }
    }

    /// How many units make a quarter of a second at this pace, at least one and at most `most`:
    /// the size of a step that still looks like movement.
    pub fn step(&self, most: u64) -> u64 {
        if self.per_second > 0.0 {
            ((self.per_second / 4.0) as u64).clamp(1, most)
        } else {
            most
        }
    }
}
