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
mod io;
mod refuse;
pub mod takeover;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
    /// How long a peer may take in nothing of what was sent to it before the kernel cuts it. Default 20 s.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            head_bytes: 16 * 1024,
            headers: 100,
            connections: 0,
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
    let places = match limits.connections {
        0 => descriptors::for_connections(),
        given => given,
    };
    let server = Arc::new(connection::Server {
        router,
        limits,
        shutdown,
        tasks,
    });
    let places = Arc::new(Semaphore::new(places));
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    loop {
        let accepted = tokio::select! {
            () = server.shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, peer)) = accepted else {
            // Out of descriptors in spite of the limit, or a peer that left in the queue: give others time to close.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => {
                prepare(&socket, server.limits.silence);
                let serving = connection::run(Arc::clone(&server), socket, (peer, place));
                server.tasks.spawn(serving);
            }
            Err(_) => refuse_one(&server, socket, &refusals),
        }
    }
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

fn refuse_one(server: &connection::Server, socket: TcpStream, refusals: &Arc<Semaphore>) {
    if let Ok(place) = Arc::clone(refusals).try_acquire_owned() {
        server.tasks.spawn(async move {
            refuse::politely(socket).await;
            drop(place);
        });
    } else {
        refuse::bluntly(&socket);
    }
}
