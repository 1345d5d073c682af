//! Endings: exactly one wins (P8, P9), and it may be said twice. Silence, and a person's wish to stop.

use milepost::progress::{Change, Happening, Object, Report, Said, Status};
use milepost::progress::{EventData, Refusal};

use super::support::{
    after, at, cancel, cancelled, completed, count, failed, failure, numbered, of_attempt, phase,
    queued, say, started_by, then, write,
};

/// D 116: the same type and `seq`, or the same words.
#[test]
fn p9_the_same_ending_said_again_is_fine_and_another_is_not() {
    let mut job = after(queued(), [started_by("w")]);
    then(&mut job, numbered(9, completed("{\"n\":1}")), 2.0);
    let held = job.clone();
    let own = |attempt| {
        Change::Report(Report {
            attempt: Some(attempt),
            seq: Some(9),
            said: completed("{\"n\":1}"),
        })
    };
    for again in [
        numbered(9, completed("{\"n\":1}")),
        numbered(9, completed("{\"n\":2}")),
        say(completed("{\"n\":1}")),
        numbered(10, completed("{\"n\":1}")),
        own(1),
    ] {
        let effect = write(&mut job, &again, 3.0);
        assert!(effect.is_ok_and(|effect| !effect.applied), "{again:?}");
    }
    let refused = Err(Refusal::Finished {
        status: Status::Completed,
    });
    for other in [
        say(completed("{\"n\":2}")),
        numbered(8, completed("{}")),
        numbered(9, failed("broken")),
        own(0),
    ] {
        assert_eq!(write(&mut job, &other, 3.0), refused, "{other:?}");
    }
    assert_eq!(job, held);
}

/// Each word of an error tells it from another.
#[test]
fn p9_an_error_that_differs_anywhere_is_another_ending() {
    let first = failure("broken");
    let mut others = vec![first.clone(); 6];
    others[0].code = "brokenit".into();
    others[0].message = " broke".into();
    others[1].message = "other".into();
    others[2].retryable = false;
    others[3].retry_after_seconds = Some(0);
    others[4].phase = Some("x".into());
    others[5].details = Some(Object::empty());
    let error = first.clone();
    let mut job = after(
        queued(),
        [started_by("w"), phase("p"), Said::Failed { error }],
    );
    assert_eq!(job.error.as_ref().unwrap().phase.as_deref(), Some("p"));
    for error in others {
        let change = say(Said::Failed { error });
        assert!(write(&mut job, &change, 9.0).is_err(), "{change:?}");
    }
    let same = say(Said::Failed { error: first });
    assert!(!then(&mut job, same, 9.0).applied, "as it was said");
}

#[test]
fn an_ending_the_service_found_is_nobodys_to_repeat() {
    let mut job = queued();
    then(&mut job, cancel(), 1.0);
    let late = write(&mut job, &say(cancelled()), 2.0);
    let status = Status::Cancelled;
    assert_eq!(late, Err(Refusal::Finished { status }));
}

/// D 117, D 118.
#[test]
fn a_wish_to_stop_is_final_on_a_queued_job_and_a_request_on_a_running_one() {
    let mut waiting = queued();
    let effect = then(&mut waiting, cancel(), 1.0);
    assert_eq!(effect.happening, Some(Happening::Cancelled));
    assert_eq!(
        (waiting.status, waiting.finished_at),
        (Status::Cancelled, Some(at(1.0)))
    );
    let asked = waiting.cancel.clone().unwrap();
    assert_eq!(
        (asked.reason.as_deref(), asked.by.as_deref()),
        (Some("enough"), Some("u-17"))
    );

    let mut job = after(queued(), [started_by("w"), count(1, 2)]);
    let effect = then(&mut job, cancel(), 5.0);
    assert_eq!(job.status, Status::Cancelling);
    match &effect.events[0].data {
        EventData::Status { reason, .. } => assert_eq!(reason.as_deref(), Some("enough")),
        other => panic!("{other:?}"),
    }
    let later = Change::Cancel {
        reason: None,
        by: None,
    };
    assert!(!then(&mut job, later, 6.0).applied);
    assert_eq!(job.cancel.as_ref().unwrap().requested_at, at(5.0));
    then(&mut job, say(cancelled()), 7.0);
    assert_eq!(
        (job.status, job.progress.percent),
        (Status::Cancelled, Some(50.0))
    );
    assert!(job.cancel.is_some());
}

#[test]
fn a_worker_may_give_up_unasked() {
    let job = after(queued(), [started_by("w"), cancelled()]);
    assert_eq!((job.status, job.cancel), (Status::Cancelled, None));
}

#[test]
fn p11_silence_shows_goes_by_and_ends_the_job() {
    let mut job = after(queued(), [started_by("w"), phase("a"), count(1, 2)]);
    let effect = then(&mut job, Change::Stall, 33.0);
    assert_eq!(
        (effect.happening, effect.events.len()),
        (Some(Happening::Stalled), 1)
    );
    assert_eq!(job.stalled_at, Some(at(33.0)));

    let mut back = job.clone();
    let effect = then(&mut back, say(phase("b")), 40.0);
    let history: Vec<_> = effect.events.iter().map(|event| event.what).collect();
    assert_eq!(history, [Happening::Resumed, Happening::Phase]);
    assert_eq!(effect.happening, Some(Happening::Resumed));
    assert_eq!(back.stalled_at, None);
    let held = back.clone();
    assert!(
        !then(&mut back, Change::Lose, 400.0).applied,
        "it spoke meanwhile"
    );
    assert_eq!(back, held);

    then(&mut job, Change::Lose, 333.0);
    let error = job.error.clone().unwrap();
    assert_eq!(
        (job.status, &*error.code, error.retryable),
        (Status::Failed, "worker_lost", true)
    );
    assert_eq!(error.phase.as_deref(), Some("a"));
    assert!(error.message.contains("330 s"), "{}", error.message);
    assert_eq!((job.stalled_at, job.finished_at), (None, Some(at(333.0))));
}

#[test]
fn a_job_that_nobody_starts_fails_and_may_be_tried_again() {
    let mut job = queued();
    job.memory.lease.start_within_seconds = 60;
    then(&mut job, Change::NeverStarted, 61.0);
    let error = job.error.clone().unwrap();
    assert_eq!(
        (job.status, &*error.code, error.retryable),
        (Status::Failed, "never_started", true)
    );
    assert!(error.message.contains("60 s"), "{}", error.message);
}

#[test]
fn the_end_leaves_a_rate_and_no_time_of_arrival() {
    let mut job = after(queued(), [started_by("w"), count(10, 100), count(20, 100)]);
    assert_eq!((job.rate, job.eta), (Some(10.0), Some((8, at(11.0)))));
    then(&mut job, of_attempt(1, completed("{\"ok\":true}")), 4.0);
    assert_eq!((job.rate, job.eta), (Some(10.0), None));
    assert_eq!(
        (job.progress.current, job.progress.percent),
        (20, Some(100.0))
    );
    assert_eq!(job.result.unwrap().as_str(), "{\"ok\":true}");
}
