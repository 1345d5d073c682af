//! Answers that no router gives: the service is full, or the bytes were no request.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::intake;

const PROBLEM: &str = "application/problem+json";

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
        "HTTP/1.1 {status} {title}\r\ncontent-type: {PROBLEM}\r\ncache-control: no-store\r\n{retry}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn full() -> Vec<u8> {
    problem(
        503,
        "overloaded",
        "the service has as many connections as it may hold: come back later",
    )
}

/// An EventSource gives up for good on any answer but 200, so it is told to come back in its own words.
fn event_source() -> Vec<u8> {
    let seconds = seconds();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\nconnection: close\r\n\r\nretry: {}\n\nevent: end\ndata: {{\"reason\":\"overloaded\",\"retry_after_seconds\":{seconds}}}\n\n",
        seconds * 1000
    )
    .into_bytes()
}

/// When to come back: spread, so that those refused together do not return together.
fn seconds() -> u64 {
    1 + crate::random::below(5)
}

/// Looks at what the peer wants, if it says so at once, and refuses in its language.
pub async fn politely(mut socket: TcpStream) {
    const GLANCE: Duration = Duration::from_millis(30);
    let mut bytes = [0; 2048];
    let read = timeout(GLANCE, socket.read(&mut bytes)).await;
    let head = bytes.get(..read.map_or(0, |n| n.unwrap_or(0)));
    let head = String::from_utf8_lossy(head.unwrap_or(&[])).to_ascii_lowercase();
    let streams = head.contains("accept: text/event-stream") && !head.starts_with("post");
    let answer = if streams { event_source() } else { full() };
    let _ = timeout(Duration::from_secs(1), socket.write_all(&answer)).await;
    linger(socket, Some(Instant::now())).await;
}

/// Refuses without waiting for anything.
pub fn bluntly(socket: &TcpStream) {
    let _ = socket.try_write(&full());
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
