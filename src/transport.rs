//! How people watch: server-sent events, WebSocket, polling. The three share the selection (`query`), the stream
//! that is fed by the hub (`stream`), the endings and the heartbeat; each file of a transport is what it alone does.

pub mod endings;
pub mod heartbeat;
pub mod identity;
pub mod outbox;
pub mod poll;
pub mod query;
pub mod session;
pub mod sse;
pub mod stream;
mod tiles;
pub mod viewers;
pub mod words;
pub mod ws;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::routing::get;

use crate::http::Problem;
use tokio_util::sync::CancellationToken;

use crate::progress::Name;
use crate::tracker::Tracker;
pub use identity::Identity;
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
}

/// The routes on which people watch.
pub fn routes<S: Clone + Send + Sync + 'static>(shared: Shared) -> Router<S> {
    Router::new()
        .route("/v1/projects/{project}/progress", get(poll::progress))
        .route("/v1/projects/{project}/events", get(sse::events))
        .route("/v1/projects/{project}/ws", get(ws::upgrade))
        .with_state(shared)
}

/// The project of a path.
fn project(segment: Result<Path<String>, PathRejection>) -> Result<Name, Problem> {
    let bad = |detail: String| Problem::new(400, "malformed", detail);
    let Ok(Path(text)) = segment else {
        return Err(bad("the path is badly encoded".to_owned()));
    };
    Name::parse(&text).map_err(|e| bad(format!("the project: {e}")))
}
