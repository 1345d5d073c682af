//! The outermost layers: every answer counted, every refusal a problem, every answer with its security headers, no
//! panic without an answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::http::accept::accepts;
use crate::http::problem::Problem;
use crate::metrics;

/// Counts the answer under the pattern of its route.
pub async fn observe(
    State(metrics): State<Arc<metrics::Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let matched = request.extensions().get::<MatchedPath>();
    let route: Arc<str> = matched.map_or("unmatched", MatchedPath::as_str).into();
    let method = method(request.method());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let label = metrics::Route {
        route: route.clone(),
    };
    metrics
        .request_seconds
        .get_or_create(&label)
        .observe(begun.elapsed().as_secs_f64());
    let label = metrics::Request {
        route,
        method,
        status,
    };
    metrics.requests.get_or_create(&label).inc();
    response
}

fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

/// Sees that every request has an answer, and makes it whole.
pub async fn finish(request: Request, next: Next) -> Response {
    finished(
        if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
            let allow = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE");
            wrong_method().header(header::ALLOW, allow).into_response()
        } else {
            let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
            answer.unwrap_or_else(|_| internal().into_response())
        },
    )
}

/// Gives every refusal the shape of a problem, and every answer the headers that keep a browser from guessing, from
/// storing, and from handing it to a page that may not read it.
pub fn finished(mut response: Response) -> Response {
    if is_bare_refusal(&response) {
        response = as_problem(response);
    }
    let headers = response.headers_mut();
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::CACHE_CONTROL, "no-store");
    set(headers, RESOURCE_POLICY, "same-origin");
    response
}

/// 405, to which the router adds `Allow`.
pub fn wrong_method() -> Problem {
    let detail = "the method is not understood here: see Allow for those that are";
    Problem::new(405, "method_not_allowed", detail)
}

/// 404 for a path that no route matches.
pub fn unknown_path() -> Problem {
    Problem::new(404, "not_found", "nothing is to be found under this path")
}

/// Refuses a caller that takes no JSON.
pub async fn accepts_json(request: Request, next: Next) -> Response {
    if accepts(request.headers(), &["application/json"]) {
        return next.run(request).await;
    }
    let detail = "the answer is application/json: allow that in Accept";
    Problem::new(406, "not_acceptable", detail).into_response()
}

fn is_bare_refusal(response: &Response) -> bool {
    let status = response.status();
    let json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|t| t.as_bytes().starts_with(b"application/"));
    (status.is_client_error() || status.is_server_error()) && !json
}

/// A problem with the status and the headers of an answer that the framework made.
fn as_problem(bare: Response) -> Response {
    let status = bare.status();
    let problem = match status {
        StatusCode::METHOD_NOT_ALLOWED => wrong_method(),
        StatusCode::NOT_FOUND => unknown_path(),
        s if s.is_server_error() => Problem::new(s.as_u16(), "internal", INTERNAL),
        s => Problem::new(s.as_u16(), "malformed", "the request is not understood"),
    };
    let mut response = problem.into_response();
    let described = [header::CONTENT_TYPE, header::CONTENT_LENGTH];
    for (name, value) in bare.headers() {
        if !described.contains(name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}

const INTERNAL: &str = "the service failed to answer: repeat the request, and see its log";

fn internal() -> Problem {
    Problem::new(500, "internal", INTERNAL)
}

/// For requests without CORS alone: a listed page that fetches is not affected.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}
