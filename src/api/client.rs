//! Where a request comes from, told to every layer and handler within.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::limit::{ClientAddress, Networks};

/// Puts the [`ClientAddress`] into the request's extensions: the peer's own, or what trusted proxies say.
pub async fn address(
    State(trusted): State<Networks>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map_or(ClientAddress::UNKNOWN, |peer| {
        let lines = request.headers().get_all("x-forwarded-for").iter();
        ClientAddress::find(peer.0.ip(), lines.map(|l| l.to_str().ok()), &trusted)
    });
    request.extensions_mut().insert(address);
    next.run(request).await
}
