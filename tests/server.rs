//! The accept loop over real sockets: what it refuses, what it cuts, how sockets are taken over, how it drains.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::routing::{get, post};
use milepost::server::{Limits, Takeover, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Told when a slow request has begun.
    slow_ones: Arc<Notify>,
}

async fn start(limits: Limits) -> Server {
    let take = |Extension(takeover): Extension<Takeover>| async move {
        takeover
            .take(|mut taken| async move {
                let sent = format!("taken:{}:", String::from_utf8_lossy(&taken.read));
                taken.socket.write_all(sent.as_bytes()).await.unwrap();
                let mut rest = Vec::new();
                taken.socket.read_to_end(&mut rest).await.unwrap();
                taken.socket.write_all(&rest).await.unwrap();
            })
            .await
    };
    let slow_ones = Arc::new(Notify::new());
    let under_way = Arc::clone(&slow_ones);
    let slow = move || async move {
        under_way.notify_one();
        tokio::time::sleep(Duration::from_millis(300)).await;
        "slow"
    };
    let big = || async { "x".repeat(4_000_000) };
    let router: Router = Router::new()
        .route("/hi", get(|| async { "hi" }))
        .route("/echo", post(|body: String| async { body }))
        .route("/slow", get(slow))
        .route("/big", get(big))
        .route("/some", get(|| async { "x".repeat(20_000) }))
        .route("/take", get(take));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    tokio::spawn(serve(listener, router, limits, stop.clone(), tasks.clone()));
    Server {
        address,
        stop,
        tasks,
        slow_ones,
    }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `request` and reads until the server closes.
    async fn say(&self, request: impl AsRef<[u8]>) -> String {
        let mut socket = self.connect().await;
        let _ = socket.write_all(request.as_ref()).await;
        rest(&mut socket).await
    }
}

async fn rest(socket: &mut TcpStream) -> String {
    let mut out = Vec::new();
    let read = timeout(PATIENCE, socket.read_to_end(&mut out)).await;
    read.expect("the server closes").expect("no reset");
    String::from_utf8(out).unwrap()
}

