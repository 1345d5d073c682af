//! The token of the next page of the list for people: the place behind the last job of a page, newest first.

use super::write::{parse_time, time_text};
use crate::progress::{Name, Timestamp};

/// The place behind a job that was created then.
#[must_use]
pub fn encode(created: Timestamp, id: &Name) -> String {
    format!("{}_{id}", time_text(created))
}

/// The place in `token`; `None` = it is none of ours.
#[must_use]
pub fn decode(token: &str) -> Option<(Timestamp, Name)> {
    let (created, id) = token.split_once('_')?;
    Some((parse_time(created)?, Name::parse(id).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let place = (Timestamp(1_732_096_500_123), Name::parse("a_b").unwrap());
        assert_eq!(decode(&encode(place.0, &place.1)), Some(place));
        for broken in [
            "",
            "_",
            "a",
            "2026-11-20T00:00:00Z",
            "2026-11-20T00:00:00Z_",
            "x_a",
        ] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
