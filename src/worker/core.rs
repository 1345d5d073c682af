//! What a job's handles write and the sending thread reads: the counts as plain atomics, the words behind a lock.
//!
//! Nothing here is sent from here. An increment is one relaxed atomic: it tells nobody, the thread comes and looks.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::cancel::Reason;
use super::limits;

/// "Not known", where a count would be.
pub const UNKNOWN: u64 = u64::MAX;
/// Where what was done outside of any phase is counted.
pub const OUTSIDE: usize = 0;
/// One for the job, one for each phase it may have, and one for phases beyond, which are not reported.
const GAUGES: usize = limits::PHASES + 2;

/// How far one phase is.
#[derive(Debug)]
pub struct Gauge {
    pub current: AtomicU64,
    pub total: AtomicU64,
}

/// One counter of a job.
#[derive(Debug)]
pub struct Count {
    pub name: String,
    pub value: AtomicU64,
}

/// What is said now and then.
#[derive(Debug, Default)]
pub struct Words {
    /// The names of the phases, in the order of their first appearance: the gauge's number less one.
    pub phases: Vec<String>,
    pub counters: Vec<Arc<Count>>,
    pub message: Option<String>,
    pub metadata: Map<String, Value>,
    pub percent: Option<f64>,
    /// Whether the message, the metadata or the percentage is newer than what was sent.
    pub fresh: bool,
}

/// A job as its handles share it.
#[derive(Debug)]
pub struct Core {
    pub id: String,
    gauges: Vec<Gauge>,
    now: AtomicUsize,
    words: Mutex<Words>,
    /// Fires when the job is to give up.
    pub token: CancellationToken,
    why: OnceLock<Reason>,
    /// Whether the service has answered the creation.
    pub known: AtomicBool,
    /// How many attempts the program has given back; and whether the last one was, with no other begun since.
    pub given_back: AtomicU64,
    pub between: AtomicBool,
    /// How many attempts were given back, as far as the service has taken that; and whether it refused one.
    pub requeued: AtomicU64,
    pub requeue_refused: AtomicBool,
    /// Whether the ending was said.
    pub over: AtomicBool,
    /// Whether the ending was delivered.
    pub delivered: AtomicBool,
}

impl Core {
    /// A job of this id that listens to `token`, with the phases that are planned and their totals.
    pub fn new(id: String, token: CancellationToken, plan: &[(String, Option<u64>)]) -> Self {
        let gauge = |total| Gauge {
            current: AtomicU64::new(0),
            total: AtomicU64::new(total),
        };
        let core = Self {
            id,
            gauges: (0..GAUGES).map(|_| gauge(UNKNOWN)).collect(),
            now: AtomicUsize::new(OUTSIDE),
            words: Mutex::default(),
            token,
            why: OnceLock::new(),
            known: AtomicBool::new(false),
            given_back: AtomicU64::new(0),
            between: AtomicBool::new(false),
            requeued: AtomicU64::new(0),
            requeue_refused: AtomicBool::new(false),
            over: AtomicBool::new(false),
            delivered: AtomicBool::new(false),
        };
        for (name, total) in plan {
            let number = core.number(name);
            core.set_total(number, total.unwrap_or(UNKNOWN));
        }
        core
    }

    /// The gauge of this number.
    #[inline]
    pub fn gauge(&self, number: usize) -> &Gauge {
        // A number is never beyond the gauges there are; the last one is as good as a panic would be bad.
        &self.gauges[number.min(GAUGES - 1)]
    }

    /// How much there is to do in the phase of this number.
    pub fn set_total(&self, number: usize, total: u64) {
        self.gauge(number).total.store(total, Relaxed);
    }

    /// The number of what is worked on now.
    #[inline]
    pub fn now(&self) -> usize {
        self.now.load(Relaxed)
    }

    /// Makes this what is worked on.
    pub fn turn(&self, number: usize) {
        self.now.store(number, Relaxed);
    }

    /// The number of the phase of this name, a new one where there was none.
    pub fn number(&self, name: &str) -> usize {
        let phases = &mut self.words().phases;
        if let Some(place) = phases.iter().position(|phase| phase == name) {
            return place + 1;
        }
        if phases.len() < limits::PHASES {
            phases.push(name.to_owned());
            phases.len()
        } else {
            GAUGES - 1
        }
    }

    /// Whether the service would refuse the phase of this number.
    pub fn is_beyond(number: usize) -> bool {
        number >= GAUGES - 1
    }

    /// The words, for reading or writing.
    pub fn words(&self) -> MutexGuard<'_, Words> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the counts: a new attempt begins at nothing.
    pub fn rewind(&self) {
        self.turn(OUTSIDE);
        for gauge in &self.gauges {
            gauge.current.store(0, Relaxed);
        }
    }

    /// Lets the job know that it is to give up. The first reason stays.
    pub fn give_up(&self, reason: Reason) {
        let _ = self.why.set(reason);
        self.token.cancel();
    }

    /// Why the job is to give up, once it is.
    pub fn reason(&self) -> Option<Reason> {
        self.token
            .is_cancelled()
            .then(|| self.why.get().copied().unwrap_or(Reason::Halted))
    }
}
