//! Claiming and fencing (P10), and what a new attempt resets.

use milepost::progress::{Change, Object, PhaseStatus, Report, Said, Status, Tick};
use milepost::progress::{EventData, Refusal};

use super::support::{
    after, at, count, current, numbered, of_attempt, phase, planned, queued, queued_of, retrying,
    say, saying, started_by, then, write,
};

#[test]
fn p10_a_claim_repeated_gets_the_attempt_it_has() {
    let mut job = queued();
    assert!(then(&mut job, numbered(1, started_by("w")), 1.0).applied);
    let held = job.clone();
    assert!(!then(&mut job, numbered(1, started_by("w")), 2.0).applied);
    assert_eq!(job, held);
}

/// P2: whoever missed the answer to a claim repeats it, whatever was wished meanwhile.
#[test]
fn p10_a_claim_repeated_after_a_wish_to_stop_gets_the_attempt_it_has() {
    let mut job = queued();
    then(&mut job, numbered(1, started_by("w")), 1.0);
    let wish = Change::Cancel {
        reason: None,
        by: None,
    };
    then(&mut job, wish, 2.0);
    let held = job.clone();
    assert!(!then(&mut job, numbered(1, started_by("w")), 3.0).applied);
    assert_eq!(job, held);
    for other in [numbered(2, started_by("w")), numbered(1, started_by("v"))] {
        assert_eq!(write(&mut job, &other, 4.0), Err(Refusal::Cancelling));
    }
}

#[test]
fn p10_a_claim_with_another_seq_or_after_a_report_opens_a_new_attempt() {
    let mut other_seq = queued();
    then(&mut other_seq, numbered(1, started_by("w")), 1.0);
    then(&mut other_seq, numbered(2, started_by("w")), 2.0);
    assert_eq!(other_seq.attempt, 2);

    let mut touched = after(
        queued(),
        [started_by("w"), saying("hello"), started_by("w")],
    );
    assert_eq!(touched.attempt, 2);
    let old = of_attempt(1, current(5));
    let refused = write(&mut touched, &old, 9.0);
    assert_eq!(
        refused,
        Err(Refusal::Fenced {
            attempt: 2,
            said: 1
        })
    );
}

/// A heartbeat that reached the service while the job showed as stalled was a report of that attempt.
#[test]
fn p10_a_claim_repeated_after_a_heartbeat_opens_a_new_attempt() {
    let mut job = queued();
    then(&mut job, numbered(1, started_by("w")), 1.0);
    then(&mut job, Change::Stall, 31.0);
    then(&mut job, Change::Resume, 32.0);
    then(&mut job, numbered(1, started_by("w")), 33.0);
    assert_eq!(job.attempt, 2);
}

/// F41: two workers without a name both say the same; one of them holds the job.
#[test]
fn p10_two_claims_without_a_name_are_not_the_same_claim() {
    let unnamed = numbered(
        1,
        Said::Started {
            worker: None,
            total: None,
            unit: None,
            message: None,
        },
    );
    let mut job = queued();
    then(&mut job, unnamed.clone(), 1.0);
    let refused = write(&mut job, &unnamed, 2.0);
    assert_eq!(refused, Err(Refusal::AlreadyRunning { attempt: 1 }));
}

/// F40: the worker that was taken for dead wakes up.
#[test]
fn p10_a_fenced_report_is_no_sign_of_life() {
    let mut job = after(queued(), [started_by("a"), count(1, 10)]);
    then(&mut job, Change::Stall, 40.0);
    then(&mut job, say(started_by("b")), 41.0);
    then(&mut job, Change::Stall, 80.0);
    let held = job.clone();
    for said in [
        Said::Heartbeat,
        count(9, 10),
        phase("x"),
        retrying(),
        started_by("a"),
    ] {
        let refused = write(&mut job, &of_attempt(1, said), 81.0);
        assert_eq!(
            refused,
            Err(Refusal::Fenced {
                attempt: 2,
                said: 1
            })
        );
        assert_eq!(job, held);
    }
}

