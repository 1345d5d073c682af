//! The port, taken.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use super::Fatal;

/// Connections that the system completes before we take them: enough for a wave of reconnects.
const BACKLOG: u32 = 4096;

/// Listens on the address that the setting `name` gave.
///
/// # Errors
/// It cannot be had; says what would do.
pub(super) fn listen(name: &str, address: SocketAddr) -> Result<TcpListener, Fatal> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let bound = socket.and_then(|socket| {
        socket.set_reuseaddr(true)?; // a restart must not wait for connections of the process before
        socket.bind(address)?;
        socket.listen(BACKLOG)
    });
    bound.map_err(|e| {
        let mend = "choose another address or port, or stop what uses it";
        Fatal(format!(
            "{name} {address} cannot be listened on ({e}): {mend}"
        ))
    })
}
