//! Creation, versions, and several changes in one write (P3).

use milepost::progress::Event;
use milepost::progress::{Change, Children, Happening, Status, machine};

use super::support::{
    after, at, completed, count, create, creation, notice, phase, planned, queued, queued_of, say,
    saying, started_by, then,
};

fn words(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.what.as_str()).collect()
}

#[test]
fn p3_a_job_begins_with_version_1() {
    let made = create(creation());
    assert_eq!((made.job.version, made.job.attempt), (1, 0));
    assert_eq!(
        (made.job.status, made.happening),
        (Status::Queued, Happening::Created)
    );
    assert_eq!(words(&made.events), ["created"]);
    assert_eq!(made.recount.unwrap().as_str(), "whole");
    assert_eq!(
        (made.job.created_at, made.job.updated_at, made.at),
        (at(0.0), at(0.0), at(0.0))
    );
    assert_eq!(queued().progress.percent, None);
    assert_eq!(queued_of(7).progress.percent, Some(0.0));
    let plan = planned(&[("a", 1.0, None)]);
    assert_eq!(
        (plan.phases[0].status.as_str(), plan.progress.total),
        ("pending", None)
    );
}

#[test]
fn p3_changes_folded_into_one_write_raise_the_version_by_one() {
    let held = queued();
    let mut draft = machine::Draft::new(&held);
    let said = [
        started_by("w"),
        phase("a"),
        notice("x"),
        count(1, 4),
        saying("on"),
    ];
    for said in said {
        assert!(draft.apply(&say(said), at(1.0)).unwrap().changed);
    }
    assert!(draft.apply(&say(started_by("other")), at(1.0)).is_err());
    let written = draft.finish(at(1.2)).unwrap();
    assert_eq!((written.job.version, written.job.updated_at), (2, at(1.2)));
    assert_eq!(written.happening, Happening::Started);
    assert_eq!(words(&written.events), ["started", "phase", "notice"]);
    assert_eq!(written.recount, None);
    assert_eq!(written.job.message.as_deref(), Some("on"));

    let mut draft = machine::Draft::new(&written.job);
    draft.apply(&Change::Stall, at(2.0)).unwrap();
    draft.apply(&say(notice("y")), at(2.0)).unwrap();
    draft.apply(&say(phase("b")), at(2.0)).unwrap();
    let written = draft.finish(at(2.0)).unwrap();
    assert_eq!(
        written.happening,
        Happening::Resumed,
        "the last among equals"
    );
    assert_eq!(
        words(&written.events),
        ["stalled", "resumed", "notice", "phase"]
    );

    let mut draft = machine::Draft::new(&written.job);
    draft.apply(&say(completed("{}")), at(3.0)).unwrap();
    let written = draft.finish(at(3.0)).unwrap();
    assert_eq!(written.recount.unwrap().as_str(), "whole");
    assert!(machine::Draft::new(&written.job).finish(at(4.0)).is_none());
}

#[test]
fn a_write_that_comes_a_little_later_does_not_move_the_time_of_arrival() {
    let held = after(queued_of(100), [started_by("w"), count(10, 100)]);
    let mut draft = machine::Draft::new(&held);
    draft.apply(&say(count(20, 100)), at(3.0)).unwrap();
    assert_eq!(draft.job().eta, Some((8, at(11.0))));
    let written = draft.finish(at(3.4)).unwrap();
    assert_eq!(
        (written.at, written.job.eta),
        (at(3.4), Some((8, at(11.0))))
    );
}

#[test]
fn p21_time_in_a_job_never_runs_backwards() {
    let mut job = after(queued(), [started_by("w"), count(1, 4)]);
    then(&mut job, say(phase("a")), -50.0);
    assert_eq!(
        (job.updated_at, job.phases[0].started_at),
        (at(2.0), Some(at(2.0)))
    );
    then(&mut job, say(completed("{}")), -60.0);
    assert_eq!((job.updated_at, job.finished_at), (at(2.0), Some(at(2.0))));
}

#[test]
fn a_recount_of_the_parts_never_lowers_a_figure() {
    let parts = |total, finished, failed| {
        Change::Children(Children {
            total,
            finished,
            failed,
        })
    };
    let mut job = queued();
    assert!(!then(&mut job, parts(0, 0, 0), 1.0).changed);
    assert_eq!(job.children, None);
    let effect = then(&mut job, parts(3, 2, 0), 1.0);
    assert_eq!(
        (effect.happening, effect.events.len()),
        (Some(Happening::Children), 0)
    );
    then(&mut job, parts(4, 1, 1), 1.0);
    let counted = job.children.unwrap();
    assert_eq!((counted.total, counted.finished, counted.failed), (4, 2, 1));
}
