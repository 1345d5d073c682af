//! How long the connections of stopped viewers make no progress before the service cuts them, told from outside: by
//! what the kernel holds for each. While the kernel has room the service can write, so its 20 s begin when the number
//! of bytes held stops to rise.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::numbers::{quantile, sorted};
use super::process;

/// One connection.
struct Held {
    bytes: u64,
    since: Instant,
}

/// The connections of those who are to be stopped.
pub struct Stillness {
    port: u16,
    held: HashMap<u16, Held>,
    stopped: Option<Instant>,
    /// Seconds without progress, seconds since the stop, and bytes held, of each that was cut.
    cut: Vec<(f64, f64, u64)>,
}

impl Stillness {
    /// Of all connections to `port` but those from `others`.
    pub fn new(port: u16, others: HashSet<u16>) -> Self {
        let now = Instant::now();
        let mut all = process::unsent(port);
        all.retain(|peer, _| !others.contains(peer));
        let held = |(peer, bytes)| (peer, Held { bytes, since: now });
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
        let (stopped, cut) = (self.stopped, &mut self.cut);
        self.held.retain(|peer, held| {
            let Some(bytes) = all.get(peer) else {
                let since = stopped.map_or(f64::NAN, |at| (now - at).as_secs_f64());
                cut.push(((now - held.since).as_secs_f64(), since, held.bytes));
                return false;
            };
            if *bytes != held.bytes {
                held.bytes = *bytes;
                held.since = now;
            }
            true
        });
        let bytes = self.held.values().map(|h| h.bytes).sum();
        (self.held.len(), bytes)
    }

    /// Says how they were cut: those whose last bytes still fitted, and those that the kernel was full of.
    pub fn tell(&self) {
        const FULL: u64 = 4096;
        let (full, empty): (Vec<_>, Vec<_>) = self.cut.iter().partition(|c| c.2 > FULL);
        for (name, cut) in [("with full buffers", full), ("with room left", empty)] {
            let of = |pick: fn(&(f64, f64, u64)) -> f64| {
                let all = sorted(cut.iter().map(pick));
                let at = |q| quantile(&all, q);
                format!("{:.0} / {:.0} / {:.0}", at(0.0), at(0.5), at(1.0))
            };
            if !cut.is_empty() {
                println!(
                    "cut {name}: {}; s without write progress {}; s after the stop {}; bytes held {}",
                    cut.len(), of(|c| c.0), of(|c| c.1), of(|c| c.2 as f64)
                );
            }
        }
        println!("never cut: {} (s and bytes as least / median / most)", self.held.len());
    }
}
