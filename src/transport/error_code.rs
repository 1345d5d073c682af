//! What an `error` over a WebSocket is about: stable words for programs.

use super::endings::Ending;

/// Why a command was refused, or the stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The command is none, or has a member that it does not know.
    BadCommand,
    /// Something was said before `auth`, or in its place.
    Unauthorized,
    /// The token is none that this service takes.
    InvalidToken,
    /// The token has ended.
    TokenExpired,
    /// The service asks for no credentials.
    AuthNotConfigured,
    /// The token does not allow it.
    Forbidden,
    /// No such job, or none that the caller may see.
    NotFound,
    /// The job has ended.
    Finished,
    /// Too much is waiting to be written.
    Overloaded,
    /// The database, or the source of the keys, is out of reach.
    Unavailable,
    /// Too many streams, subscriptions or commands.
    Limited,
}

impl ErrorCode {
    /// All of them.
    pub const ALL: [ErrorCode; 11] = [
        ErrorCode::BadCommand,
        ErrorCode::Unauthorized,
        ErrorCode::InvalidToken,
        ErrorCode::TokenExpired,
        ErrorCode::AuthNotConfigured,
        ErrorCode::Forbidden,
        ErrorCode::NotFound,
        ErrorCode::Finished,
        ErrorCode::Overloaded,
        ErrorCode::Unavailable,
        ErrorCode::Limited,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::BadCommand => "bad_command",
            ErrorCode::Unauthorized => "unauthorized",
            ErrorCode::InvalidToken => "invalid_token",
            ErrorCode::TokenExpired => "token_expired",
            ErrorCode::AuthNotConfigured => "auth_not_configured",
            ErrorCode::Forbidden => "forbidden",
            ErrorCode::NotFound => "not_found",
            ErrorCode::Finished => "finished",
            ErrorCode::Overloaded => "overloaded",
            ErrorCode::Unavailable => "unavailable",
            ErrorCode::Limited => "limited",
        }
    }

    /// What is said before a close: when to come back, or what was not there. `None` = the close says it all.
    #[must_use]
    pub fn before(ending: Ending) -> Option<ErrorCode> {
        match ending {
            Ending::Overloaded => Some(ErrorCode::Overloaded),
            Ending::Unavailable => Some(ErrorCode::Unavailable),
            Ending::Limited => Some(ErrorCode::Limited),
            Ending::NotFound => Some(ErrorCode::NotFound),
            _ => None,
        }
    }
}
