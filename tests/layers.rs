//! The layers around the routes, and what reads a path, a query and a body, driven without a tracker.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode, Version, header};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http_body_util::BodyExt;
use milepost::api::body::{JsonBody, OptionalBody, ReportBody};
use milepost::api::{Around, edge, gate, layered};
use milepost::config::{Edge, Limits};
use milepost::http::path::{JobPath, Watch};
use milepost::http::query::Query;
use milepost::limit::Rate;
use milepost::metrics::Metrics;
use serde_json::Value;
use tower::ServiceExt;

struct Service {
    router: Router,
    metrics: Arc<Metrics>,
}

/// The layers of a service that asks for no credentials.
pub fn around(limits: Limits, edge: &Edge) -> Around<'_> {
    Around {
        limits,
        edge,
        requests: Rate::new(limits.requests_per_second),
        open: true,
    }
}

/// The gate of a service that asks for no credentials.
async fn let_in(mut request: Request<Body>, next: Next) -> Response<Body> {
    let path = request.uri().path();
    if path.starts_with("/v1") {
        match gate::project(path) {
            Ok(project) => request
                .extensions_mut()
                .insert(gate::anybody(project, Ipv4Addr::LOCALHOST.into())),
            Err(problem) => return problem.into_response(),
        };
    }
    next.run(request).await
}

impl Service {
    fn new() -> Self {
        Self::with(Limits {
            requests_per_second: None,
            ..Limits::default()
        })
    }

    fn with(limits: Limits) -> Self {
        Self::behind(limits, Edge::default())
    }

    fn behind(limits: Limits, edge: Edge) -> Self {
        let metrics = Arc::new(Metrics::new());
        let routes = Router::new()
            .route(
                "/v1/projects/{project}/jobs/{id}",
                get(async |path: JobPath<Watch>| path.key.to_string()),
            )
            .route(
                "/query",
                get(async |mut query: Query| {
                    let selector = query.selector()?;
                    let limit = query.number("limit", 1, 1000)?;
                    let wait = query.wait(25)?;
                    query.done()?;
                    Ok::<_, milepost::http::problem::Problem>(format!(
                        "{} {limit:?} {wait:?}",
                        selector.jobs.len()
                    ))
                }),
            )
            .route("/json", post(async |JsonBody(bytes): JsonBody| bytes))
            .route(
                "/optional",
                post(async |OptionalBody(bytes): OptionalBody| bytes),
            )
            .route(
                "/reports",
                post(async |body: ReportBody| format!("{} {}", body.lines, body.bytes.len())),
            )
            .route("/panics", get(panics))
            .route_layer(from_fn(edge::accepts_json))
            .route_layer(from_fn(let_in));
        let more = Router::new().route("/more", post(async |body: Body| body));
        let router =
            layered((routes, more), &around(limits, &edge), metrics.clone()).with_state(limits);
        Self { router, metrics }
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Status, and the code where it is a problem.
    async fn verdict(&self, request: Request<Body>) -> (u16, String) {
        let response = self.answer(request).await;
        let status = response.status().as_u16();
        let problem = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|t| t == "application/problem+json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        if status < 400 {
            return (status, String::from_utf8_lossy(&body).into_owned());
        }
        assert!(problem, "{status} is no problem: {body:?}");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["status"].as_u64(), Some(status.into()));
        (status, body["code"].as_str().unwrap().to_owned())
    }
}

#[allow(clippy::unused_async)] // a handler
async fn panics() -> &'static str {
    panic!("on purpose")
}

fn from_here(method: &str, uri: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(uri)
        .header("host", "localhost:8080")
}

fn fetch(uri: &str) -> Request<Body> {
    from_here("GET", uri).body(Body::empty()).unwrap()
}

