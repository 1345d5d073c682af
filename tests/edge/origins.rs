//! Which web pages may use the service, asked of the real binary over real sockets; and of the layers where the
//! answer is one that a healthy service does not give.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::layers::around;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use axum::routing::get;
use milepost::api::layered;
use milepost::config::{Edge, Limits, Origins};
use milepost::metrics::Metrics;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

use crate::support::postgres::{self, TestDatabase};
use crate::support::service::Service;

const APP: &str = "https://app.example.com";

const EXPOSED: &str = "ETag, Retry-After, Location, Preference-Applied, WWW-Authenticate";

const UPGRADE: [(&str, &str); 4] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// Where pages that are not listed come from.
const FOREIGN: [&str; 12] = [
    "https://evil.example",
    "null",
    "",
    "*",
    "https://app.example.com.evil",
    "https://evil-app.example.com",
    "https://APP.example.com",
    "https://app.example.com:8443",
    "https://app.example.com:443",
    "https://app.example.com/",
    "http://app.example.com",
    "app.example.com",
];

async fn service() -> (TestDatabase, Service) {
    let database = postgres::database().await;
    let url = database.url();
    let origins = [
        "--allow-origin",
        APP,
        "--allow-origin",
        "http://localhost:5173",
    ];
    let arguments: Vec<&str> = ["--database-url", &url]
        .into_iter()
        .chain(origins)
        .collect();
    let service = Service::serve(&arguments);
    (database, service)
}

/// The values of a header, joined.
fn all(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter().map(|v| v.to_str().unwrap());
    values.collect::<Vec<_>>().join(", ")
}

/// Checks that an answer can be read by the page at `origin`, and by no other.
#[track_caller]
fn is_readable(headers: &HeaderMap, origin: &str) {
    assert_eq!(all(headers, "access-control-allow-origin"), origin);
    assert_eq!(all(headers, "access-control-allow-credentials"), "true");
    assert_eq!(all(headers, "access-control-expose-headers"), EXPOSED);
    assert!(all(headers, "vary").contains("Origin"), "{headers:?}");
}

