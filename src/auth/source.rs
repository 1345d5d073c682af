//! Where the keys of others are read: a file, or an address. What the address may be is decided here.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use ureq::http::Uri;

/// Where a JWKS is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwksSource {
    /// A file.
    File(PathBuf),
    /// An address.
    Url(JwksUrl),
}

/// An address that a JWKS may be fetched from: https, or plain http of this very machine.
#[derive(Clone, PartialEq, Eq)]
pub struct JwksUrl(Uri);

/// Why a text says no place to read a JWKS. Says nothing of the text: an address may hold what is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSource {
    /// Nothing.
    #[error("it is empty: give a file, or an address that begins with https://")]
    Empty,
    /// No address, or of another kind.
    #[error(
        "it is not an address that keys can be had from: give a file, or an address like https://HOST/PATH"
    )]
    Address,
    /// A name and a password in the address.
    #[error("it holds a user or a password, which would not be sent: give an address without them")]
    User,
    /// Plain http to another machine.
    #[error(
        "plain http is taken only from this machine, as anybody on the way could give out keys: use https://"
    )]
    Plain,
}

impl JwksSource {
    /// The source that `text` names: an address if it looks like one, else a file.
    ///
    /// # Errors
    /// Why keys cannot be read there.
    pub fn parse(text: &str) -> Result<Self, BadSource> {
        if text.is_empty() {
            return Err(BadSource::Empty);
        }
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        let uri: Uri = text.parse().map_err(|_| BadSource::Address)?;
        let authority = uri.authority().ok_or(BadSource::Address)?;
        if authority.as_str().contains('@') {
            return Err(BadSource::User);
        }
        match uri.scheme_str() {
            Some("https") if !authority.host().is_empty() => Ok(Self::Url(JwksUrl(uri))),
            Some("http") if is_of_this_machine(authority.host()) => Ok(Self::Url(JwksUrl(uri))),
            Some("http") => Err(BadSource::Plain),
            _ => Err(BadSource::Address),
        }
    }
}

impl JwksUrl {
    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }
}

/// Without the query, which may hold a key of its own.
impl fmt::Display for JwksUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let host = self.0.authority().map_or("", |a| a.as_str());
        write!(f, "{scheme}://{host}{}", self.0.path())
    }
}

impl fmt::Debug for JwksUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JwksUrl({self})")
    }
}

impl fmt::Display for JwksSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => url.fmt(f),
        }
    }
}

/// Whether what is said to this host stays on this machine.
pub(super) fn is_of_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = bare.parse().ok();
    address.is_some_and(|a| a.is_loopback()) || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        for good in [
            "https://id.example/keys",
            "https://id.example:8443/keys?tenant=1",
            "http://127.0.0.1:9/keys",
            "http://[::1]:9/keys",
            "http://LOCALHOST/keys",
            "HTTPS://id.example/keys",
        ] {
            let source = JwksSource::parse(good).unwrap();
            assert!(matches!(source, JwksSource::Url(_)), "{good}");
        }
        let rows = [
            ("", BadSource::Empty),
            ("http://id.example/keys", BadSource::Plain),
            ("http://127.0.0.1.evil.example/", BadSource::Plain),
            ("http://localhost.evil.example/", BadSource::Plain),
            ("http://10.0.0.1/", BadSource::Plain),
            ("https://u:hunter2@id.example/", BadSource::User),
            ("http://127.0.0.1@evil.example/", BadSource::User),
            ("ftp://id.example/keys", BadSource::Address),
            ("file:///etc/keys", BadSource::Address),
            ("https://", BadSource::Address),
            ("https:// x", BadSource::Address),
        ];
        for (text, why) in rows {
            assert_eq!(JwksSource::parse(text), Err(why), "{text}");
        }
        let file = JwksSource::parse("keys.json").unwrap();
        assert_eq!(file, JwksSource::File("keys.json".into()));
    }

    #[test]
    fn the_query_is_not_shown() {
        let source = JwksSource::parse("https://id.example/keys?key=hunter2").unwrap();
        assert_eq!(source.to_string(), "https://id.example/keys");
        assert!(!format!("{source:?}").contains("hunter2"));
    }
}
