//! `milepost serve`: everything put together, in order, and taken apart in the opposite order.
//!
//! The port is taken first, because that is what fails most often and costs nothing; connections wait in its queue
//! until all else stands. Three tokens: `leave` ends what works beside the service while that still answers, `drain`
//! ends connections, and only when they are gone `stop` ends what writes for them.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Fatal;
use super::listen::listen;
use crate::api::counted::Counted;
use crate::api::{self, App, Guests};
use crate::auth::Verifier;
use crate::config::{Config, Database, Settings};
use crate::limit::{Rate, Shares};
use crate::metrics::Metrics;
use crate::shutdown::Signals;
use crate::store::embedded::{self, Embedded};
use crate::tracker::{self, Tracker};
use crate::transport::{Viewers, heartbeat};
use crate::{server, telemetry};

/// How many connections those who run the service may have.
const ADMIN_CONNECTIONS: usize = 32;

/// The name of our database on a private server.
const DATABASE: &str = "milepost";

/// What the drain leaves to those who work beside the service, of the time it has.
const FOR_GUESTS: Duration = Duration::from_secs(5);

/// What the drain leaves to the last writes, of the time it has.
const FOR_WRITES: Duration = Duration::from_secs(5);

/// A service that stands and is about to answer.
#[derive(Debug)]
pub struct Site {
    /// `http://ADDRESS:PORT`.
    pub address: String,
    /// The database it uses.
    pub database: tokio_postgres::Config,
    /// Whoever runs something beside the service puts it here,
    pub guests: TaskTracker,
    /// and ends it when this is cancelled: before the service drains, so that it can still report.
    pub leave: CancellationToken,
}

/// Runs the service until it is asked to stop.
///
/// # Errors
/// One line that says what is wrong and how to mend it.
pub async fn run(settings: Settings) -> Result<(), Fatal> {
    let config = settings.check(environment("DATABASE_URL"), environment("RUST_LOG"))?;
    start(config, |_| Ok(Guests::default())).await
}

/// What the environment says under `name`. What is no text stays in place as something nobody can use: it was meant.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Runs the service, with the routes that `more` adds once it stands, until it is asked to stop.
///
/// # Errors
/// One line that says what is wrong and how to mend it.
pub(super) async fn start(
    config: Config,
    more: impl FnOnce(&Site) -> Result<Guests, Fatal>,
) -> Result<(), Fatal> {
    telemetry::start(&config);
    let mut signals =
        Signals::listen().map_err(|e| Fatal::new("signals cannot be listened for", e))?;
    let node = tokio::select! {
        node = Node::build(config, more) => node?,
        _ = signals.next() => return Ok(()),
    };
    node.announce();
    signals.next().await;
    tokio::spawn(signals.exit_on_next());
    node.stop().await;
    Ok(())
}

/// All parts of a running service.
struct Node {
    address: SocketAddr,
    config: Arc<Config>,
    leave: CancellationToken,
    guests: TaskTracker,
    drain: CancellationToken,
    connections: TaskTracker,
    stop: CancellationToken,
    writers: TaskTracker,
    tracker: Tracker,
    viewers: Viewers,
    postgres: Option<Embedded>,
}

