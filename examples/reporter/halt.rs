//! The program's own wish to stop: SIGINT or SIGTERM, turned into a token that jobs listen to.

use tokio::signal::{
    ctrl_c,
    unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first of the two signals, so that a job can roll back and say so.
pub fn on_signal() -> CancellationToken {
    let halt = CancellationToken::new();
    let told = halt.clone();
    tokio::spawn(async move {
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return;
        };
        tokio::select! {
            _ = ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        told.cancel();
    });
    halt
}
