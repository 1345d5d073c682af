//! `started`: a worker claims the job, and a new attempt begins. Knows who may; what the attempt then reports is
//! not its business.

use super::creation::lay_out;
use crate::progress::estimate::{self, Estimator};
use crate::progress::{Effect, Refusal};
use crate::progress::{Happening, Job, Report, Said, Status, Timestamp};

/// Opens a new attempt, or finds that this very claim has been granted before.
///
/// A claim without a `worker` is nobody's in particular: two of them are never taken for the same one, or two
/// processes would both believe that they hold the job.
pub(super) fn claim(job: &mut Job, report: &Report, now: Timestamp) -> Result<Effect, Refusal> {
    let Said::Started {
        worker,
        total,
        unit,
        message,
    } = &report.said
    else {
        return Ok(Effect::default());
    };
    let at_work = matches!(job.status, Status::Running | Status::Cancelling);
    let same_worker = at_work && worker.is_some() && *worker == job.memory.worker;
    if same_worker && job.memory.untouched && report.seq == job.memory.started_seq {
        // Also where a stop was asked meanwhile: a worker that missed its answer must learn that the job is its own.
        return Ok(Effect::default());
    }
    match job.status {
        Status::Cancelling => return Err(Refusal::Cancelling),
        Status::Running if !same_worker && job.stalled_at.is_none() => {
            let attempt = job.attempt;
            return Err(Refusal::AlreadyRunning { attempt });
        }
        _ => {}
    }
    open(job, report.seq, now);
    job.memory.worker.clone_from(worker);
    job.message.clone_from(message);
    // In a job with phases the counts belong to a phase, and none is running yet.
    if job.phases.is_empty() {
        job.progress.total = total.or(job.progress.total);
        job.memory.total_seq = report.seq.filter(|_| total.is_some());
        if unit.is_some() {
            job.progress.unit.clone_from(unit);
        }
        estimate::show_percent(job);
    }
    Ok(Effect::heard().turned(job, Happening::Started))
}

/// The attempt before is over, and nothing of its progress counts. Counters, metadata and notices stay.
fn open(job: &mut Job, seq: Option<u64>, now: Timestamp) {
    job.attempt = job.attempt.saturating_add(1);
    job.status = Status::Running;
    job.started_at = Some(now);
    job.stalled_at = None;
    job.error = None;
    job.rate = None;
    job.eta = None;
    job.memory.started_seq = seq;
    job.memory.seq = seq;
    job.memory.untouched = true;
    job.memory.estimator = Estimator::begin(now);
    lay_out(job);
}
