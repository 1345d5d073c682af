//! Times as they are written: RFC 3339, UTC, milliseconds, `Z`.

use crate::progress::Timestamp;

/// `2026-11-20T09:30:00.000Z`.
#[must_use]
pub fn write(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::MAX);
    format!("{moment:.3}")
}

/// The moment in `text`: RFC 3339 with any offset; `None` = it is none.
#[must_use]
pub fn read(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(moment.as_millisecond()))
}
