//! How much one caller may send: bytes of a body, seconds for it, requests per second.

use std::hash::BuildHasher;
use std::hash::RandomState;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, MonotonicClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::config::Limits;
use crate::http::problem::Problem;

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

/// A GCRA cell for each address, in a fixed number of cells: a flood of addresses cannot grow the map, at the price
/// that two addresses share a cell now and then. Which ones cannot be foretold from outside.
#[derive(Clone)]
pub struct Rate(Option<Arc<Cells>>);

struct Cells {
    limiter: RateLimiter<u16, HashMapStateStore<u16>, MonotonicClock>,
    clock: MonotonicClock,
    secret: RandomState,
}

impl Rate {
    /// As many requests per second and address as `limits` say, all of them at once if need be.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self(limits.requests_per_second.map(|most| {
            let clock = MonotonicClock;
            let quota = Quota::per_second(most);
            Arc::new(Cells {
                limiter: RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()),
                clock,
                secret: RandomState::new(),
            })
        }))
    }

    /// How long to wait, where the address has used up its share.
    fn wait(&self, address: IpAddr) -> Option<Duration> {
        let cells = self.0.as_ref()?;
        let [low, high, ..] = cells.secret.hash_one(whole(address)).to_le_bytes();
        let checked = cells.limiter.check_key(&u16::from_le_bytes([low, high]));
        checked
            .err()
            .map(|until| until.wait_time_from(cells.clock.now()))
    }
}

/// What counts as one address: a host has a whole /64 of IPv6 to itself.
fn whole(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            const NETWORK: u128 = !0 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & NETWORK))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Refuses a caller that has used up its share. Only the peer's own address counts: what a header says of it is
/// the caller's word.
pub async fn rate(State(rate): State<Rate>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |p| p.0.ip());
    match rate.wait(address) {
        None => next.run(request).await,
        Some(wait) => {
            let detail = "too many requests from this address: send fewer, or many reports in one";
            Problem::new(429, "limited", detail)
                .retry_after(wait.as_secs().max(1))
                .into_response()
        }
    }
}
