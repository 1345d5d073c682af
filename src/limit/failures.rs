//! How many refused credentials one address may bring. Verifying a signature is dear, so an address that keeps
//! guessing is told to wait before that is done.

use std::fmt;
use std::hash::RandomState;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::caller::Caller;
use super::rate::cell;

/// How many there are.
const CELLS: usize = 1 << 16;

/// How many failures an address has at once.
const BURST: u64 = 50;

/// How long it takes to get one of them back: 50 in a second.
const EACH: u64 = 1_000_000_000 / BURST;

/// All of them, in nanoseconds.
const FULL: u64 = BURST * EACH;

/// A GCRA cell for each address, in a fixed number of cells: each holds the time at which all its failures will be
/// forgotten. (governor cannot look at a cell without charging it.) Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Failures(Arc<Cells>);

struct Cells {
    forgotten: Box<[AtomicU64]>,
    secret: RandomState,
    start: Instant,
}

impl fmt::Debug for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Failures")
    }
}

impl Default for Failures {
    fn default() -> Self {
        Self(Arc::new(Cells {
            forgotten: (0..CELLS).map(|_| AtomicU64::new(0)).collect(),
            secret: RandomState::new(),
            start: Instant::now(),
        }))
    }
}

impl Failures {
    /// How long the address must wait before a credential of it is looked at again; `None` = not at all.
    #[must_use]
    pub fn blocked(&self, address: IpAddr) -> Option<Duration> {
        self.blocked_at(address, self.now())
    }

    /// Notes a credential that was refused.
    pub fn failed(&self, address: IpAddr) {
        self.failed_at(address, self.now());
    }

    fn blocked_at(&self, address: IpAddr, now: u64) -> Option<Duration> {
        let forgotten = self.cell(address)?.load(Ordering::Relaxed);
        // There must be room for one more.
        let over = (forgotten.saturating_sub(now) + EACH).saturating_sub(FULL);
        (over > 0).then(|| Duration::from_nanos(over))
    }

    fn failed_at(&self, address: IpAddr, now: u64) {
        let Some(cell) = self.cell(address) else {
            return;
        };
        // Those already under way when the address was blocked do not make it wait longer.
        let later = |forgotten: u64| Some((forgotten.max(now) + EACH).min(now + FULL));
        let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
    }

    fn cell(&self, address: IpAddr) -> Option<&AtomicU64> {
        let number = cell(&self.0.secret, Caller::Address(address));
        self.0.forgotten.get(usize::from(number))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_nanos()).unwrap_or(u64::MAX / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn fifty_at_once_and_then_fifty_a_second() {
        let (failures, here) = (Failures::default(), ip("192.0.2.1"));
        for _ in 0..50 {
            assert_eq!(failures.blocked_at(here, SECOND), None);
            failures.failed_at(here, SECOND);
        }
        let wait = failures.blocked_at(here, SECOND).expect("used up");
        assert_eq!(wait, Duration::from_millis(20));
        assert_eq!(failures.blocked_at(here, SECOND + EACH), None);
        failures.failed_at(here, SECOND + EACH);
        assert!(failures.blocked_at(here, SECOND + EACH).is_some());
        assert_eq!(failures.blocked_at(here, 2 * SECOND + EACH), None);
    }

    #[test]
    fn a_flood_does_not_block_for_longer() {
        let (failures, here) = (Failures::default(), ip("192.0.2.1"));
        for _ in 0..10_000 {
            failures.failed_at(here, SECOND);
        }
        let wait = failures.blocked_at(here, SECOND).expect("used up");
        assert_eq!(wait, Duration::from_millis(20));
    }

    #[test]
    fn another_address_is_not_blocked() {
        let failures = Failures::default();
        for _ in 0..60 {
            failures.failed_at(ip("192.0.2.1"), SECOND);
        }
        // Two share a cell once in 65,536 times; all of these never do at once.
        let others = ["192.0.2.2", "192.0.2.3", "2001:db8::1"];
        let free = |text: &&str| failures.blocked_at(ip(text), SECOND).is_none();
        assert!(others.iter().any(free));
        assert!(
            failures
                .blocked_at(ip("::ffff:192.0.2.1"), SECOND)
                .is_some()
        );
    }

    #[test]
    fn it_runs_on_the_clock() {
        let (failures, here) = (Failures::default(), ip("192.0.2.1"));
        assert_eq!(failures.blocked(here), None);
        failures.clone().failed(here);
        assert_eq!(failures.blocked(here), None);
        // However slow this machine is, some round is faster than forgetting.
        let blocked = (0..1000).any(|_| {
            (0..BURST).for_each(|_| failures.failed(here));
            failures.blocked(here).is_some()
        });
        assert!(blocked);
    }
}
