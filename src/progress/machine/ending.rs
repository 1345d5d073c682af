//! The ways out: `completed`, `failed`, `cancelled`, a person's wish to stop, and `retrying`, which ends an attempt
//! but not the job. Also tells an ending said again from another one, so that exactly one ending wins.

use super::{phases, say};
use crate::progress::{
    Cancel, Failure, Happening, Job, PhaseStatus, Report, Said, Status, Timestamp,
};
use crate::progress::{Effect, Refusal};

/// A worker's ending.
pub(super) fn end(job: &mut Job, report: &Report, now: Timestamp) -> Effect {
    job.memory.ending = Some((report.seq, digest(&report.said)));
    match &report.said {
        Said::Completed { result, message } => {
            job.result.clone_from(result);
            say(job, message.as_deref());
            close(job, Status::Completed, now)
        }
        Said::Failed { error } => {
            job.error = Some(placed(job, error));
            close(job, Status::Failed, now)
        }
        Said::Cancelled { message } => {
            say(job, message.as_deref());
            close(job, Status::Cancelled, now)
        }
        // No ending.
        _ => Effect::heard(),
    }
}

/// The job is terminal from here on. Counts stay as they were last said; only the percentage of a completed job is
/// known better.
pub(super) fn close(job: &mut Job, how: Status, now: Timestamp) -> Effect {
    let (phase, happening) = match how {
        Status::Completed => (PhaseStatus::Completed, Happening::Completed),
        Status::Cancelled => (PhaseStatus::Cancelled, Happening::Cancelled),
        _ => (PhaseStatus::Failed, Happening::Failed),
    };
    phases::end(job, phase, now);
    job.status = how;
    job.finished_at = Some(now);
    job.stalled_at = None;
    job.eta = None;
    if how == Status::Completed {
        job.progress.percent = Some(100.0);
        job.memory.percent = Some(100.0);
    }
    Effect::heard().turned(job, happening)
}

/// `retrying`: the attempt is over, the job waits for another. Progress stays to be seen until that begins; nobody
/// works, so there is no time of arrival.
pub(super) fn requeue(job: &mut Job, error: &Failure, message: Option<&str>) -> Effect {
    job.error = Some(placed(job, error));
    say(job, message);
    job.status = Status::Queued;
    job.eta = None;
    job.memory.worker = None;
    Effect::heard().turned(job, Happening::Retrying)
}

/// A person asks to stop, as (reason, by). The first one to ask is the one remembered.
pub(super) fn ask(
    job: &mut Job,
    (reason, by): (Option<&str>, Option<&str>),
    now: Timestamp,
) -> Result<Effect, Refusal> {
    match job.status {
        Status::Cancelling | Status::Cancelled => return Ok(Effect::default()),
        Status::Completed | Status::Failed => {
            let status = job.status;
            return Err(Refusal::Finished { status });
        }
        Status::Queued | Status::Running => {}
    }
    job.cancel = Some(Cancel {
        requested_at: now,
        reason: reason.map(Into::into),
        by: by.map(Into::into),
    });
    if job.status == Status::Queued {
        return Ok(close(job, Status::Cancelled, now));
    }
    job.status = Status::Cancelling;
    Ok(Effect::heard().turned(job, Happening::Cancelling))
}

/// A report on a terminal job: the ending it has, said again (the same type and `seq`, or the same words), or too
/// late. The `seq` and words are those of its own attempt.
pub(super) fn again(job: &Job, report: &Report) -> Result<Effect, Refusal> {
    let status = job.status;
    let own = report.attempt.is_none_or(|said| said == job.attempt);
    let same_type = own && ending(&report.said) == Some(status);
    if let (true, Some((seq, words))) = (same_type, job.memory.ending) {
        let same_seq = seq.is_some() && seq == report.seq;
        if same_seq || words == digest(&report.said) {
            return Ok(Effect::default());
        }
    }
    Err(Refusal::Finished { status })
}

/// The status a report ends a job in.
fn ending(said: &Said) -> Option<Status> {
    match said {
        Said::Completed { .. } => Some(Status::Completed),
        Said::Failed { .. } => Some(Status::Failed),
        Said::Cancelled { .. } => Some(Status::Cancelled),
        _ => None,
    }
}

/// The error, with the phase it happened in where the worker left that open.
pub(super) fn placed(job: &Job, error: &Failure) -> Failure {
    let here = || phases::running(job).map(|phase| phase.name.clone());
    Failure {
        phase: error.phase.clone().or_else(here),
        ..error.clone()
    }
}

/// The words of an ending in 64 bits (FNV-1a). It is stored, so it must be the same in every build: the hasher of
/// the standard library promises that for none. Chance decides a collision, and nothing but a 409 hangs on it.
fn digest(said: &Said) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.text(Some(said.as_str()));
    match said {
        Said::Completed { result, message } => {
            hash.text(result.as_ref().map(|result| result.as_str()));
            hash.text(message.as_deref());
        }
        Said::Failed { error } => {
            hash.text(Some(&error.code));
            hash.text(Some(&error.message));
            hash.bytes(&[u8::from(error.retryable)]);
            let after = error.retry_after_seconds.map(|after| after.to_string());
            hash.text(after.as_deref());
            hash.text(error.phase.as_deref());
            hash.text(error.details.as_ref().map(|details| details.as_str()));
        }
        Said::Cancelled { message } => hash.text(message.as_deref()),
        _ => {}
    }
    hash.0
}

struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// A text and its length, so that neighbours do not run into one another; an absent one is not an empty one.
    fn text(&mut self, text: Option<&str>) {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        self.bytes(&length.to_le_bytes());
        self.bytes(text.unwrap_or_default().as_bytes());
    }
}
