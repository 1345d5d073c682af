//! Who may drive a service without credentials: programs of this machine, and no web page of another origin.
//!
//! A page cannot forge `Host` or leave out `Origin` on what changes something. A foreign `Origin` is refused whether
//! there are credentials or not ([`super::cors`]); here a `Host` that is not a loopback name is (DNS rebinding).

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::http::{Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::cors::only;
use crate::http::problem::Problem;

/// The guard as a layer, where the service is `open`: asks for no credentials.
pub async fn loopback_only(State(open): State<bool>, request: Request, next: Next) -> Response {
    match check(&request, open) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(request: &Request, open: bool) -> Result<(), Problem> {
    let headers = request.headers();
    let host = match only(headers, header::HOST)? {
        Some(host) => host,
        // Before 1.1 there need not be one, and no browser speaks that.
        None if request.version() <= Version::HTTP_10 => "localhost",
        None => return Err(Problem::malformed("the request has no Host")),
    };
    // An absolute request target overrides Host (RFC 9112, 3.2.2), so it must hold for both.
    let target = request.uri().authority().map(|a| a.as_str());
    if open && (!is_loopback(host) || !target.is_none_or(is_loopback)) {
        let detail = "without credentials the service answers only to a loopback name: use localhost or 127.0.0.1";
        return Err(Problem::new(403, "forbidden_host", detail));
    }
    Ok(())
}

/// Whether `host`, with or without a port, is a name of this machine that no resolver can point elsewhere.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((v6, rest)) => return v6.parse() == Ok(Ipv6Addr::LOCALHOST) && is_port(rest),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let address = name.parse::<IpAddr>().is_ok_and(|a| a.is_loopback());
    (address || name.eq_ignore_ascii_case("localhost")) && is_port(port)
}

/// Nothing, or a colon and digits.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix(':')
            .is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u16>().is_ok())
}
