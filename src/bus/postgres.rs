//! Hints over Postgres: NOTIFY from a connection of its own, without waiting for the disk.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::hint::{Hints, encode};
use crate::store::Error;
use crate::store::notify::Notifier;

/// Sends what gathers in `hints`, as it gathers, until `stop`. What cannot be sent is dropped: the catch-up reads of
/// the other nodes find it.
pub async fn send(hints: Arc<Hints>, notifier: Notifier, stop: CancellationToken) {
    loop {
        let waiting = tokio::select! {
            () = stop.cancelled() => return,
            waiting = hints.take() => waiting,
        };
        let texts = encode(notifier.node(), &waiting);
        if let Err(error) = notifier.send(&texts).await {
            report(&error, waiting.len());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn report(error: &Error, lost: usize) {
    tracing::warn!(%error, lost, "hints to the other nodes were dropped; their catch-up reads will find the jobs");
}
