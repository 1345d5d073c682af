//! The log of those who were refused for who they are or where they come from: once each, with who, what and why, and
//! never with the credential.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use super::limits;
use crate::http::problem::Refused;
use crate::progress::Name;

/// In the extensions of an answer: what the gate found out about who asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// About which project.
    pub project: Option<Name>,
    /// Who.
    pub subject: Option<Box<str>>,
}

/// Logs what is refused further within.
pub async fn log(request: Request, next: Next) -> Response {
    let address = limits::address(request.extensions());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let route: Arc<str> = matched.map_or("unmatched", MatchedPath::as_str).into();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    if let (401 | 403, Some(Refused(code, detail))) = (status, response.extensions().get()) {
        let asked = response.extensions().get::<Asked>();
        let project = asked.and_then(|a| a.project.as_ref());
        let project = project.map(tracing::field::display);
        let subject = asked.and_then(|a| a.subject.as_deref());
        tracing::info!(
            %address, %method, %route, project, subject, status, code, "refused: {detail}"
        );
    }
    response
}
