//! Which web pages may use the service: its own, and those of the origins it was started with. A request of any other
//! is refused before anything else of it is looked at, whatever credential it brings.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::edge;
use crate::config::Origins;
use crate::config::origins::Page;
use crate::http::cors::CorsHeaders;
use crate::http::problem::Problem;

/// The judgement as a layer. It is outside of what makes answers whole, so that a listed page can read every answer,
/// that to a panic included.
pub async fn guard(State(origins): State<Origins>, mut request: Request, next: Next) -> Response {
    let page = match judge(&origins, &request) {
        Ok(page) => page,
        Err(problem) => return varied(edge::finished(problem.into_response())),
    };
    let Some(origin) = page else {
        let response = next.run(request).await;
        // What a cache keeps of this answer must not be given to a listed page, which would find no leave in it.
        return if origins.is_empty() {
            response
        } else {
            varied(response)
        };
    };
    let headers = CorsHeaders::of(origin);
    let mut response = if is_preflight(&request) {
        edge::finished(preflight())
    } else {
        request.extensions_mut().insert(headers.clone());
        next.run(request).await
    };
    headers.add_to(response.headers_mut());
    response
}

/// The origin of a listed page; `None` for the service's own, and for who is no page.
fn judge(origins: &Origins, request: &Request) -> Result<Option<HeaderValue>, Problem> {
    let headers = request.headers();
    let Some(origin) = only(headers, header::ORIGIN)? else {
        return Ok(None);
    };
    // An absolute request target overrides Host (RFC 9112, 3.2.2).
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => only(headers, header::HOST)?,
    };
    match origins.judge(origin, host) {
        Page::Listed => Ok(headers.get(header::ORIGIN).cloned()),
        Page::Own => Ok(None),
        Page::Foreign => {
            let detail = "no web page of this origin may use the service: those that may are named by --allow-origin";
            Err(Problem::new(403, "forbidden_origin", detail))
        }
    }
}

/// The value of a header that may be given once.
pub(super) fn only(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Problem> {
    let wrong = || Problem::malformed(format!("the header {name} must be given once, as text"));
    let mut values = headers.get_all(&name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| wrong()),
        (Some(_), Some(_)) => Err(wrong()),
    }
}

/// Whether a browser asks what a page may send. It brings no credential then, and none is asked for.
fn is_preflight(request: &Request) -> bool {
    let asked = header::ACCESS_CONTROL_REQUEST_METHOD;
    request.method() == Method::OPTIONS && request.headers().contains_key(asked)
}

/// What a listed page may send, to any path: the answer says nothing of what is there.
fn preflight() -> Response {
    let headers = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, HEAD, POST, PUT, DELETE",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, Last-Event-ID, If-None-Match",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
        (
            header::VARY,
            "Access-Control-Request-Method, Access-Control-Request-Headers",
        ),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn varied(mut response: Response) -> Response {
    let origin = HeaderValue::from_static("Origin");
    response.headers_mut().append(header::VARY, origin);
    response
}
