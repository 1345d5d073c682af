//! How much of the whole job is done: by counts, weighted over the phases, and as the percentage people see.

use crate::progress::{Job, Phase, PhaseStatus, Status};

/// The whole job in percent as it is to be shown: 0 to 100, at most two decimals, rounded down; never below what
/// the attempt has shown before; 100 exactly when the job is completed. `None` while nothing is known.
#[must_use]
pub fn percent(job: &Job) -> Option<f64> {
    if job.status == Status::Completed {
        return Some(100.0);
    }
    // A millionth of the last digit makes up for what binary fractions lack: 29 of 100 is 29, not 28.99.
    let hundredths = |fraction: f64| (fraction * 10_000.0 + 1e-6).floor().clamp(0.0, 9_999.0);
    let fresh = fraction(job).map(|fraction| hundredths(fraction) / 100.0);
    match (fresh, job.memory.percent) {
        (Some(fresh), Some(floor)) => Some(fresh.max(floor)),
        (fresh, floor) => fresh.or(floor),
    }
}

/// Shows the percentage of now on the job; whether that makes a difference.
pub fn show_percent(job: &mut Job) -> bool {
    let percent = percent(job);
    let differs = job.progress.percent != percent;
    job.progress.percent = percent;
    job.memory.percent = percent;
    differs
}

/// How much of the whole job is done, 0 to 1: by counts where any total is known; else as the worker says; else by
/// the phases that are over. A total of 0 is no total: a worker that has found nothing yet is not done.
#[must_use]
pub fn fraction(job: &Job) -> Option<f64> {
    if job.phases.is_empty() {
        return ratio(job.progress.current, job.progress.total).or_else(|| said(job));
    }
    let counted = job.phases.iter().any(|phase| is_known(phase.total));
    let over = job.phases.iter().any(|phase| share(phase) > 0.0);
    if counted {
        return Some(weighted(&job.phases));
    }
    said(job).or_else(|| over.then(|| weighted(&job.phases)))
}

fn said(job: &Job) -> Option<f64> {
    job.memory.said_percent.map(|percent| percent / 100.0)
}

fn is_known(total: Option<u64>) -> bool {
    total.is_some_and(|total| total > 0)
}

fn ratio(current: u64, total: Option<u64>) -> Option<f64> {
    let total = total.filter(|total| *total > 0)?;
    Some((current as f64 / total as f64).min(1.0))
}

/// How much of a phase is done; one that is over counts fully, whatever it had announced.
fn share(phase: &Phase) -> f64 {
    match phase.status {
        PhaseStatus::Completed => 1.0,
        PhaseStatus::Pending | PhaseStatus::Skipped => 0.0,
        PhaseStatus::Running | PhaseStatus::Failed | PhaseStatus::Cancelled => {
            ratio(phase.current, phase.total).unwrap_or(0.0)
        }
    }
}

/// The shares by weight. Weights are taken relative to the heaviest, so that no sum of them overflows.
fn weighted(phases: &[Phase]) -> f64 {
    let heaviest = phases.iter().map(|phase| phase.weight).fold(0.0, f64::max);
    let weight = |phase: &Phase| phase.weight / heaviest;
    let all: f64 = phases.iter().map(weight).sum();
    let done: f64 = phases
        .iter()
        .map(|phase| weight(phase) * share(phase))
        .sum();
    let fraction = done / all;
    if fraction.is_finite() {
        fraction.clamp(0.0, 1.0)
    } else {
        0.0
    }
}
