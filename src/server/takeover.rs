//! How a handler takes the socket of its request: it leaves what shall run on it, and never answers.
//!
//! The connection's driver finds the deposit right after hyper polled the handler. Nothing of a response has been
//! written then, and responses to earlier requests are out, so the socket can be taken from under hyper. (hyper's
//! own upgrade writes the response itself and keeps its buffers; it cannot do this for server-sent events at all.)

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::net::TcpStream;

use super::places::Place;

/// A socket on which nothing has been answered yet.
#[derive(Debug)]
pub struct Taken {
    /// The socket.
    pub socket: TcpStream,
    /// What the peer sent after the request's head.
    pub read: Bytes,
    /// Who it is.
    pub peer: SocketAddr,
    /// Its place among the connections: keep it as long as the socket.
    pub place: Place,
}

type Deposit = Box<dyn FnOnce(Taken) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// In the extensions of every request: the way to its socket.
#[derive(Clone, Default)]
pub struct Takeover(Arc<Mutex<Option<Deposit>>>);

impl fmt::Debug for Takeover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Takeover")
    }
}

impl Takeover {
    /// Leaves what shall run on the socket, as a task of the server. The handler must then await this, for ever:
    /// the future it is part of is dropped.
    pub async fn take<F, R>(&self, run: F) -> std::convert::Infallible
    where
        F: FnOnce(Taken) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        *self.slot() = Some(Box::new(move |taken| Box::pin(run(taken))));
        std::future::pending().await
    }

    pub(super) fn taken(&self) -> bool {
        self.slot().is_some()
    }

    pub(super) fn deposit(&self) -> Option<Deposit> {
        self.slot().take()
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Deposit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
