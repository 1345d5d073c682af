//! Server-sent events: what is checked before the stream begins, and the head of the response.

use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use std::fmt::Write;

use super::endings::Ending;
use super::query::Query;
use super::session::Work;
use super::session::{self, Opening};
use super::stream::Visitor;
use super::words::{Framing, Word};
use crate::http::admitted::narrower;
use crate::http::cors::CorsHeaders;
use crate::http::describe::{Anyone, Caller, InProject, Parameter, Selection, parameters};
use crate::http::path::{ProjectPath, Watch};
use crate::http::{Admitted, Problem, accept};
use crate::limit::Admission;
use crate::progress::{Name, Selector};
use crate::random;
use crate::server::Takeover;
use crate::tracker::Error;
use crate::transport::Shared;
use crate::wire::Cursor;

const KIND: &str = "text/event-stream";

parameters!(
    /// What the opener of a stream may say besides the selector.
    Opened = [
        Parameter::Query("cursor", "Cursor", "Only what changed since."),
        Parameter::Query("follow", "Flag", "Stay open when all that is named has ended."),
        Parameter::Query("summary", "Flag", "Also the tiles, at most once a second."),
        Parameter::Query("ticket", "Text", "A ticket in place of a header."),
    ]
);

parameters!(
    /// What an EventSource says when it comes back.
    Resumed = [Parameter::Header("Last-Event-ID", "Cursor", "Wins over `cursor`.")]
);

/// `GET /v1/projects/{project}/events`.
///
/// # Errors
/// 400 for a bad query, 404 for a job that does not exist, 406 for who does not accept events.
#[utoipa::path(
    get, path = "/v1/projects/{project}/events", operation_id = "watchEvents", tag = "watch",
    summary = "Watch by server-sent events", description = "A stream without end, but where every job named by `job` has ended.",
    params(InProject, Selection, Opened, Resumed),
    responses(
        Anyone, Caller,
        (status = 200, description = "The stream.", body = ref("#/components/schemas/StreamEvent"), content_type = "text/event-stream"),
        (status = 204, description = "All that is named has ended, and the bearer of this cursor was told: do not come back."),
    ),
    security(("bearer" = ["watch"])),
)]
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
        Err(_) if is_browser(&headers) => (Some(Ending::Limited), Admission::default()),
        Err(many) => return Err(many.into()),
    };
    // Whoever comes back by a ticket must bring a cursor, also where the connection breaks before the first frame.
    // What it brought itself is given back only if it is a cursor: a line break in it would be an event of its own.
    let brought = cursor.as_deref().filter(|c| Cursor::decode(c).is_some());
    let first_id =
        (admitted.seal.as_ref()).map(|seal| seal.put(brought.map_or("", Cursor::unsealed)));
    let opening = Opening {
        lifetime: Some(app.lifetime),
        app,
        project,
        framing: Framing::Sse,
        head: head(version, cors.as_ref(), first_id.as_deref()),
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

/// Sends a browser's EventSource away so that it comes back: it gives up for good on any answer but 200.
#[must_use]
pub fn sent_away(ending: Ending) -> Response {
    let retry = 1000 + random::below(4001);
    let mut body = format!("retry: {retry}\n\n").into_bytes();
    body.extend(Word::End(None, ending, None).bytes(Framing::Sse));
    let mut response = head_only();
    *response.body_mut() = body.into();
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Whether a browser asks: other clients can be told a status. Where the page is not secure a browser leaves out the
/// `Sec-Fetch` headers, and is known by what all of them call themselves.
#[must_use]
pub fn is_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT);
    headers.contains_key("sec-fetch-mode")
        || agent.is_some_and(|a| a.as_bytes().starts_with(b"Mozilla/"))
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
    if accept::accepts(headers, &[wanted]) {
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
    fn the_header_wins_over_the_query() {
        let query = Query::read("cursor=q", &["cursor"]).unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(cursor(&headers, &query).as_deref(), Some("q"));
        headers.insert("last-event-id", HeaderValue::from_static("h"));
        assert_eq!(cursor(&headers, &query).as_deref(), Some("h"));
    }
}
