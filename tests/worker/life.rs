//! A job from its beginning to each of its ends.

use milepost::worker::{Failure, Level, Phase};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::rig::{LONG, Rig};

#[tokio::test]
async fn a_job_is_told_from_its_plan_to_its_result() {
    let rig = Rig::start().await;
    let reporter = rig.reporter();
    let job = reporter
        .job("scan")
        .id("scan-7")
        .title("EIPs")
        .subject("ethereum-eips")
        .owner("u-17")
        .phases([
            Phase::new("discovery"),
            Phase::new("parse").weight(8).unit("files"),
        ])
        .metadata(json!({"commit": "abc"}))
        .start();
    assert!(job.known(LONG).await);
    job.phase("discovery");
    let parse = job.phase("parse");
    let added = job.counter("added");
    for number in parse.track(0..949) {
        if number % 100 == 0 {
            added.inc(1);
            job.notice_with(
                Level::Warning,
                "bad_file",
                format!("file {number}"),
                json!({"n": number}),
            );
        }
    }
    job.message("Parsed");
    job.metadata(json!({"more": 1}));
    assert!(job.complete(json!({"files": 949})).await);
    let state = rig.state("scan-7").await;
    assert_eq!(state["status"], "completed", "{state}");
    assert_eq!(state["result"], json!({"files": 949}));
    assert_eq!(state["progress"]["current"], 949);
    assert_eq!(state["progress"]["total"], 949);
    assert_eq!(state["counters"], json!({"added": 10}));
    assert_eq!(state["metadata"], json!({"commit": "abc", "more": 1}));
    assert_eq!(state["message"], "Parsed");
    assert_eq!(state["notices"]["total"], 10);
    assert_eq!(
        (&state["owner"], &state["subject"]),
        (&json!("u-17"), &json!("ethereum-eips"))
    );
    let happened: Vec<_> = rig
        .history("scan-7")
        .await
        .into_iter()
        .map(|h| h.0)
        .collect();
    let mut expected = vec!["created", "started", "phase", "phase"];
    expected.extend(["notice"; 10]);
    expected.push("completed");
    assert_eq!(happened, expected);
}

#[tokio::test]
async fn an_attempt_is_given_back_and_the_next_one_begins_at_nothing() {
    let rig = Rig::start().await;
    let reporter = rig.reporter();
    let job = reporter.job("ingest").total(10).start();
    job.inc(7);
    job.counter("kept").set(3);
    let failure = Failure::new("database_away", "no route to host").retryable(true);
    assert!(job.retrying(failure).await);
    let state = rig.state(job.id()).await;
    assert_eq!(state["status"], "queued", "{state}");
    assert_eq!(state["error"]["code"], "database_away");
    job.again();
    job.inc(10);
    assert!(job.complete(()).await);
    let state = rig.state(job.id()).await;
    assert_eq!(state["status"], "completed", "{state}");
    assert_eq!(state["attempt"], 2);
    assert_eq!(state["progress"]["current"], 10);
    assert_eq!(state["counters"], json!({"kept": 3}));
}

#[tokio::test]
async fn between_two_attempts_a_job_can_be_ended_and_equal_counts_are_told_anew() {
    let rig = Rig::start().await;
    let job = rig.reporter().job("ingest").start();
    job.again(); // there is nothing to begin anew
    for attempt in 1..=3 {
        job.set(7);
        let there = |state: &serde_json::Value| {
            state["attempt"] == attempt && state["progress"]["current"] == 7
        };
        rig.until(job.id(), there).await;
        assert!(job.retrying(Failure::new("again", "once more")).await);
        if attempt < 3 {
            job.again();
        }
    }
    assert!(job.fail(Failure::new("enough", "three times")).await);
    let state = rig.state(job.id()).await;
    assert_eq!(state["status"], "failed", "{state}");
    assert_eq!(state["error"]["code"], "enough");
}

#[tokio::test]
async fn what_was_said_before_close_is_there_after_it_even_while_others_go_on() {
    let rig = Rig::start().await;
    let reporter = rig.reporter();
    let stop = CancellationToken::new();
    let busy = reporter.job("busy").halt(&stop).start();
    let counting = std::thread::spawn({
        let busy = busy.clone();
        move || {
            while !busy.is_cancelled() {
                busy.inc(1);
            }
        }
    });
    for _ in 0..20 {
        let job = reporter.job("quick").start();
        job.complete(());
        assert!(reporter.close(LONG).await);
        assert_eq!(rig.state(job.id()).await["status"], "completed");
    }
    stop.cancel();
    counting.join().expect("counted");
    assert!(busy.complete(()).await);
    let state = rig.state(busy.id()).await;
    assert_eq!(state["progress"]["current"], busy.current());
}
