//! What the service finds out by itself: a worker fell silent, spoke again, is lost, or never came. When that is so
//! is measured elsewhere (by the database's clock); a finding that was overtaken meanwhile is not applied.

use super::ending;
use crate::progress::Effect;
use crate::progress::{Failure, Happening, Job, Status, Timestamp};

/// Silent for its lease.
pub(super) fn stall(job: &mut Job, now: Timestamp) -> Effect {
    if !at_work(job) || job.stalled_at.is_some() {
        return Effect::default();
    }
    job.stalled_at = Some(now);
    Effect::heard().turned(job, Happening::Stalled)
}

/// A heartbeat of the attempt at work.
pub(super) fn resume(job: &mut Job) -> Effect {
    if !at_work(job) || job.stalled_at.is_none() {
        return Effect::default();
    }
    job.stalled_at = None;
    job.memory.untouched = false;
    Effect::heard().turned(job, Happening::Resumed)
}

/// Silent for too long. Only a job that shows as stalled can be lost: a report, or another worker's claim, that
/// came between the finding and this write has cleared that, and the attempt at work must live.
pub(super) fn lose(job: &mut Job, now: Timestamp) -> Effect {
    let Some(since) = job.stalled_at.filter(|_| at_work(job)) else {
        return Effect::default();
    };
    if job.status == Status::Cancelling {
        return ending::close(job, Status::Cancelled, now);
    }
    let silent = now.since(since).ceil() + f64::from(job.memory.lease.lease_seconds);
    let message = format!("the worker has not been heard of for {silent:.0} s");
    fail(job, "worker_lost", message, now)
}

/// Nobody claimed it in time.
pub(super) fn never_started(job: &mut Job, now: Timestamp) -> Effect {
    if job.status != Status::Queued {
        return Effect::default();
    }
    let limit = job.memory.lease.start_within_seconds;
    let message = format!("no worker started the job within {limit} s");
    fail(job, "never_started", message, now)
}

fn at_work(job: &Job) -> bool {
    matches!(job.status, Status::Running | Status::Cancelling)
}

/// Ends the job with an error of the service's own; another try may well succeed.
fn fail(job: &mut Job, code: &str, message: String, now: Timestamp) -> Effect {
    let error = Failure {
        code: code.into(),
        message: message.into(),
        retryable: true,
        retry_after_seconds: None,
        phase: None,
        details: None,
    };
    job.error = Some(ending::placed(job, &error));
    ending::close(job, Status::Failed, now)
}
