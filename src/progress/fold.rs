//! Folding bare reports (`progress`, `heartbeat`) of one job into one, so that a chatty worker costs two writes a
//! second. Knows the rules by which values replace one another, and no job.

use super::report::Tick;
use super::{MAX_COUNTERS, MAX_METADATA, Object, Report, Said};

/// One report that does what `earlier` and then `later` would do.
///
/// Equal to applying both in order, but for three things that nobody has been shown: the estimator sees one
/// observation where it would have seen two; a percentage reached only in between (the total grew) sets no floor;
/// and the fold is accepted or refused as one, so that a report which does not fit into the job (one counter too
/// many) takes the other with it.
///
/// # Errors
/// Gives both back where they may not be folded and must be applied one after the other: not bare, not of the same
/// `attempt`, only one of the two numbered by `seq` (an old number must not silence a report that has none), or the
/// fold would pass the limits of a report.
pub fn fold(earlier: Report, later: Report) -> Result<Report, Box<(Report, Report)>> {
    if earlier.attempt != later.attempt {
        return Err(Box::new((earlier, later)));
    }
    match (&earlier.said, &later.said) {
        (Said::Heartbeat, Said::Heartbeat | Said::Progress(_)) => Ok(later),
        (Said::Progress(_), Said::Heartbeat) => Ok(earlier),
        (Said::Progress(first), Said::Progress(second)) => {
            if earlier.seq.is_some() != later.seq.is_some() {
                return Err(Box::new((earlier, later)));
            }
            if later.seq.is_some() && later.seq <= earlier.seq {
                return Ok(earlier);
            }
            let first_seq = total_seq(first, earlier.seq);
            match ticks(first, second, (first_seq, total_seq(second, later.seq))) {
                Some(tick) => Ok(Report {
                    attempt: later.attempt,
                    seq: later.seq,
                    said: Said::Progress(tick),
                }),
                None => Err(Box::new((earlier, later))),
            }
        }
        _ => Err(Box::new((earlier, later))),
    }
}

/// The two ticks in one, or `None` past a limit. `total_seqs`: the `seq` each one's total came with.
fn ticks(first: &Tick, second: &Tick, total_seqs: (Option<u64>, Option<u64>)) -> Option<Tick> {
    let mut tick = first.clone();
    tick.current = first.current.max(second.current);
    (tick.total, tick.total_seq) = match second.total {
        Some(total) => (Some(total), total_seqs.1),
        None => (first.total, total_seqs.0),
    };
    tick.unit = second.unit.clone().or(tick.unit);
    tick.percent = match (first.percent, second.percent) {
        (Some(first), Some(second)) => Some(first.max(second)),
        (first, second) => second.or(first),
    };
    tick.message = second.message.clone().or(tick.message);
    merge(&mut tick.counters, &second.counters);
    merge(&mut tick.metadata, &second.metadata);
    tick.reports = first.reports.max(1).saturating_add(second.reports.max(1));
    let fits = tick.counters.len() <= MAX_COUNTERS
        && (second.metadata.is_empty() || metadata_bytes(&tick.metadata) <= MAX_METADATA);
    fits.then_some(tick)
}

/// The `seq` of the report that brought a tick's total: its own, unless it is a fold, which remembers.
pub(super) fn total_seq(tick: &Tick, seq: Option<u64>) -> Option<u64> {
    let brought = if tick.reports > 1 {
        tick.total_seq
    } else {
        seq
    };
    brought.filter(|_| tick.total.is_some())
}

/// Sets each of `later` in `held`, in place where the key is known, at the end else; whether that makes a
/// difference. The last value wins.
pub(super) fn merge<V: Clone + PartialEq>(
    held: &mut Vec<(Box<str>, V)>,
    later: &[(Box<str>, V)],
) -> bool {
    let mut differs = false;
    for (key, value) in later {
        match held.iter_mut().find(|(name, _)| name == key) {
            Some((_, slot)) if slot == value => {}
            Some((_, slot)) => {
                slot.clone_from(value);
                differs = true;
            }
            None => {
                held.push((key.clone(), value.clone()));
                differs = true;
            }
        }
    }
    differs
}

/// How many bytes the metadata take as the text of a JSON object.
pub(super) fn metadata_bytes(metadata: &[(Box<str>, Object)]) -> usize {
    let entry = |(key, value): &(Box<str>, Object)| quoted(key) + 1 + value.as_str().len();
    let commas = metadata.len().saturating_sub(1);
    2 + commas + metadata.iter().map(entry).sum::<usize>()
}

/// How many bytes `text` takes as a JSON string, escaped no more than RFC 8259 asks.
#[must_use]
pub fn quoted(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0x00..=0x1f => 6,
        _ => 1,
    };
    2 + text.bytes().map(escaped).sum::<usize>()
}
