//! The only place where a job changes: (job, change, now) -> effect or refusal. Every door of [`Status`] is here.
//!
//! Pure, and all or nothing: a refused change leaves the job as it was. It raises no version by itself; a [`Draft`]
//! folds any number of changes into the one write that does. Who may ask, whether the write wins its race and when
//! a worker counts as silent is decided elsewhere.

use super::effect::{Effect, Event, EventData};
use super::estimate;
use super::refusal::Refusal;
use super::{Change, Happening, Job, Report, Said, Status, Timestamp};

mod claim;
mod count;
mod creation;
mod draft;
mod ending;
mod notice;
mod phases;
mod silence;

pub use creation::create;
pub use draft::Draft;

/// Applies one change. On `Err` the job is untouched. The version and `updated_at` stay as they are: see [`Draft`].
///
/// A time before the job's last write counts as the time of that write, so nothing in a job runs backwards.
///
/// # Errors
/// A [`Refusal`] where the contract has no door for this change. The service's own findings (`Stall`, `Lose`,
/// `Resume`, `NeverStarted`, `Children`) are never refused: where they have been overtaken they are not applied.
pub fn apply(job: &mut Job, change: &Change, now: Timestamp) -> Result<Effect, Refusal> {
    let now = now.max(job.updated_at);
    let effect = match change {
        Change::Report(report) => hear(job, report, now)?,
        Change::Cancel { reason, by } => ending::ask(job, (reason.as_deref(), by.as_deref()), now)?,
        Change::Stall => silence::stall(job, now),
        Change::Lose => silence::lose(job, now),
        Change::Resume => silence::resume(job),
        Change::NeverStarted => silence::never_started(job, now),
        Change::Children(counted) => count_children(job, *counted),
    };
    if effect.changed {
        estimate::refresh(job, change, now);
    }
    Ok(effect)
}

/// One report: who speaks, whether it is new, whether the status has a door for it; then what it says.
fn hear(job: &mut Job, report: &Report, now: Timestamp) -> Result<Effect, Refusal> {
    if job.status.is_terminal() {
        return ending::again(job, report);
    }
    if let Some(said) = report.attempt.filter(|said| *said != job.attempt) {
        let attempt = job.attempt;
        return Err(Refusal::Fenced { attempt, said });
    }
    if matches!(report.said, Said::Started { .. }) {
        return claim::claim(job, report, now);
    }
    // Before the doors: a `retrying` sent twice finds the job queued, and is a repetition, not a mistake.
    if report.seq.is_some_and(|seq| Some(seq) <= job.memory.seq) {
        return Ok(Effect::default());
    }
    admit(job.status, &report.said)?;
    let resumed = job
        .stalled_at
        .map(|_| status_event(job, Happening::Resumed));
    let mut effect = match &report.said {
        // Taken by `claim` above; here it would be a heartbeat.
        Said::Started { .. } | Said::Heartbeat => Effect::heard(),
        Said::Phase { .. } => phases::phase(job, report, now)?,
        Said::Progress(tick) => count::progress(job, tick, report.seq)?,
        Said::Notice { .. } => notice::notice(job, &report.said, now)?,
        Said::Retrying { error, message } => ending::requeue(job, error, message.as_deref()),
        Said::Completed { .. } | Said::Failed { .. } | Said::Cancelled { .. } => {
            ending::end(job, report, now)
        }
    };
    job.memory.untouched = false;
    job.memory.seq = job.memory.seq.max(report.seq);
    if let Some(event) = resumed {
        job.stalled_at = None;
        effect.events.insert(0, event);
        effect.happened(Happening::Resumed);
    }
    Ok(effect)
}

/// Whether a job in this status, which is not terminal, takes such a report at all.
fn admit(status: Status, said: &Said) -> Result<(), Refusal> {
    match (status, said) {
        (Status::Queued, Said::Notice { .. } | Said::Failed { .. }) => Ok(()),
        (Status::Queued, _) => Err(Refusal::NotStarted),
        (Status::Cancelling, Said::Retrying { .. }) => Err(Refusal::Cancelling),
        _ => Ok(()),
    }
}

/// Takes a recount of the parts. Recounts may overtake one another, so no figure falls; a job without parts says
/// nothing about them.
fn count_children(job: &mut Job, counted: super::Children) -> Effect {
    let held = job.children.unwrap_or(super::Children {
        total: 0,
        finished: 0,
        failed: 0,
    });
    let merged = super::Children {
        total: held.total.max(counted.total),
        finished: held.finished.max(counted.finished),
        failed: held.failed.max(counted.failed),
    };
    if job.status.is_terminal() {
        return Effect::default();
    }
    let mut effect = Effect::heard();
    if merged != held {
        job.children = Some(merged);
        effect.happened(Happening::Children);
    }
    effect
}

/// Which of two happenings names the frame: the higher rank, the later among equals.
fn stronger(held: Option<Happening>, next: Happening) -> Happening {
    held.filter(|held| held.rank() > next.rank())
        .unwrap_or(next)
}

/// A line of the history that says where the job stands now.
fn status_event(job: &Job, what: Happening) -> Event {
    let failing = matches!(what, Happening::Failed | Happening::Retrying);
    let stopping = matches!(what, Happening::Cancelling | Happening::Cancelled);
    let starting = what == Happening::Started;
    let cancel = job.cancel.as_ref().filter(|_| stopping);
    Event {
        what,
        data: EventData::Status {
            status: job.status,
            attempt: job.attempt,
            message: job.message.clone(),
            worker: job.memory.worker.clone().filter(|_| starting),
            error: job.error.clone().filter(|_| failing),
            reason: cancel.and_then(|cancel| cancel.reason.clone()),
        },
    }
}

impl Effect {
    /// Accepted: a sign of life, so far without a visible difference.
    fn heard() -> Self {
        Self {
            applied: true,
            ..Self::default()
        }
    }

    /// Something visible happened.
    fn happened(&mut self, what: Happening) {
        self.applied = true;
        self.changed = true;
        self.happening = Some(stronger(self.happening, what));
    }

    /// A change of status happened, which the history keeps.
    fn turned(mut self, job: &Job, what: Happening) -> Self {
        self.happened(what);
        self.events.push(status_event(job, what));
        self
    }
}

/// Puts `value` into `slot`; whether that makes a difference.
fn put<T: PartialEq>(slot: &mut T, value: T) -> bool {
    let differs = *slot != value;
    *slot = value;
    differs
}

/// Says `message` on the job where one was given; whether that makes a difference. Absent leaves the last one.
fn say(job: &mut Job, message: Option<&str>) -> bool {
    message.is_some() && put(&mut job.message, message.map(Into::into))
}
