//! What the handles of one job hold together, and what they write into the outbox. The last one that goes without an
//! ending says a failure.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde_json::{Value, json};

use super::cancel::Reason;
use super::core::{Core, OUTSIDE, Words};
use super::create::Phase;
use super::failure::Failure;
use super::lane::{Item, What};
use super::limits;
use super::outbox::{Awaited, Number, Outbox, Shared};
use super::reporter::Owner;
use super::waiting::Ending;

/// How long a program that is to stop waits for its last words.
const HURRY: Duration = Duration::from_secs(5);

/// One job, as long as somebody holds it.
#[derive(Debug)]
pub struct Handle {
    pub core: Arc<Core>,
    pub owner: Arc<Owner>,
    /// Its line in the outbox; none where nothing is reported.
    pub lane: Option<Number>,
}

impl Handle {
    /// Puts a report into the line.
    pub fn push(&self, what: What, fields: &Value) {
        let item = Item::new(what, fields);
        self.change(|outbox, lane| outbox.push(lane, item));
    }

    /// Changes what is said now and then; it goes with the next tick.
    pub fn say(&self, change: impl FnOnce(&mut Words)) {
        let mut words = self.core.words();
        change(&mut words);
        words.fresh = true;
    }

    /// Begins a phase, behind the last counts of the one before. The number of its gauge.
    pub fn phase(&self, phase: &Phase) -> usize {
        let number = self.core.number(&phase.name);
        if let Some(total) = phase.total {
            self.core.set_total(number, total);
        }
        if self.lane.is_none() {
            self.core.turn(number);
        }
        self.change(|outbox, lane| {
            outbox.snapshot(lane, false);
            self.core.turn(number);
            if Core::is_beyond(number) {
                return;
            }
            outbox.push(lane, Item::new(What::Phase, &announced(phase)));
            if let Some(lane) = outbox.lanes.get_mut(&lane) {
                lane.told(number, phase.total);
            }
        });
        if Core::is_beyond(number) {
            let phase = phase.name.as_str();
            tracing::warn!(
                phase,
                "a job has {} phases: this one is not reported",
                limits::PHASES
            );
        }
        number
    }

    /// Gives the attempt back.
    pub fn retrying(&self, failure: &Failure) -> Ending {
        let fields =
            json!({"type": "retrying", "error": failure.json(), "message": failure.message()});
        let times = self.core.given_back.fetch_add(1, Relaxed) + 1;
        self.core.between.store(true, Relaxed);
        if self.lane.is_none() {
            self.core.rewind();
        }
        self.change(|outbox, number| {
            outbox.snapshot(number, true);
            outbox.push(number, Item::new(What::Retrying, &fields));
            self.core.rewind();
            if let Some(lane) = outbox.lanes.get_mut(&number) {
                lane.told(OUTSIDE, None);
            }
        });
        self.awaiting(|lane, core| Awaited::Requeued(lane, core, times))
    }

    /// Claims the job anew.
    pub fn again(&self) {
        let between = self.core.between.swap(false, Relaxed);
        let Some(link) = self.owner.link.as_ref().filter(|_| between) else {
            return;
        };
        let claim = json!({"type": "started", "worker": link.worker});
        self.push(What::Started, &claim);
    }

    /// Says an ending, behind the last counts. Only the first one counts.
    pub fn end(&self, fields: &Value) -> Ending {
        if self.core.over.swap(true, Relaxed) {
            return self.delivered();
        }
        self.again(); // between two attempts there is nothing to end
        let item = Item::new(What::Ending, fields);
        self.change(|outbox, lane| {
            outbox.snapshot(lane, true);
            outbox.push(lane, item);
        });
        self.delivered()
    }

    /// Says that the job failed.
    pub fn fail(&self, failure: &Failure) -> Ending {
        self.end(&json!({"type": "failed", "error": failure.json()}))
    }

    /// Says that the job gave up: as somebody wanted, or because the process ends.
    pub fn cancel(&self, message: &str) -> Ending {
        let reason = self.core.reason();
        if reason == Some(Reason::Interrupted) {
            return self.fail(&interrupted(message)).hurried(HURRY);
        }
        let message = limits::text(message, limits::MESSAGE);
        let ending = self.end(&json!({"type": "cancelled", "message": message}));
        match reason {
            Some(Reason::Halted) => ending.hurried(HURRY),
            _ => ending,
        }
    }

    /// Whether the service knows the job.
    pub fn known(&self) -> Ending {
        self.awaiting(Awaited::Known)
    }

    fn delivered(&self) -> Ending {
        self.awaiting(Awaited::Delivered)
    }

    fn awaiting(&self, what: impl FnOnce(Number, Arc<Core>) -> Awaited) -> Ending {
        match self.way() {
            Some((shared, lane)) => Ending::of(shared, what(lane, self.core.clone())),
            None => Ending::never(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Outbox, Number)) {
        if let Some((shared, lane)) = self.way() {
            shared.change(|outbox| change(outbox, lane));
        }
    }

    fn way(&self) -> Option<(&Arc<Shared>, Number)> {
        let link = self.owner.link.as_ref()?;
        Some((&link.shared, self.lane?))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.core.over.load(Relaxed) {
            return;
        }
        let failure = if std::thread::panicking() {
            Failure::new(
                "worker_panicked",
                "the worker panicked; its log says where and why",
            )
        } else if self.core.reason() == Some(Reason::Interrupted) {
            interrupted("")
        } else {
            let text = "the worker dropped the job without saying how it ended";
            Failure::new("worker_dropped", text)
        };
        self.fail(&failure.retryable(true));
    }
}

/// What is said of a job that a process leaves behind when it was told to end.
pub(super) fn interrupted(message: &str) -> Failure {
    let text = "the worker was told to end";
    let text = match message {
        "" => text.to_owned(),
        message => format!("{text}: {message}"),
    };
    Failure::new("interrupted", text).retryable(true)
}

fn announced(phase: &Phase) -> Value {
    let mut fields = json!({"type": "phase", "name": phase.name});
    if let Some(total) = phase.total {
        fields["total"] = total.into();
    }
    if let Some(unit) = &phase.unit {
        fields["unit"] = unit.as_str().into();
    }
    if let Some(message) = &phase.message {
        fields["message"] = message.as_str().into();
    }
    fields
}
