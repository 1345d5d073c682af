//! Signatures only, for the sides that call them.
#![allow(missing_docs)]

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[derive(Debug, Clone, Default)]
pub struct Limits {
    pub head: std::time::Duration,
    pub head_bytes: usize,
    pub headers: usize,
    pub connections: usize,
    pub silence: std::time::Duration,
}

pub async fn serve(
    listener: TcpListener,
    router: Router,
    _limits: Limits,
    shutdown: CancellationToken,
    _tasks: TaskTracker,
) {
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    let _ = axum::serve(listener, service)
        .with_graceful_shutdown(async move { shutdown.cancelled().await })
        .await;
}
