//! The accept loop: TCP in, requests to the router, sockets of streams handed over.
//!
//! Owns what happens to a connection before and beside a request: how many there may be, how long a head may take,
//! what no router ever sees (no `Host`, two ways to say where a body ends). Knows no route.
//!
//! `axum::serve` sets no header deadline, no limit and no socket option, and cannot give a socket away; a stream's
//! own socket is what lets the hub write shared bytes to it directly (see [`takeover`]).

mod connection;
mod descriptors;
#[doc(hidden)] // for the fuzzer
pub mod head;
pub mod intake;
mod io;
pub mod places;
mod refuse;
pub mod takeover;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::limit::Networks;
pub use places::Place;
use places::{Full, Places};
pub use takeover::{Taken, Takeover};

/// What the accept loop allows.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a request's head may take, from the end of the request before it; so also how long a connection may
    /// be idle. Default 10 s.
    pub head: Duration,
    /// How many bytes a request's line and headers may have together. At least 8,192; default 16 KiB.
    pub head_bytes: usize,
    /// How many headers a request may have. Default 100.
    pub headers: usize,
    /// How many connections there may be; 0 = as many as the process may have descriptors, but for those the
    /// service needs itself. Default 0.
    pub connections: usize,
    /// How many of them one address may hold; 0 = half of all. Default `None`, no limit but that of all.
    pub per_address: Option<usize>,
    /// Whose addresses may hold any number: proxies, which speak for many.
    pub exempt: Networks,
    /// The origins of web pages that may read a refusal. An EventSource that may not read it gives up for good.
    pub readers: Arc<[Box<str>]>,
    /// Within which time a peer must take in what was sent to it, or it is cut. Default 20 s.
    pub silence: Duration,
}

impl Limits {
    /// The same, as to be compared with by who looks now and then: it is over before the limit is.
    fn patience(&self) -> Duration {
        self.silence * 17 / 20
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            head_bytes: 16 * 1024,
            headers: 100,
            connections: 0,
            per_address: None,
            exempt: Networks::default(),
            readers: Arc::default(),
            silence: Duration::from_secs(20),
        }
    }
}

/// How many refusals may be under way at once; beyond, a connection is refused without waiting for its request.
const REFUSALS: usize = 32;

/// Serves `router` on `listener` until `shutdown`. Every connection is one of `tasks`, which end by themselves after
/// `shutdown` (requests under way are answered, streams are ended by who took them over); how long to wait for them
/// is the caller's business.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
    tasks: TaskTracker,
) {
    let places = Places::new(&limits);
    let server = Arc::new(connection::Server {
        router,
        limits,
        shutdown,
        tasks,
    });
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    loop {
        let accepted = tokio::select! {
            () = server.shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            // A peer that left while it was in the queue is no reason to let others wait.
            Err(error) if is_of_peer(&error) => continue,
            Err(_) => {
                // Out of descriptors in spite of the limit: give others time to close.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        match places.take(peer.ip()) {
            Ok(place) => {
                prepare(&socket, server.limits.silence);
                let serving = connection::run(Arc::clone(&server), socket, (peer, place));
                server.tasks.spawn(serving);
            }
            Err(full) => refuse_one(&server, (socket, full), &refusals),
        }
    }
}

fn is_of_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Socket options: small frames leave at once, little is buffered for who does not read, who is gone is noticed.
fn prepare(socket: &TcpStream, silence: Duration) {
    const SEND_BUFFER: usize = 32 * 1024;
    let _ = socket.set_nodelay(true);
    let socket = socket2::SockRef::from(socket);
    let _ = socket.set_send_buffer_size(SEND_BUFFER);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(silence));
    #[cfg(not(target_os = "linux"))]
    let _ = silence;
}

fn refuse_one(
    server: &Arc<connection::Server>,
    (socket, full): (TcpStream, Full),
    refusals: &Arc<Semaphore>,
) {
    if let Ok(place) = Arc::clone(refusals).try_acquire_owned() {
        let readers = Arc::clone(&server.limits.readers);
        server.tasks.spawn(async move {
            refuse::politely(socket, full, &readers).await;
            drop(place);
        });
    } else {
        refuse::bluntly(&socket, full);
    }
}
