//! HTTP: the whole route table, and the layers in their order. Knows paths, headers, bodies and status codes; what a
//! job is and what may happen to it is the tracker's.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use tokio_util::sync::CancellationToken;

use crate::auth::Verifier;
use crate::config::{Config, Edge, Limits};
use crate::limit::{Rate, Shares};
use crate::metrics::Metrics;
use crate::progress::Name;
use crate::tracker::Tracker;
use crate::transport;

pub mod answer;
pub mod asyncapi;
pub mod body;
pub mod client;
pub mod cors;
pub mod counted;
pub mod credential;
pub mod edge;
mod file;
pub mod gate;
pub mod guard;
pub mod health;
pub mod held;
pub mod jobs;
pub mod limits;
pub mod list;
pub mod openapi;
pub mod page;
pub mod refusals;
pub mod reports;
pub mod summary;
pub mod tickets;

/// What every handler may use. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The only door to jobs.
    pub tracker: Tracker,
    /// The streams there are.
    pub viewers: transport::Viewers,
    /// Cancelled when the server drains.
    pub shutdown: CancellationToken,
    /// Who vouches for credentials; `None` = none are asked for.
    pub auth: Option<Verifier>,
    /// What every caller has a share of.
    pub shares: Shares,
    /// The settings.
    pub config: Arc<Config>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl FromRef<App> for Limits {
    fn from_ref(app: &App) -> Self {
        app.config.limits
    }
}

/// Everything under the address people and workers use.
pub fn router(app: App) -> Router {
    router_with(app, Guests::default())
}

/// Routes of somebody else, and the project that a credential must be for to use them.
#[derive(Debug, Default)]
pub struct Guests {
    /// The routes.
    pub router: Router,
    /// The project; `None` = there are no routes.
    pub project: Option<Name>,
}

/// The same, and routes of guests within the same layers.
pub fn router_with(app: App, guests: Guests) -> Router {
    let (config, metrics) = (app.config.clone(), app.metrics.clone());
    let routes = projects(&app)
        .merge(page::routes())
        .merge(openapi::routes())
        .merge(asyncapi::routes())
        .merge(health(&config));
    let around = Around {
        limits: config.limits,
        edge: &config.edge,
        requests: app.shares.requests.clone(),
        open: app.auth.is_none(),
    };
    let more = guests.router.with_state(());
    let more = match guests.project {
        Some(project) => more.layer(from_fn_with_state((app.clone(), project), gate::guest)),
        None => more,
    };
    layered((routes, more), &around, metrics).with_state(app)
}

/// What is under a project and leads nowhere.
const NOWHERE: [&str; 3] = [
    "/v1/projects/{project}",
    "/v1/projects/{project}/",
    "/v1/projects/{project}/{*rest}",
];

/// Everything that is about a project, behind the gate; also the paths under it that lead nowhere, since whose they
/// are comes before what they are.
fn projects(app: &App) -> Router<App> {
    jobs_and_reports()
        .merge(transport::routes(watching(app)))
        .route(NOWHERE[0], any(async || edge::unknown_path()))
        .route(NOWHERE[1], any(async || edge::unknown_path()))
        .route(NOWHERE[2], any(async || edge::unknown_path()))
        .method_not_allowed_fallback(async || edge::wrong_method())
        .layer(from_fn_with_state(app.clone(), gate::gate))
}

/// What the transports need.
fn watching(app: &App) -> transport::Shared {
    transport::Shared {
        tracker: app.tracker.clone(),
        viewers: app.viewers.clone(),
        shutdown: app.shutdown.clone(),
        auth: app.auth.clone(),
        shares: app.shares.clone(),
        lifetime: app.config.limits.stream,
    }
}

/// Everything under the address of those who run the service (`--admin-listen`): open to whoever reaches it.
pub fn admin_router(app: App) -> Router {
    let metrics = app.metrics.clone();
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .method_not_allowed_fallback(async || edge::wrong_method())
        .fallback(async || edge::unknown_path())
        .layer(from_fn(edge::finish))
        .layer(from_fn_with_state(metrics, edge::observe))
        .with_state(app)
}

#[rustfmt::skip] // a table
fn jobs_and_reports() -> Router<App> {
    const PROJECT: &str = "/v1/projects/{project}";
    const JOB: &str = "/v1/projects/{project}/jobs/{id}";
    Router::new()
        .route(&format!("{PROJECT}/jobs"),    get(list::jobs).post(jobs::post))
        .route(JOB,                           get(jobs::get).put(jobs::put).delete(jobs::delete))
        .route(&format!("{JOB}/reports"),     post(reports::of_job))
        .route(&format!("{JOB}/cancel"),      post(jobs::cancel))
        .route(&format!("{JOB}/retry"),       post(jobs::retry))
        .route(&format!("{JOB}/history"),     get(list::history))
        .route(&format!("{PROJECT}/reports"), post(reports::of_project))
        .route(&format!("{PROJECT}/summary"), get(summary::get))
        .route(&format!("{PROJECT}/tickets"), post(tickets::post))
        .route_layer(from_fn(edge::accepts_json))
}

fn health(config: &Config) -> Router<App> {
    let routes = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready));
    match config.admin_listen {
        Some(_) => routes,
        None => routes.route("/metrics", get(health::metrics_for_loopback)),
    }
}

/// What the layers go by.
#[derive(Debug)]
pub struct Around<'a> {
    /// How much a caller may send.
    pub limits: Limits,
    /// Who is before the service, and which web pages may use it.
    pub edge: &'a Edge,
    /// Each caller's share of requests.
    pub requests: Rate,
    /// Whether no credentials are asked for.
    pub open: bool,
}

/// The layers around all routes. A request passes them from the last to the first. The second of the routers judges
/// the size of its bodies itself.
pub fn layered<S: Clone + Send + Sync + 'static>(
    (routes, more): (Router<S>, Router<S>),
    around: &Around<'_>,
    metrics: Arc<Metrics>,
) -> Router<S> {
    let (origins, proxies) = (&around.edge.origins, &around.edge.trusted_proxies);
    let (origins, proxies, requests) = (origins.clone(), proxies.clone(), around.requests.clone());
    routes
        .fallback(async || edge::unknown_path())
        .layer(from_fn_with_state(around.limits, limits::declared))
        .merge(more)
        .method_not_allowed_fallback(async || edge::wrong_method())
        .layer(from_fn_with_state(requests.clone(), limits::rate))
        .layer(from_fn_with_state(around.open, guard::loopback_only))
        .layer(from_fn(edge::finish))
        .layer(from_fn_with_state(origins, cors::guard))
        .layer(from_fn_with_state(requests, refusals::log))
        .layer(from_fn_with_state(proxies, client::address))
        .layer(from_fn_with_state(metrics, edge::observe))
}
