//! Which web pages may use the service, as they are listed and as a request names them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// The pages that are listed. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Origins(Arc<[Box<str>]>);

/// What a page is to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// Listed: it may read answers from elsewhere.
    Listed,
    /// Served by the service itself.
    Own,
    /// Any other.
    Foreign,
}

/// Why a text is not the origin of a page, as browsers write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnOrigin(&'static str);

impl fmt::Display for NotAnOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = self.0;
        write!(
            f,
            "{why}: name one origin exactly as browsers do, for example https://app.example.com or http://localhost:5173"
        )
    }
}

impl Origins {
    /// These.
    ///
    /// # Errors
    /// The first text that no browser sends as an origin, and why.
    pub fn listed(texts: &[String]) -> Result<Self, (String, NotAnOrigin)> {
        let all = texts.iter().map(|text| match serialized(text) {
            Ok(()) => Ok(text.as_str().into()),
            Err(why) => Err((text.clone(), why)),
        });
        all.collect::<Result<_, _>>().map(Self)
    }

    /// Whether none is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, as they are written.
    #[must_use]
    pub fn all(&self) -> Arc<[Box<str>]> {
        Arc::clone(&self.0)
    }

    /// What the page at `origin` is to a request for `host`. Byte for byte: a browser has one way to write an origin.
    #[must_use]
    pub fn judge(&self, origin: &str, host: Option<&str>) -> Page {
        if self.lists(origin) {
            Page::Listed
        } else if host.is_some_and(|host| is_own(origin, host)) {
            Page::Own
        } else {
            Page::Foreign
        }
    }

    /// Whether this origin is listed.
    #[must_use]
    pub fn lists(&self, origin: &str) -> bool {
        self.0.iter().any(|listed| **listed == *origin)
    }
}

/// Whether `origin` is the page that `host` itself serves, with or without TLS before it.
fn is_own(origin: &str, host: &str) -> bool {
    let place = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    !host.is_empty() && place.is_some_and(|place| *place == *host.to_ascii_lowercase())
}

/// Whether a text is an origin as browsers write it (RFC 6454, section 6.2; WHATWG URL for the host).
fn serialized(text: &str) -> Result<(), NotAnOrigin> {
    let bad = |why| Err(NotAnOrigin(why));
    if text == "*" || text.contains("*") {
        return bad("stands for more than one origin");
    }
    if text == "null" {
        return bad("is what pages of no origin say, anybody's");
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return bad("is not in lower case");
    }
    let Some((scheme, place)) = text.split_once("://") else {
        return bad("has no scheme");
    };
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
    if !scheme.starts_with(|c: char| c.is_ascii_lowercase()) || !scheme.bytes().all(fits) {
        return bad("has no scheme");
    }
    if place.contains(['/', '?', '#', '\\']) {
        return bad("has a path, or a slash at its end");
    }
    let (host, port) = match place
        .rfind(':')
        .filter(|at| !place.ends_with(']') && *at > 0)
    {
        Some(at) => place.split_at(at),
        None => (place, ""),
    };
    if !is_host(host) {
        return bad("has no host as browsers write it");
    }
    match port.strip_prefix(':') {
        None => Ok(()),
        Some("80") if scheme == "http" => bad("names the port that goes without saying"),
        Some("443") if scheme == "https" => bad("names the port that goes without saying"),
        Some(digits) if is_port(digits) => Ok(()),
        Some(_) => bad("has no port behind its colon"),
    }
}

fn is_port(digits: &str) -> bool {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    plain && digits.parse::<u16>().is_ok()
}

/// A name of ASCII labels (others are sent as `xn--`), or an address in its one way to be written.
fn is_host(host: &str) -> bool {
    if let Some(v6) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        // Browsers write a mapped IPv4 address in hexadecimal; nobody lists one.
        return v6.parse().is_ok_and(|a: Ipv6Addr| a.to_string() == v6);
    }
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    let named = host.strip_suffix('.').unwrap_or(host);
    let last = named.rsplit('.').next().unwrap_or("");
    // What ends in a number is an IPv4 address or nothing.
    let numeric = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    host.bytes().all(fits)
        && named.split('.').all(|label| !label.is_empty())
        && (!numeric || host.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_listed_only_as_browsers_write_it() {
        for fine in [
            "https://app.example.com",
            "http://localhost:5173",
            "http://127.0.0.1:8080",
            "http://[::1]:5173",
            "https://[2001:db8::1]",
            "https://xn--bcher-kva.example",
            "https://a.example:80",
            "http://a.example:443",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ] {
            assert_eq!(serialized(fine), Ok(()), "{fine}");
        }
        for bad in [
            "",
            "*",
            "null",
            "https://*.example.com",
            "app.example.com",
            "localhost:5173",
            "//app.example.com",
            "://app.example.com",
            "https:app.example.com",
            "https://",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://app.example.com?x",
            "https://app.example.com#x",
            "https://App.example.com",
            "HTTPS://app.example.com",
            "https://app.example.com:443",
            "http://localhost:80",
            "http://localhost:",
            "http://localhost:0",
            "http://localhost:080",
            "http://localhost:65536",
            "http://localhost:x",
            "http://localhost:+80",
            "http://:80",
            "https://user@app.example.com",
            "https://app..example.com",
            "https://.example.com",
            "https://b\u{fc}cher.example",
            "https://app.example.com https://b.example",
            " https://app.example.com",
            "http://127.1",
            "http://256.0.0.1",
            "http://[::0001]",
            "http://[::1",
            "http://::1",
            "https://a.example\r\nx: y",
        ] {
            assert!(serialized(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_what_is_listed_and_the_own_page_are_let_in() {
        let listed = ["https://app.example.com", "http://localhost:5173"].map(str::to_owned);
        let origins = Origins::listed(&listed).unwrap();
        let judge = |origin| origins.judge(origin, Some("Milepost.example:8080"));
        for listed in ["https://app.example.com", "http://localhost:5173"] {
            assert_eq!(judge(listed), Page::Listed, "{listed}");
        }
        for own in [
            "http://milepost.example:8080",
            "https://milepost.example:8080",
        ] {
            assert_eq!(judge(own), Page::Own, "{own}");
        }
        for foreign in [
            "",
            "null",
            "*",
            "https://app.example.com.evil",
            "https://app.example.com.evil.example",
            "https://evil-app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com:443",
            "https://app.example.com/",
            "https://APP.example.com",
            "http://app.example.com",
            "http://localhost",
            "http://Milepost.example:8080",
            "http://milepost.example",
            "http://milepost.example:8080.evil.example",
            "http://x@milepost.example:8080",
            "ftp://milepost.example:8080",
            "milepost.example:8080",
        ] {
            assert_eq!(judge(foreign), Page::Foreign, "{foreign}");
        }
        let nobody = Origins::default();
        assert_eq!(nobody.judge("http://", Some("")), Page::Foreign);
        assert_eq!(nobody.judge("http://a", None), Page::Foreign);
    }
}
