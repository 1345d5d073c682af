//! Server-sent events: what is checked before the stream begins, and the head of the response.

use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use std::fmt::Write;
use std::time::Duration;

use super::endings::Ending;
use super::query::Query;
use super::session::Work;
use super::session::{self, Opening};
use super::stream::Visitor;
use super::words::Framing;
use crate::http::admitted::narrower;
use crate::http::cors::CorsHeaders;
use crate::http::path::{ProjectPath, Watch};
use crate::http::{Admitted, Problem};
use crate::limit::Admission;
use crate::progress::{Name, Selector};
use crate::random;
use crate::server::Takeover;
use crate::tracker::Error;
use crate::transport::Shared;
use crate::wire::Cursor;

/// How long a stream may live, before it is spread.
const LIFETIME: Duration = Duration::from_secs(600);

const KIND: &str = "text/event-stream";

/// `GET /v1/projects/{project}/events`.
///
/// # Errors
/// 400 for a bad query, 404 for a job that does not exist, 406 for who does not accept events.
pub async fn events(
    State(app): State<Shared>,
    ProjectPath { project, grant, .. }: ProjectPath<Watch>,
    RawQuery(query): RawQuery,
    Extension(takeover): Extension<Takeover>,
    request: axum::extract::Request,
) -> Result<Response, Problem> {
    let (method, version) = (request.method().clone(), request.version());
    let headers = request.headers().clone();
    let admitted = Admitted::of(request.extensions())?.clone();
    let cors = request.extensions().get::<CorsHeaders>().cloned();
    drop(request);
    accepts(&headers, KIND)?;
    session::no_body(&headers)?;
    let query = Query::read(
        query.as_deref().unwrap_or(""),
        &["cursor", "follow", "summary", "ticket"],
    )?
    .within(&grant);
    let (follow, tiles) = (query.flag("follow")?, query.flag("summary")?);
    if tiles && grant.narrowing.is_some() {
        return Err(narrower("the summary is of all of them"));
    }
    let cursor = cursor(&headers, &query);
    if !follow && over(&app, (&project, &query.selector), cursor.as_deref()).await {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let known = session::known(&app, (&project, &query.selector), cursor.as_deref()).await;
    if method == Method::HEAD {
        known?;
        return Ok(head_only());
    }
    let refused = match known {
        Ok(()) if app.shutdown.is_cancelled() => Some(Ending::Restarting),
        Ok(()) => None,
        // An EventSource gives up for good on anything but 200: told within the stream, it comes back.
        Err(Error::Unavailable) => Some(Ending::Unavailable),
        Err(Error::Overloaded) => Some(Ending::Overloaded),
        Err(error) => return Err(error.into()),
    };
    // A browser's EventSource gives up for good on a 429, too.
    let (refused, admission) = match app.shares.streams.admit(admitted.caller()) {
        Ok(admission) => (refused, admission),
        Err(_) if headers.contains_key("sec-fetch-mode") => {
            (Some(Ending::Limited), Admission::default())
        }
        Err(many) => return Err(many.into()),
    };
    // Whoever comes back by a ticket must bring a cursor, also where the connection breaks before the first frame.
    let first_id = (admitted.seal.as_ref())
        .map(|seal| seal.put(cursor.as_deref().map_or("", Cursor::unsealed)));
    let opening = Opening {
        app,
        project,
        framing: Framing::Sse,
        head: head(version, cors.as_ref(), first_id.as_deref()),
        lifetime: Some(LIFETIME),
        orders: None,
        visitor: Visitor::of(admitted, admission),
    };
    let work = Work {
        first: Some((query.selector, cursor)),
        ends: !follow,
        tiles,
        refused,
    };
    match takeover
        .take(move |taken| session::run(taken, opening, work))
        .await {}
}

/// The cursor of a request: `Last-Event-ID` wins.
fn cursor(headers: &HeaderMap, query: &Query) -> Option<String> {
    // One that is no text is still a cursor: a useless one, which is answered with a reset.
    let last = headers.get("last-event-id").filter(|id| !id.is_empty());
    let last = last.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let cursor = last.or_else(|| query.get("cursor").map(str::to_owned));
    // A stream that a ticket opened begins with the seal alone: nothing was given yet.
    cursor.filter(|text| !Cursor::unsealed(text).is_empty())
}

/// Whether the bearer of this cursor was given the end of all it selects. That is checked: a cursor is not believed.
async fn over(app: &Shared, (project, selector): (&Name, &Selector), cursor: Option<&str>) -> bool {
    let told = cursor.is_some_and(|text| app.tracker.has_finished(project, selector, text));
    if selector.jobs.is_empty() || !told {
        return false;
    }
    let all = app.tracker.all_terminal(project, selector).await;
    all.unwrap_or(false)
}

/// Whether the client takes an answer of this kind at all.
///
/// # Errors
/// 406.
pub(super) fn accepts(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    if accepted.peek().is_none() {
        return Ok(());
    }
    let takes = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or("").to_ascii_lowercase();
        let zero = |p: &str| {
            let q = p.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok());
            q == Some(0.0)
        };
        let major = |kind: &str| kind.split('/').next().map(str::to_owned);
        let whole = kind.ends_with("/*") && major(&kind) == major(wanted);
        (kind == wanted || kind == "*/*" || whole) && !parts.any(zero)
    };
    let ranges = accepted.filter_map(|v| v.to_str().ok());
    if ranges.flat_map(|v| v.split(',')).any(takes) {
        return Ok(());
    }
    let detail = format!("the answer is {wanted}: allow that in Accept");
    Err(Problem::new(406, "not_acceptable", detail))
}

const HEADERS: [(&str, &str); 4] = [
    ("content-type", KIND),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),
    ("x-content-type-options", "nosniff"),
];

fn head_only() -> Response {
    let mut response = StatusCode::OK.into_response();
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// The head, and the first lines: when to come back after a cut, spread; and with which cursor, where one is needed.
fn head(version: Version, cors: Option<&CorsHeaders>, id: Option<&str>) -> String {
    let version = if version == Version::HTTP_10 {
        "1.0"
    } else {
        "1.1"
    };
    let mut head = format!("HTTP/{version} 200 OK\r\n");
    for (name, value) in HEADERS {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if let Some(cors) = cors {
        cors.write_to(&mut head);
    }
    let retry = 1000 + random::below(4001);
    let _ = write!(head, "connection: close\r\n\r\nretry: {retry}\n");
    if let Some(id) = id {
        let _ = writeln!(head, "id: {id}");
    }
    head.push('\n');
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_excludes_events_is_refused() {
        let ok = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(value));
            accepts(&headers, KIND).is_ok()
        };
        assert!(accepts(&HeaderMap::new(), KIND).is_ok());
        for fine in ["text/event-stream", "*/*", "application/json, text/*;q=0.1"] {
            assert!(ok(fine), "{fine}");
        }
        for bad in ["application/json", "image/png", "text/event-stream;q=0"] {
            assert!(!ok(bad), "{bad}");
        }
    }

    #[test]
    fn the_header_wins_over_the_query() {
        let query = Query::read("cursor=q", &["cursor"]).unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(cursor(&headers, &query).as_deref(), Some("q"));
        headers.insert("last-event-id", HeaderValue::from_static("h"));
        assert_eq!(cursor(&headers, &query).as_deref(), Some("h"));
    }
}
