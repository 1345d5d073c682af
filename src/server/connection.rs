//! One connection: hyper parses, the router answers, and a socket that was taken over moves on.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Response, Version, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::io::{Io, Watch};
use super::places::Place;
use super::takeover::{Taken, Takeover};
use super::{Limits, refuse};

/// What all connections share.
#[derive(Debug)]
pub struct Server {
    /// Who answers.
    pub router: Router,
    /// What is allowed.
    pub limits: Limits,
    /// When to stop.
    pub shutdown: CancellationToken,
    /// Where tasks belong.
    pub tasks: TaskTracker,
}

/// Serves one connection until it closes or its socket is taken over.
pub async fn run(server: Arc<Server>, socket: TcpStream, (peer, place): (SocketAddr, Place)) {
    let takeover = Takeover::default();
    let watch = Arc::new(Watch::default());
    // Boxed, so that the connection can be moved out from under it.
    let service =
        service_fn(|request| Box::pin(answer(&server, request, (&takeover, &watch, peer))));
    let limits = &server.limits;
    let io = Io::new(socket, limits.head_bytes / 2, Arc::clone(&watch));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes.max(8192))
        .max_headers(limits.headers)
        .serve_connection(TokioIo::new(io), service);
    let mut stop = pin!(server.shutdown.cancelled());
    let mut stopping = false;
    let taken = poll_fn(|cx| {
        if !stopping && stop.as_mut().poll(cx).is_ready() {
            stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        if connection.poll_without_shutdown(cx).is_ready() {
            return Poll::Ready(false);
        }
        if takeover.taken() && !watch.unwritten.load(Ordering::Acquire) {
            Poll::Ready(true)
        } else {
            Poll::Pending
        }
    })
    .await;
    let parts = connection.into_parts();
    let (socket, read) = (parts.io.into_inner().socket, parts.read_buf);
    match takeover.deposit().filter(|_| taken) {
        Some(deposit) => {
            let taken = Taken {
                socket,
                read,
                peer,
                place,
            };
            // A task of its own, so that the large future of this one goes.
            server.tasks.spawn(deposit(taken));
        }
        None => refuse::linger(socket).await,
    }
}

/// What hyper leaves to us, then the router.
async fn answer(
    server: &Server,
    request: Request<Incoming>,
    (takeover, watch, peer): (&Takeover, &Watch, SocketAddr),
) -> Result<Response<Body>, Infallible> {
    let closes = request.headers().contains_key(header::TRANSFER_ENCODING);
    let conflict = watch.conflict.load(Ordering::Acquire);
    let mut response = match check(&request, conflict) {
        Err(detail) => refuse::malformed(detail),
        Ok(()) => {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(takeover.clone());
            request.extensions_mut().insert(ConnectInfo(peer));
            match server.router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    };
    if closes || conflict {
        // Behind a chunked body nobody can tell us and a lax proxy apart on where the next request begins.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    Ok(response)
}

fn check(request: &Request<Incoming>, conflict: bool) -> Result<(), &'static str> {
    if conflict {
        return Err("send either Content-Length or Transfer-Encoding, not both");
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    let absent = first.is_none() && request.version() >= Version::HTTP_11;
    if absent || second.is_some() || first.is_some_and(|h| !is_host(h)) {
        return Err("a request has exactly one Host header");
    }
    Ok(())
}

fn is_host(value: &HeaderValue) -> bool {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || b".-_:[]%~".contains(b);
    value.as_bytes().iter().all(fits)
}
