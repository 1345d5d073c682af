//! How often one caller may ask: requests, and commands over a WebSocket, together.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::caller::Caller;

/// A GCRA cell for each caller, in a fixed number of cells: a flood of addresses cannot grow the map, at the price
/// that two callers share a cell now and then. Which ones cannot be foretold from outside. Cheap to clone; clones
/// count together.
#[derive(Clone, Default)]
pub struct Rate(Option<Arc<Cells>>);

struct Cells {
    limiter: RateLimiter<u16, HashMapStateStore<u16>, MonotonicClock>,
    clock: MonotonicClock,
    secret: RandomState,
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rate").field(&self.cells()).finish()
    }
}

impl Rate {
    /// So many per second and caller, all of them at once if need be; `None` = no limit.
    #[must_use]
    pub fn new(per_second: Option<NonZeroU32>) -> Self {
        Self(per_second.map(|most| {
            let clock = MonotonicClock;
            let quota = Quota::per_second(most);
            Arc::new(Cells {
                limiter: RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()),
                clock,
                secret: RandomState::new(),
            })
        }))
    }

    /// Takes one of the caller's share; where that is used up, how long to wait.
    #[must_use]
    pub fn wait(&self, caller: Caller) -> Option<Duration> {
        let cells = self.0.as_ref()?;
        let key = cell(&cells.secret, caller);
        let checked = cells.limiter.check_key(&key);
        checked
            .err()
            .map(|until| until.wait_time_from(cells.clock.now()))
    }

    /// How many cells are in use: 65,536 at most.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.0.as_ref().map_or(0, |cells| cells.limiter.len())
    }
}

/// The cell of a caller: one of 65,536.
pub(super) fn cell(secret: &RandomState, caller: Caller) -> u16 {
    let [low, high, ..] = secret.hash_one(caller.counted()).to_le_bytes();
    u16::from_le_bytes([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    fn from(bits: u32) -> Caller {
        Caller::Address(IpAddr::V4(Ipv4Addr::from_bits(bits)))
    }

    #[test]
    fn a_million_addresses_do_not_grow_the_map_beyond_its_cells() {
        let rate = Rate::new(NonZeroU32::new(2000));
        for n in 0..500_000_u32 {
            let _ = rate.wait(from(n));
            let network = u128::from(n) << 64;
            let _ = rate.wait(Caller::Address(Ipv6Addr::from_bits(network).into()));
        }
        let cells = rate.cells();
        assert!((60_000..=65_536).contains(&cells), "{cells}");
    }

    #[test]
    fn clones_count_together_and_callers_apart() {
        let rate = Rate::new(NonZeroU32::new(1));
        assert_eq!(rate.wait(from(1)), None);
        let wait = rate.clone().wait(from(1)).expect("used up");
        assert!(wait <= Duration::from_secs(1));
        // Two share a cell once in 65,536 times; all of these never do at once.
        let others = [Caller::Credential(1), Caller::Credential(2), from(2)];
        assert!(others.into_iter().any(|c| rate.wait(c).is_none()));
    }

    #[test]
    fn without_a_limit_nobody_waits_and_nothing_is_kept() {
        let rate = Rate::new(None);
        assert!((0..1000).all(|_| rate.wait(from(1)).is_none()));
        assert_eq!(rate.cells(), 0);
    }
}
