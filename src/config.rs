//! Every setting of the service, checked: meaning, unit, default. How they are given is in [`settings`].

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use crate::auth;

pub mod credentials;
pub mod edge;
pub mod origins;
pub mod settings;

pub use credentials::OwnSettings;
pub use edge::Edge;
pub use origins::Origins;
pub use settings::Settings;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The settings, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen: a loopback address where there are no credentials.
    pub listen: SocketAddr,
    /// Where to answer those who run the service.
    pub admin_listen: Option<SocketAddr>,
    /// Who may call; `None` = everybody on this machine.
    pub auth: Option<auth::Settings>,
    /// Where jobs are kept.
    pub database: Database,
    /// How long stopping may take.
    pub drain: Duration,
    /// How the log is written.
    pub log_format: LogFormat,
    /// What is logged, as directives that were tried.
    pub log: String,
    /// How much a caller may send.
    pub limits: Limits,
    /// How large a connection's request may be, how long it may take, and how many there may be.
    pub connections: Connections,
    /// Who is before the service, which web pages may use it, how much one caller may hold.
    pub edge: Edge,
    /// How long finished jobs are kept.
    pub retention: Duration,
}

/// How much one caller may send.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body that holds one object.
    pub body: usize,
    /// Bytes of an array or NDJSON of reports.
    pub batch: usize,
    /// How long the whole body may take to arrive.
    pub body_time: Duration,
    /// Requests per second and address; `None` = no limit.
    pub requests_per_second: Option<NonZeroU32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 * 1024,
            batch: 1024 * 1024,
            body_time: Duration::from_secs(15),
            requests_per_second: NonZeroU32::new(2000),
        }
    }
}

/// What a connection may be.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// How long the head of a request may take.
    pub head: Duration,
    /// Bytes of the head of a request.
    pub head_bytes: usize,
    /// How many there may be; 0 = as many as the process may have files open.
    pub most: usize,
}

/// Where jobs are kept.
#[derive(Debug, Clone)]
pub enum Database {
    /// A server that somebody else runs. Its `Debug` hides the password.
    Given(Box<tokio_postgres::Config>),
    /// A private server in this directory.
    Private(PathBuf),
}

/// A setting that cannot be used: which, why, and what would do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(pub(crate) String);
