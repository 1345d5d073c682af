//! What is heard of the command: what it reports itself before what it prints, and its last words.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::copy::Look;
use super::read::Reader;
use super::reports::Inbox;
use super::tail::Tail;
use super::teller::Teller;

/// Of a flood only the last is looked at: nobody draws bars so fast, and the flood is not to be held up.
const LOOKED_AT: usize = 16 * 1024;

/// The last words: of where it complains, and of all else.
#[derive(Clone, Default)]
pub struct Tails {
    /// Where it complains.
    pub complaints: Arc<Mutex<Tail>>,
    /// All else.
    pub rest: Arc<Mutex<Tail>>,
}

/// Hears what the command reports itself, and tells it on.
#[derive(Clone)]
pub struct Ear {
    /// What it reports.
    pub inbox: Arc<Mutex<Inbox>>,
    /// Who tells the job.
    pub teller: Arc<Mutex<Teller>>,
    /// Whether something was no report, and that was said.
    pub complained: Arc<AtomicBool>,
}

impl Ear {
    /// Hears what has come; false where nothing more can come.
    pub fn listen(&self) -> bool {
        let mut inbox = lock(&self.inbox);
        for said in inbox.drain() {
            let wrong = lock(&self.teller).report(&said);
            if let Some(wrong) = wrong.filter(|_| !self.complained.swap(true, Relaxed)) {
                say(&format!("on the descriptor for reports, {wrong}"));
            }
        }
        !inbox.is_closed()
    }
}

/// Looks at one output.
pub struct Watcher {
    /// What it reports is heard first.
    pub ear: Ear,
    /// The last of it.
    pub tail: Arc<Mutex<Tail>>,
    /// What reads it.
    pub reader: Reader,
}

impl Look for Watcher {
    fn passed(&mut self, bytes: &[u8]) {
        lock(&self.tail).push(bytes);
        self.ear.listen();
        let skipped = bytes.len().saturating_sub(LOOKED_AT);
        let last = bytes.get(skipped..).unwrap_or_default();
        lock(&self.ear.teller).passed(&mut self.reader, last);
    }

    fn paused(&mut self) {
        lock(&self.ear.teller).paused(&mut self.reader);
    }
}

/// Says something to the person at the terminal.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr(), "milepost: {text}"); // nobody may be reading
}

/// The thing, whatever became of who held it before.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
