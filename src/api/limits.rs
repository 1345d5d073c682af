//! What one caller is refused for sending too much of: bytes of a body, requests, bad credentials.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::config::Limits;
use crate::http::problem::Problem;
use crate::limit::{Caller, ClientAddress, Rate};

/// Refuses a body by its declared length, before anything of it is read and whatever the route.
pub async fn declared(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length
        .and_then(|l| l.to_str().ok())
        .and_then(|l| l.parse::<u64>().ok());
    if length.is_some_and(|l| l > limits.batch as u64) {
        return too_large(limits.batch).into_response();
    }
    next.run(request).await
}

/// For answers that leave a body unread: the connection cannot be used again.
pub(super) const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// 413.
pub(super) fn too_large(most: usize) -> Problem {
    let detail = format!("the body may have at most {most} bytes: send less at once");
    Problem::new(413, "too_large", detail).header(header::CONNECTION, CLOSE)
}

/// 429 for a caller that has used up its share and must wait so long.
#[must_use]
pub fn limited(wait: Duration) -> Problem {
    let detail = "too many requests from one caller: send fewer, or many reports in one";
    Problem::new(429, "limited", detail).retry_after(seconds(wait))
}

/// 429 for an address that brought so many bad credentials that none is looked at for a while.
#[must_use]
pub fn blocked(wait: Duration) -> Problem {
    let detail =
        "too many credentials from this address were refused: come back later, with a valid one";
    Problem::new(429, "limited", detail).retry_after(seconds(wait))
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs().max(1)
}

/// Refuses a caller that has used up its share.
pub async fn rate(State(rate): State<Rate>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>().copied();
    let caller = Caller::Address(address.unwrap_or(ClientAddress::UNKNOWN).0);
    match rate.wait(caller) {
        None => next.run(request).await,
        Some(wait) => limited(wait).into_response(),
    }
}
