//! One job: made, read, stopped, run again, forgotten.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::api::body::{JsonBody, OptionalBody};
use crate::api::{App, answer};
use crate::auth::{self, Grant};
use crate::http::path::{Cancel, Create, Delete, JobPath, ProjectPath, Watch};
use crate::http::problem::Problem;
use crate::http::query::{Query, Wait};
use crate::http::sight;
use crate::progress::{JobKey, Name, NewJob};
use crate::tracker::Error;
use crate::wire::{Frame, body, creation};

/// The longest time an answer is held, in seconds.
pub const MAX_WAIT: u64 = 25;

/// `POST …/jobs`: a new job under an id of ours, which sorts by time.
pub async fn post(
    State(app): State<App>,
    path: ProjectPath<Create>,
    query: Query,
    JsonBody(bytes): JsonBody,
) -> Result<Response, Problem> {
    query.done()?;
    let id = Name::parse(&uuid::Uuid::now_v7().to_string())
        .map_err(|_| Problem::new(500, "internal", "no id could be made: repeat the request"))?;
    let project = path.project;
    create(&app, &path.grant, JobKey { project, id }, &bytes).await
}

/// `PUT …/jobs/{id}`: a new job under an id of the caller's.
pub async fn put(
    State(app): State<App>,
    path: JobPath<Create>,
    query: Query,
    JsonBody(bytes): JsonBody,
) -> Result<Response, Problem> {
    query.done()?;
    create(&app, &path.grant, path.key, &bytes).await
}

async fn create(app: &App, grant: &Grant, key: JobKey, bytes: &Bytes) -> Result<Response, Problem> {
    let creation = body::one(bytes, creation::creation)?;
    let new = NewJob { key, creation };
    sight::make(&app.tracker, grant, &new).await?;
    let (frame, new) = app.tracker.create(new).await?;
    Ok(answer::made(&frame, new))
}

/// `GET …/jobs/{id}`: its frame, or 304 to who has it; with `wait`, once there is a newer one.
pub async fn get(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Watch>,
    mut query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wait = query.wait(MAX_WAIT)?;
    query.done()?;
    let held = Held::of(&headers);
    let mut frame = sight::frame(&app.tracker, &grant, &key).await?;
    if let Some(wait) = wait
        && held.names(frame.version)
        && !frame.status.is_terminal()
    {
        // Whoever waits does so no longer than the token holds.
        let left = grant.left(auth::now()).unwrap_or(Duration::MAX);
        let wait = wait.duration().min(left);
        let newer = app.tracker.get_newer(&key, frame.version, wait);
        tokio::select! {
            newer = newer => frame = newer?,
            // The server drains: what is held is still right.
            () = app.shutdown.cancelled() => {}
        }
    }
    let mut response = held.answer(&frame);
    if wait.is_some_and(|w| w.clamped) {
        // The word of RFC 7240 for "this is what was done of your wish".
        let said = HeaderValue::from_static("wait=25");
        response.headers_mut().insert("preference-applied", said);
    }
    Ok(response)
}

/// `DELETE …/jobs/{id}`.
pub async fn delete(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Delete>,
    query: Query,
) -> Result<StatusCode, Problem> {
    query.done()?;
    sight::touch(&app.tracker, &grant, &key).await?;
    app.tracker.delete(&key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/jobs/{id}/cancel`.
pub async fn cancel(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Cancel>,
    query: Query,
    OptionalBody(bytes): OptionalBody,
) -> Result<Response, Problem> {
    query.done()?;
    let reason = body::one(&bytes, creation::cancel)?;
    sight::touch(&app.tracker, &grant, &key).await?;
    let by = grant.subject.clone();
    let frame = app.tracker.cancel(&key, reason, by).await?;
    Ok(answer::frame(StatusCode::OK, &frame))
}

/// `POST …/jobs/{id}/retry`.
pub async fn retry(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Create>,
    query: Query,
    OptionalBody(bytes): OptionalBody,
) -> Result<Response, Problem> {
    query.done()?;
    let anew = body::one(&bytes, creation::retry)?;
    sight::touch(&app.tracker, &grant, &key).await?;
    sight::make_again(&grant, anew.id.as_ref())?;
    let (frame, new) = app.tracker.retry(&key, anew.id, anew.metadata).await?;
    if grant.sees(&frame.key.id, &frame.labels) {
        Ok(answer::made(&frame, new))
    } else {
        Err(Error::Exists.into()) // it was asked before, by somebody who may see more
    }
}

impl Wait {
    fn duration(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// What the caller has, by `If-None-Match`. Compared weakly, as RFC 9110 wants for it.
enum Held {
    Nothing,
    Any,
    Tags(Vec<String>),
}

impl Held {
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::IF_NONE_MATCH).iter();
        let tags: Vec<String> = values
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/").to_owned())
            .collect();
        match tags.as_slice() {
            [] => Self::Nothing,
            [any] if any == "*" => Self::Any,
            _ => Self::Tags(tags),
        }
    }

    /// Whether this very version is named.
    fn names(&self, version: u64) -> bool {
        let tag = format!("\"{version}\"");
        matches!(self, Self::Tags(tags) if tags.contains(&tag))
    }

    fn answer(&self, frame: &Frame) -> Response {
        if !matches!(self, Self::Any) && !self.names(frame.version) {
            return answer::frame(StatusCode::OK, frame);
        }
        let tag = [(header::ETAG, format!("\"{}\"", frame.version))];
        (StatusCode::NOT_MODIFIED, tag).into_response()
    }
}
