//! Phases: how one follows the other, and what becomes of them when the job ends. Their counts arrive through
//! [`super::count`].

use super::count;
use crate::progress::{Effect, Event, EventData, Refusal, Tick};
use crate::progress::{
    Happening, Job, MAX_PHASES, Phase, PhaseStatus, Progress, Report, Said, Timestamp, estimate,
};

/// `phase`: ends the running one and starts this one.
///
/// The running phase said again is not a restart; it may bring another total, unit or message. A phase that had
/// ended runs again: begun anew, its counts kept (a lower `current` of the same phase is ignored, says the
/// contract), the percentage held by its floor.
pub(super) fn phase(job: &mut Job, report: &Report, now: Timestamp) -> Result<Effect, Refusal> {
    let Said::Phase {
        name,
        total,
        unit,
        message,
    } = &report.said
    else {
        return Ok(Effect::heard());
    };
    let tick = Tick {
        total: *total,
        unit: unit.clone(),
        message: message.clone(),
        reports: 1,
        ..Tick::default()
    };
    let mut effect = Effect::heard();
    if running(job).is_some_and(|running| running.name == *name) {
        if count::take(job, &tick, report.seq) {
            effect.happened(Happening::Progress);
        }
        return Ok(effect);
    }
    if job.phases.len() >= MAX_PHASES && job.phases.iter().all(|phase| phase.name != *name) {
        return Err(Refusal::TooLarge {
            what: "a job has at most 32 phases: use fewer names",
            pointer: "/name",
        });
    }
    let ended = switch(job, name, now);
    // A total that was numbered before this report, and comes late in a fold, spoke of the phase before.
    job.memory.total_seq = job.memory.total_seq.max(report.seq);
    count::take(job, &tick, report.seq);
    effect.happened(Happening::Phase);
    effect.events.push(Event {
        what: Happening::Phase,
        data: EventData::Phase {
            name: name.clone(),
            ended,
        },
    });
    Ok(effect)
}

/// The phase being worked on.
pub(super) fn running(job: &Job) -> Option<&Phase> {
    job.phases
        .iter()
        .find(|phase| phase.status == PhaseStatus::Running)
}

/// Writes the counts at hand into the running phase, of which they speak.
pub(super) fn mirror(job: &mut Job) {
    let progress = &job.progress;
    let at_work = |phase: &&mut Phase| phase.status == PhaseStatus::Running;
    if let Some(phase) = job.phases.iter_mut().find(at_work) {
        phase.current = progress.current;
        phase.total = progress.total;
        phase.unit.clone_from(&progress.unit);
    }
}

/// What the job's ending means for its phases: the running one ends like the job; what had not begun was skipped
/// where the job completed without it, and stays pending else.
pub(super) fn end(job: &mut Job, how: PhaseStatus, now: Timestamp) {
    for phase in &mut job.phases {
        if phase.status == PhaseStatus::Running {
            phase.status = how;
            phase.finished_at = Some(now);
        } else if phase.status == PhaseStatus::Pending && how == PhaseStatus::Completed {
            phase.status = PhaseStatus::Skipped;
        }
    }
}

/// Ends the running phase, makes `name` the running one; the name of the one that ended. What is counted changes
/// with the phase, so its rate starts anew.
fn switch(job: &mut Job, name: &str, now: Timestamp) -> Option<Box<str>> {
    if job.phases.iter().all(|phase| *phase.name != *name) {
        // One more phase makes less of what is done, which is no speed.
        let before = estimate::fraction(job);
        job.phases.push(unannounced(name));
        if let (Some(before), Some(after)) = (before, estimate::fraction(job)) {
            job.memory.estimator.whole.rescale(before, after);
        }
    }
    let ended = running(job).map(|phase| phase.name.clone());
    for phase in &mut job.phases {
        if phase.status == PhaseStatus::Running {
            phase.status = PhaseStatus::Completed;
            phase.finished_at = Some(now);
        }
    }
    if let Some(phase) = job.phases.iter_mut().find(|phase| *phase.name == *name) {
        phase.status = PhaseStatus::Running;
        phase.started_at = Some(now);
        phase.finished_at = None;
        job.progress = Progress {
            current: phase.current,
            total: phase.total,
            unit: phase.unit.clone(),
            percent: job.progress.percent,
        };
    }
    job.memory.estimator.restart_units();
    ended
}

/// A phase that no plan named.
fn unannounced(name: &str) -> Phase {
    Phase {
        name: name.into(),
        status: PhaseStatus::Pending,
        weight: 1.0,
        current: 0,
        total: None,
        unit: None,
        started_at: None,
        finished_at: None,
    }
}
