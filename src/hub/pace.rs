//! When may this job speak again: one governor cell per watched job, one frame per 500 ms.
//!
//! The clock is tokio's, so that it stands still where tests pause it. Knows no jobs, no frames, no viewers.

use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

/// Two non-terminal frames of one job are at least this far apart.
pub const PERIOD: Duration = Duration::from_millis(500);

/// Tokio's clock as governor reads it: the time since the hub began.
#[derive(Debug, Clone, Copy)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// One job's pace.
#[derive(Debug)]
pub struct Pace {
    cell: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>,
    /// Not before this moment either: a frame that took long to reach its last viewer shifts the next one, or that
    /// viewer would see the two closer together than the cell counts.
    floor: Option<Instant>,
}

impl Pace {
    /// A pace whose first window is open. `origin` is any moment that has passed.
    #[must_use]
    pub fn new(origin: Instant) -> Self {
        #[allow(clippy::expect_used)] // see the next line
        let quota = Quota::with_period(PERIOD).expect("a period above zero"); // only zero is refused
        Self {
            cell: RateLimiter::direct_with_clock(quota, TokioClock(origin)),
            floor: None,
        }
    }

    /// Takes the window if it is open; else says when it will be.
    pub fn take(&self) -> Result<(), Instant> {
        let now = Instant::now();
        if let Some(floor) = self.floor.filter(|floor| *floor > now) {
            return Err(floor);
        }
        self.cell
            .check()
            .map_err(|not_until| now + not_until.wait_time_from(self.cell.clock().now()))
    }

    /// When the next window opens, as far as the last frame that reached everybody tells. It may have passed.
    #[must_use]
    pub fn opens(&self) -> Option<Instant> {
        self.floor
    }

    /// Says that the frame for which the window was taken has reached its last viewer now.
    pub fn sent(&mut self) {
        self.floor = Some(Instant::now() + PERIOD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_at_once_then_one_per_period() {
        let pace = Pace::new(Instant::now());
        assert!(pace.take().is_ok());
        let Err(at) = pace.take() else {
            panic!("a second frame within the window")
        };
        assert_eq!(at - Instant::now(), PERIOD);
        tokio::time::sleep_until(at).await;
        assert!(pace.take().is_ok());
        assert!(pace.take().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_saves_up_nothing() {
        let pace = Pace::new(Instant::now());
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(pace.take().is_ok());
        assert!(pace.take().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_round_shifts_the_next_window() {
        let mut pace = Pace::new(Instant::now());
        assert!(pace.take().is_ok());
        tokio::time::sleep(Duration::from_millis(200)).await;
        pace.sent();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let Err(at) = pace.take() else {
            panic!("the last viewer would see 300 ms")
        };
        assert_eq!(at - Instant::now(), Duration::from_millis(200));
    }
}
