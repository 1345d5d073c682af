//! `progress`: counts, texts, counters and metadata. Values are absolute, so saying one twice changes nothing, and
//! a tick that changes nothing visible makes no version.

use super::{phases, put, say};
use crate::progress::fold::{merge, metadata_bytes, total_seq};
use crate::progress::{Effect, Refusal, Tick};
use crate::progress::{Happening, Job, MAX_COUNTERS, MAX_METADATA, estimate};

/// Takes a tick. Where the job has phases and none is running (before the first), the counts show in `progress`
/// alone, start nothing, and give way to those of the first phase.
pub(super) fn progress(job: &mut Job, tick: &Tick, seq: Option<u64>) -> Result<Effect, Refusal> {
    within_limits(job, tick)?;
    let mut effect = Effect::heard();
    if take(job, tick, seq) {
        effect.happened(Happening::Progress);
    }
    Ok(effect)
}

/// Merges what the tick says into the job; whether anybody can see a difference.
pub(super) fn take(job: &mut Job, tick: &Tick, seq: Option<u64>) -> bool {
    let mut seen = counts(job, tick, seq);
    if let Some(said) = tick.percent {
        let held = job.memory.said_percent.unwrap_or(0.0);
        job.memory.said_percent = Some(said.clamp(0.0, 100.0).max(held));
    }
    seen |= estimate::show_percent(job);
    seen |= say(job, tick.message.as_deref());
    seen |= merge(&mut job.counters, &tick.counters);
    seen |= merge(&mut job.metadata, &tick.metadata);
    seen
}

/// Current, total and unit of what is being worked on.
fn counts(job: &mut Job, tick: &Tick, seq: Option<u64>) -> bool {
    let current = job.progress.current.max(tick.current.unwrap_or(0));
    let brought = total_seq(tick, seq);
    // A fold may bring the total of an early report after a later one of another node: the later one stands.
    let outdated = brought.is_some() && brought < job.memory.total_seq;
    let said = tick.total.filter(|_| !outdated);
    if said.is_some() {
        job.memory.total_seq = brought;
    }
    let total = said.or(job.progress.total).map(|total| total.max(current));
    let mut seen = resize(job, total);
    seen |= put(&mut job.progress.current, current);
    if tick.unit.is_some() {
        seen |= put(&mut job.progress.unit, tick.unit.clone());
    }
    phases::mirror(job);
    seen
}

/// Sets the total. A corrected total moves the fraction without any work done, which is no speed.
fn resize(job: &mut Job, total: Option<u64>) -> bool {
    let corrected = job.progress.total.is_some();
    let before = estimate::fraction(job);
    let seen = put(&mut job.progress.total, total);
    phases::mirror(job);
    if let (true, true, Some(before), Some(after)) =
        (seen, corrected, before, estimate::fraction(job))
    {
        job.memory.estimator.whole.rescale(before, after);
    }
    seen
}

/// Refuses what would not fit into the state.
fn within_limits(job: &Job, tick: &Tick) -> Result<(), Refusal> {
    let mut counters = job.counters.clone();
    merge(&mut counters, &tick.counters);
    if counters.len() > MAX_COUNTERS {
        return Err(Refusal::TooLarge {
            what: "a job has at most 32 counters: use fewer names",
            pointer: "/counters",
        });
    }
    if tick.metadata.is_empty() {
        return Ok(());
    }
    let mut metadata = job.metadata.clone();
    merge(&mut metadata, &tick.metadata);
    if metadata_bytes(&metadata) > MAX_METADATA {
        return Err(Refusal::TooLarge {
            what: "a job's metadata, merged, has at most 4096 bytes: say less",
            pointer: "/metadata",
        });
    }
    Ok(())
}
