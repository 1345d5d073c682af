//! What one caller is refused for sending too much of: bytes of a body, requests, bad credentials.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::gate;
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

/// Refuses an address that has used up its share, where nobody asks for a credential.
pub async fn rate(State(rate): State<Rate>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(gate::PROJECTS) {
        return next.run(request).await; // charged by the gate, which knows whose share it is
    }
    match charge(&rate, Caller::Address(address(request.extensions()))) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Takes one of a caller's share.
///
/// # Errors
/// 429 where it is used up.
pub fn charge(rate: &Rate, caller: Caller) -> Result<(), Problem> {
    rate.wait(caller).map_or(Ok(()), |wait| Err(limited(wait)))
}

/// Where a request with these extensions comes from.
#[must_use]
pub fn address(extensions: &Extensions) -> IpAddr {
    let address = extensions.get::<ClientAddress>().copied();
    address.unwrap_or(ClientAddress::UNKNOWN).0
}
