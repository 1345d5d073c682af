//! Phases: one after the other, unannounced, again, and at the end of the job.

use milepost::progress::{EventData, Refusal};
use milepost::progress::{Happening, Job, PhaseStatus, Said};

use super::support::{
    after, at, cancelled, completed, count, current, failed, phase, planned, queued, say,
    started_by, then, write,
};

fn statuses(job: &Job) -> Vec<(&str, &str)> {
    let line = |phase: &'_ milepost::progress::Phase| phase.status.as_str();
    job.phases.iter().map(|p| (&*p.name, line(p))).collect()
}

#[test]
fn the_next_phase_ends_the_one_before() {
    let plan = [("fetch", 1.0, Some(2)), ("parse", 2.0, None)];
    let mut job = after(
        planned(&plan),
        [started_by("w"), phase("fetch"), current(1)],
    );
    let parse = Said::Phase {
        name: "parse".into(),
        total: Some(9),
        unit: Some("rules".into()),
        message: Some("Parsing".into()),
    };
    let effect = then(&mut job, say(parse), 7.0);
    assert_eq!(effect.happening, Some(Happening::Phase));
    let ended = Some("fetch".into());
    let name = "parse".into();
    assert_eq!(effect.events[0].data, EventData::Phase { name, ended });
    assert_eq!(
        statuses(&job),
        [("fetch", "completed"), ("parse", "running")]
    );
    assert_eq!(
        (job.phases[0].current, job.phases[0].finished_at),
        (1, Some(at(7.0)))
    );
    assert_eq!(
        (job.phases[1].total, job.phases[1].started_at),
        (Some(9), Some(at(7.0)))
    );
    assert_eq!((job.progress.current, job.progress.total), (0, Some(9)));
    assert_eq!(job.progress.unit.as_deref(), Some("rules"));
    assert_eq!(job.message.as_deref(), Some("Parsing"));
    then(&mut job, say(current(4)), 8.0);
    assert_eq!((job.phases[0].current, job.phases[1].current), (1, 4));
}

#[test]
fn the_running_phase_said_again_is_no_restart() {
    let mut job = after(queued(), [started_by("w"), phase("a"), count(3, 10)]);
    let held = job.clone();
    let effect = then(&mut job, say(phase("a")), 9.0);
    assert!(effect.applied && !effect.changed);
    assert_eq!(job, held);
    let larger = Said::Phase {
        name: "a".into(),
        total: Some(20),
        unit: None,
        message: None,
    };
    let effect = then(&mut job, say(larger), 9.0);
    assert_eq!(
        (effect.happening, effect.events.len()),
        (Some(Happening::Progress), 0)
    );
    assert_eq!((job.phases[0].total, job.phases[0].current), (Some(20), 3));
    assert_eq!(job.phases[0].started_at, held.phases[0].started_at);
}

#[test]
fn p12_a_phase_run_again_keeps_its_counts_and_percent_its_floor() {
    let mut job = after(
        queued(),
        [
            started_by("w"),
            phase("a"),
            count(3, 10),
            phase("b"),
            phase("a"),
        ],
    );
    assert_eq!(statuses(&job), [("a", "running"), ("b", "completed")]);
    assert_eq!(job.progress.percent, Some(65.0), "b is over, 3 of 10 in a");
    assert_eq!((job.progress.current, job.progress.total), (3, Some(10)));
    assert_eq!(job.phases[0].finished_at, None);
    then(&mut job, say(phase("b")), 9.0);
    then(&mut job, say(phase("a")), 10.0);
    then(&mut job, say(current(4)), 11.0);
    assert_eq!(job.progress.percent, Some(70.0));
    let before = after(
        planned(&[("a", 1.0, Some(10)), ("b", 1.0, Some(10))]),
        [started_by("w"), phase("a"), phase("b"), phase("a")],
    );
    assert_eq!(before.progress.percent, Some(50.0));
}

#[test]
fn an_unannounced_phase_is_appended_up_to_32() {
    let mut job = after(planned(&[("a", 1.0, None)]), [started_by("w")]);
    for n in 1..32 {
        then(&mut job, say(phase(&format!("p{n}"))), 2.0);
    }
    assert_eq!(job.phases.len(), 32);
    assert_eq!((&*job.phases[31].name, job.phases[31].weight), ("p31", 1.0));
    let held = job.clone();
    match write(&mut job, &say(phase("p32")), 3.0) {
        Err(Refusal::TooLarge { pointer, .. }) => assert_eq!(pointer, "/name"),
        other => panic!("{other:?}"),
    }
    assert_eq!(job, held);
    assert!(
        then(&mut job, say(phase("a")), 3.0).changed,
        "a known one fits"
    );
}

#[test]
fn counts_before_the_first_phase_are_no_phases_counts() {
    let mut job = after(
        planned(&[("a", 1.0, None)]),
        [started_by("w"), count(3, 10)],
    );
    assert_eq!((job.progress.current, job.progress.percent), (3, None));
    then(&mut job, say(phase("a")), 3.0);
    assert_eq!((job.progress.current, job.progress.total), (0, None));
}

#[test]
fn the_end_of_the_job_ends_its_phases() {
    let plan = [("a", 1.0, None), ("b", 1.0, None), ("c", 1.0, None)];
    let job = after(planned(&plan), [started_by("w"), phase("a"), phase("b")]);
    for (ending, b, c) in [
        (
            completed("{}"),
            PhaseStatus::Completed,
            PhaseStatus::Skipped,
        ),
        (failed("broken"), PhaseStatus::Failed, PhaseStatus::Pending),
        (cancelled(), PhaseStatus::Cancelled, PhaseStatus::Pending),
    ] {
        let mut job = job.clone();
        then(&mut job, say(ending), 9.0);
        let [first, second, third] = &job.phases[..] else {
            panic!("three phases");
        };
        assert_eq!(first.status, PhaseStatus::Completed);
        assert_eq!((second.status, second.finished_at), (b, Some(at(9.0))));
        assert_eq!((third.status, third.finished_at), (c, None));
        let error = job.error.map(|error| error.phase);
        assert!(error.is_none_or(|phase| phase.as_deref() == Some("b")));
    }
}