fn send(uri: &str, body: impl Into<Body>) -> Request<Body> {
    from_here("POST", uri)
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn ids_out_of_their_alphabet_are_refused_before_the_handler() {
    let service = Service::new();
    let long = "a".repeat(129);
    let ids = [
        "..%2f..%2fetc",
        "a%2Fb",
        "a%00b",
        "%zz",
        "a%0d%0aX:y",
        long.as_str(),
        ".",
        "..",
        "%2e%2e",
        "'%20OR%201=1--",
        "$1",
        ";DROP",
        "*",
        "%25",
        "_",
        "%ff",
        "a%20b",
        "-a",
        "%C3%BC",
    ];
    for id in ids {
        for path in [
            format!("/v1/projects/acme/jobs/{id}"),
            format!("/v1/projects/{id}/jobs/a"),
        ] {
            let found = service.verdict(fetch(&path)).await;
            assert_eq!(found, (400, "malformed".into()), "{path}");
        }
    }
    assert_eq!(
        service.verdict(fetch("/v1/projects/acme/jobs/")).await.0,
        404
    );
    assert_eq!(
        service
            .verdict(fetch("/v1/projects/acme/jobs/a/b/c"))
            .await
            .0,
        404
    );
    assert_eq!(
        service
            .verdict(fetch("/v1/projects/acme/jobs/A.b_c-9"))
            .await,
        (200, "acme/A.b_c-9".into())
    );
}

#[tokio::test]
async fn queries_are_taken_strictly() {
    let service = Service::new();
    let many: Vec<String> = (0..201).map(|i| format!("job=j{i}")).collect();
    let rows = [
        "limit=0",
        "limit=-1",
        "limit=1000000000",
        "limit=",
        "limit=1&limit=1",
        "limit=%31%zz",
        "limt=1",
        "a=%ff",
        "a=%00",
        "kind=A",
        "kind=a&kind=a",
        "subject=",
        "owner=a%2Fb",
        "status=done",
        "status=Active",
        "job=*",
        "job=",
        "wait=-1",
        "wait=x",
        "token=secret",
        "%",
    ];
    for query in rows.into_iter().chain([many.join("&").as_str()]) {
        let (status, _) = service.verdict(fetch(&format!("/query?{query}"))).await;
        assert_eq!(status, 400, "{query}");
    }
    let good =
        "/query?job=b&job=a&job=b&status=active&status=failed&kind=feed%3async&limit=7&wait=9999&";
    let (status, body) = service.verdict(fetch(good)).await;
    assert_eq!(
        (status, body.as_str()),
        (200, "2 Some(7) Some(Wait { seconds: 25, clamped: true })")
    );
}

#[tokio::test]
async fn only_json_is_taken_and_only_uncompressed() {
    let service = Service::new();
    let typed = |uri: &str, media: &str| {
        from_here("POST", uri)
            .header("content-type", media)
            .body(Body::from("{}"))
            .unwrap()
    };
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "application/xml",
        "",
        "application/json, text/plain",
    ] {
        assert_eq!(
            service.verdict(typed("/json", media)).await.0,
            415,
            "{media:?}"
        );
        assert_eq!(
            service.verdict(typed("/reports", media)).await.0,
            415,
            "{media:?}"
        );
    }
    for media in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
    ] {
        assert_eq!(
            service.verdict(typed("/json", media)).await,
            (200, "{}".into()),
            "{media}"
        );
    }
    assert_eq!(
        service
            .verdict(typed("/json", "application/x-ndjson"))
            .await
            .0,
        415
    );
    assert_eq!(
        service
            .verdict(typed("/reports", "application/x-ndjson"))
            .await,
        (200, "true 2".into())
    );
    let none = from_here("POST", "/json").body(Body::from("{}")).unwrap();
    assert_eq!(service.verdict(none).await.0, 415);
    let twice = from_here("POST", "/json")
        .header("content-type", "application/json")
        .header("content-type", "application/json");
    assert_eq!(
        service
            .verdict(twice.body(Body::from("{}")).unwrap())
            .await
            .0,
        415
    );
    let packed = from_here("POST", "/json")
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    assert_eq!(
        service
            .verdict(packed.body(Body::from("{}")).unwrap())
            .await
            .0,
        415
    );
}

