//! What holds for every job, whatever anybody says about it, in whatever order (P3, P8, P10, P12).

use milepost::progress::{Change, Children, Job, Object, Report, Said, Status, Tick, machine};
use proptest::prelude::*;
use proptest::sample::select;

use super::support::{
    after, at, cancel, cancelled, completed, count, current, failed, notice, numbered, phase,
    planned, queued, queued_of, retrying, say, saying, started_by,
};

fn said() -> impl Strategy<Value = Said> {
    let unnamed = Said::Started {
        worker: None,
        total: Some(50),
        unit: None,
        message: None,
    };
    let large = Said::Progress(Tick {
        metadata: vec![("k".into(), Object::checked(&"9".repeat(5000)))],
        ..Tick::default()
    });
    prop_oneof![
        6 => select(vec![started_by("v"), started_by("w"), unnamed]),
        9 => (0..60_u64, prop::option::of(0..80_u64)).prop_map(|(current, total)| {
            Said::Progress(Tick { current: Some(current), total, reports: 1, ..Tick::default() })
        }),
        2 => (0.0..=100.0).prop_map(super::support::percent),
        5 => select(vec!["a", "b", "c"]).prop_map(phase),
        3 => select(vec![notice("x"), Said::Heartbeat, saying("x"), large]),
        1 => Just(retrying()),
        1 => select(vec![completed("{}"), failed("broken"), failed("other"), cancelled()]),
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    let attempt = prop::option::weighted(0.2, 0..4_u64);
    let seq = prop::option::weighted(0.3, 0..30_u64);
    let report = (attempt, seq, said())
        .prop_map(|(attempt, seq, said)| Change::Report(Report { attempt, seq, said }));
    let found = select(vec![
        Change::Stall,
        Change::Stall,
        Change::Resume,
        Change::Lose,
        Change::NeverStarted,
        cancel(),
    ]);
    let children = (0..5_u64, 0..5_u64, 0..5_u64).prop_map(|(total, finished, failed)| {
        Change::Children(Children {
            total,
            finished,
            failed,
        })
    });
    prop_oneof![16 => report, 2 => found, 1 => children]
}

fn jobs() -> impl Strategy<Value = Job> {
    let plan = [("a", 1.0, Some(40)), ("b", 3.0, None)];
    let bare = [("a", 1.0, None), ("b", 0.5, None)];
    let new = vec![queued(), queued_of(50), planned(&plan), planned(&bare)];
    // The rest of a life is more interesting than the wait for its begin.
    (select(new), any::<bool>()).prop_map(|(job, started)| {
        let first = started.then(|| started_by("w"));
        after(job, first)
    })
}

/// A life: changes, each so many milliseconds after the one before (or before it, for a clock that jumps).
fn lives() -> impl Strategy<Value = Vec<(Change, i32)>> {
    prop::collection::vec((changes(), -500..5000_i32), 1..40)
}

/// Applies a life to a job, and calls `look` with the job before and after each change that was tried.
fn live(job: &mut Job, life: &[(Change, i32)], mut look: impl FnMut(&Job, &Job, &Change)) {
    let mut now = 1.0;
    for (change, pause) in life {
        now += f64::from(*pause) / 1000.0;
        let before = job.clone();
        let effect = machine::apply(job, change, at(now));
        match effect {
            Err(_) => assert_eq!(*job, before, "refused: {change:?}"),
            Ok(effect) if !effect.applied => assert_eq!(*job, before, "no effect: {change:?}"),
            Ok(effect) if !effect.changed => {
                let memory = before.memory.clone();
                assert_eq!(
                    Job {
                        memory,
                        ..job.clone()
                    },
                    before,
                    "not changed: {change:?}"
                );
            }
            Ok(effect) => assert!(effect.happening.is_some() && *job != before),
        }
        look(&before, job, change);
    }
}

fn is_sane(percent: f64) -> bool {
    (0.0..=100.0).contains(&percent) && (percent * 100.0).round() / 100.0 == percent
}

proptest! {
    #[test]
    fn p3_versions_have_no_gap_and_times_do_not_fall(
        job in jobs(),
        writes in prop::collection::vec(prop::collection::vec(changes(), 0..4), 1..20),
    ) {
        let mut held = job;
        for (n, write) in writes.iter().enumerate() {
            let now = at(10.0 + n as f64);
            let mut draft = machine::Draft::new(&held);
            let mut changed = false;
            for change in write {
                changed |= draft.apply(change, now).is_ok_and(|effect| effect.changed);
            }
            let decided = draft.finish(now);
            prop_assert_eq!(decided.is_some(), changed);
            let Some(decided) = decided else { continue };
            prop_assert_eq!(decided.job.version, held.version + 1);
            prop_assert!(decided.job.updated_at >= held.updated_at);
            prop_assert_eq!(decided.at, decided.job.updated_at);
            if let Some((left, finish)) = decided.job.eta {
                // To the millisecond, where the seconds are rounded (and at least 1 while anything is left).
                prop_assert!((finish.since(decided.at) - left as f64).abs() <= 1.0);
            }
            held = decided.job;
        }
    }

    #[test]
    fn p8_terminal_is_final(job in jobs(), life in lives(), how in 0..3_usize) {
        let ending = [completed("{\"n\":7}"), failed("mine"), cancelled()];
        let claim = (job.status == Status::Queued).then(|| started_by("w"));
        let mut job = after(job, claim.into_iter().chain([ending[how].clone()]));
        assert!(job.status.is_terminal());
        let held = job.clone();
        live(&mut job, &life, |_, after, _| assert_eq!(*after, held));
    }

    #[test]
    fn p12_numbers_are_sane_and_never_fall_within_an_attempt(job in jobs(), life in lives()) {
        let mut job = job;
        live(&mut job, &life, |before, after, change| {
            let percent = after.progress.percent;
            assert!(percent.is_none_or(is_sane), "{percent:?}");
            assert_eq!(percent == Some(100.0), after.status == Status::Completed);
            if before.attempt == after.attempt {
                assert!(before.progress.percent <= percent, "{change:?}");
                for (old, new) in before.phases.iter().zip(&after.phases) {
                    assert!(old.current <= new.current, "{change:?}");
                }
            }
            for phase in &after.phases {
                assert!(phase.total.is_none_or(|total| total >= phase.current));
            }
            assert!(after.rate.is_none_or(|rate| rate.is_finite() && rate >= 0.0));
            assert!(after.eta.is_none_or(|(left, _)| left <= 315_576_000));
        });
    }

    #[test]
    fn at_most_one_phase_runs_and_progress_speaks_of_it(job in jobs(), life in lives()) {
        let mut job = job;
        live(&mut job, &life, |_, after, _| {
            let running = after.phases.iter().filter(|phase| phase.status.as_str() == "running");
            let running: Vec<_> = running.collect();
            assert!(running.len() <= usize::from(!after.status.is_terminal()));
            for phase in running {
                let shown = (after.progress.current, after.progress.total);
                assert_eq!((phase.current, phase.total), shown);
            }
        });
    }

    #[test]
    fn p10_attempts_only_rise_and_only_by_claims(job in jobs(), life in lives()) {
        let mut job = job;
        live(&mut job, &life, |before, after, change| {
            let claim = matches!(
                change,
                Change::Report(Report { said: Said::Started { .. }, .. })
            );
            let step = after.attempt - before.attempt;
            assert!(step == 0 || (claim && step == 1));
            if let Change::Report(Report { attempt: Some(said), .. }) = change {
                assert!(*said == before.attempt || before == after, "fenced");
            }
        });
    }

    #[test]
    fn p2_a_repeated_change_changes_nothing(job in jobs(), life in lives()) {
        let mut job = job;
        for (n, (change, _)) in life.iter().enumerate() {
            let unnumbered_notice = matches!(
                change,
                Change::Report(Report { seq: None, said: Said::Notice { .. }, .. })
            );
            let first = machine::apply(&mut job, change, at(n as f64 + 10.0));
            let held = job.clone();
            let second = machine::apply(&mut job, change, at(n as f64 + 10.5));
            if first.is_ok() && !unnumbered_notice {
                prop_assert!(second.is_err() || second.is_ok_and(|effect| !effect.changed));
                prop_assert_eq!(&job, &held);
            }
        }
    }

    #[test]
    fn the_figures_of_the_parts_never_fall(job in jobs(), life in lives()) {
        let mut job = job;
        live(&mut job, &life, |before, after, _| {
            if let Some(old) = before.children {
                let new = after.children.unwrap();
                assert!(new.total >= old.total && new.finished >= old.finished);
                assert!(new.failed >= old.failed);
            }
        });
    }

    /// F26: reports that overtake one another. Each carries the counts as they were when it was sent.
    #[test]
    fn p12_any_order_of_one_phases_reports_ends_in_the_same_counts(
        steps in prop::collection::vec(0..9_u64, 2..8),
        order in prop::collection::vec(any::<u32>(), 8),
        seqs in any::<bool>(),
        announced in any::<bool>(),
    ) {
        let sums = steps.iter().scan(0, |sum, step| { *sum += step; Some(*sum) });
        let reports: Vec<_> = sums
            .enumerate()
            .map(|(n, done)| {
                let said = if announced { count(done, 20) } else { current(done) };
                if seqs { numbered(n as u64 + 1, said) } else { say(said) }
            })
            .collect();
        let end = |reports: &[&Change]| {
            let mut job = after(queued(), [started_by("w"), phase("a")]);
            for report in reports {
                machine::apply(&mut job, report, at(5.0)).unwrap();
            }
            (job.progress.current, job.progress.total, job.phases)
        };
        let sent: Vec<_> = reports.iter().collect();
        let mut arrived: Vec<_> = reports.iter().zip(order).collect();
        arrived.sort_by_key(|(_, place)| *place);
        let arrived: Vec<_> = arrived.into_iter().map(|(report, _)| report).collect();
        prop_assert_eq!(end(&sent), end(&arrived));
    }
}
