//! The shapes of answers that are no frame: to a report, to a question for the history, to a list.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::http::problem::Problem;
use crate::progress::Kind;
use crate::tracker;
use crate::wire::{Frame, write};

/// The answer to one report.
#[derive(Debug, Serialize)]
pub struct Answer {
    version: u64,
    status: &'static str,
    attempt: u64,
    applied: bool,
    durable: bool,
    cancel_requested: bool,
}

impl From<&tracker::Answer> for Answer {
    fn from(answer: &tracker::Answer) -> Self {
        Self {
            version: answer.version,
            status: answer.status.as_str(),
            attempt: answer.attempt,
            applied: answer.applied,
            durable: answer.durable,
            cancel_requested: answer.cancel_requested,
        }
    }
}

/// A list, as every answer with items has it. Written straight from its items, so that JSON which passes through
/// unread stays as it is.
#[derive(Debug, Serialize)]
pub struct List<T> {
    /// In order.
    pub items: Vec<T>,
}

/// One item of the answer to a list of reports.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Item {
    /// It was taken.
    Answer(Answer),
    /// It was not.
    Problem(Problem),
}

impl From<Result<tracker::Answer, Problem>> for Item {
    fn from(result: Result<tracker::Answer, Problem>) -> Self {
        match result {
            Ok(answer) => Self::Answer((&answer).into()),
            Err(problem) => Self::Problem(problem),
        }
    }
}

/// A stretch of the history.
#[derive(Debug, Serialize)]
pub struct History {
    /// Oldest first.
    pub items: Vec<Line>,
    /// The number to go on after.
    pub next: Option<u64>,
}

/// A line of the history.
#[derive(Debug, Serialize)]
pub struct Line {
    number: u64,
    version: u64,
    at: String,
    r#type: String,
    data: Option<Box<RawValue>>,
}

impl Line {
    /// The line of a job of this kind.
    #[must_use]
    pub fn new(kind: &Kind, line: &tracker::Line) -> Self {
        Self {
            number: line.number,
            version: line.version,
            at: write::time_text(line.at),
            r#type: format!("{kind}:{}", line.what),
            data: RawValue::from_string(line.data.as_str().to_owned()).ok(),
        }
    }
}

/// A job's frame, as its own bytes, with its version as a strong `ETag`.
pub(super) fn frame(status: StatusCode, frame: &Frame) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::ETAG, format!("\"{}\"", frame.version)),
    ];
    (status, headers, frame.json()).into_response()
}

/// 201 and where the new job is to be found, or 200 where it was there already.
pub(super) fn made(made: &Frame, new: bool) -> Response {
    if !new {
        return frame(StatusCode::OK, made);
    }
    let path = format!("/v1/projects/{}/jobs/{}", made.key.project, made.key.id);
    let response = frame(StatusCode::CREATED, made);
    ([(header::LOCATION, path)], response).into_response()
}

/// `{ "items": [frame, …], "page": … }`, every frame as its own bytes.
pub(super) fn frames(frames: &[Arc<Frame>], page: Option<&str>) -> Response {
    let size: usize = frames.iter().map(|f| f.json().len() + 1).sum();
    let mut body = Vec::with_capacity(size + 64);
    body.extend_from_slice(b"{\"items\":[");
    for (index, frame) in frames.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&frame.json());
    }
    let page = serde_json::Value::from(page);
    body.extend_from_slice(format!("],\"page\":{page}}}").as_bytes());
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
