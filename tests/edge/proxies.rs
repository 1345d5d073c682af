//! Whose word on an address is taken: a proxy's that is trusted, nobody else's.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::layers::around;
use axum::body::Body;
use axum::extract::{ConnectInfo, Extension};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum::{Router, http};
use http_body_util::BodyExt;
use milepost::api::layered;
use milepost::config::{Edge, Limits};
use milepost::limit::{ClientAddress, Network};
use milepost::metrics::Metrics;
use tower::ServiceExt;

/// A service behind these proxies, which answers who asked.
fn behind(proxies: &[&str], per_second: Option<u32>) -> Router {
    let limits = Limits {
        requests_per_second: per_second.and_then(NonZeroU32::new),
        ..Limits::default()
    };
    let edge = Edge {
        trusted_proxies: proxies.iter().map(|p| Network::parse(p).unwrap()).collect(),
        ..Edge::default()
    };
    let who =
        async |Extension(ClientAddress(address)): Extension<ClientAddress>| address.to_string();
    let routes = Router::new().route("/who", get(who));
    let metrics = Arc::new(Metrics::new());
    layered((routes, Router::new()), &around(limits, &edge), metrics).with_state(limits)
}

async fn ask(service: &Router, peer: &str, forwarded: &[&str]) -> (StatusCode, String) {
    let mut request = Request::get("/who").header("host", "localhost");
    for line in forwarded {
        request = request.header("x-forwarded-for", *line);
    }
    let mut request = request.body(Body::empty()).unwrap();
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let response: http::Response<Body> = service.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn every_handler_learns_the_address_that_is_to_be_believed() {
    let service = behind(&["127.0.0.1", "fd00::/8"], None);
    for (peer, forwarded, address) in [
        ("203.0.113.9:1", &["198.51.100.1"][..], "203.0.113.9"),
        ("[::ffff:203.0.113.9]:1", &["198.51.100.1"], "203.0.113.9"),
        ("127.0.0.1:1", &["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1:1", &["198.51.100.1, fd00::7"], "198.51.100.1"),
        ("[::ffff:127.0.0.1]:1", &["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1:1", &["198.51.100.1, x"], "127.0.0.1"),
        ("127.0.0.1:1", &[], "127.0.0.1"),
    ] {
        let answer = ask(&service, peer, forwarded).await;
        let wanted = (StatusCode::OK, address.to_owned());
        assert_eq!(answer, wanted, "{peer} {forwarded:?}");
    }
}

#[tokio::test]
async fn a_made_up_address_is_of_no_use_against_the_limit() {
    let service = behind(&["127.0.0.1"], Some(3));
    let mut refused = [0, 0];
    for turn in 0..50 {
        let told = format!("10.0.{turn}.1");
        // No proxy at all, and one that puts the true address behind what its client told it.
        let direct = ask(&service, "203.0.113.9:1", &[&told]).await.0;
        let proxied = ask(&service, "127.0.0.1:1", &[&told, "198.51.100.1"])
            .await
            .0;
        for (count, status) in refused.iter_mut().zip([direct, proxied]) {
            *count += u32::from(status == StatusCode::TOO_MANY_REQUESTS);
        }
    }
    assert!(refused.iter().all(|r| *r > 0), "{refused:?} at 3 a second");
}

#[tokio::test]
async fn the_clients_of_one_proxy_have_a_share_each() {
    let service = behind(&["127.0.0.1"], Some(1));
    let mut answered = 0;
    for client in 0..50 {
        let told = format!("198.51.100.{client}");
        let status = ask(&service, "127.0.0.1:1", &[&told]).await.0;
        answered += u32::from(status == StatusCode::OK);
    }
    // Two may share a cell now and then.
    assert!(answered > 40, "{answered}");
}
