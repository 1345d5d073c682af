//! Every way a stream ends: its close code, its word, and whether to come back. One table for both transports.

use crate::random;

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every selected job is terminal. Do not come back.
    Finished,
    /// The server drains. Come back after a random 0 to 5 s.
    Restarting,
    /// Too many are here. Come back after the seconds said.
    Overloaded,
    /// Postgres is out of reach. Come back after the seconds said.
    Unavailable,
    /// Against RFC 6455. Do not come back.
    Protocol,
    /// A binary message. Do not come back.
    Binary,
    /// Bad UTF-8. Do not come back.
    Utf8,
    /// A message too large. Do not come back.
    TooLarge,
    /// A bad command, three times. Do not come back.
    BadCommand,
    /// The token is bad or expired. Come back with a new one.
    Unauthorized,
    /// Not allowed. Do not come back.
    Forbidden,
    /// No such job. Do not come back.
    NotFound,
    /// No write progress for 20 s, or no auth in time. Come back.
    TooSlow,
    /// The stream's lifetime is over. Come back at once.
    Rotated,
    /// Too many subscriptions or commands. Come back after the seconds said.
    Limited,
}

impl Ending {
    /// All of them.
    pub const ALL: [Ending; 15] = [
        Ending::Finished,
        Ending::Restarting,
        Ending::Overloaded,
        Ending::Unavailable,
        Ending::Protocol,
        Ending::Binary,
        Ending::Utf8,
        Ending::TooLarge,
        Ending::BadCommand,
        Ending::Unauthorized,
        Ending::Forbidden,
        Ending::NotFound,
        Ending::TooSlow,
        Ending::Rotated,
        Ending::Limited,
    ];

    /// The WebSocket close code.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Ending::Finished => 1000,
            Ending::Restarting => 1012,
            Ending::Overloaded | Ending::Unavailable => 1013,
            Ending::Protocol => 1002,
            Ending::Binary => 1003,
            Ending::Utf8 => 1007,
            Ending::TooLarge => 1009,
            Ending::BadCommand => 4400,
            Ending::Unauthorized => 4401,
            Ending::Forbidden => 4403,
            Ending::NotFound => 4404,
            Ending::TooSlow => 4408,
            Ending::Rotated => 4409,
            Ending::Limited => 4429,
        }
    }

    /// The word: the reason of an `end`, and of a close.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Ending::Finished => "finished",
            Ending::Restarting => "restarting",
            Ending::Overloaded => "overloaded",
            Ending::Unavailable => "unavailable",
            Ending::Protocol => "protocol_error",
            Ending::Binary => "text_only",
            Ending::Utf8 => "bad_utf8",
            Ending::TooLarge => "too_large",
            Ending::BadCommand => "bad_command",
            Ending::Unauthorized => "unauthorized",
            Ending::Forbidden => "forbidden",
            Ending::NotFound => "not_found",
            Ending::TooSlow => "too_slow",
            Ending::Rotated => "rotated",
            Ending::Limited => "limited",
        }
    }

    /// Whether a stream of server-sent events ends so, too: the others are for what only a socket's client can do.
    #[must_use]
    pub fn is_for_events(self) -> bool {
        !matches!(
            self,
            Ending::Protocol
                | Ending::Binary
                | Ending::Utf8
                | Ending::TooLarge
                | Ending::BadCommand
        )
    }

    /// What a person is told, where anything is said beside the word.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Ending::NotFound => "no such job",
            Ending::Limited => "too many streams, subscriptions or commands",
            Ending::Unavailable => "the database cannot be reached",
            Ending::Overloaded => "too many are here",
            _ => self.word(),
        }
    }

    /// After how many seconds to come back, where that is said; spread, so that those who were sent away together
    /// do not return together.
    #[must_use]
    pub fn retry_after(self) -> Option<u64> {
        match self {
            Ending::Overloaded | Ending::Unavailable => Some(2 + random::below(4)),
            Ending::Limited => Some(1 + random::below(3)),
            _ => None,
        }
    }
}
