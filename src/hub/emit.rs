//! The one task in which frames leave: every sink is written to from here, so it waits for nobody and gives way to
//! the other tasks of its thread in large rounds.

use tokio_util::sync::CancellationToken;

use super::Hub;
use super::entry::Entry;
use super::sink::{Departure, Emission};
use super::state::Work;
use std::sync::Arc;

/// How many sinks are offered something before other tasks get their turn.
const CHUNK: usize = 64;

/// Counts what was done since other tasks last had their turn, over many small rounds as well as within a large one.
#[derive(Debug, Default)]
struct Turn(usize);

impl Turn {
    async fn step(&mut self) {
        self.0 += 1;
        if self.0 >= CHUNK {
            self.0 = 0;
            tokio::task::yield_now().await;
        }
    }
}

/// Lets frames out until `stop`.
pub async fn run(hub: &Hub, stop: &CancellationToken) {
    let mut turn = Turn::default();
    while !stop.is_cancelled() {
        let work = hub.state().next();
        match work {
            Work::Emit(emission, to) => offer((hub, &emission), to, &mut turn).await,
            Work::Gone(departure, to) => part(&departure, to, &mut turn).await,
            Work::Sleep(until) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = hub.0.wake.notified() => {}
                    () = tokio::time::sleep_until(until) => {}
                }
            }
        }
        turn.step().await;
    }
}

async fn offer((hub, emission): (&Hub, &Emission), to: Vec<Arc<Entry>>, turn: &mut Turn) {
    for entry in &to {
        if entry.wants(&emission.frame) {
            entry.sink.offer(emission, entry.tag);
        }
        turn.step().await;
    }
    hub.state().emitted(emission);
    // An entry dropped last here drops its sink here, which may close a socket: not under the lock.
    drop(to);
}

async fn part(departure: &Departure, to: Vec<Arc<Entry>>, turn: &mut Turn) {
    let key = &departure.key;
    for entry in &to {
        if entry.cares(&key.id, departure.labels.as_ref()) {
            entry.sink.gone(key, entry.tag);
        }
        turn.step().await;
    }
}
