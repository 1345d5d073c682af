//! The one task in which frames leave: every sink is written to from here, so it waits for nobody and gives way to
//! the other tasks of its thread in large rounds.

use tokio_util::sync::CancellationToken;

use super::Hub;
use super::entry::Entry;
use super::sink::{Departure, Emission};
use super::state::Work;
use std::sync::Arc;

/// How many sinks are offered a frame before other tasks get their turn.
const CHUNK: usize = 64;

/// Lets frames out until `stop`.
pub async fn run(hub: &Hub, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let work = hub.state().next();
        match work {
            Work::Emit(emission, to) => offer(hub, &emission, to).await,
            Work::Gone(departure, to) => part(&departure, to).await,
            Work::Sleep(until) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = hub.0.wake.notified() => {}
                    () = tokio::time::sleep_until(until) => {}
                }
            }
        }
    }
}

async fn offer(hub: &Hub, emission: &Emission, to: Vec<Arc<Entry>>) {
    for (n, entry) in to.iter().enumerate() {
        if entry.wants(&emission.frame) {
            entry.sink.offer(emission, entry.tag);
        }
        if n % CHUNK == CHUNK - 1 {
            tokio::task::yield_now().await;
        }
    }
    hub.state().emitted(emission);
    // An entry dropped last here drops its sink here, which may close a socket: not under the lock.
    drop(to);
}

async fn part(departure: &Departure, to: Vec<Arc<Entry>>) {
    let key = &departure.key;
    for (n, entry) in to.iter().enumerate() {
        if entry.cares(&key.id, departure.labels.as_ref()) {
            entry.sink.gone(key, entry.tag);
        }
        if n % CHUNK == CHUNK - 1 {
            tokio::task::yield_now().await;
        }
    }
}