#[track_caller]
fn is_unreadable(headers: &HeaderMap) {
    let leave = |name: &&str| headers.contains_key(*name);
    let names = [
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-expose-headers",
        "access-control-allow-methods",
    ];
    assert!(!names.iter().any(leave), "{headers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_listed_is_refused_on_every_path() {
    let (_database, service) = service().await;
    service.client.create("a", &json!({ "kind": "scan" })).await;
    for origin in FOREIGN {
        for (method, path) in [
            ("GET", "/v1/projects/acme/events"),
            ("GET", "/v1/projects/acme/ws"),
            ("GET", "/v1/projects/acme/jobs/a"),
            ("POST", "/v1/projects/acme/jobs/a/cancel"),
            ("OPTIONS", "/v1/projects/acme/jobs/a"),
            ("TRACE", "/v1/projects/acme/jobs/a"),
            ("GET", "/"),
            ("GET", "/healthz"),
            ("GET", "/nowhere"),
        ] {
            let asked = [
                ("origin", origin),
                ("access-control-request-method", "GET"),
                ("authorization", "Bearer x"),
                ("cookie", "milepost_token=x"),
            ];
            let headers: Vec<_> = asked.into_iter().chain(UPGRADE).collect();
            let answer = service.client.send(method, path, &headers, b"").await;
            let answer = answer.expect(403);
            assert_eq!(answer.json()["code"], "forbidden_origin", "{origin} {path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            is_unreadable(&answer.headers);
        }
    }
    let twice = [("origin", APP), ("origin", APP)];
    let answer = service.client.send("GET", "/", &twice, b"").await;
    assert_eq!(answer.expect(400).json()["code"], "malformed");
    let job = service.client.get("/v1/projects/acme/jobs/a").await;
    assert_eq!(
        job.json()["data"]["status"],
        "queued",
        "nobody cancelled it"
    );
    is_unreadable(&job.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_page_may_ask_first_what_it_may_send() {
    let (_database, service) = service().await;
    let job = "/v1/projects/acme/jobs/a";
    for (path, method) in [
        (job, "DELETE"),
        ("/v1/projects/acme/events", "GET"),
        ("/nowhere", "PUT"),
    ] {
        let asked = [
            ("origin", APP),
            ("access-control-request-method", method),
            (
                "access-control-request-headers",
                "authorization,last-event-id",
            ),
        ];
        let answer = service.client.send("OPTIONS", path, &asked, b"").await;
        let answer = answer.expect(204);
        is_readable(&answer.headers, APP);
        for (name, value) in [
            (
                "access-control-allow-methods",
                "GET, HEAD, POST, PUT, DELETE",
            ),
            (
                "access-control-allow-headers",
                "Authorization, Content-Type, Last-Event-ID, If-None-Match",
            ),
            ("access-control-max-age", "600"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let vary = all(&answer.headers, "vary");
        for asked in ["Origin", "-Request-Method", "-Request-Headers"] {
            assert!(vary.contains(asked), "{vary}");
        }
        assert_eq!(answer.body.len(), 0);
    }
    // Of the service as a whole (`*` is no path, so it is written by hand).
    for (more, status) in [
        (
            format!("Origin: {APP}\r\nAccess-Control-Request-Method: GET\r\n"),
            "204",
        ),
        (format!("Origin: {APP}\r\n"), "404"),
        (String::new(), "404"),
    ] {
        let mut socket = TcpStream::connect(&service.client.address).await.unwrap();
        let request =
            format!("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n{more}Connection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{more}{answer}");
    }
    // Without the question it is a method like any other.
    let plain = [("origin", APP)];
    let answer = service.client.send("OPTIONS", job, &plain, b"").await;
    let answer = answer.expect(405);
    assert_eq!(answer.header("allow"), "GET,HEAD,PUT,DELETE");
    is_readable(&answer.headers, APP);
    // The service's own page never asks.
    let own = format!("http://{}", service.client.address);
    let asked = [
        ("origin", own.as_str()),
        ("access-control-request-method", "GET"),
    ];
    let answer = service.client.send("OPTIONS", job, &asked, b"").await;
    is_unreadable(&answer.expect(405).headers);
    let nobody = [("access-control-request-method", "GET")];
    let answer = service.client.send("OPTIONS", job, &nobody, b"").await;
    is_unreadable(&answer.expect(405).headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_page_can_read_every_answer_to_it() {
    let (_database, service) = service().await;
    service.client.create("a", &json!({ "kind": "scan" })).await;
    let job = "/v1/projects/acme/jobs/a";
    for (method, path, more, status) in [
        ("GET", job, ("accept", "*/*"), 200),
        ("HEAD", job, ("accept", "*/*"), 200),
        ("GET", job, ("if-none-match", "\"1\""), 304),
        ("GET", job, ("accept", "image/png"), 406),
        ("GET", "/v1/projects/acme/jobs/b", ("accept", "*/*"), 404),
        ("GET", "/v1/projects/acme/jobs/%zz", ("accept", "*/*"), 400),
        ("GET", "/v1/projects/acme/jobs?x=1", ("accept", "*/*"), 400),
        ("GET", "/v1/projects/acme/progress", ("accept", "*/*"), 200),
        ("GET", "/v1/projects/acme/ws", ("accept", "*/*"), 426),
        (
            "GET",
            "/v1/projects/acme/events?job=b",
            ("accept", "*/*"),
            404,
        ),
        ("HEAD", "/v1/projects/acme/events", ("accept", "*/*"), 200),
        (
            "POST",
            "/v1/projects/acme/jobs",
            ("content-type", "text/plain"),
            415,
        ),
        ("PATCH", job, ("accept", "*/*"), 405),
        ("TRACE", job, ("accept", "*/*"), 405),
        ("GET", "/nowhere", ("accept", "*/*"), 404),
        ("GET", "/", ("accept", "*/*"), 200),
    ] {
        for origin in [APP, "http://localhost:5173"] {
            let headers = [("origin", origin), more];
            let answer = service.client.send(method, path, &headers, b"").await;
            assert_eq!(answer.status, status, "{method} {path} {more:?}");
            is_readable(&answer.headers, origin);
        }
    }
    // A cache must not give to a page what it kept for who is none.
    assert_eq!(
        all(&service.client.get(job).await.headers, "vary"),
        "Origin"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_open_to_listed_pages_and_the_own_page() {
    let (_database, service) = service().await;
    let client = &service.client;
    let own = format!("http://{}", client.address);
    for origin in [APP, &own] {
        let headers = [("origin", origin), ("last-event-id", "x")];
        let request = client.request("GET", "/v1/projects/acme/events", &headers, b"");
        let response = client.open(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        if origin == APP {
            is_readable(response.headers(), APP);
        } else {
            is_unreadable(response.headers());
        }
        let headers: Vec<_> = [("origin", origin)].into_iter().chain(UPGRADE).collect();
        let request = client.request("GET", "/v1/projects/acme/ws", &headers, b"");
        let response = client.open(request).await.unwrap();
        assert_eq!(response.status(), 101, "{origin}");
    }
}

#[tokio::test]
async fn a_listed_page_can_read_that_it_asks_too_often_and_that_something_broke() {
    let limits = Limits {
        requests_per_second: NonZeroU32::new(2),
        ..Limits::default()
    };
    let edge = Edge {
        origins: Origins::listed(&[APP.to_owned()]).unwrap(),
        ..Edge::default()
    };
    let routes = Router::new().route("/panics", get(panics));
    let metrics = Arc::new(Metrics::new());
    let service =
        layered((routes, Router::new()), &around(limits, &edge), metrics).with_state(limits);
    let mut seen = Vec::new();
    for _ in 0..20 {
        let request = Request::get("/panics")
            .header("host", "localhost")
            .header("origin", APP);
        let request = request.body(Body::empty()).unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        is_readable(answer.headers(), APP);
        seen.push(answer.status().as_u16());
        assert_eq!(
            answer.status() == 429,
            answer.headers().contains_key("retry-after")
        );
    }
    assert!(seen.contains(&500) && seen.contains(&429), "{seen:?}");
}

#[allow(clippy::unused_async)] // a handler
async fn panics() -> &'static str {
    panic!("on purpose")
}
