//! The settings as they are given: each from its flag, else from `MILEPOST_` and its name. What is wrong with one is
//! said in one line, without echoing what may be secret.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::credentials::CredentialSettings;
use super::edge::EdgeSettings;
use super::{BadSetting, Config, Connections, Database, Limits, LogFormat};

/// The settings as they are given.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Where to listen, ADDRESS:PORT. Port 0 takes any that is free. Without credentials, only an address of this
    /// machine.
    #[arg(
        long,
        env = "MILEPOST_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT"
    )]
    pub listen: String,
    /// Where to answer /metrics, /healthz and /readyz for those who run the service. /metrics is then nowhere else.
    #[arg(long, env = "MILEPOST_ADMIN_LISTEN", value_name = "ADDRESS:PORT")]
    pub admin_listen: Option<String>,
    /// Where jobs are kept.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// How hints travel between nodes. Only `postgres` so far.
    #[arg(
        long,
        env = "MILEPOST_BUS",
        default_value = "postgres",
        value_name = "BUS"
    )]
    pub bus: String,
    /// How long connections and writes under way may take to end once the service was asked to stop, in seconds.
    #[arg(
        long,
        env = "MILEPOST_DRAIN_SECONDS",
        default_value_t = 30,
        value_name = "S"
    )]
    pub drain_seconds: u32,
    /// How the log is written to standard error.
    #[arg(long, env = "MILEPOST_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What is logged: a level, or directives like `info,milepost::tracker=debug`. Else RUST_LOG, else `info`.
    #[arg(long, env = "MILEPOST_LOG", value_name = "LEVEL")]
    pub log: Option<String>,
    /// Who may call.
    #[command(flatten)]
    pub credentials: CredentialSettings,
    /// How much a caller may do.
    #[command(flatten)]
    pub limits: LimitSettings,
    /// Who may come in from where.
    #[command(flatten)]
    pub edge: EdgeSettings,
}

/// Where jobs are kept.
#[derive(Debug, Clone, Args)]
pub struct DatabaseSettings {
    /// The Postgres to use, postgres://USER:PASSWORD@HOST:PORT/NAME. Else DATABASE_URL, else a private one.
    #[arg(
        long,
        env = "MILEPOST_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_url: Option<String>,
    /// The directory of the private Postgres.
    #[arg(
        long,
        env = "MILEPOST_DATA_DIR",
        default_value = "milepost-data",
        value_name = "DIR"
    )]
    pub data_dir: PathBuf,
}

/// How much a caller may do.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitSettings {
    /// Largest body of a request, in bytes.
    #[arg(long, env = "MILEPOST_BODY_LIMIT", default_value_t = 64 * 1024, value_name = "BYTES")]
    pub body_limit: u32,
    /// Largest array or NDJSON of reports, in bytes.
    #[arg(long, env = "MILEPOST_BATCH_LIMIT", default_value_t = 1024 * 1024, value_name = "BYTES")]
    pub batch_limit: u32,
    /// How long a body may take to arrive, in seconds.
    #[arg(
        long,
        env = "MILEPOST_BODY_SECONDS",
        default_value_t = 15,
        value_name = "S"
    )]
    pub body_seconds: u32,
    /// Requests per second and address; 0 = no limit.
    #[arg(
        long,
        env = "MILEPOST_REQUESTS_PER_SECOND",
        default_value_t = 2000,
        value_name = "N"
    )]
    pub requests_per_second: u32,
    /// How long the line and the headers of a request may take to arrive, in seconds.
    #[arg(
        long,
        env = "MILEPOST_HEAD_SECONDS",
        default_value_t = 10,
        value_name = "S"
    )]
    pub head_seconds: u32,
    /// How large the line and the headers of a request may be, in bytes.
    #[arg(long, env = "MILEPOST_HEAD_LIMIT", default_value_t = 16 * 1024, value_name = "BYTES")]
    pub head_limit: u32,
    /// How many connections there may be; 0 = as many as the process may have files open.
    #[arg(
        long,
        env = "MILEPOST_CONNECTIONS",
        default_value_t = 0,
        value_name = "N"
    )]
    pub connections: u32,
    /// How long finished jobs are kept, in days.
    #[arg(
        long,
        env = "MILEPOST_RETENTION_DAYS",
        default_value_t = 7,
        value_name = "DAYS"
    )]
    pub retention_days: u32,
}

