//! How many connections one address may hold, over real sockets from several addresses of this machine.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use milepost::limit::Network;
use milepost::server::{Limits, Taken, Takeover, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::support::postgres;
use crate::support::service::Service;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(20);

const HI: &str = "GET /hi HTTP/1.1\r\nHost: a\r\n\r\n";

struct Server {
    address: SocketAddr,
    _stop: DropGuard,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let take = |Extension(takeover): Extension<Takeover>| async move {
            takeover
                .take(|taken| async move {
                    let Taken {
                        mut socket, place, ..
                    } = taken;
                    let _ = socket.write_all(b"taken").await;
                    let _ = socket.read(&mut [0]).await;
                    drop(place);
                })
                .await
        };
        let router = Router::new()
            .route("/hi", get(async || "hi"))
            .route("/take", get(take));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = serve(listener, router, limits, stop.clone(), TaskTracker::new());
        tokio::spawn(serving);
        Self {
            address,
            _stop: stop.drop_guard(),
        }
    }

    /// A connection from `127.0.0.LAST` that has said something.
    async fn say(&self, last: u8, request: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(SocketAddr::from(([127, 0, 0, last], 0)))
            .unwrap();
        let mut socket = socket.connect(self.address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        socket
    }

    /// A connection that is held: it was answered.
    async fn hold(&self, last: u8, request: &str, end: &str) -> TcpStream {
        let mut socket = self.say(last, request).await;
        let mut out = Vec::new();
        while !out.ends_with(end.as_bytes()) {
            let byte = timeout(PATIENCE, socket.read_u8()).await;
            let sent = String::from_utf8_lossy(&out).into_owned();
            out.push(
                byte.expect("it comes")
                    .unwrap_or_else(|e| panic!("{e} behind {sent}")),
            );
        }
        socket
    }

    /// All that is said to a connection that is closed then.
    async fn refused(&self, last: u8, request: &str) -> String {
        let mut socket = self.say(last, request).await;
        let mut out = String::new();
        let read = timeout(PATIENCE, socket.read_to_string(&mut out)).await;
        read.expect("the server closes").expect("no reset");
        out
    }

    /// Waits until a connection is taken in and answered.
    async fn until_answered(&self, last: u8) {
        let close = "GET /hi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        while !self.refused(last, close).await.starts_with("HTTP/1.1 200") {}
    }
}

fn limits(per_address: Option<usize>) -> Limits {
    Limits {
        connections: 4,
        per_address,
        exempt: [Network::parse("127.0.0.9").unwrap()].into_iter().collect(),
        readers: ["https://app.example.com".into()].into(),
        ..Limits::default()
    }
}

#[tokio::test]
async fn one_address_cannot_shut_out_another() {
    let server = Server::start(limits(Some(0))).await;
    let first = server.hold(2, HI, "hi").await;
    // A socket that was taken over counts as long as it is open.
    let second = server
        .hold(2, "GET /take HTTP/1.1\r\nHost: a\r\n\r\n", "taken")
        .await;
    let answer = server.refused(2, HI).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("this address has as many"), "{answer}");
    assert!(answer.contains("retry-after: "), "{answer}");
    let other = server.hold(3, HI, "hi").await;
    // Each gives back its own.
    drop(second);
    server.until_answered(2).await;
    let second = server.hold(2, HI, "hi").await;
    assert!(server.refused(2, HI).await.contains("this address"));
    drop((first, second, other));
    server.until_answered(2).await;
}

#[tokio::test]
async fn a_proxy_speaks_for_many_and_without_a_limit_so_does_everybody() {
    let server = Server::start(limits(Some(1))).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(server.hold(9, HI, "hi").await);
    }
    let answer = server.refused(2, HI).await;
    assert!(answer.contains("the service has as many"), "{answer}");
    let server = Server::start(limits(None)).await;
    for _ in 0..4 {
        held.push(server.hold(2, HI, "hi").await);
    }
    assert!(server.refused(2, HI).await.contains("the service has"));
}

#[tokio::test]
async fn a_listed_page_can_read_the_refusal_and_no_other_page_can() {
    let server = Server::start(limits(Some(1))).await;
    let _held = server.hold(2, HI, "hi").await;
    let ask = |more: &str| format!("GET /hi HTTP/1.1\r\nHost: a\r\n{more}\r\n");
    let events = "Accept: text/event-stream\r\n";
    let listed = "Origin: https://app.example.com\r\n";
    let leave = "\r\naccess-control-allow-origin: https://app.example.com\r\n";
    for (more, readable) in [
        (format!("{events}{listed}"), true),
        (listed.to_owned(), true),
        (events.to_owned(), false),
        (format!("{listed}{listed}"), false),
        ("Origin: https://app.example.com.evil\r\n".to_owned(), false),
        ("Origin: null\r\n".to_owned(), false),
    ] {
        let answer = server.refused(2, &ask(&more)).await;
        assert_eq!(answer.contains(leave), readable, "{more} {answer}");
        assert_eq!(
            answer.matches("access-control-allow-origin").count(),
            usize::from(readable)
        );
        assert_eq!(
            answer.starts_with("HTTP/1.1 200"),
            more.contains(events),
            "{answer}"
        );
        assert!(answer.contains("overloaded"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_few_descriptors_it_says_so_serves_who_is_there_and_recovers() {
    const FILES: usize = 256;
    let database = postgres::database().await;
    let url = database.url();
    // More than there can be: what is possible is what counts.
    let connections = ["--connections", "100000", "--head-seconds", "60"];
    let arguments: Vec<&str> = ["--database-url", &url]
        .into_iter()
        .chain(connections)
        .collect();
    let service = Service::with_files(256, &arguments);
    let address = service.client.address.as_str();
    until("the warning", || service.log().contains("ulimit"));
    let ask = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let (mut held, mut refused) = (Vec::new(), 0);
    for _ in 0..FILES {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(ask.as_bytes()).await.unwrap();
        let mut line = [0; 12];
        let read = timeout(PATIENCE, socket.read_exact(&mut line)).await;
        read.expect("an answer at once").expect("an answer");
        match &line {
            b"HTTP/1.1 200" => held.push(socket),
            b"HTTP/1.1 503" => refused += 1,
            other => panic!("{}", String::from_utf8_lossy(other)),
        }
    }
    assert!(held.len() >= FILES / 3, "{}", held.len());
    assert!(refused > 0 && held.len() < FILES, "{}", held.len());
    // Far more than it has descriptors, at once and without a word: it goes on all the same.
    let mut silent = Vec::new();
    for _ in 0..2 * FILES {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let (first, _) = held.split_first_mut().unwrap();
    first.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(15).any(|w| w == b"HTTP/1.1 200 OK") {
        let read = timeout(PATIENCE, first.read_buf(&mut answer)).await;
        assert_ne!(read.expect("who is there is served").unwrap(), 0);
    }
    drop((held, silent));
    // It also reaches its database again.
    let recovered = async {
        let path = "/v1/projects/acme/summary";
        loop {
            let answer = service.client.try_send("GET", path, &[], b"").await;
            if answer.is_ok_and(|a| a.status == 200) {
                break;
            }
        }
    };
    timeout(PATIENCE, recovered).await.expect("it recovers");
}
