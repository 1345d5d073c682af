//! A. HTTP framing, on any endpoint: what is no request, or says in two ways where it ends.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::support::{
    PATIENCE, Row, Target, bare, get, is_proper, json_body, reply, row, running, section, with_body,
};

#[tokio::test]
async fn what_is_no_request_is_refused_and_changes_nothing() {
    section(&[], async |target, project| {
        running(target, project, "j").await;
        let job = format!("/v1/projects/{project}/jobs/j");
        let before = target.service.client.get(&job).await.body;
        target.all(lines_and_headers()).await;
        target.all(lengths(&format!("{job}/reports"))).await;
        target.all(targets_and_hosts(project)).await;
        a_cut_body_changes_nothing(target, &format!("{job}/reports")).await;
        assert_eq!(target.service.client.get(&job).await.body, before);
        pipelined(target).await;
        // Only HTTP/1.1 is spoken; who begins in HTTP/2 could not read an answer in it.
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04garbage";
        assert!(target.say(preface).await.is_none(), "row 39");
    })
    .await;
}

fn lines_and_headers() -> Vec<Row> {
    let many = (0..101).map(|n| format!("x{n}: 1\r\n")).collect::<String>();
    let host = "Host: localhost\r\n";
    vec![
        row("1 no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400).code("malformed"),
        row("2 two Hosts", bare("GET", "/healthz", host), 400).code("malformed"),
        row("3 HTTP/0.9", "GET /healthz HTTP/0.9\r\n\r\n", 400).closes(),
        row("3 no version", "GET /healthz\r\n\r\n", 400).closes(),
        row("5 G@T", bare("G@T", "/healthz", ""), 400).closes(),
        row("6 FROB", bare("FROB", "/healthz", ""), 405).header("allow", "GET"),
        row("7 TRACE", bare("TRACE", "/healthz", ""), 405).header("allow", "GET"),
        row("8 CONNECT", bare("CONNECT", "localhost:80", ""), 405).header("allow", "GET"),
        row("10 OPTIONS *", bare("OPTIONS", "*", ""), 404),
        row(
            "11 a long target",
            get(&format!("/{}", "a".repeat(70_000))),
            414,
        )
        .code("uri_too_long")
        .closes(),
        row("13 101 headers", bare("GET", "/healthz", &many), 431).closes(),
        row(
            "14 a 300 KB header",
            bare(
                "GET",
                "/healthz",
                &format!("x: {}\r\n", "b".repeat(300_000)),
            ),
            431,
        )
        .code("headers_too_large")
        .closes(),
        row(
            "15 NUL in a header",
            bare("GET", "/healthz", "x: a\0b\r\n"),
            400,
        )
        .closes(),
        row(
            "16 obs-fold",
            bare("GET", "/healthz", "x: a\r\n b\r\n"),
            400,
        )
        .closes(),
        row(
            "17 space before the colon",
            bare("GET", "/healthz", "x : a\r\n"),
            400,
        )
        .closes(),
        row(
            "19 CR only",
            "GET /healthz HTTP/1.1\rHost: localhost\r\r",
            400,
        )
        .closes(),
        row("20 raw space in the path", get("/health z"), 400).closes(),
        row(
            "x57 two spaces",
            "GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            400,
        )
        .closes(),
        row(
            "x57 two spaces before the version",
            "GET /healthz  HTTP/1.1\r\nHost: localhost\r\n\r\n",
            400,
        )
        .closes(),
        row(
            "x57 a tab",
            "GET\t/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            400,
        )
        .closes(),
        row(
            "x57 a space behind the version",
            "GET /healthz HTTP/1.1 \r\nHost: localhost\r\n\r\n",
            400,
        )
        .closes(),
        row(
            "x57 continued by a tab",
            bare("GET", "/healthz", "x: a\r\n\tb\r\n"),
            400,
        )
        .closes(),
        row(
            "x57 a name that is no token",
            bare("GET", "/healthz", "x\u{fc}: a\r\n"),
            400,
        )
        .closes(),
        row(
            "x58 a method of 8 KB",
            bare(&"M".repeat(8192), "/healthz", ""),
            405,
        ),
        row(
            "x1 a header without a name",
            bare("GET", "/healthz", ": a\r\n"),
            400,
        )
        .closes(),
        row(
            "x2 a header without a colon",
            bare("GET", "/healthz", "x\r\n"),
            400,
        )
        .closes(),
        row(
            "x3 lower case version",
            "GET /healthz http/1.1\r\nHost: localhost\r\n\r\n",
            400,
        )
        .closes(),
        row(
            "x4 version 1.2",
            "GET /healthz HTTP/1.2\r\nHost: localhost\r\n\r\n",
            400,
        )
        .closes(),
        row(
            "x5 TLS hello",
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n".as_slice(),
            400,
        )
        .closes(),
        row("x6 a NUL for a method", bare("\0", "/healthz", ""), 400).closes(),
        row(
            "x7 vertical tab in a header",
            bare("GET", "/healthz", "x: a\x0bb\r\n"),
            400,
        )
        .closes(),
        row(
            "x8 empty lines before the request",
            [b"\r\n\r\n".as_slice(), &get("/healthz")].concat(),
            200,
        ),
    ]
}

/// Where a body ends. The report would be taken if the framing were.
fn lengths(reports: &str) -> Vec<Row> {
    let report = r#"{"type":"phase","name":"smuggled"}"#;
    let chunked = format!("{:x}\r\n{report}\r\n0\r\n\r\n", report.len());
    let both = |name: &str, headers: &str, body: &str, status| {
        let headers = format!("Content-Type: application/json\r\n{headers}");
        let request = bare("POST", reports, &headers);
        row(name, [&request, body.as_bytes()].concat(), status)
    };
    let n = report.len();
    let coding = |name: &str, value: &str| {
        let headers = format!("Transfer-Encoding: {value}\r\n");
        both(name, &headers, &chunked, 400).closes()
    };
    let length = |name: &str, value: &str| {
        both(name, &format!("Content-Length: {value}\r\n"), report, 400).closes()
    };
    let extension = format!("{n:x};{}\r\n{report}\r\n0\r\n\r\n", "x".repeat(1_000_000));
    let trailers = (0..2000)
        .map(|i| format!("t{i}: {i}\r\n"))
        .collect::<String>();
    let trailers = format!("{n:x}\r\n{report}\r\n0\r\n{trailers}\r\n");
    let old = chunked.clone();
    vec![
        length("21 two lengths", &format!("{n}\r\nContent-Length: {}", n + 1)),
        both("23 both, length first", &format!("Content-Length: {n}\r\nTransfer-Encoding: chunked\r\n"), &chunked, 400).closes(),
        both("23 both, coding first", &format!("Transfer-Encoding: chunked\r\nContent-Length: {n}\r\n"), &chunked, 400).closes(),
        coding("24 gzip", "gzip"),
        length("25 -1", "-1"),
        length("25 +2", "+2"),
        length("25 2^64", "18446744073709551616"),
        length("25 2^64 + 5 digits", "1844674407370955161600000"),
        both("26 99 GB", "Content-Length: 99000000000\r\n", "", 413).code("too_large").closes(),
        both("27 chunk size g", "Transfer-Encoding: chunked\r\n", "g\r\nx\r\n0\r\n\r\n", 400).closes(),
        both("27 chunk size -1", "Transfer-Encoding: chunked\r\n", "-1\r\nx\r\n0\r\n\r\n", 400).closes(),
        both("27 chunk size 2^68", "Transfer-Encoding: chunked\r\n", "100000000000000000\r\nx\r\n0\r\n\r\n", 400).closes(),
        both("27 chunk longer than it says", "Transfer-Encoding: chunked\r\n", &format!("{:x}\r\n{report}\r\n0\r\n\r\n", n - 1), 400).closes(),
        both("35 gzip", "Content-Encoding: gzip\r\nContent-Length: 4\r\n", "\x1f\x1f\x08\0", 415).code("unsupported_encoding"),
        // Nothing is ever inflated, so there is no bomb.
        both("36 a bomb", "Content-Encoding: gzip, br\r\nContent-Length: 4\r\n", "\x1f\x1f\x08\0", 415),
        both("x56 a line feed alone behind the size", "Transfer-Encoding: chunked\r\n", &chunked.replacen("\r\n", "\n", 1), 400).closes(),
        both("x56 a size with a plus", "Transfer-Encoding: chunked\r\n", &format!("+{chunked}"), 400).closes(),
        both("x56 a size with 0x", "Transfer-Encoding: chunked\r\n", &format!("0x{chunked}"), 400).closes(),
        both("x56 no size", "Transfer-Encoding: chunked\r\n", &format!("\r\n{report}\r\n0\r\n\r\n"), 400).closes(),
        both("x56 a line break within an extension", "Transfer-Encoding: chunked\r\n", &format!("{n:x};a=\"\n\"\r\n{report}\r\n0\r\n\r\n"), 400).closes(),
        coding("x9 chunked, identity", "chunked, identity"),
        coding("x10 identity, then chunked", "identity\r\nTransfer-Encoding: chunked"),
        coding("x11 gzip, chunked", "gzip, chunked"),
        coding("x12 chunked twice", "chunked, chunked"),
        coding("x13 xchunked", "xchunked"),
        coding("x14 chunked with a parameter", "chunked;a=b"),
        coding("x15 quoted", "\"chunked\""),
        coding("x16 empty", ""),
        length("x17 a list of lengths", &format!("{n}, {n}")),
        length("x18 hexadecimal", "0x10"),
        length("x19 with a decimal point", &format!("{n}.0")),
        length("x20 empty", ""),
        both("x21 both, behind forty spaces", &format!("Content-Length: {}{n}\r\nTransfer-Encoding: chunked\r\n", " ".repeat(60)), &chunked, 400).closes(),
        both("x22 an extension of 1 MB", "Transfer-Encoding: chunked\r\n", &extension, 400).closes(),
        both("x23 2,000 trailers", "Transfer-Encoding: chunked\r\n", &trailers, 400).closes(),
        row("x24 chunked in HTTP/1.0", format!("POST {reports} HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n{old}"), 400).closes(),
        both("x25 expects what nobody has", &format!("Expect: 200-maybe\r\nContent-Length: {}\r\n", 2), "[]", 400),
        both("x26 expects to be told before 99 GB", "Expect: 100-continue\r\nContent-Length: 99000000000\r\n", "", 413).closes(),
    ]
}

fn targets_and_hosts(project: &str) -> Vec<Row> {
    let list = format!("/v1/projects/{project}/jobs");
    let host = |name: &str, value: &str, status| {
        row(
            name,
            format!("GET /healthz HTTP/1.1\r\nHost:{value}\r\n\r\n"),
            status,
        )
    };
    let chunked = |path: &str| {
        let body = format!("{:x}\r\n{}\r\n0\r\n\r\n", 5_000_000, "x".repeat(5_000_000));
        let head = bare("POST", path, "Transfer-Encoding: chunked\r\n");
        [&head, body.as_bytes()].concat()
    };
    vec![
        row(
            "x27 absolute, our own",
            get("http://localhost/healthz"),
            200,
        ),
        row(
            "x28 absolute, elsewhere",
            get(&format!("http://example.com{list}")),
            403,
        )
        .code("forbidden_host"),
        row(
            "x29 absolute, with a user",
            get(&format!("http://localhost@example.com{list}")),
            403,
        ),
        row(
            "x46 a method in lower case",
            "get /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            405,
        )
        .header("allow", "GET"),
        row(
            "x47 a question about a route",
            bare("OPTIONS", &list, ""),
            405,
        )
        .header("allow", "POST"),
        row("x48 HEAD", bare("HEAD", &list, ""), 200).header("content-type", "application/json"),
        row(
            "x48 HEAD of nothing",
            bare("HEAD", &format!("{list}/nobody"), ""),
            404,
        ),
        row(
            "x49 5 MB to nowhere",
            with_body("POST", "/nowhere", "", vec![b'x'; 5_000_000]),
            413,
        )
        .closes(),
        row("x49 5 MB in chunks to nowhere", chunked("/nowhere"), 404).closes(),
        row(
            "x49 5 MB in chunks where nothing is posted",
            chunked("/healthz"),
            405,
        )
        .closes(),
        row(
            "x50 asked to go on",
            with_body(
                "POST",
                &list,
                "Content-Type: application/json\r\nExpect: 100-continue\r\n",
                "[]",
            ),
            422,
        ),
        row(
            "x51 a scheme of its own",
            get("ftp://localhost/healthz"),
            200,
        ),
        row(
            "x52 a port beyond all",
            get("http://localhost:99999/healthz"),
            403,
        ),
        row("x53 absolute, of nobody", get("http:///healthz"), 400),
        row("x30 two slashes", get("//healthz"), 404),
        row("x31 a slash behind", get("/healthz/"), 404),
        row("x32 dots", get("/v1/../healthz"), 404),
        row("x33 backslashes", get("\\healthz"), 400),
        row("x34 upper case", get(&list.to_uppercase()), 404),
        row(
            "x35 bytes that are no UTF-8",
            [
                b"GET /\xff\xfe HTTP/1.1\r\n".as_slice(),
                b"Host: localhost\r\n\r\n",
            ]
            .concat(),
            400,
        ),
        host("x36 empty Host", "", 403).code("forbidden_host"),
        host("x37 two names in Host", " localhost, example.com", 400),
        host("x38 a path in Host", " localhost/x", 400),
        host("x39 a user in Host", " localhost@example.com", 400),
        host("x40 a name like ours", " localhost.example.com", 403),
        host("x41 no port at all", " localhost:99999999", 403),
        host("x42 bytes in Host", " local\u{fc}host", 400),
    ]
}

/// Row 29: the peer leaves in the middle of the body.
async fn a_cut_body_changes_nothing(target: &Target, reports: &str) {
    let whole = json_body("POST", reports, r#"{"type":"completed"}"#);
    let mut socket = TcpStream::connect(target.address()).await.unwrap();
    socket.write_all(&whole[..whole.len() - 1]).await.unwrap();
    socket.shutdown().await.unwrap();
    let reply = timeout(PATIENCE, reply(&mut socket, false)).await.unwrap();
    let reply = reply.expect("row 29: an answer");
    assert_eq!(reply.status, 400, "row 29: {reply:?}");
    is_proper(&reply, true).unwrap();
}

/// x43: a hundred requests in one write are answered one by one, in order.
async fn pipelined(target: &Target) {
    let mut requests = get("/healthz").repeat(99);
    requests.extend(bare("GET", "/nowhere", "Connection: close\r\n"));
    let mut socket = TcpStream::connect(target.address()).await.unwrap();
    socket.write_all(&requests).await.unwrap();
    let mut all = Vec::new();
    let reading = socket.read_to_end(&mut all);
    timeout(PATIENCE, reading).await.unwrap().unwrap();
    let all = String::from_utf8(all).unwrap();
    let statuses: Vec<&str> = all.split("HTTP/1.1 ").skip(1).map(|a| &a[..3]).collect();
    assert_eq!(statuses.len(), 100);
    assert!(statuses.ends_with(&["200", "404"]), "{statuses:?}");
}

/// Rows 30, 31, 32: who is slow is cut; here within a second instead of fifteen or ten.
#[tokio::test]
async fn who_is_slow_is_cut() {
    let settings = ["--head-seconds", "1", "--body-seconds", "1"];
    section(&settings, async |target, project| {
        running(target, project, "j").await;
        let reports = format!("/v1/projects/{project}/jobs/j/reports");
        let stalled = bare(
            "POST",
            &reports,
            "Content-Type: application/json\r\nContent-Length: 9\r\n",
        );
        let huge = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
        let huge = bare("POST", &reports, huge);
        let huge = [&huge, b"fffffffffffffff\r\n{".as_slice()].concat();
        let creation = bare(
            "POST",
            &format!("/v1/projects/{project}/jobs"),
            "Content-Type: application/json\r\nContent-Length: 3\r\n",
        );
        tokio::join!(
            is_told(target, "30 a stalled body", &stalled),
            is_told(target, "30 a stalled chunk", &huge),
            is_told(target, "30 a stalled creation", &creation),
            is_cut(
                target,
                "31 a dribbled head",
                b"GET /healthz HTTP/1.1\r\nx: ",
                b"y"
            ),
            is_cut(target, "31 a dribbled request line", b"GET /", b"a"),
            is_cut(target, "32 no byte", b"", b""),
            is_cut(
                target,
                "x44 a head without its last line",
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
                b""
            ),
            is_cut(target, "x45 empty lines for ever", b"\r\n", b"\r\n"),
            is_closed(
                target,
                "x54 a body that nobody asked for",
                bare("GET", "/healthz", "Content-Length: 9\r\n")
            ),
            is_closed(
                target,
                "x54 a body to nowhere",
                bare("POST", "/nowhere", "Content-Length: 9\r\n")
            ),
            is_closed(
                target,
                "x54 a body of no type",
                bare("POST", &reports, "Content-Length: 9\r\n")
            ),
            is_closed(
                target,
                "x54 chunks to nowhere",
                bare("POST", "/nowhere", "Transfer-Encoding: chunked\r\n")
            ),
            is_closed(target, "x55 nothing after an answer", get("/healthz")),
            is_closed(
                target,
                "x55 half a head after an answer",
                [get("/healthz"), b"GET /".to_vec()].concat()
            ),
        );
        let job = format!("/v1/projects/{project}/jobs/j");
        let job = target.service.client.get(&job).await.json();
        assert_eq!(job["data"]["version"], 2, "rows 30: something was taken");
    })
    .await;
}

/// 408 and the end of the connection.
async fn is_told(target: &Target, name: &str, request: &[u8]) {
    let reply = target.say(request).await.expect(name);
    assert_eq!(reply.status, 408, "row {name}: {reply:?}");
    assert!(reply.closed, "row {name}: {reply:?}");
    is_proper(&reply, true).unwrap();
}

/// There is an answer at once, and then nothing for ever: the connection is closed.
async fn is_closed(target: &Target, name: &str, request: Vec<u8>) {
    let mut socket = TcpStream::connect(target.address()).await.unwrap();
    socket.write_all(&request).await.unwrap();
    let mut all = Vec::new();
    let reading = socket.read_to_end(&mut all);
    let read = timeout(PATIENCE, reading).await;
    assert!(read.is_ok(), "row {name}: still open");
    assert!(all.starts_with(b"HTTP/1.1 "), "row {name}: {all:?}");
}

/// The connection is closed although a byte comes every now and then; with 408 or without a word.
async fn is_cut(target: &Target, name: &str, start: &[u8], more: &'static [u8]) {
    let socket = TcpStream::connect(target.address()).await.unwrap();
    let (mut read, mut write) = socket.into_split();
    write.write_all(start).await.unwrap();
    let dribble = tokio::spawn(async move {
        let mut clock = tokio::time::interval(Duration::from_millis(50));
        loop {
            clock.tick().await;
            if write.write_all(more).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    });
    let begun = Instant::now();
    let reply = timeout(PATIENCE, reply(&mut read, false)).await;
    dribble.abort();
    let reply = reply.unwrap_or_else(|_| panic!("row {name}: open after {:?}", begun.elapsed()));
    assert!(reply.is_none_or(|r| r.status == 408), "row {name}");
}
