//! RFC 9457 problems.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;

use crate::tracker;

/// An answer that says what is wrong.
#[derive(Debug, Clone)]
pub struct Problem {
    status: u16,
    code: &'static str,
    detail: String,
    errors: Vec<(String, String)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with this status, stable code and explanation.
    #[must_use]
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Points at a part of the body.
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push((pointer.into(), detail.into()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl From<tracker::Error> for Problem {
    fn from(error: tracker::Error) -> Self {
        let (status, code) = match &error {
            tracker::Error::NotFound => (404, "not_found"),
            tracker::Error::Overloaded => (503, "overloaded"),
            tracker::Error::Unavailable => (503, "unavailable"),
            _ => (409, "conflict"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::json!({
            "type": "about:blank", "title": status.canonical_reason(), "status": self.status,
            "detail": self.detail, "code": self.code,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response.headers_mut().extend(self.headers);
        response
    }
}
