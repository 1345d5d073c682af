//! What can be set before there is a reporter.

use std::path::Path;
use std::time::Duration;

use super::limits;
use super::outbox::{Bound, Shared};
use super::reporter::{Reporter, program};
use super::target::{ConfigError, Target, Token};

/// The default of [`Builder::patience`].
const PATIENCE: Duration = Duration::from_secs(60);
/// The default of [`Builder::outbox`].
const BOUND: Bound = Bound {
    items: 20_000,
    bytes: 8 << 20,
};

/// What can be set before there is a [`Reporter`].
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    url: String,
    project: Option<String>,
    token: Token,
    worker: String,
    bound: Bound,
    patience: Duration,
}

impl Builder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            project: None,
            token: Token::None,
            worker: program(),
            bound: BOUND,
            patience: PATIENCE,
        }
    }

    /// The project that the jobs belong to. There is no default.
    pub fn project(mut self, project: &str) -> Self {
        self.project = Some(project.to_owned());
        self
    }

    /// The token to show: scopes `create` and `report`. None where the service asks for none.
    pub fn token(self, token: impl Into<String>) -> Self {
        self.with_token(Token::Said(token.into()))
    }

    /// A file that holds the token. It is read again when the service refuses what it held.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn token_file(self, file: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let token = Token::file(file.as_ref().to_owned())?;
        Ok(self.with_token(token))
    }

    pub(super) fn with_token(mut self, token: Token) -> Self {
        self.token = token;
        self
    }

    /// What this worker is called where it claims a job, with a random part behind it. By default the name of the
    /// program's file.
    pub fn worker(mut self, name: &str) -> Self {
        self.worker = limits::word(name, limits::WORKER - 40);
        self
    }

    /// How much may wait while the service is away, in reports and in bytes, of all jobs together. By default 20,000
    /// and 8 MiB. What happens beyond is told in the [module](super)'s text.
    pub fn outbox(mut self, items: usize, bytes: usize) -> Self {
        self.bound = Bound { items, bytes };
        self
    }

    /// How long one waits for an ending to be delivered who does not say how long, and how long it is tried once the
    /// reporter and all its jobs are dropped. By default 60 seconds.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The reporter. Nothing is sent yet: the first job starts the thread.
    ///
    /// # Errors
    /// Where the address or the project cannot be one.
    pub fn build(self) -> Result<Reporter, ConfigError> {
        let project = self.project.unwrap_or_default();
        let target = Target::new(&self.url, &project, self.token)?;
        let shared = Shared::new(self.bound, self.patience);
        Ok(Reporter::on(target, shared, &self.worker))
    }
}
