//! What a program says is brought within what the service takes.

use milepost::progress;
use milepost::wire::{creation, report};
use milepost::worker::{Failure, Level, Phase, limits};
use serde_json::{Value, json};

use super::rig::{LONG, Rig};

#[test]
fn the_limits_are_those_of_the_service() {
    let ours = [
        limits::TITLE,
        limits::MESSAGE,
        limits::NOTICE,
        limits::PHASE,
        limits::UNIT,
        limits::CODE,
        limits::WORKER,
        limits::DATA,
        limits::METADATA,
        limits::RESULT,
        limits::PHASES,
        limits::COUNTERS,
    ];
    let theirs = [
        creation::MAX_TITLE,
        report::MAX_MESSAGE,
        report::MAX_NOTICE,
        report::MAX_PHASE_NAME,
        report::MAX_UNIT,
        report::MAX_CODE,
        report::MAX_WORKER,
        report::MAX_NOTICE_DATA,
        progress::MAX_METADATA,
        report::MAX_RESULT,
        progress::MAX_PHASES,
        progress::MAX_COUNTERS,
    ];
    assert_eq!(ours, theirs);
    assert_eq!(limits::COUNT, progress::MAX_COUNT);
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!({ "deeper": inner }))
}

#[tokio::test]
async fn nothing_that_a_program_says_costs_it_the_job() {
    let rig = Rig::start().await;
    let long = "é\0".repeat(5000);
    let job = rig
        .reporter()
        .job("scan")
        .title(&long)
        .subject("not a name!")
        .owner("someone@example.org")
        .unit(&long)
        .total(u64::MAX)
        .phases((0..50).map(|n| Phase::new(&format!("{n}{long}")).weight(0).unit(&long)))
        .metadata(json!({"long": long}))
        .start();
    assert!(job.known(LONG).await);
    for n in 0..50 {
        job.phase(Phase::new(&format!("{n}{long}")).message(&long));
        job.inc(u64::MAX / 2);
        job.counter(&format!("{n}{long}")).set(u64::MAX);
    }
    job.message(&long);
    job.metadata(json!({"long": long}));
    job.metadata(json!({"short": 1}));
    job.notice_with(Level::Error, "", "", deep(100));
    job.notice_with(Level::Error, &long, &long, json!({"long": long}));
    job.notice_with(Level::Error, "a value", "no object", [1, 2]);
    job.percent(f64::NAN);
    let failure = Failure::new("Ünlikely", &long)
        .phase(&long)
        .details(deep(60));
    assert!(job.fail(failure).await);
    let state = rig.state(job.id()).await;
    assert_eq!(state["status"], "failed", "{state}");
    assert_eq!(state["error"]["code"], "e__nlikely");
    assert_eq!(state["error"]["message"], "é".repeat(1000));
    assert_eq!(state["title"], "é".repeat(200));
    assert_eq!(state["notices"]["total"], 3);
    let data: Vec<&Value> = state["notices"]["recent"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|notice| &notice["data"])
        .collect();
    assert!(data.contains(&&json!({"value": [1, 2]})), "{data:?}");
    assert_eq!(state["metadata"]["short"], 1);
    assert_eq!(state["counters"].as_object().map(|c| c.len()), Some(32));
}

#[tokio::test]
async fn a_result_that_is_too_large_does_not_cost_the_job_its_ending() {
    let rig = Rig::start().await;
    let job = rig.reporter().job("scan").start();
    let rows: Vec<String> = (0..2000).map(|n| format!("row number {n}")).collect();
    assert!(job.complete(json!({"rows": rows})).await);
    let state = rig.state(job.id()).await;
    assert_eq!(state["status"], "completed");
    assert!(
        state["result"]["omitted_bytes"].as_u64() > Some(16_384),
        "{state}"
    );
}
