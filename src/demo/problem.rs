//! What the front of the demonstration refuses, as RFC 9457 says it.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A refusal: status, stable code, and a sentence.
pub struct Problem(pub StatusCode, pub &'static str, pub String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, code, detail) = self;
        let title = status.canonical_reason().unwrap_or_default();
        let body = json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail, "code": code,
        });
        let mut headers = axum::http::HeaderMap::new();
        let kind = header::HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        }
        (status, headers, body.to_string()).into_response()
    }
}
