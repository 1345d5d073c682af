//! F. Server-sent events: what stops a browser for good, and what must not. Row 153 is about credentials, and is with
//! them.

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::support::{Row, Target, bare, get, reply, row, running, say, section, until, with_body};

#[tokio::test]
async fn a_stream_begins_rightly_or_says_why_not() {
    section(&[], async |target, project| {
        running(target, project, "j").await;
        target.all(refused(project)).await;
        cursors(target, project).await;
        a_finished_job_ends_its_stream(target, project).await;
        // 159: an HTTP/1.0 client gets a stream that ends with its connection.
        let old = format!("GET /v1/projects/{project}/events?job=j HTTP/1.0\r\n\r\n");
        let (stream, _) = until(target.address(), old.as_bytes(), "event: synced").await;
        assert!(
            stream.starts_with("HTTP/1.0 200 OK\r\n"),
            "row 159: {stream}"
        );
        assert!(!stream.contains("chunked"), "row 159: {stream}");
        // x1: what a client sends on its stream is dropped.
        let stream = format!("/v1/projects/{project}/events?job=j");
        let noisy = [get(&stream), b"\0\xff".repeat(40_000), get("/healthz")].concat();
        let (stream, _) = until(target.address(), &noisy, "event: synced").await;
        assert_eq!(stream.matches("HTTP/1.1").count(), 1, "row x1: {stream}");
        // 156: nobody is ever allowed in by a star.
        assert!(
            !stream.to_ascii_lowercase().contains("access-control"),
            "row 156: {stream}"
        );
    })
    .await;
}

fn refused(project: &str) -> Vec<Row> {
    let events = format!("/v1/projects/{project}/events");
    let job = format!("{events}?job=j");
    let with = |name: &str, headers: &str, status| row(name, bare("GET", &job, headers), status);
    let port = "Origin: https://localhost.example.com\r\n";
    vec![
        row("146 POST", with_body("POST", &job, "", ""), 405).header("allow", "GET"),
        row("146 DELETE", bare("DELETE", &job, ""), 405).header("allow", "GET"),
        row("147 HEAD", bare("HEAD", &job, ""), 200).header("content-type", "text/event-stream"),
        row(
            "147 HEAD of nobody",
            bare("HEAD", &format!("{events}?job=nobody"), ""),
            404,
        ),
        with("148", "Accept: application/json\r\n", 406).code("not_acceptable"),
        with("148 none of it", "Accept: text/event-stream;q=0\r\n", 406),
        row("151", get(&format!("{events}?job=nobody")), 404).code("not_found"),
        row(
            "151 beside one that is",
            get(&format!("{job}&job=nobody")),
            404,
        ),
        with(
            "157 a foreign page",
            "Origin: https://example.com\r\nCookie: milepost_token=x\r\n",
            403,
        )
        .code("forbidden_origin"),
        with("157 no page", "Origin: null\r\n", 403),
        with("157 a name like ours", port, 403),
        row("x2 a body", with_body("GET", &job, "", "x"), 400),
        with("x2 a chunked body", "Transfer-Encoding: chunked\r\n", 400).closes(),
    ]
}

/// Rows 150 and 82: the header wins, and what is no cursor is answered with everything.
async fn cursors(target: &Target, project: &str) {
    let events = format!("/v1/projects/{project}/events?job=j");
    let page = format!("/v1/projects/{project}/progress?job=j");
    let good = target.service.client.get(&page).await.expect(200).json();
    let good = good["cursor"].as_str().unwrap();
    for (name, query, header, reset) in [
        ("150 header good", "x", good.as_bytes(), false),
        ("150 header bad", good, b"x".as_slice(), true),
        ("82 -1", "-1", b"", true),
        ("82 2^64", "18446744073709551616", b"", true),
        ("x3 bytes", good, b"\x80\xff\xfe", true),
        ("x3 tabs and quotes", good, b"\"a\tb\"", true),
        ("x3 10 KB", good, &[b'A'; 10_240], true),
        ("x3 of nobody", good, b"MTsw", true),
    ] {
        let line: Vec<u8> = match header {
            b"" => Vec::new(),
            id => [b"Last-Event-ID: ", id, b"\r\n"].concat(),
        };
        let request = bare("GET", &format!("{events}&cursor={query}"), "");
        let request = [&request[..request.len() - 2], &line, b"\r\n"].concat();
        let (stream, _) = until(target.address(), &request, "event: synced").await;
        assert_eq!(
            stream.contains("event: reset\n"),
            reset,
            "row {name}: {stream}"
        );
        assert_eq!(stream.contains("\"scan:"), reset, "row {name}: {stream}");
    }
}

/// Row 152.
async fn a_finished_job_ends_its_stream(target: &Target, project: &str) {
    let client = &target.service.client;
    let job = format!("/v1/projects/{project}/jobs/done");
    running(target, project, "done").await;
    let completed = json!({"type": "completed"});
    client
        .post(&format!("{job}/reports"), &completed)
        .await
        .expect(200);
    let events = format!("/v1/projects/{project}/events?job=done");
    let reply = target.say(get(&events)).await.unwrap();
    let stream = String::from_utf8(reply.body.clone()).unwrap();
    assert!(reply.closed && reply.status == 200, "row 152: {reply:?}");
    assert_eq!(
        stream.matches("scan:completed").count(),
        1,
        "row 152: {stream}"
    );
    assert!(
        stream.contains("event: end\n") && stream.contains("finished"),
        "row 152: {stream}"
    );
    let last = stream
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap();
    let again = bare("GET", &events, &format!("Last-Event-ID: {last}\r\n"));
    assert_eq!(
        target.say(again).await.unwrap().status,
        204,
        "row 152: it may stop"
    );
}

/// Rows 154 and 155, 174: at the limit of connections (those of a credential come with the credentials), everybody is
/// told in words that make them come back: an EventSource within a stream, all others by a status.
#[tokio::test]
async fn who_is_one_too_many_is_told_when_to_come_back() {
    const PLACES: usize = 8;
    section(
        &["--connections", "8", "--head-seconds", "60"],
        async |target, project| {
            let mut sockets = Vec::new();
            while sockets.len() < PLACES {
                // Who was answered holds a place; who was refused came before an older connection had left.
                let mut socket = TcpStream::connect(target.address()).await.unwrap();
                socket.write_all(&get("/healthz")).await.unwrap();
                let answer = reply(&mut socket, false).await;
                if answer.is_some_and(|a| a.status == 200) {
                    sockets.push(socket);
                }
            }
            let events = format!("/v1/projects/{project}/events");
            let stream = bare("GET", &events, "Accept: text/event-stream\r\n");
            let reply = target.say(&stream).await.expect("row 154: an answer");
            let text = String::from_utf8(reply.body.clone()).unwrap();
            assert_eq!(reply.status, 200, "row 154: {reply:?}");
            assert!(
                text.starts_with("retry: ") && text.contains("overloaded"),
                "row 154: {text}"
            );
            target
                .all(vec![
                    row("154 others", get("/healthz"), 503)
                        .code("overloaded")
                        .header("retry-after", "")
                        .closes(),
                    row("155", bare("GET", &events, ""), 503).header("retry-after", ""),
                    row(
                        "174",
                        bare(
                            "GET",
                            &format!("/v1/projects/{project}/ws"),
                            super::socket::UPGRADE,
                        ),
                        503,
                    )
                    .header("retry-after", ""),
                ])
                .await;
            drop(sockets);
            while say(target.address(), &get("/healthz"))
                .await
                .is_none_or(|r| r.status != 200)
            {}
        },
    )
    .await;
}
