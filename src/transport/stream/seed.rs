//! What a stream is made of.

use std::time::Duration;

use tokio::net::TcpStream;

use super::Visitor;
use crate::server::Place;
use crate::transport::words::Framing;
use crate::transport::ws::codec::Manners;

/// What a stream is made of.
#[derive(Debug)]
pub struct Seed {
    /// The socket.
    pub socket: TcpStream,
    /// Its place among the connections.
    pub place: Option<Place>,
    /// How to put messages.
    pub framing: Framing,
    /// The head of the response.
    pub head: String,
    /// How long it may live; `None` = as long as it likes.
    pub lifetime: Option<Duration>,
    /// Who watches.
    pub visitor: Visitor,
    /// What is taken from the client of a WebSocket.
    pub manners: Manners,
}