impl Node {
    async fn build(
        config: Config,
        more: impl FnOnce(&Site) -> Result<Guests, Fatal>,
    ) -> Result<Self, Fatal> {
        let listener = listen("--listen", config.listen)?;
        let admin = config.admin_listen.map(|a| listen("--admin-listen", a));
        let admin = admin.transpose()?;
        let address = listener
            .local_addr()
            .map_err(|e| Fatal::new("the port is lost", e))?;
        let auth = (config.auth.clone().map(Verifier::open).transpose())
            .map_err(|e| Fatal::new("tokens cannot be judged", e))?;
        let (postgres, database) = database(&config.database).await?;
        let (leave, guests) = (CancellationToken::new(), TaskTracker::new());
        let (drain, connections) = (CancellationToken::new(), TaskTracker::new());
        let (stop, writers) = (CancellationToken::new(), TaskTracker::new());
        let settings = tracker::Settings {
            keep_seconds: config.retention.as_secs_f64(),
            ..tracker::Settings::of(database.clone())
        };
        let tracker = Tracker::start(settings, stop.clone(), writers.clone())
            .await
            .map_err(|e| {
                let mend = "see that Postgres runs there, and that --database-url (or DATABASE_URL) names it rightly";
                Fatal(format!("the database cannot be used: {e}: {mend}"))
            })?;
        if let Some(auth) = &auth {
            writers.spawn(auth.clone().run(stop.clone()));
        }
        let metrics = Arc::new(Metrics::new().and(Box::new(Counted::of(&tracker))));
        let config = Arc::new(config);
        let viewers = Viewers::new(connections.clone());
        writers.spawn(heartbeat::run(
            viewers.clone(),
            tracker.clone(),
            auth.clone(),
            stop.clone(),
        ));
        let app = App {
            tracker: tracker.clone(),
            viewers: viewers.clone(),
            shutdown: drain.clone(),
            shares: shares(&config),
            auth,
            config: config.clone(),
            metrics,
        };
        let site = Site {
            address: format!("http://{address}"),
            database,
            guests: guests.clone(),
            leave: leave.clone(),
        };
        let router = api::router_with(app.clone(), more(&site)?);
        let serve = |listener, router, limits| {
            let tasks = connections.clone();
            let served = server::serve(listener, router, limits, drain.clone(), tasks);
            connections.spawn(served);
        };
        serve(listener, router, limits(&config));
        if let Some(admin) = admin {
            let address = admin.local_addr().ok().map(tracing::field::display);
            tracing::info!(address, "health and metrics are answered here");
            // Beside the others, so out of what is kept for the service itself.
            let limits = server::Limits {
                connections: ADMIN_CONNECTIONS,
                per_address: None,
                ..limits(&config)
            };
            serve(admin, api::admin_router(app), limits);
        }
        Ok(Self {
            address,
            config,
            leave,
            guests,
            drain,
            connections,
            stop,
            writers,
            tracker,
            viewers,
            postgres,
        })
    }

    /// The line that whoever started us waits for.
    fn announce(&self) {
        tracing::info!(address = %self.address, "ready");
        let mut out = std::io::stdout().lock();
        // Nobody may be reading; we serve all the same.
        let _ = writeln!(out, "listening on http://{}", self.address);
        let _ = out.flush();
    }

    /// Not ready, then no connection, then no write, then no database.
    async fn stop(self) {
        let deadline = Instant::now() + self.config.drain;
        tracing::info!(seconds = self.config.drain.as_secs(), "draining");
        self.leave.cancel();
        self.guests.close();
        if timeout_at(
            deadline.min(Instant::now() + FOR_GUESTS),
            self.guests.wait(),
        )
        .await
        .is_err()
        {
            tracing::warn!(left = self.guests.len(), "workers did not end in time");
        }
        self.drain.cancel();
        self.connections.close();
        let half = self.config.drain / 2;
        let for_connections = deadline - FOR_WRITES.min(half);
        // Spread, so that those who come back do not come all at once.
        self.viewers.drain(half / 2).await;
        if timeout_at(for_connections, self.connections.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                left = self.connections.len(),
                "connections did not end in time"
            );
        }
        self.stop.cancel();
        self.writers.close();
        if timeout_at(deadline, self.writers.wait()).await.is_err() {
            tracing::warn!(left = self.writers.len(), "writes did not end in time");
        }
        self.tracker.close();
        if let Some(postgres) = self.postgres {
            // It blocks until Postgres has flushed.
            let _ = tokio::task::spawn_blocking(move || postgres.stop()).await;
        }
        tracing::info!("stopped");
    }
}

/// What every caller has a share of. Streams are counted where credentials tell callers apart.
fn shares(config: &Config) -> Shares {
    let streams = config.edge.streams_per_credential;
    let streams = streams.filter(|_| config.auth.is_some());
    Shares::new(Rate::new(config.limits.requests_per_second), streams)
}

fn limits(config: &Config) -> server::Limits {
    server::Limits {
        head: config.connections.head,
        head_bytes: config.connections.head_bytes,
        connections: config.connections.most,
        // Without credentials all callers are of this machine.
        per_address: (config.auth.as_ref()).map(|_| config.edge.connections_per_address),
        exempt: config.edge.trusted_proxies.clone(),
        readers: config.edge.origins.all(),
        ..server::Limits::default()
    }
}

/// The database to use, and its server where it is ours.
async fn database(
    database: &Database,
) -> Result<(Option<Embedded>, tokio_postgres::Config), Fatal> {
    let directory = match database {
        Database::Given(config) => return Ok((None, (**config).clone())),
        Database::Private(directory) => directory.clone(),
    };
    let failed = |e: embedded::Error| Fatal::new("the private Postgres did not start", e);
    let started =
        tokio::task::spawn_blocking(move || Embedded::start(&embedded::Settings::new(directory)));
    let server = started
        .await
        .map_err(|e| Fatal::new("the private Postgres did not start", e))?
        .map_err(failed)?;
    server.ensure_database(DATABASE).await.map_err(failed)?;
    let config = server.config(DATABASE);
    Ok((Some(server), config))
}
