//! Reading a JWKS where it is: bounded in size and time, and from an address over https only, wherever it points on
//! to (plain http stays within this machine). Blocks.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use ureq::http::{HeaderMap, Uri, header};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, config::Config};

use super::jwks::LARGEST;
use super::source::{JwksUrl, is_of_this_machine};

/// How long a fetch may take, with everything it is pointed on to.
const TIME: Duration = Duration::from_secs(5);

/// How often a fetch may be pointed on.
const REDIRECTS: u32 = 3;

/// What was read.
#[derive(Debug)]
pub(super) struct Fetched {
    pub text: Vec<u8>,
    /// How long it is good for, where that was said.
    pub max_age: Option<Duration>,
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    /// The file cannot be read.
    #[error("{0}")]
    File(#[from] io::Error),
    /// It cannot be had over HTTP.
    #[error("{0}")]
    Http(ureq::Error),
    /// Whoever was asked points on to an address that we do not go to. It is not shown: it may hold what is secret.
    #[error("it points on to an address that keys are not taken from")]
    Elsewhere,
    /// It answers, but not with 200.
    #[error("the answer is {0}")]
    Status(u16),
    /// More than anybody needs.
    #[error("it is larger than {LARGEST} bytes")]
    Large,
}

impl From<ureq::Error> for Unread {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::BodyExceedsLimit(_) => Self::Large,
            ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) => Self::Elsewhere,
            other => Self::Http(other),
        }
    }
}

/// Reads a file.
pub(super) fn file(path: &Path) -> Result<Fetched, Unread> {
    if !std::fs::metadata(path)?.is_file() {
        // A pipe would never end.
        return Err(io::Error::other("it is not a file").into());
    }
    let mut text = Vec::new();
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    File::open(path)?.take(limit + 1).read_to_end(&mut text)?;
    if text.len() > LARGEST {
        return Err(Unread::Large);
    }
    Ok(Fetched {
        text,
        max_age: None,
    })
}

/// Fetches from an address.
pub(super) fn url(url: &JwksUrl) -> Result<Fetched, Unread> {
    let plain = url.uri().scheme_str() == Some("http");
    let mut config = Agent::config_builder()
        .tls_config(tls())
        .https_only(!plain)
        .http_status_as_error(false)
        .max_redirects(REDIRECTS)
        .timeout_global(Some(TIME))
        .user_agent("milepost")
        .accept("application/json, application/jwk-set+json");
    if plain {
        config = config.proxy(None); // through one, it would leave this machine
    }
    let agent = Agent::with_parts(
        config.build(),
        DefaultConnector::new(),
        StaysHere::default(),
    );
    let mut answer = agent.get(url.uri()).call()?;
    let status = answer.status().as_u16();
    if status != 200 {
        return Err(Unread::Status(status));
    }
    let max_age = max_age(answer.headers());
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    let body = answer.body_mut().with_config().limit(limit);
    let text = body.read_to_vec()?;
    Ok(Fetched { text, max_age })
}

/// The provider is named, because a process-wide default is whoever comes first.
fn tls() -> TlsConfig {
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .build()
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let all = headers.get_all(header::CACHE_CONTROL).iter();
    let mut words = all
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','));
    words.find_map(|word| {
        let (name, value) = word.trim().split_once('=')?;
        let seconds = value.trim_matches('"').parse().ok()?;
        let is = name.eq_ignore_ascii_case("max-age");
        is.then_some(Duration::from_secs(seconds))
    })
}

/// Finds no host for plain http but this machine, so that a redirect cannot lead out in the clear.
#[derive(Debug, Default)]
struct StaysHere(DefaultResolver);

impl Resolver for StaysHere {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let here = uri.host().is_some_and(is_of_this_machine);
        if uri.scheme_str() == Some("http") && !here {
            return Err(ureq::Error::BadUri("plain http to another machine".into()));
        }
        self.0.resolve(uri, config, timeout)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::super::source::JwksSource;
    use super::*;

    #[test]
    fn https_is_spoken_and_what_does_not_speak_it_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut first = [0];
            socket.read_exact(&mut first).unwrap();
            socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            first
        });
        let source = JwksSource::parse(&format!("https://{address}/keys")).unwrap();
        let JwksSource::Url(place) = source else {
            unreachable!("it is an address");
        };
        let said = url(&place).unwrap_err();
        assert!(matches!(said, Unread::Http(_)), "{said}");
        let handshake = 22; // RFC 8446, section 5.1
        assert_eq!(server.join().unwrap(), [handshake]);
    }
}
