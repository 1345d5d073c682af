//! Waiting for a condition instead of for a time.

use std::time::{Duration, Instant};

/// Long enough for any noisy machine; a test that gets here has failed.
const LIMIT: Duration = Duration::from_secs(60);

/// Blocks until `done`, or fails the test, naming `what` was waited for.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(
            begun.elapsed() < LIMIT,
            "waited {LIMIT:?} in vain for {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}
