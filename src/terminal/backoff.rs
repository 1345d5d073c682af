//! How long to wait before trying again: a random time up to a bound that doubles ("full jitter"), so that those whom
//! one outage has hit do not come back in step.

use std::time::Duration;

use crate::random;

/// The bound of the first pause, and of the longest.
const BOUNDS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// The pause after so many failures in a row, or what the service asked for and a little more, so that not all come at
/// that very moment.
#[must_use]
pub fn pause(failures: u32, asked: Option<Duration>) -> Duration {
    match asked {
        Some(asked) => asked + up_to(asked / 4 + BOUNDS.0),
        None => up_to(bound(failures)),
    }
}

/// A random time up to this one.
#[must_use]
pub fn up_to(longest: Duration) -> Duration {
    let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX - 1);
    Duration::from_millis(random::below(millis + 1))
}

fn bound(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(10));
    (BOUNDS.0 * doubled).min(BOUNDS.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_what_was_asked_for_is_kept() {
        assert_eq!(bound(1), Duration::from_millis(500));
        assert_eq!(bound(3), Duration::from_secs(2));
        assert_eq!(bound(40), Duration::from_secs(15));
        for _ in 0..1000 {
            assert!(pause(2, None) <= Duration::from_secs(1));
            let asked = Duration::from_secs(8);
            let pause = pause(1, Some(asked));
            assert!(pause >= asked && pause <= asked + Duration::from_millis(2500));
        }
    }
}
