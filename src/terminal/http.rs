//! Requests to the service, over http or https, each bounded in time. Blocks. Repeats nothing by itself.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use ureq::config::RedirectAuthHeaders;
use ureq::http::{Method, Request, Response, Uri, header};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body};

use super::place::Place;

/// How long it may take until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// How long the service may be silent on a stream that it signs every 15 s.
const SILENCE: Duration = Duration::from_secs(40);
/// The largest answer read, in bytes: a page of a thousand frames.
const LARGEST: u64 = 80 << 20;

/// Speaks to one place.
#[derive(Debug, Clone)]
pub struct Client {
    place: Place,
    agent: Agent,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// How long we are asked to stay away.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The service could not be reached, or what it said broke off.
    #[error("{0}")]
    Away(String),
    /// There is no token to show.
    #[error("the token cannot be read: {0}")]
    Token(#[from] std::io::Error),
}

impl From<ureq::Error> for Trouble {
    fn from(error: ureq::Error) -> Self {
        let said = match error {
            ureq::Error::Io(error) => error.to_string(),
            other => other.to_string(),
        };
        // The system's number says nothing to people.
        let words = said.split(" (os error").next().unwrap_or_default();
        Self::Away(super::clean::line(words))
    }
}

/// What a refusal says of itself (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status code.
    pub status: u16,
    /// A stable word, where the service itself answered; "" where something before it did.
    pub code: String,
    /// A sentence for people.
    pub detail: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code.as_str(), self.detail.as_str()) {
            ("", _) => write!(f, "the answer is {}, and not of Milepost", self.status),
            (code, "") => write!(f, "{code}"),
            (code, detail) => write!(f, "{detail} ({code})"),
        }
    }
}

impl Problem {
    /// What this body says.
    #[must_use]
    pub fn of(status: u16, body: &Value) -> Self {
        let text = |name: &str| super::clean::line(body[name].as_str().unwrap_or_default());
        let mut detail = text("detail");
        for error in body["errors"].as_array().into_iter().flatten() {
            let part = |name: &str| error[name].as_str().unwrap_or_default();
            let more = super::clean::line(&format!("{} {}", part("pointer"), part("detail")));
            detail = format!("{detail}; {more}");
        }
        let code = text("code");
        Self {
            status,
            code,
            detail,
        }
    }
}

impl Answer {
    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// What it says where it is a refusal.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem::of(self.status, &self.json())
    }
}

impl Client {
    /// Speaks to this place, with connections of its own.
    #[must_use]
    pub fn new(place: Place) -> Self {
        let mut config = Agent::config_builder()
            .tls_config(tls())
            .http_status_as_error(false)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .max_redirects(3)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("milepost/", env!("CARGO_PKG_VERSION")));
        if stays_here(place.url()) {
            config = config.proxy(None);
        }
        let agent = config.build().new_agent();
        Self { place, agent }
    }

    /// The place it speaks to.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Asks for something in the project.
    ///
    /// # Errors
    /// No answer came in time.
    pub fn get(&self, rest: &str, patience: Duration) -> Result<Answer, Trouble> {
        self.send(&Method::GET, rest, None, patience)
    }

    /// Sends JSON to something in the project.
    ///
    /// # Errors
    /// No answer came in time; nothing is known about what was done with it.
    pub fn send(
        &self,
        method: &Method,
        rest: &str,
        body: Option<&Value>,
        patience: Duration,
    ) -> Result<Answer, Trouble> {
        let request = self.request(method, rest)?;
        let limit = Some(patience);
        let mut response = match body {
            Some(body) => {
                let request = request.header(header::CONTENT_TYPE, "application/json");
                let request = request.body(body.to_string()).map_err(ureq::Error::Http)?;
                let config = self.agent.configure_request(request);
                self.agent.run(config.timeout_global(limit).build())?
            }
            None => {
                let request = request.body(()).map_err(ureq::Error::Http)?;
                let config = self.agent.configure_request(request);
                self.agent.run(config.timeout_global(limit).build())?
            }
        };
        let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
        let body = response.body_mut().with_config().limit(LARGEST);
        Ok(Answer {
            status,
            retry_after,
            body: body.read_to_vec()?,
        })
    }

    /// Opens a stream of events, from after `cursor` on.
    ///
    /// # Errors
    /// No answer came in time.
    pub fn events(&self, rest: &str, cursor: Option<&str>) -> Result<Response<Body>, Trouble> {
        let mut request = self.request(&Method::GET, rest)?;
        request = request.header(header::ACCEPT, "text/event-stream");
        if let Some(cursor) = cursor {
            request = request.header("last-event-id", cursor);
        }
        let request = request.body(()).map_err(ureq::Error::Http)?;
        let config = self.agent.configure_request(request);
        let request = config.timeout_per_read(Some(SILENCE)).build();
        Ok(self.agent.run(request)?)
    }

    /// Breaks off whatever is under way.
    pub fn shutdown(self) {
        self.agent.shutdown();
    }

    fn request(
        &self,
        method: &Method,
        rest: &str,
    ) -> Result<ureq::http::request::Builder, Trouble> {
        let mut request = Request::builder();
        request = request.method(method).uri(self.place.address(rest));
        if let Some(token) = self.place.token().now()? {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        Ok(request)
    }
}

/// The refusal in this answer, its body read as far as one goes.
pub fn refusal(response: Response<Body>) -> (Problem, Option<Duration>) {
    const LARGEST_PROBLEM: u64 = 64 * 1024;
    let (status, wait) = (response.status().as_u16(), retry_after(&response));
    let mut body = Vec::new();
    let reader = response.into_body().into_reader();
    let _ = reader.take(LARGEST_PROBLEM).read_to_end(&mut body); // what came is what there is
    let body = serde_json::from_slice(&body).unwrap_or_default();
    (Problem::of(status, &body), wait)
}

fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?;
    let seconds: u64 = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Whether the address is of this machine: what goes there goes past every proxy.
fn stays_here(url: &str) -> bool {
    let uri: Option<Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = bare
        .parse::<std::net::IpAddr>()
        .is_ok_and(|a| a.is_loopback());
    loopback || host.eq_ignore_ascii_case("localhost")
}

/// The provider is named, because a process-wide default is whoever comes first.
fn tls() -> TlsConfig {
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .build()
}
