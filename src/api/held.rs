//! Which versions a caller says it has, and what it is answered for that.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::api::answer;
use crate::wire::Frame;

/// What the caller has, by `If-None-Match`. Compared weakly, as RFC 9110 wants for it.
pub(super) enum Held {
    Nothing,
    Any,
    Tags(Vec<String>),
}

/// Whether the caller says that it has this version.
#[doc(hidden)] // for the fuzzer
#[must_use]
pub fn holds(headers: &HeaderMap, version: u64) -> bool {
    Held::of(headers).names(version)
}

impl Held {
    pub(super) fn of(headers: &HeaderMap) -> Self {
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
    pub(super) fn names(&self, version: u64) -> bool {
        let tag = format!("\"{version}\"");
        matches!(self, Self::Tags(tags) if tags.contains(&tag))
    }

    pub(super) fn answer(&self, frame: &Frame) -> Response {
        if !matches!(self, Self::Any) && !self.names(frame.version) {
            return answer::frame(StatusCode::OK, frame);
        }
        let tag = [(header::ETAG, format!("\"{}\"", frame.version))];
        (StatusCode::NOT_MODIFIED, tag).into_response()
    }
}
