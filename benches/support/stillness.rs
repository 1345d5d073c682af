//! How long the connections of stopped viewers make no progress before they are cut, told from outside: by what the
//! kernel holds for each of them and its peer has not taken. First the peer's kernel takes what comes, since it has
//! room although nobody reads; then ours holds it, and the service's writes still succeed; then they do not.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::numbers::{quantile, sorted};
use super::process;

/// One connection.
struct Held {
    bytes: u64,
    /// When the peer last took all there was, as far as could be seen.
    taken: Instant,
    /// When the number of bytes last changed.
    changed: Instant,
}

/// How a connection stood when it was cut: seconds since it was stopped, since the peer's kernel took anything, and
/// since ours did, and the bytes that ours held.
struct Cut {
    stopped: f64,
    taken: f64,
    changed: f64,
    bytes: u64,
}

/// The connections of those who are to be stopped.
pub struct Stillness {
    port: u16,
    held: HashMap<u16, Held>,
    stopped: Option<Instant>,
    cut: Vec<Cut>,
}

impl Stillness {
    /// Of all connections to `port` but those from `others`.
    pub fn new(port: u16, others: HashSet<u16>) -> Self {
        let now = Instant::now();
        let mut all = process::unsent(port);
        all.retain(|peer, _| !others.contains(peer));
        let held = |(peer, bytes)| {
            let held = Held {
                bytes,
                taken: now,
                changed: now,
            };
            (peer, held)
        };
        Self {
            port,
            held: all.into_iter().map(held).collect(),
            stopped: None,
            cut: Vec::new(),
        }
    }

    /// They are stopped now.
    pub fn begin(&mut self) {
        self.stopped = Some(Instant::now());
    }

    /// Looks at them; how many are left, and how much is held for them in bytes.
    pub fn look(&mut self) -> (usize, u64) {
        let now = Instant::now();
        let all = process::unsent(self.port);
        let (stopped, cut) = (self.stopped.unwrap_or(now), &mut self.cut);
        self.held.retain(|peer, held| {
            let Some(bytes) = all.get(peer) else {
                let since = |at: Instant| (now - at).as_secs_f64();
                cut.push(Cut {
                    stopped: since(stopped),
                    taken: since(held.taken),
                    changed: since(held.changed),
                    bytes: held.bytes,
                });
                return false;
            };
            if *bytes < held.bytes || *bytes == 0 {
                held.taken = now;
            }
            if *bytes != held.bytes {
                held.changed = now;
            }
            held.bytes = *bytes;
            true
        });
        let bytes = self.held.values().map(|h| h.bytes).sum();
        (self.held.len(), bytes)
    }

    /// Says how they were cut: those that the peer's kernel still took everything for, and the others.
    pub fn tell(&self) {
        let (full, free): (Vec<_>, Vec<_>) = self.cut.iter().partition(|c| c.bytes > 0);
        for (name, cut) in [("while bytes waited", full), ("while none did", free)] {
            let of = |pick: fn(&Cut) -> f64| {
                let all = sorted(cut.iter().map(|c| pick(c)));
                let at = |q| quantile(&all, q);
                format!("{:.0} / {:.0} / {:.0}", at(0.0), at(0.5), at(1.0))
            };
            if !cut.is_empty() {
                println!(
                    "cut {name}: {}; s after the stop {}; s since the peer's kernel took any {}; s since ours did {}; bytes waiting {}",
                    cut.len(),
                    of(|c| c.stopped),
                    of(|c| c.taken),
                    of(|c| c.changed),
                    of(|c| c.bytes as f64),
                );
            }
        }
        println!("never cut: {} (least / median / most)", self.held.len());
    }
}
