//! Moments on their way into and out of Postgres, which keeps microseconds where we keep milliseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::progress::Timestamp;

/// For a `timestamptz` parameter.
#[must_use]
pub fn to_sql(time: Timestamp) -> SystemTime {
    let millis = Duration::from_millis(time.0.unsigned_abs());
    if time.0 >= 0 {
        UNIX_EPOCH + millis
    } else {
        UNIX_EPOCH - millis
    }
}

/// From a `timestamptz` column; rounded down.
#[must_use]
pub fn from_sql(time: SystemTime) -> Timestamp {
    let millis = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
    Timestamp(match time.duration_since(UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    })
}