impl Settings {
    /// The settings, checked. `database_url` is what the environment says under `DATABASE_URL`, `rust_log` under
    /// `RUST_LOG`; the settings of our own name win.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn check(
        self,
        database_url: Option<String>,
        rust_log: Option<String>,
    ) -> Result<Config, BadSetting> {
        let listen = address("--listen", &self.listen)?;
        let auth = self.credentials.check()?;
        if auth.is_none() && !listen.ip().is_loopback() {
            return Err(BadSetting(format!(
                "--listen {listen} is open to other machines, and there are no credentials to tell who calls: give --jwt-secret or --jwks, or listen on 127.0.0.1 or [::1]"
            )));
        }
        let admin = self.admin_listen.as_deref();
        if self.bus != "postgres" {
            return Err(BadSetting(
                "--bus takes only `postgres` in this version".into(),
            ));
        }
        Ok(Config {
            listen,
            auth,
            admin_listen: admin.map(|a| address("--admin-listen", a)).transpose()?,
            database: self.database.check(database_url)?,
            drain: Duration::from_secs(self.drain_seconds.into()),
            log_format: self.log_format,
            log: filter(self.log, rust_log)?,
            limits: self.limits.check()?,
            connections: self.limits.connections()?,
            edge: self.edge.check()?,
            retention: days(self.limits.retention_days)?,
        })
    }
}

impl DatabaseSettings {
    fn check(self, database_url: Option<String>) -> Result<Database, BadSetting> {
        let (name, url) = match (self.database_url, database_url) {
            (Some(url), _) => ("--database-url", url),
            (None, Some(url)) if !url.is_empty() => ("DATABASE_URL", url),
            (None, _) => return Ok(Database::Private(self.data_dir)),
        };
        let config: Option<tokio_postgres::Config> = url.parse().ok();
        // What it says is not echoed: there is a password in it.
        let usable = config.filter(|c| !url.is_empty() && !c.get_hosts().is_empty());
        usable.map(|c| Database::Given(Box::new(c))).ok_or_else(|| {
            BadSetting(format!(
                "{name} is not the address of a Postgres: use postgres://USER:PASSWORD@HOST:PORT/NAME"
            ))
        })
    }
}

impl LimitSettings {
    fn connections(&self) -> Result<Connections, BadSetting> {
        const LEAST: u32 = 8192; // below, the reader of heads has no room to work in
        if self.head_limit < LEAST {
            return Err(BadSetting(format!("--head-limit must be at least {LEAST}")));
        }
        Ok(Connections {
            head: Duration::from_secs(self.head_seconds.into()),
            head_bytes: size(self.head_limit),
            most: size(self.connections),
        })
    }

    fn check(&self) -> Result<Limits, BadSetting> {
        let above_zero = [
            ("--body-limit", self.body_limit),
            ("--batch-limit", self.batch_limit),
            ("--body-seconds", self.body_seconds),
            ("--head-seconds", self.head_seconds),
        ];
        if let Some((name, _)) = above_zero.iter().find(|(_, value)| *value == 0) {
            return Err(BadSetting(format!("{name} must be above 0")));
        }
        if self.batch_limit < self.body_limit {
            let (batch, body) = (self.batch_limit, self.body_limit);
            return Err(BadSetting(format!(
                "--batch-limit {batch} must not be below --body-limit {body}"
            )));
        }
        Ok(Limits {
            body: size(self.body_limit),
            batch: size(self.batch_limit),
            body_time: Duration::from_secs(self.body_seconds.into()),
            requests_per_second: NonZeroU32::new(self.requests_per_second),
        })
    }
}

pub(super) fn size(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn days(days: u32) -> Result<Duration, BadSetting> {
    const LONGEST: u32 = 36_500;
    if (1..=LONGEST).contains(&days) {
        Ok(Duration::from_secs(u64::from(days) * 86_400))
    } else {
        Err(BadSetting(format!(
            "--retention-days must be from 1 to {LONGEST}"
        )))
    }
}

fn address(name: &str, text: &str) -> Result<SocketAddr, BadSetting> {
    let numeric = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    let address = numeric.as_deref().unwrap_or(text).parse();
    address.map_err(|_| {
        BadSetting(format!(
            "{name} {text:?} is not an address and a port: use for example 127.0.0.1:8080"
        ))
    })
}

fn filter(log: Option<String>, rust_log: Option<String>) -> Result<String, BadSetting> {
    let (name, text) = match (log, rust_log) {
        (Some(log), _) => ("--log", log),
        (None, Some(log)) if !log.is_empty() => ("RUST_LOG", log),
        (None, _) => ("--log", "info".into()),
    };
    match EnvFilter::try_new(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err(BadSetting(format!(
            "{name} {text:?} is no log filter: use error, warn, info, debug, trace, or MODULE=LEVEL joined by commas"
        ))),
    }
}
