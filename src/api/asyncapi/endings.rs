//! Every way a stream ends, with what to do then, for people and programs that read the document.

use serde_json::{Value, json};

use crate::transport::endings::Ending;

/// How a WebSocket is closed.
pub(super) fn of_sockets() -> Value {
    let row = |ending: Ending| {
        let (meaning, come_back) = advice(ending);
        json!({ "code": ending.code(), "reason": ending.word(), "meaning": meaning, "come_back": come_back })
    };
    Ending::ALL.map(row).to_vec().into()
}

/// What the event `end` says.
pub(super) fn of_events() -> Value {
    let row = |ending: Ending| {
        let (meaning, come_back) = advice(ending);
        json!({ "reason": ending.word(), "meaning": meaning, "come_back": come_back })
    };
    let all = Ending::ALL.into_iter().filter(|e| e.is_for_events());
    all.map(row).collect()
}

/// What an ending means, and whether to come back.
fn advice(ending: Ending) -> (&'static str, &'static str) {
    match ending {
        Ending::Finished => ("every selected job is terminal", "no"),
        Ending::Restarting => ("the server drains", "yes, after a random 0 to 5 s"),
        Ending::Overloaded => ("too many are here", "yes, after `retry_after_seconds`"),
        Ending::Unavailable => (
            "the database cannot be reached",
            "yes, after `retry_after_seconds`",
        ),
        Ending::Protocol => ("against RFC 6455", "no"),
        Ending::Binary => ("a binary message", "no"),
        Ending::Utf8 => ("bad UTF-8", "no"),
        Ending::TooLarge => ("a message too large", "no"),
        Ending::BadCommand => ("a bad command, three times", "no"),
        Ending::Unauthorized => ("the token is bad or expired", "with a new token"),
        Ending::Forbidden => ("not allowed", "no"),
        Ending::NotFound => ("no such job", "no"),
        Ending::TooSlow => ("20 s without write progress, or no `auth` in time", "yes"),
        Ending::Rotated => ("the stream's lifetime is over", "yes, at once"),
        Ending::Limited => (
            "too many streams, subscriptions or commands",
            "yes, after `retry_after_seconds`",
        ),
    }
}
