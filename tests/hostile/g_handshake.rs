//! G. The handshake of a WebSocket. Row 169 is about credentials, and is with them; row 174 is with row 154.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::socket::UPGRADE;
use super::support::{
    CANARY, PATIENCE, Row, Target, bare, get, reply, row, running, section, with_body,
};

#[tokio::test]
async fn a_handshake_is_one_or_is_refused() {
    section(&["--head-seconds", "1"], async |target, project| {
        running(target, project, "j").await;
        target.all(refused(project)).await;
        target.all(taken(project)).await;
        tokio::join!(huge(target, project), slow(target, project));
    })
    .await;
}

/// The good headers with one line of them changed; an empty value leaves it out.
fn changed(name: &str, value: &str) -> String {
    let keep = UPGRADE
        .lines()
        .filter(|line| !line.starts_with(&format!("{name}:")));
    let mut headers: String = keep.map(|line| format!("{line}\r\n")).collect();
    if !value.is_empty() {
        headers += &format!("{name}: {value}\r\n");
    }
    headers
}

fn refused(project: &str) -> Vec<Row> {
    let ws = format!("/v1/projects/{project}/ws");
    let with = |name: &str, headers: &str, status| row(name, bare("GET", &ws, headers), status);
    let but = |name: &str, header: &str, value: &str, status| {
        with(
            &format!("{name} {value:?}"),
            &changed(header, value),
            status,
        )
    };
    const KEY: &str = "Sec-WebSocket-Key";
    const VERSION: &str = "Sec-WebSocket-Version";
    let plus = |line: &str| format!("{UPGRADE}{line}\r\n");
    let mut rows = vec![
        but("162", KEY, "", 400),
        but("163", KEY, " ", 400),
        but("163", KEY, "c2hvcnQ=", 400),
        but("163", KEY, "dGhlIHNhbXBsZSBub25jZQ", 400),
        but("163", KEY, "!!!!!!!!!!!!!!!!!!!!!!==", 400),
        but("163", KEY, &"A".repeat(4096), 400),
        with(
            "163 two",
            &plus("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
            400,
        ),
        with("164 a plain GET", "", 426).header("upgrade", "websocket"),
        but("164", "Upgrade", "", 426).header("upgrade", "websocket"),
        but("164", "Upgrade", "h2c", 426).header("upgrade", "websocket"),
        but("164", "Connection", "", 400),
        but("164", "Connection", "keep-alive", 400),
        row("165 POST", with_body("POST", &ws, UPGRADE, ""), 405).header("allow", "GET"),
        with("168", &plus("Sec-WebSocket-Protocol: chat, superchat"), 400),
        with(
            "x1 a protocol of another case",
            &plus("Sec-WebSocket-Protocol: MILEPOST.V1"),
            400,
        ),
        with("x2 a body", &plus("Content-Length: 1"), 400),
        with(
            "x2 a chunked body",
            &plus("Transfer-Encoding: chunked"),
            400,
        )
        .closes(),
        row(
            "x3 HTTP/1.0",
            format!("GET {ws} HTTP/1.0\r\nHost: localhost\r\n{UPGRADE}\r\n"),
            400,
        ),
        row("x4 HEAD", bare("HEAD", &ws, UPGRADE), 426),
        row(
            "x5 a bad project",
            bare("GET", "/v1/projects/../ws", UPGRADE),
            400,
        ),
        row(
            "x6 nobody",
            bare("GET", &format!("{ws}?job=nobody"), UPGRADE),
            404,
        )
        .code("not_found"),
        row(
            "x7 an unknown parameter",
            bare("GET", &format!("{ws}?colour=red"), UPGRADE),
            400,
        ),
        row(
            "90 a token",
            bare("GET", &format!("{ws}?{CANARY}=1"), UPGRADE),
            400,
        ),
        row(
            "x8 201 jobs",
            bare("GET", &format!("{ws}?{}", "job=a&".repeat(201)), UPGRADE),
            400,
        ),
        row(
            "x9 /events with an upgrade",
            bare("POST", &format!("/v1/projects/{project}/events"), UPGRADE),
            405,
        ),
    ];
    for version in ["12", "", "8", "013", "13, 8", "0", "-13", "13.0"] {
        let row = but("161", VERSION, version, 426);
        rows.push(
            row.header("sec-websocket-version", "13")
                .header("upgrade", "websocket"),
        );
    }
    rows.push(
        with("161 twice", &plus("Sec-WebSocket-Version: 8"), 426)
            .header("sec-websocket-version", "13"),
    );
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://localhost:1",
        "HTTP://EVIL.EXAMPLE",
        "http://localhost@evil.example",
        "http://evil.example#localhost",
        "localhost",
        "file://",
        "",
        "*",
    ] {
        let headers = plus(&format!("Origin: {origin}"));
        rows.push(with(&format!("167 {origin:?}"), &headers, 403).code("forbidden_origin"));
    }
    rows.push(with(
        "167 two",
        &plus("Origin: http://localhost\r\nOrigin: http://localhost"),
        400,
    ));
    rows
}

fn taken(project: &str) -> Vec<Row> {
    let ws = format!("/v1/projects/{project}/ws");
    let with = |name: &str, line: &str| {
        let headers = format!("{UPGRADE}{line}\r\n");
        row(name, bare("GET", &ws, &headers), 101)
    };
    vec![
        with("167 our own page", "Origin: http://localhost"),
        with("167 no page", "Cookie: a=b"),
        with(
            "168 ours among others",
            "Sec-WebSocket-Protocol: chat, milepost.v1",
        )
        .header("sec-websocket-protocol", "milepost.v1"),
        with("x10 a list of upgrades", "Upgrade: h2c"),
        with(
            "x11 ours twice",
            "Sec-WebSocket-Protocol: milepost.v1\r\nSec-WebSocket-Protocol: milepost.v1",
        ),
    ]
}

/// Row 170: compression is never agreed to. Row 172: a header of 20 MB is refused long before its end.
async fn huge(target: &Target, project: &str) {
    let ws = format!("/v1/projects/{project}/ws");
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame\r\n";
    let reply = target
        .say(bare("GET", &ws, &format!("{UPGRADE}{offer}")))
        .await
        .unwrap();
    assert_eq!(reply.status, 101, "row 170");
    assert!(
        reply.header("sec-websocket-extensions").is_none(),
        "row 170: {reply:?}"
    );
    let huge = format!(
        "{UPGRADE}Sec-WebSocket-Extensions: {}\r\n",
        "a".repeat(20_000_000)
    );
    let reply = target.say(bare("GET", &ws, &huge)).await;
    assert_eq!(reply.expect("row 172: an answer").status, 431, "row 172");
}

/// Row 173: a handshake that dribbles is cut; here within a second instead of ten.
async fn slow(target: &Target, project: &str) {
    let request = bare("GET", &format!("/v1/projects/{project}/ws"), UPGRADE);
    let socket = TcpStream::connect(target.address()).await.unwrap();
    let (mut read, mut write) = socket.into_split();
    let dribble = tokio::spawn(async move {
        let mut clock = tokio::time::interval(Duration::from_millis(100));
        for byte in request {
            clock.tick().await;
            if write.write_all(&[byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    });
    let reply = timeout(PATIENCE, reply(&mut read, false))
        .await
        .expect("row 173: cut");
    dribble.abort();
    assert!(reply.is_none_or(|r| r.status == 408), "row 173");
    assert_eq!(target.say(get("/healthz")).await.unwrap().status, 200);
}
