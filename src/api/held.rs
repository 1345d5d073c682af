//! What a caller has already, as `If-None-Match` says.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer;
use crate::wire::Frame;

/// What the caller has, by `If-None-Match`. Compared weakly, as RFC 9110 wants for it.
#[derive(Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing that it says.
    Nothing,
    /// Some version or other.
    Any,
    /// The versions with these tags.
    Tags(Vec<String>),
}

impl Held {
    /// What these headers say.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
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
    #[must_use]
    pub fn names(&self, version: u64) -> bool {
        let tag = format!("\"{version}\"");
        matches!(self, Self::Tags(tags) if tags.contains(&tag))
    }

    /// The frame, or 304 to who has it.
    #[must_use]
    pub fn answer(&self, frame: &Frame) -> Response {
        if !matches!(self, Self::Any) && !self.names(frame.version) {
            return answer::frame(StatusCode::OK, frame);
        }
        let tag = [(header::ETAG, format!("\"{}\"", frame.version))];
        (StatusCode::NOT_MODIFIED, tag).into_response()
    }
}
