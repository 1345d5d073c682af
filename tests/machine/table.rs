//! Every status against every report and every finding, as a table. `-` = not applied, `alive` = a sign of life
//! that changes nothing, `what/status` = a new version named so, and the status it has; else the refusal.

use milepost::progress::Refusal;
use milepost::progress::{Change, Children, Job, Report};

use super::support::{
    after, at, cancel, cancelled, completed, count, failed, notice, numbered, of_attempt, phase,
    queued, retrying, say, saying, started_by, then,
};
use milepost::progress::{Said, machine};

const TABLE: &str = "
change            queued              running               stalled               cancelling            completed failed   cancelled
started           started/running     already_running       started/running       cancelling            finished  finished finished
started-again     started/running     started/running       started/running       cancelling            finished  finished finished
started-unnamed   started/running     already_running       started/running       cancelling            finished  finished finished
phase             not_started         phase/running         resumed/running       phase/cancelling      finished  finished finished
progress          not_started         progress/running      resumed/running       progress/cancelling   finished  finished finished
progress-same     not_started         alive                 resumed/running       alive                 finished  finished finished
progress-old      -                   -                     -                     -                     finished  finished finished
progress-fenced   fenced              fenced                fenced                fenced                finished  finished finished
heartbeat         not_started         alive                 resumed/running       alive                 finished  finished finished
heartbeat-fenced  fenced              fenced                fenced                fenced                finished  finished finished
notice            notice/queued       notice/running        resumed/running       notice/cancelling     finished  finished finished
retrying          not_started         retrying/queued       retrying/queued       cancelling            finished  finished finished
completed         not_started         completed/completed   completed/completed   completed/completed   -         finished finished
completed-other   not_started         completed/completed   completed/completed   completed/completed   finished  finished finished
failed            failed/failed       failed/failed         failed/failed         failed/failed         finished  -        finished
failed-other      failed/failed       failed/failed         failed/failed         failed/failed         finished  finished finished
cancelled         not_started         cancelled/cancelled   cancelled/cancelled   cancelled/cancelled   finished  finished -
cancelled-fenced  fenced              fenced                fenced                fenced                finished  finished finished
Cancel            cancelled/cancelled cancelling/cancelling cancelling/cancelling -                     finished  finished -
Stall             -                   stalled/running       -                     stalled/cancelling    -         -        -
Resume            -                   -                     resumed/running       -                     -         -        -
Lose              -                   -                     failed/failed         -                     -         -        -
NeverStarted      failed/failed       -                     -                     -                     -         -        -
Children          children/queued     children/running      children/running      children/cancelling   -         -        -
Children-same     alive               alive                 alive                 alive                 -         -        -
";

const CHILDREN: Children = Children {
    total: 3,
    finished: 1,
    failed: 0,
};

/// A job of the second attempt, with parts, whose worker has reported up to `seq` 5.
fn job(column: &str) -> Job {
    let mut job = after(queued(), [started_by("w1"), retrying()]);
    then(&mut job, Change::Children(CHILDREN), 3.0);
    if column == "queued" {
        then(&mut job, numbered(5, notice("waiting")), 4.0);
        return job;
    }
    then(&mut job, say(started_by("w2")), 4.0);
    then(&mut job, numbered(5, count(10, 100)), 5.0);
    match column {
        "running" => {}
        "stalled" => drop(then(&mut job, Change::Stall, 6.0)),
        "cancelling" => drop(then(&mut job, cancel(), 6.0)),
        "completed" => drop(then(&mut job, say(completed("{}")), 6.0)),
        "failed" => drop(then(&mut job, say(failed("broken")), 6.0)),
        "cancelled" => drop(then(&mut job, say(cancelled()), 6.0)),
        other => panic!("no column {other}"),
    }
    job
}

