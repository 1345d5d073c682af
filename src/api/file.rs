//! A file, ready to be sent to a browser: its type, what tells its versions apart, how long it may be kept, and what a
//! page made of it may do.
//!
//! Knows nothing of which files there are: [`super::page`] and [`super::openapi`] do.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use sha1::{Digest, Sha1};

/// Nothing from elsewhere, nothing inline, nobody's frame. `'self'` covers WebSockets to the same
/// origin in every current browser; in one that is too old for that, the page falls back to
/// server-sent events. Images may be `data:` as well: the icon that shows how far a job is, is
/// drawn by the page itself, and a picture can do nothing. The worker is the one connection that
/// the tabs share.
const POLICY: &str = "default-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      form-action 'self'; object-src 'none'";

/// What every answer says of how a browser may use it.
pub(super) const SECURITY: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Asked for each time: a new binary must never run with yesterday's scripts.
pub(super) const ASKED: &str = "no-cache";

/// Never asked for again, for a file whose name is of its content: another content has another name.
pub(super) const KEPT: &str = "public, max-age=31536000, immutable";

/// One file, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct File {
    kind: HeaderValue,
    tag: HeaderValue,
    cache: HeaderValue,
    body: Bytes,
}

impl File {
    /// A file of this type, which is asked for each time.
    pub(super) fn new(kind: &'static str, text: impl Into<Bytes>) -> Self {
        let body = text.into();
        let digest = Sha1::digest(&body)
            .iter()
            .take(10)
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let tag = HeaderValue::try_from(format!("\"{digest}\""))
            // Quotes and hexadecimal digits are legal in any header, so this is never taken.
            .unwrap_or_else(|_| HeaderValue::from_static("\"page\""));
        Self {
            kind: HeaderValue::from_static(kind),
            tag,
            cache: HeaderValue::from_static(ASKED),
            body,
        }
    }

    /// The same file, under a name that no other content will ever have.
    pub(super) fn kept(self) -> Self {
        let cache = HeaderValue::from_static(KEPT);
        Self { cache, ..self }
    }

    /// The file, or 304 where the browser holds this very version.
    pub(super) fn answer(&self, request: &HeaderMap) -> Response<Body> {
        let mut response = if self.is_held(request) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            (
                [(header::CONTENT_TYPE, self.kind.clone())],
                self.body.clone(),
            )
                .into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.tag.clone());
        headers.insert(header::CACHE_CONTROL, self.cache.clone());
        for (name, value) in SECURITY {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn is_held(&self, request: &HeaderMap) -> bool {
        request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|list| {
                list.split(',').map(str::trim).any(|tag| {
                    tag == "*"
                        || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == self.tag.as_bytes()
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(file: &File, held: Option<&str>) -> Response<Body> {
        let mut headers = HeaderMap::new();
        if let Some(held) = held {
            headers.insert(header::IF_NONE_MATCH, HeaderValue::try_from(held).unwrap());
        }
        file.answer(&headers)
    }

    async fn text(response: Response<Body>) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX);
        String::from_utf8(bytes.await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_file_has_its_type_and_the_security_headers() {
        let file = File::new("text/css", "a");
        for (file, cache) in [(file.clone(), "no-cache"), (file.kept(), KEPT)] {
            let response = answer(&file, None);
            assert_eq!(response.status(), StatusCode::OK);
            let headers = response.headers();
            assert_eq!(headers[header::CONTENT_TYPE], "text/css");
            assert_eq!(headers[header::CACHE_CONTROL], cache);
            for (name, value) in SECURITY {
                assert_eq!(headers[&name], value);
            }
            assert_eq!(text(response).await, "a");
        }
    }

    #[tokio::test]
    async fn a_browser_that_holds_the_version_is_sent_no_body() {
        let file = File::new("text/css", "a").kept();
        let tag = file.tag.to_str().unwrap();
        for held in [
            tag.to_owned(),
            format!("W/{tag}"),
            format!("\"other\", {tag}"),
            "*".to_owned(),
        ] {
            let response = answer(&file, Some(&held));
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{held}");
            let headers = response.headers();
            assert_eq!(headers[header::ETAG], tag, "{held}");
            assert_eq!(headers[header::CACHE_CONTROL], KEPT, "{held}");
            assert!(!headers.contains_key(header::CONTENT_TYPE), "{held}");
            assert_eq!(text(response).await, "", "{held}");
        }
        let other = File::new("text/css", "b");
        for (file, held) in [(&file, "\"other\""), (&other, tag)] {
            assert_eq!(answer(file, Some(held)).status(), StatusCode::OK, "{held}");
        }
    }
}
