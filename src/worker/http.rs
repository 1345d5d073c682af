//! One HTTP client for one service: sends a JSON body, gives back status and JSON. Blocks, and never repeats a
//! request by itself; it knows neither jobs nor reports.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use ureq::http::header;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Proxy, http};

use super::resolve::Remembering;
use super::target::Target;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one request may take, connecting included.
const TIME: Duration = Duration::from_secs(20);
/// The largest answer read, in bytes.
const ANSWER: u64 = 8 << 20;

/// The client.
#[derive(Debug)]
pub struct Http {
    agent: Agent,
    target: Target,
}

/// What the service answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The `Retry-After` header, where it gives seconds.
    pub retry_after: Option<Duration>,
    /// The body, `null` where it was not JSON.
    pub body: Value,
}

impl Http {
    /// A client of this service.
    pub fn new(target: Target) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        // Through a proxy, this machine would be another one.
        let proxy = match target.is_here() {
            true => None,
            false => Proxy::try_from_env(),
        };
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(TIME))
            .proxy(proxy)
            .user_agent(concat!("milepost-rust/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), Remembering::default()),
            target,
        }
    }

    /// Creates a job, or finds it created.
    pub fn create(&mut self, id: &str, body: &str) -> Result<Answer, ureq::Error> {
        self.send("PUT", &format!("jobs/{id}"), body)
    }

    /// Reports on many jobs.
    pub fn report(&mut self, body: &str) -> Result<Answer, ureq::Error> {
        self.send("POST", "reports", body)
    }

    /// An error means that nothing certain is known about what the service did.
    fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Answer, ureq::Error> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(self.target.path(path))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json");
        if let Some(token) = self.target.token() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut answer = self.agent.run(request.body(body)?)?;
        let status = answer.status().as_u16();
        if status == 401 {
            self.target.renew_token();
        }
        let retry_after = answer.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|v| v.to_str().ok()?.parse().ok());
        let text = answer
            .body_mut()
            .with_config()
            .limit(ANSWER)
            .read_to_vec()?;
        Ok(Answer {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            body: serde_json::from_slice(&text).unwrap_or_default(),
        })
    }
}
