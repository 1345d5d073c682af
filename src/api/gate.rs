//! The gate: who asks, and for which project. What is behind it is reached only with a grant that covers the project
//! of the path.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::credential::{self, Credential, Kind};
use super::refusals::Found;
use super::{App, limits};
use crate::auth::{self, Denied, Grant, Scope, Seal, Verifier};
use crate::http::admitted::{Admitted, elsewhere};
use crate::http::path::malformed;
use crate::http::problem::Problem;
use crate::limit::Caller;
use crate::progress::Name;
use crate::tracker::tickets::Opened;
use crate::transport::endings::Ending;
use crate::transport::{self, sse};

/// Under this path are the projects.
pub const PROJECTS: &str = "/v1/projects/";

/// The gate as a layer.
pub async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let project = project(request.uri().path());
    pass(&app, project, None, (request, next)).await
}

/// The gate before routes that are about this project, whatever their path: who only looks must be allowed to watch,
/// who does something to create.
pub async fn guest(
    State((app, project)): State<(App, Name)>,
    request: Request,
    next: Next,
) -> Response {
    let looks = request.method().is_safe();
    let scope = if looks { Scope::Watch } else { Scope::Create };
    pass(&app, Ok(project), Some(scope), (request, next)).await
}

async fn pass(
    app: &App,
    project: Result<Name, Problem>,
    scope: Option<Scope>,
    (request, next): (Request, Next),
) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut found = Found::default();
    let admitted = admit(app, &parts, project, &mut found).await;
    let admitted = admitted.and_then(|admitted| {
        scope.map_or(Ok(()), |scope| admitted.may(scope).map(drop))?;
        Ok(admitted)
    });
    let mut response = match admitted {
        Ok(admitted) => {
            parts.extensions.insert(admitted);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => away(&parts, &problem).unwrap_or_else(|| problem.into_response()),
    };
    response.extensions_mut().insert(found);
    response
}

/// What a browser's EventSource is told that is refused for a while only.
fn away(parts: &Parts, problem: &Problem) -> Option<Response> {
    let ending = match problem.status() {
        429 => Ending::Limited,
        503 => Ending::Unavailable,
        _ => return None,
    };
    let streams = kind(parts) == Kind::Events && sse::is_browser(&parts.headers);
    streams.then(|| sse::sent_away(ending))
}

/// What kind of request it is.
fn kind(parts: &Parts) -> Kind {
    let matched = parts.extensions.get::<MatchedPath>();
    match matched.map(MatchedPath::as_str) {
        Some(transport::EVENTS) => Kind::Events,
        Some(transport::SOCKET) => Kind::Socket,
        _ => Kind::Plain,
    }
}

/// Whoever asks, where the service asks for no credentials.
#[must_use]
pub fn anybody(project: Name, address: IpAddr) -> Admitted {
    Admitted {
        project,
        grant: Some(Arc::new(Grant::everything())),
        seal: None,
        address,
    }
}

async fn admit(
    app: &App,
    parts: &Parts,
    project: Result<Name, Problem>,
    found: &mut Found,
) -> Result<Admitted, Problem> {
    let address = limits::address(&parts.extensions);
    found.project = project.clone().ok();
    let requests = &app.shares.requests;
    let Some(keys) = &app.auth else {
        limits::charge(requests, Caller::Address(address))?;
        return Ok(anybody(project?, address));
    };
    let shown = show(app, keys, parts, (found.project.as_ref(), address)).await;
    let (grant, seal) = match shown {
        Ok(shown) => shown,
        Err(problem) => {
            limits::charge(requests, Caller::Address(address))?;
            return Err(problem);
        }
    };
    found.subject = grant.as_ref().and_then(|g| g.subject.clone());
    let caller = Caller::of(grant.as_deref(), address);
    if seal.is_none() {
        limits::charge(requests, caller)?;
    }
    let project = project?;
    if grant.as_ref().is_some_and(|g| !g.covers(&project)) {
        return Err(elsewhere());
    }
    Ok(Admitted {
        project,
        grant,
        seal,
        address,
    })
}

/// What the credential of a request shows; no grant for a socket that will show one later.
async fn show(
    app: &App,
    keys: &Verifier,
    parts: &Parts,
    (project, address): (Option<&Name>, IpAddr),
) -> Result<(Option<Arc<Grant>>, Option<Seal>), Problem> {
    let kind = kind(parts);
    let brought = credential::find(kind, &parts.headers, parts.uri.query())?;
    if let Credential::Token(token) = &brought
        && let Some(remembered) = keys.remembered(token, auth::now())
    {
        return Ok((Some(remembered?), None));
    }
    // Looking at anything new costs more than its bearer paid.
    let failures = &app.shares.failures;
    if let Some(wait) = failures.blocked(address) {
        return Err(limits::blocked(wait));
    }
    let shown = match brought {
        Credential::Later => return Ok((None, None)),
        Credential::Token(token) => {
            let verified = keys.verify(&token, auth::now()).await;
            verified.map(|grant| (Some(grant), None))
        }
        Credential::Ticket(ticket, cursor) => {
            let project = project.ok_or_else(|| malformed("project"))?;
            // Before it is taken, and so of the address: a ticket that was taken for nothing opens nothing any more.
            limits::charge(&app.shares.requests, Caller::Address(address))?;
            let tracker = &app.tracker;
            let opened = tracker.open_ticket(project, &ticket, cursor.as_deref());
            opened_by(keys, opened.await?)
        }
    };
    if matches!(shown, Err(Denied::Bad)) {
        failures.failed(address);
    }
    Ok(shown?)
}

/// What a ticket shows while the token behind it lives.
fn opened_by(
    keys: &Verifier,
    opened: Option<Opened>,
) -> Result<(Option<Arc<Grant>>, Option<Seal>), Denied> {
    let Opened { grant, seal } = opened.ok_or(Denied::Bad)?;
    if grant.expires.is_some_and(|at| at <= auth::now()) {
        return Err(Denied::Expired);
    }
    match grant.key {
        Some(key) if keys.holds(key) => Ok((Some(Arc::new(grant)), Some(seal))),
        _ => Err(Denied::Bad),
    }
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
