//! How many things one caller may hold open at once: streams, sockets that wait for a credential, connections.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::caller::Caller;

/// How many sockets of one address may wait for a credential at once: nothing vouches for them yet.
pub const PENDING_PER_ADDRESS: usize = 100;

/// Counts what each caller holds. The counts are exact and kept for those only who hold something, so there are
/// never more of them than connections. Cheap to clone; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Admissions(Option<Arc<Counts>>);

#[derive(Debug)]
struct Counts {
    most: usize,
    open: Mutex<HashMap<Caller, usize>>,
}

/// One thing held open; given back when dropped.
#[derive(Debug, Default)]
#[must_use = "what is not kept is given back at once"]
pub struct Admission(Option<(Arc<Counts>, Caller)>);

/// The caller holds as many as one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} are open, and one caller may have no more: close some first")]
pub struct TooMany(pub usize);

impl Admissions {
    /// At most so many for each caller; `None` = no limit, and nothing is counted.
    #[must_use]
    pub fn new(most: Option<usize>) -> Self {
        Self(most.map(|most| {
            Arc::new(Counts {
                most,
                open: Mutex::default(),
            })
        }))
    }

    /// One more for this caller.
    ///
    /// # Errors
    /// It has as many as it may.
    pub fn admit(&self, caller: Caller) -> Result<Admission, TooMany> {
        let Some(counts) = &self.0 else {
            return Ok(Admission(None));
        };
        let caller = caller.counted();
        match counts.open().entry(caller) {
            _ if counts.most == 0 => return Err(TooMany(0)),
            Entry::Occupied(count) if *count.get() >= counts.most => {
                return Err(TooMany(counts.most));
            }
            Entry::Occupied(mut count) => *count.get_mut() += 1,
            Entry::Vacant(place) => {
                place.insert(1);
            }
        }
        Ok(Admission(Some((Arc::clone(counts), caller))))
    }

    /// How many callers hold something.
    #[must_use]
    pub fn callers(&self) -> usize {
        self.0.as_ref().map_or(0, |counts| counts.open().len())
    }
}

impl Counts {
    fn open(&self) -> MutexGuard<'_, HashMap<Caller, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let Some((counts, caller)) = &self.0 else {
            return;
        };
        let mut open = counts.open();
        if let Entry::Occupied(mut count) = open.entry(*caller) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Caller = Caller::Credential(1);
    const OTHER: Caller = Caller::Credential(2);

    #[test]
    fn a_caller_has_its_share_and_gets_back_what_it_closes() {
        let streams = Admissions::new(Some(2));
        let first = streams.admit(ONE).unwrap();
        let second = streams.clone().admit(ONE).unwrap();
        assert_eq!(streams.admit(ONE).unwrap_err(), TooMany(2));
        let other = streams.admit(OTHER).unwrap();
        assert_eq!(streams.callers(), 2);
        drop(first);
        let third = streams.admit(ONE).unwrap();
        assert_eq!(streams.admit(ONE).unwrap_err(), TooMany(2));
        drop((second, third, other));
        assert_eq!(streams.callers(), 0);
    }

    #[test]
    fn one_host_of_ipv6_is_one_caller() {
        let sockets = Admissions::new(Some(1));
        let at = |text: &str| Caller::Address(text.parse().unwrap());
        let _held = sockets.admit(at("2001:db8::1")).unwrap();
        assert!(sockets.admit(at("2001:db8::2")).is_err());
        assert!(sockets.admit(at("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn counts_are_exact_whoever_comes_and_goes_at_once() {
        let streams = Admissions::new(Some(8));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..10_000_u64 {
                        let held = [streams.admit(ONE), streams.admit(Caller::Credential(n))];
                        assert!(held.iter().all(Result::is_ok), "4 threads hold 8 at most");
                    }
                });
            }
        });
        assert_eq!(streams.callers(), 0);
        let all: Vec<_> = (0..8).map(|_| streams.admit(ONE).unwrap()).collect();
        assert!(streams.admit(ONE).is_err());
        drop(all);
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let streams = Admissions::new(None);
        let all: Vec<_> = (0..10_000).map(|_| streams.admit(ONE)).collect();
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(streams.callers(), 0);
    }
}
