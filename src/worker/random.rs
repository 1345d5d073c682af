//! Random numbers that need not be secret: so that many workers do not come back in step.

use std::hash::{BuildHasher, RandomState};

/// A number from 0 to 1.
pub fn fraction() -> f64 {
    RandomState::new().hash_one(0u8) as f64 / u64::MAX as f64
}
