//! One connection: hyper parses, the router answers, and a socket that was taken over moves on.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Response, Version, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::intake::{self, Intake};
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
    let mut lookout = Lookout::new(&socket, limits.patience());
    let io = Io::new(socket, limits.head_bytes / 2, Arc::clone(&watch));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes.max(8192))
        .max_headers(limits.headers)
        .serve_connection(TokioIo::new(io), service);
    let mut stop = pin!(server.shutdown.cancelled());
    let mut stopping = false;
    let end = poll_fn(|cx| {
        if !stopping && stop.as_mut().poll(cx).is_ready() {
            stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        if connection.poll_without_shutdown(cx).is_ready() {
            return Poll::Ready(End::Over);
        }
        if takeover.taken() && !watch.unwritten.load(Ordering::Acquire) {
            return Poll::Ready(End::Taken);
        }
        lookout.poll(cx, &watch).map(|()| End::TooSlow)
    })
    .await;
    let parts = connection.into_parts();
    let (socket, read) = (parts.io.into_inner().socket, parts.read_buf);
    match (end, takeover.deposit()) {
        (End::Taken, Some(deposit)) => {
            let taken = Taken {
                socket,
                read,
                peer,
                place,
            };
            // A task of its own, so that the large future of this one goes.
            server.tasks.spawn(deposit(taken));
        }
        (End::TooSlow, _) => intake::reset(&socket),
        // In a drain nobody is waited for.
        _ => refuse::linger(socket, (!stopping).then(|| lookout.until())).await,
    }
}

/// How hyper came to be done with a socket.
#[derive(Debug, Clone, Copy)]
enum End {
    Over,
    Taken,
    TooSlow,
}

/// Looks after a peer that has not yet taken in what was sent to it.
struct Lookout {
    socket: RawFd,
    intake: Intake,
    patience: Duration,
    /// When to look next, while there is anything to look for.
    next: Option<Pin<Box<Sleep>>>,
}

impl Lookout {
    fn new(socket: &TcpStream, patience: Duration) -> Self {
        Self {
            // The connection has the socket for as long as this is asked.
            socket: socket.as_raw_fd(),
            intake: Intake::default(),
            patience,
            next: None,
        }
    }

    /// Ready = the peer is too slow.
    fn poll(&mut self, cx: &mut Context<'_>, watch: &Watch) -> Poll<()> {
        loop {
            if let Some(next) = &mut self.next {
                ready!(next.as_mut().poll(cx));
            }
            let given = watch.given.load(Ordering::Relaxed);
            let (now, left) = (Instant::now(), || intake::held(self.socket));
            if !self.intake.keeps_up(now, (given, left), self.patience) {
                return Poll::Ready(());
            }
            if !self.intake.waits() {
                self.next = None;
                return Poll::Pending;
            }
            let every = intake::EVERY.min(self.patience / 10);
            self.next = Some(Box::pin(sleep(every)));
        }
    }

    /// Until when the peer has time for what it has not taken in.
    fn until(&self) -> Instant {
        let until = self.intake.until(self.patience);
        until.unwrap_or_else(|| Instant::now() + self.patience)
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
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    let chunked = |v: &HeaderValue| v.as_bytes().eq_ignore_ascii_case(b"chunked");
    if !codings.next().is_none_or(chunked) || codings.next().is_some() {
        // Hyper looks at the last coding alone; a proxy before us may not, and see other requests than we do.
        return Err("the only Transfer-Encoding that is understood is chunked, given once");
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