#[tokio::test]
async fn a_wish_needs_no_body_but_a_body_needs_a_type() {
    let service = Service::new();
    let nothing = from_here("POST", "/optional").body(Body::empty()).unwrap();
    assert_eq!(service.verdict(nothing).await, (200, "{}".into()));
    let untyped = from_here("POST", "/optional")
        .body(Body::from("{}"))
        .unwrap();
    assert_eq!(service.verdict(untyped).await.0, 415);
    assert_eq!(
        service
            .verdict(send("/optional", r#"{"reason":"x"}"#))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn a_body_has_the_limit_of_what_it_is() {
    let service = Service::new();
    let (most, batch) = (64 * 1024, 1024 * 1024);
    let object = |n: usize| format!("{{{}", "x".repeat(n - 1));
    let array = |n: usize| format!("  [{}", "x".repeat(n - 3));
    for uri in ["/json", "/reports"] {
        assert_eq!(
            service.verdict(send(uri, object(most))).await.0,
            200,
            "{uri}"
        );
        assert_eq!(
            service.verdict(send(uri, object(most + 1))).await,
            (413, "too_large".into()),
            "{uri}"
        );
    }
    assert_eq!(service.verdict(send("/json", array(most + 1))).await.0, 413);
    assert_eq!(service.verdict(send("/reports", array(batch))).await.0, 200);
    assert_eq!(
        service.verdict(send("/reports", array(batch + 1))).await.0,
        413
    );
}

#[tokio::test]
async fn a_declared_length_is_refused_before_a_byte_is_read() {
    let service = Service::new();
    for (uri, length) in [
        ("/json", "99999999999"),
        ("/json", "65537"),
        ("/reports", "1048577"),
        ("/nowhere", "18446744073709551615"),
    ] {
        let never = Body::from_stream(futures_util::stream::pending::<
            Result<bytes::Bytes, std::io::Error>,
        >());
        let request = from_here("POST", uri)
            .header("content-type", "application/json")
            .header("content-length", length);
        assert_eq!(
            service.verdict(request.body(never).unwrap()).await.0,
            413,
            "{uri} {length}"
        );
    }
}

#[tokio::test]
async fn routes_from_elsewhere_judge_their_bodies_themselves_behind_the_same_guard() {
    let service = Service::new();
    let large = |host: &str| {
        let request = Request::post("/more").header("host", host);
        request
            .header("content-length", "2000000")
            .body(Body::from("x"))
            .unwrap()
    };
    assert_eq!(service.verdict(large("localhost")).await, (200, "x".into()));
    assert_eq!(service.verdict(large("evil.example")).await.0, 403);
    assert_eq!(service.verdict(fetch("/more")).await.0, 405);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_given_up() {
    let service = Service::new();
    let begun = tokio::time::Instant::now();
    let never = Body::from_stream(futures_util::stream::pending::<
        Result<bytes::Bytes, std::io::Error>,
    >());
    assert_eq!(
        service.verdict(send("/json", never)).await,
        (408, "timeout".into())
    );
    assert_eq!(begun.elapsed().as_secs(), 15);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let service = Service::new();
    let cut = futures_util::stream::iter([
        Ok(bytes::Bytes::from_static(b"{")),
        Err(std::io::Error::other("cut")),
    ]);
    assert_eq!(
        service.verdict(send("/json", Body::from_stream(cut))).await,
        (400, "malformed".into())
    );
}

#[tokio::test]
async fn only_loopback_names_are_answered() {
    let service = Service::new();
    let named = |host: &str| {
        Request::get("/query")
            .header("host", host)
            .body(Body::empty())
            .unwrap()
    };
    for host in [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.9.9.9",
        "[::1]",
        "[::1]:8080",
    ] {
        assert_eq!(service.verdict(named(host)).await.0, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1:8080",
        "localhost:x",
        "localhost:99999",
        "[::2]",
        "[::1",
        "",
        "0.0.0.0",
        "a@localhost",
    ] {
        assert_eq!(
            service.verdict(named(host)).await,
            (403, "forbidden_host".into()),
            "{host}"
        );
    }
    let none = Request::get("/query").body(Body::empty()).unwrap();
    assert_eq!(service.verdict(none).await.0, 400);
    let old = Request::get("/query")
        .version(Version::HTTP_10)
        .body(Body::empty())
        .unwrap();
    assert_eq!(service.verdict(old).await.0, 200);
    let two = Request::get("/query")
        .header("host", "localhost")
        .header("host", "localhost");
    assert_eq!(
        service.verdict(two.body(Body::empty()).unwrap()).await.0,
        400
    );
    let absolute = Request::get("http://evil.example/query").header("host", "localhost");
    assert_eq!(
        service
            .verdict(absolute.body(Body::empty()).unwrap())
            .await
            .0,
        403
    );
}

#[tokio::test]
async fn no_page_of_another_origin_is_answered() {
    let service = Service::new();
    let from = |origin: &str| {
        from_here("GET", "/query")
            .header("origin", origin)
            .body(Body::empty())
            .unwrap()
    };
    for origin in ["http://localhost:8080", "https://localhost:8080"] {
        assert_eq!(service.verdict(from(origin)).await.0, 200, "{origin}");
    }
    for origin in [
        "http://evil.example",
        "null",
        "",
        "http://localhost",
        "http://LOCALHOST:8080",
        "http://localhost:9999",
        "http://localhost:8080.evil.example",
        "http://127.0.0.1:8080",
        "file://localhost:8080",
        "localhost:8080",
        "http://evil@localhost:8080",
    ] {
        assert_eq!(
            service.verdict(from(origin)).await,
            (403, "forbidden_origin".into()),
            "{origin}"
        );
    }
}

#[tokio::test]
async fn methods_and_paths_that_are_not_there_say_so() {
    let service = Service::new();
    for method in ["POST", "FROB", "DELETE", "OPTIONS"] {
        let response = service
            .answer(from_here(method, "/query").body(Body::empty()).unwrap())
            .await;
        assert_eq!(
            (
                response.status(),
                response.headers().get(header::ALLOW).unwrap().as_bytes()
            ),
            (StatusCode::METHOD_NOT_ALLOWED, &b"GET,HEAD"[..]),
            "{method}"
        );
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
    for (method, uri) in [("TRACE", "/query"), ("CONNECT", "localhost:8080")] {
        let response = service
            .answer(from_here(method, uri).body(Body::empty()).unwrap())
            .await;
        assert_eq!(response.status(), 405, "{method}");
        assert!(response.headers().contains_key(header::ALLOW), "{method}");
    }
    assert_eq!(
        service.verdict(fetch("/nowhere")).await,
        (404, "not_found".into())
    );
    let head = service
        .answer(from_here("HEAD", "/query").body(Body::empty()).unwrap())
        .await;
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_not_acceptable() {
    let service = Service::new();
    let taking = |accept: &str| {
        from_here("GET", "/query")
            .header("accept", accept)
            .body(Body::empty())
            .unwrap()
    };
    for accept in [
        "image/png",
        "text/event-stream",
        "application/json;q=0",
        "text/*, image/*",
    ] {
        assert_eq!(
            service.verdict(taking(accept)).await,
            (406, "not_acceptable".into()),
            "{accept}"
        );
    }
    for accept in [
        "*/*",
        "application/*",
        "application/JSON;q=0.1",
        "text/html, */*;q=0.8",
        "",
    ] {
        assert_eq!(service.verdict(taking(accept)).await.0, 200, "{accept}");
    }
}

#[tokio::test]
async fn every_answer_keeps_browsers_from_guessing_and_storing() {
    let service = Service::new();
    for uri in ["/query", "/nowhere", "/query?x=1", "/panics"] {
        let response = service.answer(fetch(uri)).await;
        assert_eq!(
            response.headers()[header::X_CONTENT_TYPE_OPTIONS],
            "nosniff",
            "{uri}"
        );
        assert_eq!(
            response.headers()[header::CACHE_CONTROL],
            "no-store",
            "{uri}"
        );
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_says_nothing() {
    let service = Service::new();
    assert_eq!(
        service.verdict(fetch("/panics")).await,
        (500, "internal".into())
    );
    assert_eq!(service.verdict(fetch("/query")).await.0, 200);
}

#[tokio::test]
async fn an_address_has_its_share_whatever_it_says_of_itself() {
    let service = Service::with(Limits {
        requests_per_second: NonZeroU32::new(3),
        body_time: Duration::from_secs(1),
        ..Limits::default()
    });
    let from = |address: &str, told: &str| {
        let mut request = from_here("GET", "/query")
            .header("x-forwarded-for", told)
            .body(Body::empty())
            .unwrap();
        let peer: SocketAddr = address.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    };
    let mut refused = 0;
    for turn in 0..50 {
        let response = service
            .answer(from(
                &format!("127.0.0.1:{}", 1000 + turn),
                &format!("10.0.0.{turn}"),
            ))
            .await;
        if response.status() == 429 {
            refused += 1;
            let wait = response.headers()[header::RETRY_AFTER]
                .to_str()
                .unwrap()
                .parse::<u64>()
                .unwrap();
            assert!((1..=5).contains(&wait));
        }
    }
    assert!(refused > 0, "50 requests at 3 a second");
    // Two addresses share a cell once in 65,536 times; three of them never do all at once.
    let mut others = Vec::new();
    for other in ["127.0.0.2:1", "127.0.0.3:1", "[2001:db8::1]:1"] {
        others.push(service.answer(from(other, "127.0.0.1")).await.status());
    }
    assert!(others.contains(&StatusCode::OK));
}

#[tokio::test]
async fn the_number_of_series_does_not_grow_with_the_paths() {
    let service = Service::new();
    let series = || {
        service
            .metrics
            .encode()
            .lines()
            .filter(|l| !l.starts_with('#'))
            .count()
    };
    for (method, uri) in [
        ("GET", "/v1/projects/p/jobs/j"),
        ("GET", "/x"),
        ("FROB", "/x"),
    ] {
        service
            .answer(from_here(method, uri).body(Body::empty()).unwrap())
            .await;
    }
    let before = series();
    for n in 0..500 {
        for uri in [format!("/v1/projects/p{n}/jobs/j{n}"), format!("/x{n}")] {
            service.answer(fetch(&uri)).await;
        }
        service
            .answer(
                from_here(&format!("FROB{n}"), "/x")
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
    }
    assert_eq!(series(), before);
    let text = service.metrics.encode();
    let counted = r#"milepost_requests_total{route="/v1/projects/{project}/jobs/{id}",method="GET",status="200"} 501"#;
    assert!(text.contains(counted), "{text}");
}
