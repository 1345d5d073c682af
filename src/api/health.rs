//! For those who run the service: is it alive, is it ready, what has it counted.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::api::{App, edge};
use crate::http::describe::{Anyone, refusals};
use crate::http::problem::Problem;
use crate::metrics::{Transport, Watching};

/// How long the database may take to prove that it is there.
const PROOF: Duration = Duration::from_secs(5);

refusals!(
    /// Of who is not of this machine.
    Elsewhere = [(404, "Not from here, or on another address (`--admin-listen`).", &["not_found"])]
);

/// `GET /healthz`: the process answers. Says nothing of the database, or its outage would restart every node.
#[utoipa::path(
    get, path = "/healthz", operation_id = "isAlive", tag = "operate",
    summary = "Is the process alive", description = "Says nothing of the database.",
    responses(Anyone, (status = 200, description = "It is.", body = ref("#/components/schemas/Alive"))),
    security(()),
)]
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

/// `GET /readyz`: requests may be sent here.
#[utoipa::path(
    get, path = "/readyz", operation_id = "isReady", tag = "operate",
    summary = "May requests be sent here", description = "The database is writable and the listener proven; 503 where not, or while it drains.",
    responses(Anyone, (status = 200, description = "They may.", body = ref("#/components/schemas/Ready"))),
    security(()),
)]
pub async fn ready(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let not_ready = |detail| Problem::new(503, "unavailable", detail).retry_after(1);
    if app.shutdown.is_cancelled() {
        return Err(not_ready("the service is draining: use another node"));
    }
    if app.auth.as_ref().is_some_and(|keys| !keys.ready()) {
        return Err(not_ready(
            "the keys that vouch for tokens cannot be had: see the log",
        ));
    }
    match tokio::time::timeout(PROOF, app.tracker.ready()).await {
        Ok(Ok(())) => Ok(Json(json!({ "status": "ready" }))),
        Ok(Err(reason)) => {
            tracing::warn!(reason, "not ready");
            Err(not_ready(
                "the database takes no writes, or the listener is not proven: see the log",
            ))
        }
        Err(_) => Err(not_ready("the database does not answer: see the log")),
    }
}

/// `GET /metrics` on the admin address.
pub async fn metrics(State(app): State<App>) -> Response {
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    count_viewers(&app);
    ([(header::CONTENT_TYPE, TYPE)], app.metrics.encode()).into_response()
}

/// Viewers are counted when somebody asks: where they come and go they are in a registry already.
fn count_viewers(app: &App) {
    let counts = app.viewers.counts();
    let all = [
        (Transport::Sse, counts.sse),
        (Transport::Ws, counts.ws),
        (Transport::Poll, counts.polls),
    ];
    for (transport, count) in all {
        let gauge = app.metrics.viewers.get_or_create(&Watching { transport });
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

/// `GET /metrics` on the public address: for peers of this machine, and to all others as if it were not there. A
/// peer that forwards for somebody else is not of this machine, as far as it tells.
#[utoipa::path(
    get, path = "/metrics", operation_id = "getMetrics", tag = "operate",
    summary = "What is counted", description = "For Prometheus: on `--admin-listen` where that is given, else to peers of this machine.",
    responses(
        Anyone, Elsewhere,
        (status = 200, description = "The counts.", body = ref("#/components/schemas/Metrics"),
            content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ),
    security(()),
)]
pub async fn metrics_for_loopback(state: State<App>, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let local = peer.is_some_and(|p| p.0.ip().to_canonical().is_loopback());
    let headers = request.headers();
    let forwarded =
        headers.contains_key(header::FORWARDED) || headers.contains_key("x-forwarded-for");
    if local && !forwarded {
        metrics(state).await
    } else {
        edge::unknown_path().into_response()
    }
}
