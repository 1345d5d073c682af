//! A moment, in milliseconds since 1970, UTC. Where it comes from is the caller's business.

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The seconds from `earlier` to this moment, never below zero.
    #[must_use]
    pub fn since(self, earlier: Timestamp) -> f64 {
        (self.0 - earlier.0).max(0) as f64 / 1000.0
    }

    /// The moment `seconds` later; stops at the end of time that the wire can read (the last days of the year 9999).
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Timestamp {
        const YEAR_9999: i64 = 253_402_207_200_000;
        let millis = i64::try_from(seconds)
            .unwrap_or(i64::MAX)
            .saturating_mul(1000);
        Timestamp(self.0.saturating_add(millis).min(YEAR_9999))
    }
}
