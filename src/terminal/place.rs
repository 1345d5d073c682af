//! Where to: the address of a service, a project there, and the token to show.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use crate::progress::Name;

/// Used where a project is named and no service is.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// More bytes than any token has.
const LARGEST_TOKEN: u64 = 64 * 1024;

/// A project at a service.
#[derive(Debug, Clone)]
pub struct Place {
    url: String,
    project: Name,
    token: Token,
}

/// What is shown to the service.
#[derive(Clone)]
pub enum Token {
    /// Nothing.
    None,
    /// This text.
    Text(String),
    /// What stands in this file at that moment: somebody renews it.
    File(PathBuf),
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "no token",
            Self::Text(_) => "a token",
            Self::File(_) => "a file with a token",
        })
    }
}

impl Place {
    /// A place, if `url` is an address of one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(url: &str, project: Name, token: Token) -> Result<Self, &'static str> {
        let bare = url.trim_end_matches('/');
        let uri: ureq::http::Uri = bare.parse().map_err(|_| "it is not an address")?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err("use http://HOST:PORT or https://HOST");
        }
        if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err("give no password in it, but a token");
        }
        if uri.query().is_some() || bare.contains('#') {
            return Err("leave out what follows the path");
        }
        let url = bare.to_owned();
        Ok(Self {
            url,
            project,
            token,
        })
    }

    /// The address of something in the project.
    #[must_use]
    pub fn address(&self, rest: &str) -> String {
        format!("{}/v1/projects/{}/{rest}", self.url, self.project)
    }

    /// The service's address, for messages and for those who come after us.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &Name {
        &self.project
    }

    /// How the token is given.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }
}

impl Token {
    /// Whether another may be found when this one is refused.
    #[must_use]
    pub fn is_renewed(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The text to show now.
    ///
    /// # Errors
    /// The file cannot be read, or holds no token.
    pub fn now(&self) -> io::Result<Option<String>> {
        let text = match self {
            Self::None => return Ok(None),
            Self::Text(text) => text.clone(),
            Self::File(path) => {
                let mut text = String::new();
                let file = File::open(path)?;
                file.take(LARGEST_TOKEN).read_to_string(&mut text)?;
                text
            }
        };
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(io::Error::other("there is no token in it"));
        }
        Ok(Some(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_requests_can_be_sent_to() {
        let project = || Name::parse("acme").unwrap();
        for url in [
            "http://127.0.0.1:8080",
            "https://milepost.example.com/",
            "http://[::1]:80/behind/a/path/",
        ] {
            let place = Place::new(url, project(), Token::None).unwrap();
            let address = place.address("jobs");
            assert!(address.ends_with("/v1/projects/acme/jobs") && !address[8..].contains("//"));
        }
        for url in [
            "",
            "localhost:8080",
            "ftp://host",
            "http://u:p@host",
            "http://host?x=1",
            "http://host/#a",
            "http://ho st",
        ] {
            assert!(Place::new(url, project(), Token::None).is_err(), "{url}");
        }
    }

    #[test]
    fn a_token_never_shows_and_goes_without_its_line_break() {
        let token = Token::Text("abc.def\n".into());
        assert_eq!(token.now().unwrap().unwrap(), "abc.def");
        assert!(!format!("{token:?}").contains("abc"));
        assert!(Token::Text("a\nb".into()).now().is_err());
        assert!(Token::File("/nowhere".into()).now().is_err());
    }
}
