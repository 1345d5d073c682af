//! The settings of the service's edge: who is before it, which web pages may use it, how much one caller may hold.

use clap::Args;

use super::BadSetting;
use super::origins::Origins;
use crate::limit::{Network, Networks};

/// The edge as it is set.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Edge")]
pub struct EdgeSettings {
    /// A web page that may use the service from elsewhere, as its exact origin: `https://app.example.com`. May be
    /// repeated, or joined by commas.
    #[arg(
        long,
        env = "MILEPOST_ALLOW_ORIGIN",
        value_delimiter = ',',
        value_name = "ORIGIN"
    )]
    pub allow_origin: Vec<String>,
    /// A proxy before the service whose X-Forwarded-For says who calls: an address, or a network like 10.0.0.0/8. May
    /// be repeated, or joined by commas.
    #[arg(
        long,
        env = "MILEPOST_TRUSTED_PROXY",
        value_delimiter = ',',
        value_name = "CIDR"
    )]
    pub trusted_proxy: Vec<String>,
    /// Streams that one credential may have open; 0 = no limit.
    #[arg(
        long,
        env = "MILEPOST_STREAMS_PER_CREDENTIAL",
        default_value_t = 1000,
        value_name = "N"
    )]
    pub streams_per_credential: u32,
    /// Connections that one address may have open where credentials are needed, trusted proxies excepted; 0 = half of
    /// all there may be.
    #[arg(
        long,
        env = "MILEPOST_CONNECTIONS_PER_ADDRESS",
        default_value_t = 0,
        value_name = "N"
    )]
    pub connections_per_address: u32,
}

/// The edge, checked.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The web pages that may use the service from elsewhere.
    pub origins: Origins,
    /// Whose word on where a request comes from is taken.
    pub trusted_proxies: Networks,
    /// How many streams one credential may have open; `None` = no limit.
    pub streams_per_credential: Option<usize>,
    /// How many connections one address may have open where credentials are needed; 0 = half of all there may be.
    pub connections_per_address: usize,
}

impl Default for Edge {
    fn default() -> Self {
        Self {
            origins: Origins::default(),
            trusted_proxies: Networks::default(),
            streams_per_credential: Some(1000),
            connections_per_address: 0,
        }
    }
}

impl EdgeSettings {
    /// The settings, checked.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub(super) fn check(self) -> Result<Edge, BadSetting> {
        let origins = Origins::listed(&given(self.allow_origin))
            .map_err(|(text, why)| BadSetting(format!("--allow-origin {text:?} {why}")))?;
        let proxy = |text: String| {
            Network::parse(&text)
                .map_err(|why| BadSetting(format!("--trusted-proxy {text:?} {why}")))
        };
        let trusted_proxies = given(self.trusted_proxy).into_iter().map(proxy);
        let streams = super::settings::size(self.streams_per_credential);
        Ok(Edge {
            origins,
            trusted_proxies: trusted_proxies.collect::<Result<_, _>>()?,
            streams_per_credential: (streams > 0).then_some(streams),
            connections_per_address: super::settings::size(self.connections_per_address),
        })
    }
}

/// What is really said: an empty variable of the environment says nothing.
fn given(texts: Vec<String>) -> Vec<String> {
    let trimmed = texts.iter().map(|text| text.trim());
    trimmed
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}
