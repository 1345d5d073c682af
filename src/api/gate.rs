//! The gate: who asks, and for which project. What is behind it is reached only with a grant that covers the project
//! of the path; what is refused is logged once, with who, what and why, and never with the credential.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::credential::{self, Credential, Kind};
use crate::auth::{self, Denied, Grant, Seal};
use crate::http::admitted::{Admitted, elsewhere};
use crate::http::path::malformed;
use crate::http::problem::{Problem, Refused};
use crate::progress::Name;
use crate::transport;

/// Under this path are the projects.
const PROJECTS: &str = "/v1/projects/";

/// The gate as a layer.
pub async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut asked = Asked::by(&parts);
    let response = match admit(&app, &parts, &mut asked).await {
        Ok(admitted) => {
            parts.extensions.insert(admitted);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => problem.into_response(),
    };
    asked.log(&response);
    response
}

/// What the log says of a request that is refused.
struct Asked {
    address: Option<SocketAddr>,
    method: axum::http::Method,
    route: Arc<str>,
    project: Option<Name>,
    subject: Option<Box<str>>,
}

impl Asked {
    fn by(parts: &Parts) -> Self {
        let matched = parts.extensions.get::<MatchedPath>();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Self {
            address: peer.map(|p| p.0),
            method: parts.method.clone(),
            route: matched.map_or("unmatched", MatchedPath::as_str).into(),
            project: None,
            subject: None,
        }
    }

    fn log(&self, response: &Response) {
        let Some(Refused(code)) = response.extensions().get() else {
            return;
        };
        let status = response.status().as_u16();
        if matches!(status, 401 | 403) {
            let address = self.address.map(tracing::field::display);
            let project = self.project.as_ref().map(tracing::field::display);
            let (subject, method, route) = (&self.subject, &self.method, &self.route);
            tracing::info!(address, %method, %route, project, ?subject, status, code, "refused");
        }
    }
}

/// Whoever asks, where the service asks for no credentials.
#[must_use]
pub fn anybody(project: Name) -> Admitted {
    Admitted {
        project,
        grant: Some(Arc::new(Grant::everything())),
        seal: None,
    }
}

async fn admit(app: &App, parts: &Parts, asked: &mut Asked) -> Result<Admitted, Problem> {
    let project = project(parts.uri.path());
    asked.project = project.clone().ok();
    let Some(keys) = &app.auth else {
        return Ok(anybody(project?));
    };
    let matched = parts.extensions.get::<MatchedPath>();
    let kind = match matched.map(MatchedPath::as_str) {
        Some(transport::EVENTS) => Kind::Events,
        Some(transport::SOCKET) => Kind::Socket,
        _ => Kind::Plain,
    };
    let found = credential::find(kind, &parts.headers, parts.uri.query())?;
    let (grant, seal): (Option<Arc<Grant>>, Option<Seal>) = match found {
        Credential::Token(token) => (Some(keys.verify(&token, auth::now()).await?), None),
        Credential::Ticket(ticket, cursor) => {
            let project = project.clone()?;
            let tickets = &app.tracker;
            let opened = tickets.open_ticket(&project, &ticket, cursor.as_deref());
            let opened = opened.await?.ok_or(Denied::Bad)?;
            let held = opened.grant.key.is_some_and(|key| keys.holds(key));
            if opened.grant.expires.is_some_and(|at| at <= auth::now()) {
                return Err(Denied::Expired.into());
            }
            if !held {
                return Err(Denied::Bad.into());
            }
            (Some(Arc::new(opened.grant)), Some(opened.seal))
        }
        Credential::Later => (None, None),
    };
    asked.subject = grant.as_ref().and_then(|g| g.subject.clone());
    let project = project?;
    if grant.as_ref().is_some_and(|g| !g.covers(&project)) {
        return Err(elsewhere());
    }
    Ok(Admitted {
        project,
        grant,
        seal,
    })
}

/// The project of a path.
///
/// # Errors
/// 404 where it is about no project, 400 where that is none.
pub fn project(path: &str) -> Result<Name, Problem> {
    let segment = path
        .strip_prefix(PROJECTS)
        .map(|rest| rest.split('/').next().unwrap_or_default());
    let Some(segment) = segment.filter(|s| !s.is_empty()) else {
        return Err(super::edge::unknown_path());
    };
    let decoded = percent_encoding::percent_decode_str(segment).decode_utf8();
    let name = decoded.ok().and_then(|text| Name::parse(&text).ok());
    name.ok_or_else(|| malformed("project"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_read_from_the_path() {
        let status = |path| project(path).map_err(|p| p.status());
        let acme = Name::parse("acme").unwrap();
        for path in [
            "/v1/projects/acme",
            "/v1/projects/acme/",
            "/v1/projects/%61cme/x/y",
        ] {
            assert_eq!(status(path), Ok(acme.clone()), "{path}");
        }
        for path in [
            "/v1/projects/",
            "/v1/projects//jobs",
            "/v1",
            "/v1/project/acme",
        ] {
            assert_eq!(status(path), Err(404), "{path}");
        }
        for path in [
            "/v1/projects/..",
            "/v1/projects/a%2fb/jobs",
            "/v1/projects/%00",
            "/v1/projects/%zz",
        ] {
            assert_eq!(status(path), Err(400), "{path}");
        }
    }
}
