//! How long a stream's credential lets it live.

use std::time::Duration;

use tokio::time::Instant;

use crate::auth::{self, Grant, KeyId, Verifier};
use crate::transport::endings::Ending;

/// How long a socket may stay without saying who it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a stream's credential lets it live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// As long as it likes.
    Free,
    /// It has until then to show one.
    Waiting(Instant),
    /// Until then, if it has an end, and while this key is trusted.
    Until(Option<Instant>, KeyId),
}

impl Hold {
    /// What a stream of `now` may have that shows this, or has yet to show something.
    #[must_use]
    pub fn of(grant: Option<&Grant>, now: Instant) -> Self {
        let Some(grant) = grant else {
            return Self::Waiting(now + PATIENCE);
        };
        let Some(key) = grant.key else {
            return Self::Free;
        };
        // An end that no clock of ours reaches is as good as none.
        let end = (grant.left(auth::now())).and_then(|left| now.checked_add(left));
        Self::Until(end, key)
    }

    /// Whether that is over, and how the stream then ends.
    #[must_use]
    pub fn ended(&self, now: Instant, keys: Option<&Verifier>) -> Option<Ending> {
        match self {
            Self::Waiting(until) if *until <= now => Some(Ending::TooSlow),
            Self::Until(Some(end), _) if *end <= now => Some(Ending::Unauthorized),
            Self::Until(_, key) if keys.is_some_and(|k| !k.holds(*key)) => {
                Some(Ending::Unauthorized)
            }
            _ => None,
        }
    }
}