fn change(row: &str) -> Change {
    let more = Children {
        finished: 2,
        ..CHILDREN
    };
    match row {
        "started" => say(started_by("w3")),
        "started-again" => say(started_by("w2")),
        "started-unnamed" => say(Said::Started {
            worker: None,
            total: None,
            unit: None,
            message: None,
        }),
        "phase" => say(phase("parse")),
        "progress" => say(count(20, 100)),
        "progress-same" => say(count(10, 100)),
        "progress-old" => numbered(5, saying("late")),
        "progress-fenced" => of_attempt(7, count(20, 100)),
        "heartbeat" => say(Said::Heartbeat),
        "heartbeat-fenced" => of_attempt(0, Said::Heartbeat),
        "notice" => say(notice("look")),
        "retrying" => say(retrying()),
        "completed" => say(completed("{}")),
        "completed-other" => say(completed("{\"n\":1}")),
        "failed" => say(failed("broken")),
        "failed-other" => say(failed("other")),
        "cancelled" => say(cancelled()),
        "cancelled-fenced" => of_attempt(0, cancelled()),
        "Cancel" => cancel(),
        "Stall" => Change::Stall,
        "Resume" => Change::Resume,
        "Lose" => Change::Lose,
        "NeverStarted" => Change::NeverStarted,
        "Children" => Change::Children(more),
        "Children-same" => Change::Children(CHILDREN),
        other => panic!("no row {other}"),
    }
}

fn outcome(job: &mut Job, change: &Change) -> String {
    match machine::apply(job, change, at(10.0)) {
        Ok(effect) => match effect.happening {
            Some(what) => format!("{}/{}", what.as_str(), job.status.as_str()),
            None if effect.applied => "alive".into(),
            None => "-".into(),
        },
        Err(Refusal::NotStarted) => "not_started".into(),
        Err(Refusal::AlreadyRunning { attempt: 2 }) => "already_running".into(),
        Err(Refusal::Cancelling) => "cancelling".into(),
        Err(Refusal::Fenced { .. }) => "fenced".into(),
        Err(Refusal::Finished { status }) if status == job.status => "finished".into(),
        Err(other) => format!("{other:?}"),
    }
}

#[test]
fn every_status_against_every_change() {
    let mut lines = TABLE.trim().lines().map(str::split_whitespace);
    let columns: Vec<_> = lines.next().unwrap().skip(1).collect();
    let mut wrong = Vec::new();
    let mut cells = 0;
    for mut line in lines {
        let row = line.next().unwrap();
        for (column, expected) in columns.iter().zip(line.by_ref()) {
            let before = job(column);
            let mut held = before.clone();
            let got = outcome(&mut held, &change(row));
            cells += 1;
            if got != expected {
                wrong.push(format!("{row} on {column}: {got}, expected {expected}"));
            }
            let touched = got.contains('/') || got == "alive";
            if !touched && held != before {
                wrong.push(format!("{row} on {column}: {got}, but the job differs"));
            }
            assert_eq!(held.version, before.version, "{row} on {column}");
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(cells, 25 * 7);
}

/// The table would hold for a machine that forgot to count attempts: this is what `started` hands out. P10.
#[test]
fn p10_every_claim_has_a_higher_attempt() {
    for (column, attempt) in [("queued", 2), ("running", 3), ("stalled", 3)] {
        let mut job = job(column);
        let effect = then(&mut job, change("started-again"), 10.0);
        assert!(effect.applied, "{column}");
        assert_eq!(job.attempt, attempt, "{column}");
        assert_eq!(job.stalled_at, None);
    }
}

/// A finding and a report reach a cancelling job that is silent, too.
#[test]
fn p11_a_silent_job_that_was_to_stop_ends_cancelled() {
    let mut job = job("cancelling");
    then(&mut job, Change::Stall, 10.0);
    let mut spoke = job.clone();
    then(&mut job, Change::Lose, 11.0);
    assert_eq!(job.status.as_str(), "cancelled");
    assert_eq!(job.error, None);
    then(&mut spoke, say(Said::Heartbeat), 11.0);
    assert_eq!(
        (spoke.status.as_str(), spoke.stalled_at),
        ("cancelling", None)
    );
}

/// What is decided on a state that may be old must hold for every newer one.
#[test]
fn only_what_time_cannot_mend_is_a_final_refusal() {
    let refusal = |column, attempt| {
        let report = Report {
            attempt: Some(attempt),
            seq: None,
            said: Said::Heartbeat,
        };
        machine::apply(&mut job(column), &Change::Report(report), at(10.0)).unwrap_err()
    };
    assert!(refusal("running", 1).is_final());
    assert!(refusal("failed", 2).is_final());
    assert!(!refusal("queued", 1).is_final());
    assert!(!refusal("running", 3).is_final(), "opened on another node?");
}
