//! What can go wrong with Postgres, sorted by what to do about it.

use tokio_postgres::error::SqlState;

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection is gone, cannot be had, or leads to a server that takes no writes. Whether a statement under
    /// way was carried out is not known.
    #[error("the database cannot be reached: {0}")]
    Connection(String),
    /// The server could not do it now and changed nothing: repeat it as it is (deadlock, serialisation, lock wait).
    #[error("the database asks to repeat: {0}")]
    Again(String),
    /// The server is out of something (disk, memory, connections) or took too long; changed nothing.
    #[error("the database is short of resources: {0}")]
    Exhausted(String),
    /// The server refused a value or a row; the others of the statement may be fine.
    #[error("the database refuses the data: {0}")]
    Refused(String),
    /// A mistake of ours, or a schema that is not ours.
    #[error("the database does not understand: {0}")]
    Broken(String),
}

impl Error {
    /// Whether the connection it came over must not be used again.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        matches!(self, Error::Connection(_))
    }

    /// Whether it helps to wait and try again.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Error::Connection(_) | Error::Again(_) | Error::Exhausted(_)
        )
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = words(&error);
        let Some(code) = error.code() else {
            return Error::Connection(text);
        };
        const GONE: [SqlState; 5] = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ];
        match &code.code()[..2] {
            _ if GONE.contains(code) => Error::Connection(text),
            "08" => Error::Connection(text),
            "40" | "55" => Error::Again(text),
            "53" | "57" | "58" => Error::Exhausted(text),
            "22" | "23" | "P0" => Error::Refused(text),
            _ => Error::Broken(text),
        }
    }
}

/// What is said of it in a log. Not the detail of what the server said: that shows the row, and what people wrote in it.
fn words(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{}: {}", said.severity(), said.message());
    }
    // `Display` of the outer error says only what was done; the cause has the words.
    let cause = std::error::Error::source(error).map(ToString::to_string);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
