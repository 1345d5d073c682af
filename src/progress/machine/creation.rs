//! How a job begins: its first version, and the layout to which every new attempt returns.

use super::status_event;
use crate::progress::estimate::{self, Estimator};
use crate::progress::{Decided, NewJob};
use crate::progress::{
    Happening, Job, Memory, Phase, PhasePlan, PhaseStatus, Progress, Status, Timestamp,
};

/// The first version of a job: queued, with the plan and the metadata of its creation.
#[must_use]
pub fn create(new: &NewJob, now: Timestamp) -> Decided {
    let creation = &new.creation;
    let mut job = Job {
        key: new.key.clone(),
        labels: creation.labels.clone(),
        title: creation.title.clone(),
        retry_of: creation.retry_of.clone(),
        version: 1,
        status: Status::Queued,
        attempt: 0,
        message: None,
        progress: Progress::default(),
        phases: Vec::new(),
        rate: None,
        eta: None,
        counters: Vec::new(),
        metadata: creation.metadata.clone(),
        notices: 0,
        recent: Vec::new(),
        children: None,
        cancel: None,
        stalled_at: None,
        result: None,
        error: None,
        created_at: now,
        started_at: None,
        updated_at: now,
        finished_at: None,
        memory: Memory {
            plan: creation.phases.clone(),
            total: creation.total,
            unit: creation.unit.clone(),
            lease: creation.lease,
            worker: None,
            started_seq: None,
            untouched: false,
            seq: None,
            total_seq: None,
            percent: None,
            said_percent: None,
            estimator: Estimator::default(),
            notice_second: (0, 0),
            ending: None,
        },
    };
    lay_out(&mut job);
    Decided {
        events: vec![status_event(&job, Happening::Created)],
        happening: Happening::Created,
        at: now,
        recount: job.labels.parent.clone(),
        job,
    }
}

/// Counts and phases as the creation announced them: where a job, and every new attempt, begins.
pub(super) fn lay_out(job: &mut Job) {
    let fresh = |plan: &PhasePlan| Phase {
        name: plan.name.clone(),
        status: PhaseStatus::Pending,
        weight: plan.weight,
        current: 0,
        total: plan.total,
        unit: plan.unit.clone(),
        started_at: None,
        finished_at: None,
    };
    job.phases = job.memory.plan.iter().map(fresh).collect();
    job.progress = Progress::default();
    if job.phases.is_empty() {
        job.progress.total = job.memory.total;
        job.progress.unit = job.memory.unit.clone();
    }
    job.memory.percent = None;
    job.memory.said_percent = None;
    estimate::show_percent(job);
}
