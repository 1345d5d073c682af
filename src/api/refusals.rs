//! Every refusal of a caller, in the log once: who, what and why, and never with the credential.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::limits;
use crate::http::problem::Refused;
use crate::limit::{Caller, Rate};
use crate::progress::Name;

/// What the gate found out about a request, in the extensions of its answer.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The project it is about.
    pub project: Option<Name>,
    /// Who it is, where the credential could be read.
    pub subject: Option<Box<str>>,
}

/// The log as a layer. What is refused before anybody was charged for it is charged here, and said only as often as
/// an address may ask.
pub async fn log(State(requests): State<Rate>, request: Request, next: Next) -> Response {
    let address = limits::address(request.extensions());
    let matched = request.extensions().get::<MatchedPath>();
    let route: Arc<str> = matched.map_or("unmatched", MatchedPath::as_str).into();
    let method = request.method().clone();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let Some(Refused(code, detail)) = response
        .extensions()
        .get()
        .filter(|_| matches!(status, 401 | 403))
    else {
        return response;
    };
    let found = response.extensions().get::<Found>();
    if found.is_none() && requests.wait(Caller::Address(address)).is_some() {
        return response;
    }
    let Found { project, subject } = found.cloned().unwrap_or_default();
    let project = project.as_ref().map(tracing::field::display);
    let subject = subject.as_deref();
    tracing::info!(
        %address, %method, %route, project, subject, status, code, "refused: {detail}"
    );
    response
}
