//! The headers that let a page of another origin read an answer. In one place, since a stream writes the head of its
//! response itself.

use std::fmt::Write;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// What of an answer a page may read beside the body.
const EXPOSED: &str = "ETag, Retry-After, Location, Preference-Applied, WWW-Authenticate";

/// In the extensions of a request from a page that may use the service from elsewhere: what its answer must carry.
#[derive(Debug, Clone)]
pub struct CorsHeaders([(HeaderName, HeaderValue); 4]);

impl CorsHeaders {
    /// For the page at `origin`, by name: what has credentials in it is never for everybody.
    #[must_use]
    pub fn of(origin: HeaderValue) -> Self {
        Self([
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            (
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            ),
            (
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static(EXPOSED),
            ),
            (header::VARY, HeaderValue::from_static("Origin")),
        ])
    }

    /// Puts them into the headers of an answer.
    pub fn add_to(self, headers: &mut HeaderMap) {
        for (name, value) in self.0 {
            if name == header::VARY {
                headers.append(name, value);
            } else {
                headers.insert(name, value);
            }
        }
    }

    /// Writes them behind the lines of the head of a response.
    pub fn write_to(&self, head: &mut String) {
        for (name, value) in &self.0 {
            // An origin that is listed is plain ASCII.
            let _ = write!(head, "{name}: {}\r\n", value.to_str().unwrap_or(""));
        }
    }
}