#[test]
fn a_new_attempt_resets_progress_and_keeps_the_rest() {
    let mut job = planned(&[("fetch", 1.0, Some(4)), ("parse", 3.0, None)]);
    let fresh = job.phases.clone();
    let tick = Tick {
        current: Some(2),
        total: Some(8),
        message: Some("working".into()),
        counters: vec![("added".into(), 2.0)],
        metadata: vec![("source".into(), Object::checked("\"main\""))],
        reports: 1,
        ..Tick::default()
    };
    job = after(job, [started_by("w"), phase("fetch"), phase("extra")]);
    then(&mut job, numbered(7, Said::Progress(tick)), 4.0);
    then(&mut job, say(super::support::notice("look")), 5.0);
    then(&mut job, say(current(4)), 6.0);
    assert!(job.rate.is_some() && job.eta.is_some());
    then(&mut job, say(retrying()), 7.0);
    assert_eq!((job.status, job.attempt), (Status::Queued, 1));
    let error = job.error.clone().unwrap();
    assert_eq!(error.phase.as_deref(), Some("extra"));
    assert_eq!(job.phases.len(), 3, "to be seen until the next attempt");
    assert_eq!(job.eta, None, "nobody works on it");
    assert_eq!(job.memory.worker, None, "nobody holds it");

    then(&mut job, numbered(1, started_by("w")), 8.0);
    assert_eq!((job.status, job.attempt), (Status::Running, 2));
    assert_eq!(job.phases, fresh);
    assert_eq!((job.progress.current, job.progress.total), (0, None));
    assert_eq!(
        job.progress.percent,
        Some(0.0),
        "the floor went with the attempt"
    );
    assert_eq!(
        (job.rate, job.eta, &job.error, &job.message),
        (None, None, &None, &None)
    );
    assert_eq!(job.started_at, Some(at(8.0)));
    assert_eq!(job.counters, [("added".into(), 2.0)]);
    assert_eq!(job.metadata.len(), 1);
    assert_eq!(job.notices, 1);
    // The numbers of the attempt before are gone with it.
    assert!(then(&mut job, numbered(2, saying("on")), 9.0).changed);
}

#[test]
fn a_claim_brings_total_and_unit_and_names_its_worker_in_the_history() {
    let mut job = queued_of(10);
    let claim = Said::Started {
        worker: Some("w".into()),
        total: Some(20),
        unit: Some("rows".into()),
        message: Some("off we go".into()),
    };
    let effect = then(&mut job, say(claim), 1.0);
    assert_eq!(job.progress.total, Some(20));
    assert_eq!(job.progress.unit.as_deref(), Some("rows"));
    assert_eq!(job.message.as_deref(), Some("off we go"));
    match &effect.events[..] {
        [event] => match &event.data {
            EventData::Status {
                worker, attempt, ..
            } => {
                assert_eq!((worker.as_deref(), *attempt), (Some("w"), 1));
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
    // The next attempt begins with what the creation said.
    then(&mut job, say(retrying()), 2.0);
    then(&mut job, say(started_by("w")), 3.0);
    assert_eq!((job.progress.total, job.progress.unit), (Some(10), None));
}

#[test]
fn with_a_plan_the_total_of_a_claim_belongs_to_no_phase() {
    let mut job = planned(&[("fetch", 1.0, Some(4))]);
    let claim = Said::Started {
        worker: None,
        total: Some(20),
        unit: None,
        message: None,
    };
    then(&mut job, say(claim), 1.0);
    assert_eq!(job.progress.total, None);
    then(&mut job, say(phase("fetch")), 2.0);
    assert_eq!(job.progress.total, Some(4));
    assert_eq!(job.phases[0].status, PhaseStatus::Running);
}

#[test]
fn p12_a_percentage_said_in_one_attempt_is_none_of_the_next() {
    let said = [
        started_by("w"),
        super::support::percent(70.0),
        retrying(),
        started_by("w"),
    ];
    let mut job = after(queued(), said);
    assert_eq!(job.progress.percent, None);
    then(&mut job, say(super::support::percent(10.0)), 9.0);
    assert_eq!(job.progress.percent, Some(10.0));
}

#[test]
fn a_claim_for_another_attempt_is_fenced() {
    let claim = |attempt| {
        Change::Report(Report {
            attempt: Some(attempt),
            seq: None,
            said: started_by("w"),
        })
    };
    let mut job = after(queued(), [started_by("w"), retrying()]);
    let refused = write(&mut job, &claim(0), 5.0);
    assert_eq!(
        refused,
        Err(Refusal::Fenced {
            attempt: 1,
            said: 0
        })
    );
    assert!(then(&mut job, claim(1), 5.0).applied);
    assert_eq!(job.attempt, 2);
}
