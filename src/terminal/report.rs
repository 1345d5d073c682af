//! One report of a shell script, delivered: tried again while the service is away, within a bounded time. What is said
//! again says the same, for values are absolute; only a notice whose answer was lost may stand there twice.

use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::http::Method;

use super::backoff;
use super::http::{Client, Problem, Trouble};

/// How long one try may take at most.
const TRY: Duration = Duration::from_secs(15);

/// What is sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// How.
    pub method: Method,
    /// To what in the project.
    pub path: String,
    /// What.
    pub body: Value,
}

/// Why it was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undelivered {
    /// The service refuses it.
    Refused(Problem),
    /// There is no token to show.
    NoToken(String),
    /// The service did not answer in all that time; what was last heard.
    Away(String),
}

/// Delivers; the answer.
///
/// # Errors
/// It was refused, or could not be delivered within `patience`.
pub fn deliver(
    client: &Client,
    message: &Message,
    patience: Duration,
) -> Result<Value, Undelivered> {
    let until = Instant::now() + patience;
    let mut failures = 0;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let time = left.clamp(Duration::from_secs(1), TRY);
        let sent = client.send(&message.method, &message.path, Some(&message.body), time);
        let (why, asked) = match sent {
            Ok(answer) => match answer.status {
                200..300 => return Ok(answer.json()),
                429 | 500.. => (answer.problem().to_string(), answer.retry_after),
                401 if client.place().token().is_renewed() => (answer.problem().to_string(), None),
                _ => return Err(Undelivered::Refused(answer.problem())),
            },
            Err(Trouble::Away(why)) => (why, None),
            Err(token @ Trouble::Token(_)) => return Err(Undelivered::NoToken(token.to_string())),
        };
        failures += 1;
        let pause = backoff::pause(failures, asked);
        if Instant::now() + pause >= until {
            return Err(Undelivered::Away(why));
        }
        std::thread::sleep(pause);
    }
}
