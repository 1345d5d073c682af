//! A little chance, to spread what would else happen in step. Not for secrets.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A number from 0 up to, not including, `end`; 0 for 0.
#[must_use]
pub fn below(end: u64) -> u64 {
    RandomState::new().build_hasher().finish() % end.max(1)
}
