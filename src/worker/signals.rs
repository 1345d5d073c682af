//! SIGTERM and SIGINT, for a program that asks for it: its jobs hear of them, get some time, and are reported
//! `interrupted` where they have not ended by then. The process then ends as the signal would have ended it.
//!
//! A library that took signals unasked would take them from the program: handlers belong to the process.

use std::io;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::handle::interrupted;
use super::lane::{Item, What};
use super::outbox::Awaited;
use super::reporter::{Owner, Reporter};
use super::waiting::Ending;

/// How long the last words are tried once the time is over.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How often one looks whether the jobs have ended.
const LOOK: Duration = Duration::from_millis(20);

impl Reporter {
    /// Takes SIGTERM and SIGINT for the whole process: the first one [interrupts](Self::interrupt) all jobs, which
    /// have `grace` to roll back and say so. What has not ended by then is reported `failed`, `interrupted`,
    /// retryable, and the process ends by the signal, as it would have without this; at once where it had no job. A
    /// second signal ends it at once. For programs that leave signals to this; one that handles them itself calls
    /// [`interrupt`](Self::interrupt).
    ///
    /// # Errors
    /// Where the system gives no handler or no thread.
    pub fn interrupt_on_signals(&self, grace: Duration) -> io::Result<()> {
        let mut signals = Signals::new([SIGTERM, SIGINT])?;
        let owner = Arc::downgrade(&self.owner);
        let thread = thread::Builder::new().name("milepost-signals".into());
        thread.spawn(move || {
            let mut all = signals.forever();
            let Some(first) = all.next() else { return };
            let ending = thread::Builder::new().name("milepost-ending".into());
            let ended = ending.spawn(move || {
                leave(&owner, grace);
                let _ = emulate_default_handler(first);
            });
            if ended.is_ok()
                && let Some(second) = all.next()
            {
                let _ = emulate_default_handler(second);
            }
            let _ = emulate_default_handler(first);
        })?;
        Ok(())
    }
}

/// Gives the jobs their time, and says what is to be said of those that did not use it.
fn leave(owner: &Weak<Owner>, grace: Duration) {
    let Some(owner) = owner.upgrade() else { return };
    let until = Instant::now() + grace;
    let had_jobs = !owner.open().is_empty();
    owner.interrupt();
    while !owner.open().is_empty() && Instant::now() < until {
        thread::sleep(LOOK);
    }
    if let Some(link) = &owner.link {
        link.shared.change(|outbox| outbox.interrupt());
        let tick = link.shared.lock().ticks;
        Ending::of(&link.shared, Awaited::Empty(tick)).wait(LAST_WORDS);
    }
    // Whoever ended in time may have more to do than its jobs.
    if had_jobs {
        thread::sleep(until.saturating_duration_since(Instant::now()));
    }
}

impl super::outbox::Outbox {
    /// Says of all jobs that have not ended that they were interrupted. Notices that still wait are counted only:
    /// there is no time left for their pace.
    fn interrupt(&mut self) {
        let fields = serde_json::json!({"type": "failed", "error": interrupted("").json()});
        let numbers: Vec<u64> = self.lanes.keys().copied().collect();
        for number in numbers {
            self.unlist_waiting(number);
            self.snapshot(number, true);
            self.push(number, Item::new(What::Ending, &fields));
        }
    }
}