async fn until(socket: &mut TcpStream, end: &str) -> String {
    let mut out = Vec::new();
    while !out.ends_with(end.as_bytes()) {
        let byte = timeout(PATIENCE, socket.read_u8()).await;
        out.push(byte.expect("it comes").expect("it stays open"));
    }
    String::from_utf8(out).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn a_request_has_exactly_one_host() {
    let server = start(Limits::default()).await;
    let close = "Connection: close\r\n\r\n";
    for (head, expected) in [
        ("GET /hi HTTP/1.1\r\nHost: a\r\n", "200"),
        ("GET /hi HTTP/1.1\r\n", "400"),
        ("GET /hi HTTP/1.1\r\nHost: a\r\nHost: b\r\n", "400"),
        ("GET /hi HTTP/1.1\r\nHost: a/b\r\n", "400"),
        ("GET /hi HTTP/1.0\r\n", "200"),
    ] {
        let answer = server.say(format!("{head}{close}")).await;
        assert_eq!(status(&answer), expected, "{head}");
        if expected == "400" {
            assert!(answer.contains("application/problem+json"), "{answer}");
        }
    }
}

#[tokio::test]
async fn two_ways_to_end_a_body_are_refused_and_the_connection_closes() {
    let server = start(Limits::default()).await;
    for both in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
    ] {
        let request = format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\n{both}\r\n\r\n0\r\n\r\nGET /hi HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        let answer = server.say(request).await;
        assert_eq!(status(&answer), "400", "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_a_problem() {
    let server = start(Limits::default()).await;
    let long = "a".repeat(70_000);
    let big = "b".repeat(300_000);
    let many = (0..101).map(|n| format!("x{n}: 1\r\n")).collect::<String>();
    for (request, expected) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), "414"),
        (
            format!("GET /hi HTTP/1.1\r\nHost: a\r\nx: {big}\r\n\r\n"),
            "431",
        ),
        (format!("GET /hi HTTP/1.1\r\nHost: a\r\n{many}\r\n"), "431"),
        ("G@T /hi HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "400"),
        ("GET /h i HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "400"),
        ("GET /hi HTTP/1.1\r\nHost : a\r\n\r\n".to_owned(), "400"),
        (
            "GET /hi HTTP/1.1\r\nHost: a\r\nx: \0\r\n\r\n".to_owned(),
            "400",
        ),
        ("GET /hi HTTP/1.1\rHost: a\r\r".to_owned(), "400"),
    ] {
        let answer = server.say(&request).await;
        let shown: String = request.chars().take(60).collect();
        assert_eq!(status(&answer), expected, "{shown:?}: {answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
}

#[tokio::test]
async fn a_dribbled_head_and_a_silent_peer_are_cut() {
    let limits = Limits {
        head: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut silent = server.connect().await;
    assert_eq!(rest(&mut silent).await, "");
    let mut slow = server.connect().await;
    let dribble = async {
        loop {
            if slow.write_all(b"G").await.is_err() {
                break;
            }
            let mut byte = [0];
            let read = timeout(Duration::from_millis(20), slow.read(&mut byte)).await;
            if matches!(read, Ok(Ok(0) | Err(_))) {
                break;
            }
        }
    };
    timeout(PATIENCE, dribble).await.expect("it is cut");
    let mut idle = server.connect().await;
    idle.write_all(b"GET /hi HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    assert!(rest(&mut idle).await.ends_with("hi"));
}

#[tokio::test]
async fn when_it_is_full_it_says_so_at_once_and_recovers() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut first = server.connect().await;
    first
        .write_all(b"GET /hi HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    until(&mut first, "hi").await;
    let answer = server.say("GET /hi HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(status(&answer), "503");
    assert!(answer.contains("retry-after: "), "{answer}");
    let stream = server
        .say("GET /hi HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")
        .await;
    assert_eq!(status(&stream), "200");
    assert!(stream.contains("retry: ") && stream.contains("overloaded"));
    drop(first);
    loop {
        let request = "GET /hi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        if status(&server.say(request).await) == "200" {
            break;
        }
    }
}

#[tokio::test]
async fn a_socket_is_taken_with_what_was_sent_behind_the_head() {
    let server = start(Limits::default()).await;
    let mut socket = server.connect().await;
    socket
        .write_all(b"GET /take HTTP/1.1\r\nHost: a\r\n\r\nbehind")
        .await
        .unwrap();
    assert_eq!(until(&mut socket, ":behind:").await, "taken:behind:");
    socket.write_all(b"more").await.unwrap();
    socket.shutdown().await.unwrap();
    assert_eq!(rest(&mut socket).await, "more");
}

#[tokio::test]
async fn answers_to_earlier_requests_go_out_before_the_socket_is_taken() {
    let server = start(Limits::default()).await;
    let mut socket = server.connect().await;
    let hi = "GET /hi HTTP/1.1\r\nHost: a\r\n\r\n";
    let big = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
    let take = "GET /take HTTP/1.1\r\nHost: a\r\n\r\n";
    socket
        .write_all(format!("{hi}{big}{take}").as_bytes())
        .await
        .unwrap();
    let answer = until(&mut socket, "taken::").await;
    assert!(answer.ends_with("xxtaken::"), "{}", answer.len());
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 2);
    assert!(answer.len() > 4_000_000);
}

/// Asks for `path` over a connection that takes in little, and reads five bytes now and then until the server has
/// done with it. Answers what comes then.
async fn dribble(server: &Server, path: &str) -> std::io::Result<usize> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2048).unwrap();
    let mut socket = socket.connect(server.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let reading = async {
        let mut few = [0; 5];
        socket.read_exact(&mut few).await.unwrap();
        while !server.tasks.is_empty() {
            socket.read_exact(&mut few).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).await
    };
    timeout(PATIENCE, reading).await.expect("it is cut")
}

#[tokio::test]
async fn who_reads_a_few_bytes_now_and_then_is_cut() {
    let limits = Limits {
        head: Duration::from_millis(200),
        silence: Duration::from_secs(2),
        ..Limits::default()
    };
    let server = start(limits).await;
    // One response is too large for the socket; the other is in the kernel's hands, and hyper has done with it.
    for path in ["/big", "/some"] {
        let rest = dribble(&server, path).await;
        assert!(
            rest.is_err(),
            "{path}: all of it came, or its end: {rest:?}"
        );
    }
}

#[tokio::test]
async fn it_drains() {
    let server = start(Limits::default()).await;
    let (mut idle, mut busy) = (server.connect().await, server.connect().await);
    idle.write_all(b"GET /hi HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    until(&mut idle, "hi").await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    server.slow_ones.notified().await;
    server.stop.cancel();
    server.tasks.close();
    assert_eq!(rest(&mut idle).await, "");
    assert!(rest(&mut busy).await.ends_with("slow"));
    timeout(PATIENCE, server.tasks.wait()).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
