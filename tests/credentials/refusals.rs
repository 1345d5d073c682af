//! Rows 40 to 68 of the list of bad input, and what comes of them: the answer, one line in the log, and no trace of
//! the credential.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    ALL_SCOPES, SECRET, UPGRADE, claims_with, client, is_healthy, refusals, seconds, service_on,
    ticket,
};
use crate::auth::signer::{Signer, base64url, jwks};
use crate::support::http::{Answer, Client};
use crate::support::postgres;
use crate::support::scratch::Scratch;
use crate::support::service::Service;

const JSON: (&str, &str) = ("content-type", "application/json");

/// What is found in every credential of these tests, and must be found nowhere else.
const CANARY: &str = "Zq7CanaryZq7";

/// An address that nobody called from yet: those that bring many bad credentials are not listened to for a while.
fn elsewhere() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("198.{}.{}.{}", 18 + n / 65_536, n / 256 % 256, n % 256)
}

/// What can be asked of a project: method, path, body, the scope it needs.
const ROUTES: [(&str, &str, &str, &str); 17] = [
    ("GET", "jobs", "", "watch"),
    ("GET", "jobs/x", "", "watch"),
    ("GET", "jobs/x/history", "", "watch"),
    ("GET", "summary", "", "watch"),
    ("GET", "progress", "", "watch"),
    ("GET", "events", "", "watch"),
    ("GET", "ws", "", "watch"),
    ("POST", "tickets", "", "watch"),
    ("HEAD", "jobs/x", "", "watch"),
    (
        "POST",
        "reports",
        r#"[{"job":"x","type":"heartbeat"}]"#,
        "report",
    ),
    (
        "POST",
        "jobs/x/reports",
        r#"{"type":"heartbeat"}"#,
        "report",
    ),
    ("POST", "jobs/x/cancel", "", "cancel"),
    ("POST", "jobs", r#"{"kind":"scan"}"#, "create"),
    ("PUT", "jobs/x", r#"{"kind":"scan"}"#, "create"),
    ("POST", "jobs/x/retry", "", "create"),
    ("DELETE", "jobs/x", "", "delete"),
    ("DELETE", "jobs/y", "", "delete"),
];

/// Asks; what is a stream is asked for as one, but not read to its end.
async fn ask(
    client: &Client,
    (method, path, body): (&str, &str, &str),
    more: &[(&str, &str)],
) -> Answer {
    let mut headers = more.to_vec();
    if path == "ws" || path.starts_with("ws?") {
        headers.extend(UPGRADE);
    }
    if !body.is_empty() {
        headers.push(JSON);
    }
    let request = client.request(method, &client.path(path), &headers, body.as_bytes());
    let response = client
        .open(request)
        .await
        .unwrap_or_else(|e| panic!("{method} {path}: {e}"));
    let (head, body) = response.into_parts();
    let stream = head.status == 101
        || head
            .headers
            .get("content-type")
            .is_some_and(|t| t == "text/event-stream");
    let body = if stream {
        bytes::Bytes::new()
    } else {
        http_body_util::BodyExt::collect(body)
            .await
            .unwrap()
            .to_bytes()
    };
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
    }
}

/// The service whose issuer, audience and keys the rows are about.
struct Door {
    service: Service,
    rsa: Signer,
    _folder: Scratch,
    _database: postgres::TestDatabase,
}

impl Door {
    async fn new() -> Self {
        let (folder, rsa) = (Scratch::new(), Signer::rsa());
        let file = folder.join("keys.json");
        std::fs::write(&file, jwks(&[rsa.jwk(Some("r"))])).unwrap();
        let database = postgres::database().await;
        let arguments = [
            "--jwks",
            file.to_str().unwrap(),
            "--jwt-issuer",
            "us",
            "--jwt-audience",
            "them",
        ];
        let service = service_on(&database, &arguments);
        Self {
            service,
            rsa,
            _folder: folder,
            _database: database,
        }
    }
}

fn good() -> Value {
    claims_with(json!({ "iss": "us", "aud": "them", "jti": CANARY, "sub": "ann" }))
}

fn but(name: &str, value: Value) -> Value {
    let mut all = good();
    all[name] = value;
    all
}

fn without(name: &str) -> Value {
    let mut all = good();
    all.as_object_mut().unwrap().remove(name);
    all
}

fn ours(claims: &Value) -> String {
    Signer::secret(SECRET).token(None, claims)
}

/// A good token, with something done to its three parts.
fn bent(bend: impl Fn(&mut Vec<String>)) -> String {
    let mut parts: Vec<String> = ours(&good()).split('.').map(str::to_owned).collect();
    bend(&mut parts);
    parts.join(".")
}

fn headed(header: Value) -> String {
    Signer::secret(SECRET).token_of(&header.to_string(), &good().to_string())
}

/// Row, header, code.
#[allow(clippy::too_many_lines)] // a table
fn rows(door: &Door) -> Vec<(&'static str, String, &'static str)> {
    let (invalid, bearer) = ("invalid_token", |t: String| format!("Bearer {t}"));
    let token = ours(&good());
    let other = ours(&but("sub", json!("bob")));
    let signature = |t: &str| t.rsplit_once('.').unwrap().1.to_owned();
    let public = door.rsa.jwk(None)["n"].as_str().unwrap().to_owned();
    let by_public_key =
        Signer::secret(&public).token_of(r#"{"alg":"HS256","kid":"r"}"#, &good().to_string());
    let unsigned = |alg: &str| {
        format!(
            "{}.{}.",
            base64url(format!(r#"{{"alg":"{alg}"}}"#)),
            base64url(good().to_string())
        )
    };
    let none_with = |alg: &str| format!("{}{}", unsigned(alg), signature(&token));
    let jwk = Signer::ed();
    let brought = jwk.token_of(
        &json!({"alg": "EdDSA", "jwk": jwk.jwk(None), "jku": "https://evil.example/k", "x5u": "https://evil.example/x"}).to_string(),
        &good().to_string(),
    );
    let mut rows = vec![
        ("41 Basic", format!("Basic {}", base64url(CANARY)), invalid),
        ("41 no scheme", token.clone(), invalid),
        ("42 empty", "Bearer".into(), invalid),
        ("42 two spaces", format!("Bearer  {token}"), invalid),
        ("42 tab", format!("Bearer\t{token}"), invalid),
        ("42 two tokens", format!("Bearer {token} {token}"), invalid),
        ("45 one part", bearer(CANARY.into()), invalid),
        ("45 two parts", bearer(bent(|p| p.truncate(2))), invalid),
        (
            "45 four parts",
            bearer(bent(|p| p.push(CANARY.into()))),
            invalid,
        ),
        ("46 padded", bearer(bent(|p| p[1].push('='))), invalid),
        (
            "46 not base64url",
            bearer(bent(|p| p[1].insert(3, '+'))),
            invalid,
        ),
        ("47 none", bearer(unsigned("none")), invalid),
        ("47 None", bearer(none_with("None")), invalid),
        ("47 nOnE", bearer(none_with("nOnE")), invalid),
        (
            "48 the public key as a secret",
            bearer(by_public_key),
            invalid,
        ),
        (
            "49 an algorithm nobody has a key for",
            bearer(Signer::ec().token(None, &good())),
            invalid,
        ),
        (
            "51 signature of another",
            bearer(bent(|p| p[2] = signature(&other))),
            invalid,
        ),
        (
            "52 payload changed",
            bearer(bent(|p| {
                p[1] = base64url(but("sub", json!("root")).to_string())
            })),
            invalid,
        ),
        ("54 a key that it brings", bearer(brought), invalid),
        (
            "54 crit",
            bearer(headed(json!({"alg": "HS256", "crit": ["x"]}))),
            invalid,
        ),
        (
            "58 expired",
            bearer(ours(&but("exp", json!(seconds() - 1)))),
            "token_expired",
        ),
        (
            "59 not yet",
            bearer(ours(&but("nbf", json!(seconds() + 60)))),
            invalid,
        ),
        (
            "59 nbf as text",
            bearer(ours(&but("nbf", json!((seconds() - 60).to_string())))),
            invalid,
        ),
        ("60 iss", bearer(ours(&but("iss", json!("them")))), invalid),
        ("60 no iss", bearer(ours(&without("iss"))), invalid),
        ("60 aud", bearer(ours(&but("aud", json!("us")))), invalid),
        (
            "60 aud without us",
            bearer(ours(&but("aud", json!(["us", "others"])))),
            invalid,
        ),
        (
            "60 typ",
            bearer(headed(json!({"alg": "HS256", "typ": "dpop+jwt"}))),
            invalid,
        ),
        (
            "63 16 KiB",
            bearer(format!("{CANARY}{}", "x".repeat(12 * 1024))),
            invalid,
        ),
        (
            "67 another secret, as long",
            bearer(Signer::secret(&SECRET.replace('w', "v")).token(None, &good())),
            invalid,
        ),
        (
            "67 another secret, shorter",
            bearer(Signer::secret("short").token(None, &good())),
            invalid,
        ),
    ];
    for claim in ["exp", "sub", "projects", "scope"] {
        rows.push((
            "56 a claim is missing",
            bearer(ours(&without(claim))),
            invalid,
        ));
    }
    for exp in [
        json!("9999999999"),
        json!(null),
        json!([9_999_999_999_i64]),
        json!(true),
    ] {
        rows.push((
            "56 exp is no number",
            bearer(ours(&but("exp", exp))),
            invalid,
        ));
    }
    for projects in [
        json!("acme"),
        json!(1),
        json!({}),
        json!(null),
        json!([]),
        json!(["*"]),
        json!(["a/b"]),
        json!(["acme", 1]),
    ] {
        rows.push((
            "61 projects",
            bearer(ours(&but("projects", projects))),
            invalid,
        ));
    }
    for narrowed in ["jobs", "owners"] {
        for value in [json!("x"), json!(null), json!(["*"]), json!([1])] {
            rows.push((
                "61 a narrowing that is none",
                bearer(ours(&but(narrowed, value))),
                invalid,
            ));
        }
    }
    rows
}

#[track_caller]
fn is_unauthorized(answer: &Answer, code: &str, row: &str) {
    assert_eq!(answer.status, 401, "{row}: {:?}", answer.body);
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Bearer"), "{row}: {challenge}");
    assert_eq!(answer.header("cache-control"), "no-store", "{row}");
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{row}"
    );
    if !answer.body.is_empty() {
        let body = answer.json();
        assert_eq!(
            (&body["code"], &body["status"]),
            (&json!(code), &json!(401)),
            "{row}"
        );
    }
}

async fn series(client: &Client) -> usize {
    let text = client.get("/metrics").await.expect(200).body;
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().filter(|l| !l.starts_with('#')).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_credential_is_refused_on_every_route_and_logged_once() {
    let door = Door::new().await;
    let plain = &door.service.client;
    // The door does open: for both kinds of key.
    for token in [ours(&good()), door.rsa.token(Some("r"), &good())] {
        plain
            .bearing(&token)
            .get(&plain.path("jobs"))
            .await
            .expect(200);
    }
    series(plain).await; // that it is asked for is one more
    let mut sent = Vec::new(); // address, status, code
    let mut counts = Vec::new();
    for _ in 0..2 {
        let mut rows = rows(&door);
        rows.push(("40 none", String::new(), "unauthorized"));
        for (row, value, code) in rows {
            for (method, path, body, _) in ROUTES {
                if value.is_empty() && path == "ws" {
                    continue; // shows it later
                }
                let from = elsewhere();
                let client = plain.with("x-forwarded-for", &from);
                let client = if value.is_empty() {
                    client
                } else {
                    client.with("authorization", &value)
                };
                let answer = ask(&client, (method, path, body), &[]).await;
                is_unauthorized(&answer, code, &format!("{row}: {method} {path}"));
                sent.push((from, code));
            }
        }
        counts.push(series(plain).await);
    }
    assert_eq!(counts[0], counts[1], "series");
    let lines = refusals(&door.service, sent.len());
    let log = door.service.log();
    for ((from, code), line) in sent.iter().zip(&lines) {
        let fields = &line["fields"];
        assert_eq!(
            (&fields["address"], &fields["code"]),
            (&json!(from), &json!(code)),
            "{line}"
        );
        assert_eq!(
            (&fields["status"], &fields["project"]),
            (&json!(401), &json!("acme")),
            "{line}"
        );
        assert!(
            fields["method"].is_string() && fields["route"].is_string(),
            "{line}"
        );
    }
    let signature = ours(&good());
    let encoded = base64url(format!("{{\"jti\":\"{CANARY}")); // of any alignment, below
    for secret in [
        CANARY,
        "eyJ",
        "Bearer e",
        signature.rsplit_once('.').unwrap().1,
        &encoded,
        SECRET,
    ] {
        assert!(!log.contains(secret), "{secret}");
    }
    is_healthy(&log);
    plain.get("/healthz").await.expect(200);
    let good = plain.bearing(&ours(&good()));
    good.get(&good.path("jobs")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_or_twice_is_refused_before_it_is_looked_at() {
    let door = Door::new().await;
    let plain = &door.service.client;
    let token = ours(&good());
    let client = plain.bearing(&token);
    let twice = [("authorization", "Bearer x")];
    let answer = ask(&client, ("GET", "jobs", ""), &twice).await.expect(400);
    assert_eq!(answer.json()["code"], "malformed");
    // Rows 63 and 68: 17 KB, 5 MB.
    for length in [17 * 1024, 5 * 1024 * 1024] {
        let mut socket = tokio::net::TcpStream::connect(&plain.address)
            .await
            .unwrap();
        let head = format!(
            "GET /v1/projects/acme/jobs HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer ",
            plain.address
        );
        let _ = socket.write_all(head.as_bytes()).await;
        // It stops reading when it has seen enough.
        let part = vec![b'x'; 16 * 1024];
        for _ in 0..length / part.len() {
            if socket.write_all(&part).await.is_err() {
                break;
            }
        }
        let _ = socket.write_all(b"\r\n\r\n").await;
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 431 "), "{length}: {answer}");
    }
    client.get(&client.path("jobs")).await.expect(200);
    is_healthy(&door.service.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_needs_its_scope_and_no_other() {
    let (_database, service) = super::service(&[]).await;
    let all = client(&service, json!({}));
    all.create("x", &json!({ "kind": "scan" })).await;
    for scope in ALL_SCOPES.split(' ').chain([""]) {
        let narrow = client(
            &service,
            json!({ "scope": scope, "sub": format!("u-{scope}") }),
        );
        for (method, path, body, needed) in ROUTES.iter().copied().filter(|r| r.3 != scope) {
            let answer = ask(&narrow, (method, path, body), &[]).await;
            let row = format!("64 `{scope}` {method} {path}");
            assert_eq!(answer.status, 403, "{row}: {:?}", answer.body);
            let challenge = answer.header("www-authenticate");
            assert!(
                challenge.contains("insufficient_scope") && challenge.contains(needed),
                "{row}"
            );
            if method != "HEAD" {
                assert_eq!(answer.json()["code"], "forbidden", "{row}");
            }
        }
    }
    for (method, path, body, scope) in ROUTES.iter().copied().filter(|r| r.1 != "jobs/y") {
        let only = client(&service, json!({ "scope": scope }));
        let answer = ask(&only, (method, path, body), &[]).await;
        assert!(
            ![401, 403].contains(&answer.status),
            "{method} {path}: {}",
            answer.status
        );
    }
    let all: usize = ALL_SCOPES
        .split(' ')
        .map(|s| ROUTES.iter().filter(|r| r.3 != s).count())
        .sum();
    let lines = refusals(&service, all + ROUTES.len());
    let of = |scope: &str| {
        lines
            .iter()
            .filter(|l| l["fields"]["subject"] == json!(format!("u-{scope}")))
            .count()
    };
    for scope in ALL_SCOPES.split(' ') {
        let refused = ROUTES.iter().filter(|r| r.3 != scope).count();
        assert_eq!(of(scope), refused, "{scope}: {lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_not_in_the_token_is_403_whatever_is_behind() {
    let (_database, service) = super::service(&[]).await;
    let owner = client(&service, json!({ "projects": ["beta"] })).about("beta");
    owner.create("x", &json!({ "kind": "scan" })).await;
    let ours = ticket(&owner).await;
    let acme = client(&service, json!({}));
    let strange = [
        ("GET", "", ""),
        ("GET", "nowhere", ""),
        ("GET", "jobs/x/nowhere", ""),
        ("GET", "jobs/a%2Fb", ""),
        ("GET", "jobs/%00", ""),
        ("GET", "jobs/%zz", ""),
        ("PATCH", "jobs/x", ""),
        ("DELETE", "events", ""),
        ("POST", "ws", ""),
        ("GET", "tickets", ""),
        ("GET", "jobs?limit=nonsense&unknown=1", ""),
        ("GET", "progress?job=../x", ""),
        ("PUT", "jobs/x", "{"),
        ("POST", "reports", "[[["),
        ("FROB", "jobs", ""),
    ];
    let mut bodies = std::collections::BTreeSet::new();
    for project in ["beta", "gamma"] {
        let foreign = acme.about(project);
        let routes = ROUTES.iter().map(|r| (r.0, r.1, r.2)).chain(strange);
        for (method, path, body) in routes {
            for more in [&[][..], &[("accept", "image/png")]] {
                let answer = ask(&foreign, (method, path, body), more).await;
                assert_eq!(
                    answer.status, 403,
                    "{project}: {method} {path} {:?}",
                    answer.body
                );
                let mut headers = answer.headers.clone();
                headers.remove("date");
                headers.remove("content-length");
                headers.remove("allow"); // which methods a path has, whosever it is
                let line = format!("{headers:?} {:?}", answer.body);
                bodies.extend((method != "HEAD").then_some(line));
            }
        }
        // Without a credential nothing is said of it, either; nor does a ticket for one open another.
        for path in ["jobs", "jobs/x", "nowhere", "jobs/a%2Fb"] {
            let nobody = service.client.about(project);
            is_unauthorized(
                &ask(&nobody, ("GET", path, ""), &[]).await,
                "unauthorized",
                path,
            );
        }
    }
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    for path in ["events", "ws"] {
        let path = format!("{path}?ticket={ours}");
        let elsewhere = service.client.about("gamma");
        is_unauthorized(
            &ask(&elsewhere, ("GET", &path, ""), &[]).await,
            "invalid_token",
            &path,
        );
    }
    // Used in vain, and still good where it belongs.
    let path = format!("events?ticket={ours}");
    ask(&service.client.about("beta"), ("GET", &path, ""), &[])
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_are_refused_for_where_they_come_from_and_what_they_bring() {
    let (_database, service) = super::service(&["--allow-origin", "https://app.example.com"]).await;
    let plain = &service.client;
    let token = super::signed(&claims_with(json!({})));
    let (bearer, protocol) = (
        format!("Bearer {token}"),
        format!("milepost.v1, bearer.{token}"),
    );
    let cookie = format!("theme=dark; milepost_token={token}");
    let own = format!("http://{}", plain.address);
    let fresh = ticket(&client(&service, json!({}))).await;
    let by_ticket = format!("ws?ticket={fresh}");
    let ways: [(&str, Option<(&str, &str)>); 4] = [
        ("ws", Some(("authorization", &bearer))),
        ("ws", Some(("sec-websocket-protocol", &protocol))),
        ("ws", Some(("cookie", &cookie))),
        ("ws", None),
    ];
    let mut refused = Vec::new();
    // Row 167.
    for origin in [
        "https://evil.example",
        "null",
        "https://app.example.com.evil",
        "https://APP.example.com",
        "https://app.example.com:8443",
        "http://app.example.com",
    ] {
        for (path, way) in ways.into_iter().chain([(by_ticket.as_str(), None)]) {
            let mut headers = vec![("origin", origin)];
            headers.extend(way);
            let from = elsewhere();
            let answer = ask(
                &plain.with("x-forwarded-for", &from),
                ("GET", path, ""),
                &headers,
            )
            .await;
            assert_eq!(answer.status, 403, "167 {origin} {way:?}");
            assert_eq!(answer.json()["code"], "forbidden_origin");
            refused.push(from);
        }
    }
    // A cookie is what a browser sends unasked.
    for (site, status) in [
        (None, 403),
        (Some(("sec-fetch-site", "cross-site")), 403),
        (Some(("sec-fetch-site", "same-site")), 403),
        (Some(("sec-fetch-site", "none")), 403),
        (Some(("sec-fetch-site", "same-origin")), 101),
        (Some(("origin", "https://app.example.com")), 101),
        (Some(("origin", own.as_str())), 101),
    ] {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(site);
        for (path, opened) in [("ws", 101), ("events", 200), ("jobs", 200)] {
            let from = elsewhere();
            let answer = ask(
                &plain.with("x-forwarded-for", &from),
                ("GET", path, ""),
                &headers,
            )
            .await;
            let wanted = if status == 101 { opened } else { status };
            assert_eq!(answer.status, wanted, "167 {path} {site:?}");
            refused.extend((status == 403).then_some(from));
        }
    }
    for (path, way) in ways
        .into_iter()
        .filter(|w| w.1 != Some(("cookie", &cookie)))
    {
        let headers: Vec<_> = way.into_iter().collect();
        let answer = ask(plain, ("GET", path, ""), &headers).await.expect(101);
        let chosen = answer.header("sec-websocket-protocol");
        let offered = way.is_some_and(|w| w.1 == protocol);
        assert_eq!(chosen, if offered { "milepost.v1" } else { "" });
    }
    ask(plain, ("GET", &by_ticket, ""), &[]).await.expect(101); // refused before it was looked at
    // Row 169.
    for offered in [
        "milepost.v1, bearer.",
        "milepost.v1, bearer.x",
        "bearer.x.y.z, milepost.v1",
        "milepost.v1,bearer.=.=.=",
    ] {
        let from = elsewhere();
        let client = plain.with("x-forwarded-for", &from);
        let offer = [("sec-websocket-protocol", offered)];
        let answer = ask(&client, ("GET", "ws", ""), &offer).await;
        is_unauthorized(&answer, "invalid_token", offered);
        refused.push(from);
    }
    // Browsers insist on one that they offered, so the token alone is no offer.
    let alone = format!("bearer.{token}");
    ask(
        plain,
        ("GET", "ws", ""),
        &[("sec-websocket-protocol", &alone)],
    )
    .await
    .expect(400);
    let lines = refusals(&service, refused.len());
    let named: Vec<_> = lines
        .iter()
        .map(|l| l["fields"]["address"].as_str().unwrap())
        .collect();
    assert_eq!(named, refused);
    let log = service.log();
    for secret in [&token, &fresh, token.rsplit_once('.').unwrap().1] {
        assert!(!log.contains(secret), "{secret}");
    }
    is_healthy(&log);
}
