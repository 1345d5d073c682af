//! Folding two bare reports into one: as good as saying one after the other.

use milepost::progress::fold::fold;
use milepost::progress::{Change, Job, Object, Report, Said, Tick, machine};
use proptest::prelude::*;

use super::support::{
    after, at, count, current, numbered, percent, phase, queued, say, saying, started_by,
};

fn report(change: Change) -> Report {
    match change {
        Change::Report(report) => report,
        other => panic!("{other:?} is no report"),
    }
}

fn folded(earlier: Change, later: Change) -> Option<Report> {
    fold(report(earlier), report(later)).ok()
}

#[test]
fn a_heartbeat_and_a_progress_are_the_progress() {
    let tick = report(numbered(3, count(1, 2)));
    let beat = || say(Said::Heartbeat);
    assert_eq!(folded(beat(), numbered(3, count(1, 2))), Some(tick.clone()));
    assert_eq!(folded(numbered(3, count(1, 2)), beat()), Some(tick));
    assert_eq!(folded(beat(), beat()), Some(report(beat())));
}

#[test]
fn what_must_be_said_one_by_one_comes_back() {
    let of = |attempt| Report {
        attempt,
        seq: None,
        said: count(1, 2),
    };
    for (earlier, later) in [
        (of(Some(1)), of(Some(2))),
        (of(None), of(Some(1))),
        (report(say(phase("a"))), report(say(count(1, 2)))),
        (report(say(count(1, 2))), report(say(phase("a")))),
        (report(numbered(1, count(1, 2))), report(say(count(2, 2)))),
        (report(say(count(1, 2))), report(numbered(1, count(2, 2)))),
    ] {
        let back = fold(earlier.clone(), later.clone()).unwrap_err();
        assert_eq!(*back, (earlier, later));
    }
}

#[test]
fn an_old_seq_adds_nothing() {
    let newer = report(numbered(5, count(10, 20)));
    for seq in [5, 4] {
        let both = folded(numbered(5, count(10, 20)), numbered(seq, count(90, 99)));
        assert_eq!(both, Some(newer.clone()));
    }
}

#[test]
fn a_fold_counts_its_reports_and_remembers_whose_total_it_carries() {
    let mut all = report(numbered(1, count(1, 50)));
    for seq in 2..=9 {
        all = fold(all, report(numbered(seq, current(seq)))).unwrap();
    }
    let Said::Progress(tick) = &all.said else {
        panic!("a progress");
    };
    assert_eq!(
        (tick.reports, tick.current, tick.total),
        (9, Some(9), Some(50))
    );
    assert_eq!((all.seq, tick.total_seq), (Some(9), Some(1)));
}

fn wide(names: std::ops::Range<u32>, bytes: usize) -> Change {
    let text = format!("\"{}\"", "x".repeat(bytes));
    say(Said::Progress(Tick {
        counters: names
            .clone()
            .map(|n| (format!("c{n}").into(), 0.0))
            .collect(),
        metadata: vec![(format!("m{}", names.start).into(), Object::checked(&text))],
        ..Tick::default()
    }))
}

#[test]
fn a_fold_stays_within_the_limits_of_a_report() {
    assert!(folded(wide(0..20, 8), wide(10..32, 8)).is_some());
    assert_eq!(folded(wide(0..20, 8), wide(10..33, 8)), None);
    assert!(folded(wide(0..1, 2000), wide(1..2, 2000)).is_some());
    assert_eq!(folded(wide(0..1, 2000), wide(1..2, 2100)), None);
}

fn ticks() -> impl Strategy<Value = Said> {
    let small = || prop::option::of(0..40_u64);
    let words = || prop::option::of(prop::sample::select(vec!["x", "y"]));
    let pairs =
        || prop::collection::vec((prop::sample::select(vec!["a", "b", "c"]), 0..3_u32), 0..2);
    let tick = (small(), small(), words(), words(), pairs(), pairs());
    let said = (tick, prop::option::of(0..100_u32)).prop_map(|(tick, percent)| {
        let (current, total, unit, message, counters, metadata) = tick;
        Said::Progress(Tick {
            current,
            total,
            unit: unit.map(Into::into),
            percent: percent.map(f64::from),
            message: message.map(Into::into),
            counters: counters
                .iter()
                .map(|(key, n)| ((*key).into(), f64::from(*n)))
                .collect(),
            metadata: metadata
                .iter()
                .map(|(key, n)| ((*key).into(), Object::checked(&n.to_string())))
                .collect(),
            reports: 1,
            total_seq: None,
        })
    });
    prop_oneof![9 => said, 1 => Just(Said::Heartbeat)]
}

/// Running jobs: with or without phases, counts, a percentage, silence.
fn jobs() -> impl Strategy<Value = Job> {
    let first = prop::sample::select(vec![saying("x"), count(7, 30), percent(40.0), phase("p")]);
    (first, ticks(), any::<bool>()).prop_map(|(first, tick, silent)| {
        let mut job = after(queued(), [started_by("w"), first, tick]);
        if silent {
            machine::apply(&mut job, &Change::Stall, at(20.0)).unwrap();
        }
        job
    })
}

/// What the estimator made of it aside.
fn bare(mut job: Job) -> Job {
    job.memory.estimator = milepost::progress::estimate::Estimator::default();
    (job.rate, job.eta) = (None, None);
    (job.progress.percent, job.memory.percent) = (None, None);
    job
}

proptest! {
    /// A percentage that was reached in between is a floor for those who were shown it, and only for them.
    #[test]
    fn a_fold_does_what_both_do_in_order(
        job in jobs(),
        said in prop::collection::vec(ticks(), 2..6),
        seqs in any::<bool>(),
    ) {
        let reports = said.into_iter().enumerate().map(|(n, said)| Report {
            attempt: None,
            seq: (seqs && said != Said::Heartbeat).then_some(n as u64 + 1),
            said,
        });
        let reports: Vec<_> = reports.collect();
        let mut one_by_one = job.clone();
        let mut floor = job.progress.percent;
        for report in &reports {
            machine::apply(&mut one_by_one, &Change::Report(report.clone()), at(30.0)).unwrap();
            floor = floor.max_by(one_by_one.progress.percent);
        }
        let together = reports.into_iter().reduce(|all, next| fold(all, next).unwrap()).unwrap();
        let mut at_once = job;
        machine::apply(&mut at_once, &Change::Report(together), at(30.0)).unwrap();
        prop_assert_eq!(one_by_one.progress.percent, floor.max_by(at_once.progress.percent));
        prop_assert_eq!(bare(one_by_one), bare(at_once));
    }
}

trait MaxBy {
    fn max_by(self, other: Self) -> Self;
}

impl MaxBy for Option<f64> {
    fn max_by(self, other: Self) -> Self {
        match (self, other) {
            (Some(one), Some(two)) => Some(one.max(two)),
            (one, two) => one.or(two),
        }
    }
}
