//! Answers that no router gives: the service is full, or the bytes were no request.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::intake;

use super::places::Full;

const PROBLEM: &str = "application/problem+json";

/// What every answer says to browsers, as the router's layers put it.
const GUARDED: &str = "cache-control: no-store\r\nx-content-type-options: nosniff\r\n";

/// RFC 9457, as the routes put it. The texts are ours, without a character that JSON would escape.
fn body(status: u16, code: &str, detail: &str) -> (&'static str, String) {
    let title = match status {
        400 => "Bad Request",
        414 => "URI Too Long",
        431 => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    };
    let body = format!(
        r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}","code":"{code}"}}"#
    );
    (title, body)
}

/// 400 for a request that hyper took and no route may see.
pub fn malformed(detail: &str) -> Response<Body> {
    let (_, body) = body(400, "malformed", detail);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// A whole response with a problem as its body, after which the connection closes.
pub fn problem(status: u16, code: &str, detail: &str) -> Vec<u8> {
    let (title, body) = body(status, code, detail);
    let retry = if status == 503 {
        format!("retry-after: {}\r\n", seconds())
    } else {
        String::new()
    };
    format!(
        "HTTP/1.1 {status} {title}\r\ncontent-type: {PROBLEM}\r\n{GUARDED}{retry}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn full(full: Full) -> Vec<u8> {
    let detail = match full {
        Full::All => "the service has as many connections as it may hold: come back later",
        Full::Address => {
            "this address has as many connections as one may: close some, or come back later"
        }
    };
    problem(503, "overloaded", detail)
}

/// An EventSource gives up for good on any answer but 200, so it is told to come back in its own words.
fn event_source() -> Vec<u8> {
    let seconds = seconds();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{GUARDED}connection: close\r\n\r\nretry: {}\n\nevent: end\ndata: {{\"reason\":\"overloaded\",\"retry_after_seconds\":{seconds}}}\n\n",
        seconds * 1000
    )
    .into_bytes()
}

/// When to come back: spread, so that those refused together do not return together.
fn seconds() -> u64 {
    1 + crate::random::below(5)
}

/// Looks at what the peer wants, if it says so at once, and refuses in its language.
pub async fn politely(mut socket: TcpStream, why: Full, readers: &[Box<str>]) {
    const GLANCE: Duration = Duration::from_millis(30);
    let mut bytes = [0; 2048];
    let read = timeout(GLANCE, socket.read(&mut bytes)).await;
    let head = bytes.get(..read.map_or(0, |n| n.unwrap_or(0)));
    let head = String::from_utf8_lossy(head.unwrap_or(&[])).into_owned();
    let answer = readable(answer(&head, why), reader(&head, readers));
    let _ = timeout(Duration::from_secs(1), socket.write_all(&answer)).await;
    linger(socket, Some(Instant::now())).await;
}

fn answer(head: &str, why: Full) -> Vec<u8> {
    let head = head.to_ascii_lowercase();
    let streams = head.contains("accept: text/event-stream") && !head.starts_with("post");
    if streams { event_source() } else { full(why) }
}

/// The origin that a head names, if it is one of those that may read.
fn reader<'a>(head: &str, readers: &'a [Box<str>]) -> Option<&'a str> {
    let mut named = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("origin").then(|| value.trim())
    });
    let (origin, None) = (named.next()?, named.next()) else {
        return None;
    };
    readers.iter().map(|r| &**r).find(|r| *r == origin)
}

/// The answer, and leave to read it.
fn readable(mut answer: Vec<u8>, reader: Option<&str>) -> Vec<u8> {
    let first = answer.windows(2).position(|two| two == b"\r\n");
    if let (Some(origin), Some(end)) = (reader, first) {
        let lines = format!(
            "access-control-allow-origin: {origin}\r\naccess-control-allow-credentials: true\r\naccess-control-expose-headers: Retry-After\r\nvary: Origin\r\n"
        );
        answer.splice(end + 2..end + 2, lines.into_bytes());
    }
    answer
}

/// Refuses without waiting for anything.
pub fn bluntly(socket: &TcpStream, why: Full) {
    let _ = socket.try_write(&full(why));
}

/// Closes so that the peer can read what was sent: says that nothing more comes and takes in, for a moment, what the
/// peer still sends. Closing over unread bytes resets the connection, and the answer is lost. What it has not taken in
/// by `until` is lost, too: the kernel would go on for hours with a peer that reads a byte now and then. `None` = that
/// is left to the kernel all the same.
pub async fn linger(mut socket: TcpStream, until: Option<Instant>) {
    const PATIENCE: Duration = Duration::from_secs(1);
    const MOST: usize = 512 * 1024;
    let rest = async {
        socket.shutdown().await.ok()?;
        let (mut bytes, mut total) = ([0; 1024], 0);
        while total < MOST {
            match socket.read(&mut bytes).await {
                Ok(0) | Err(_) => break,
                Ok(n) => total += n,
            }
        }
        Some(())
    };
    let _ = timeout(PATIENCE, rest).await;
    let Some(until) = until else {
        return;
    };
    while intake::unacknowledged(&socket) > 0 {
        if Instant::now() >= until {
            return intake::reset(&socket);
        }
        sleep(Duration::from_millis(200)).await;
    }
}
