//! How people watch: server-sent events, WebSocket, polling. The three share the selection (`query`), the stream
//! that is fed by the hub (`stream`), the endings and the heartbeat; each file of a transport is what it alone does.

pub mod authorize;
pub mod endings;
pub mod error_code;
pub mod heartbeat;
pub mod outbox;
pub mod poll;
pub mod query;
pub mod schema;
pub mod session;
pub mod sse;
pub mod stream;
mod tiles;
pub mod viewers;
pub mod words;
pub mod ws;

use std::time::Duration;

use axum::Router;
use axum::routing::get;

use tokio_util::sync::CancellationToken;

use crate::auth::Verifier;
use crate::limit::Shares;
use crate::tracker::Tracker;
pub use viewers::Viewers;

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct Shared {
    /// The door to jobs.
    pub tracker: Tracker,
    /// The streams there are.
    pub viewers: Viewers,
    /// Cancelled when the service drains.
    pub shutdown: CancellationToken,
    /// Who vouches for credentials; `None` = none are asked for.
    pub auth: Option<Verifier>,
    /// What every caller has a share of.
    pub shares: Shares,
    /// How long a stream of server-sent events lives, before that is spread.
    pub lifetime: Duration,
}

/// Where events are streamed.
pub const EVENTS: &str = "/v1/projects/{project}/events";

/// Where WebSockets are opened.
pub const SOCKET: &str = "/v1/projects/{project}/ws";

/// The routes on which people watch.
pub fn routes<S: Clone + Send + Sync + 'static>(shared: Shared) -> Router<S> {
    Router::new()
        .route("/v1/projects/{project}/progress", get(poll::progress))
        .route(EVENTS, get(sse::events))
        .route(SOCKET, get(ws::upgrade))
        .with_state(shared)
}
