//! Where to report: the service's address, the project, the token. All of it can come from the environment.

use std::env::{self, VarError};
use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use ureq::http::Uri;

/// Why it is not clear where to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// What a caller shows.
#[derive(Clone)]
pub enum Token {
    None,
    Said(String),
    /// A file, and what it held when it was last read. It is read again when the service refuses that.
    File(PathBuf, String),
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Said(_) => "given",
            Self::File(..) => "in a file",
        })
    }
}

/// Where to report.
#[derive(Debug, Clone)]
pub struct Target {
    base: String,
    host: String,
    token: Token,
}

impl Target {
    /// The project of a service at `url`, which is `http://` or `https://`, perhaps with a path.
    pub fn new(url: &str, project: &str, token: Token) -> Result<Self, ConfigError> {
        let wrong = |why: &str| {
            let how = "give it like http://127.0.0.1:8080 or https://progress.example.org";
            ConfigError(format!("the address of the service, {url:?}, {why}: {how}"))
        };
        let uri: Uri = url.parse().map_err(|_| wrong("is no URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong("is neither http nor https"));
        }
        let host = uri.host().ok_or_else(|| wrong("names no host"))?.to_owned();
        if uri.query().is_some() {
            return Err(wrong("has a query"));
        }
        if project.is_empty() {
            let how = "set MILEPOST_PROJECT, or say it with `project`";
            return Err(ConfigError(format!(
                "no project is named to report to: {how}"
            )));
        }
        if !is_name(project) {
            return Err(ConfigError(format!(
                "the project {project:?} cannot be one: it has 1 to 64 letters, digits, '.', '_' or '-'"
            )));
        }
        let url = url.trim_end_matches('/');
        Ok(Self {
            base: format!("{url}/v1/projects/{project}"),
            host,
            token,
        })
    }

    /// What the environment says; `None` where it names no service.
    pub fn from_env() -> Result<Option<(String, Option<String>, Token)>, ConfigError> {
        let Some(url) = variable("MILEPOST_URL")?.or(variable("MILEPOST_SERVER")?) else {
            return Ok(None);
        };
        let token = match (
            variable("MILEPOST_TOKEN")?,
            variable("MILEPOST_TOKEN_FILE")?,
        ) {
            (Some(token), _) => Token::Said(token),
            (None, Some(file)) => Token::file(file.into())?,
            (None, None) => Token::None,
        };
        Ok(Some((url, variable("MILEPOST_PROJECT")?, token)))
    }

    /// A path under the project.
    pub fn path(&self, rest: &str) -> String {
        format!("{}/{rest}", self.base)
    }

    /// The token to show.
    pub fn token(&self) -> Option<&str> {
        match &self.token {
            Token::None => None,
            Token::Said(token) | Token::File(_, token) => Some(token),
        }
    }

    /// Reads the token's file again. What cannot be read leaves the old one.
    pub fn renew_token(&mut self) {
        if let Token::File(file, _) = &self.token
            && let Ok(token) = Token::file(file.clone())
        {
            self.token = token;
        }
    }

    /// Whether the service is on this machine.
    pub fn is_here(&self) -> bool {
        let address = self.host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl Token {
    /// The token in a file.
    pub fn file(path: PathBuf) -> Result<Self, ConfigError> {
        match fs::read_to_string(&path) {
            Ok(token) => Ok(Self::File(path, token.trim().to_owned())),
            Err(error) => {
                let path = path.display();
                let text = format!("the token cannot be read from {path}: {error}");
                Err(ConfigError(text))
            }
        }
    }
}

/// Whether a text can name a project, a job, a subject or an owner.
pub fn is_name(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    first && text.bytes().all(known) && text.len() <= 64
}

fn variable(name: &str) -> Result<Option<String>, ConfigError> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(ConfigError(format!("{name} is not valid UTF-8"))),
    }
}
