//! Jobs that nobody ends: dropped, panicked.

use std::panic::{AssertUnwindSafe, catch_unwind};

use milepost::worker::{Failure, Job};
use serde_json::Value;

use super::rig::Rig;

async fn failed(rig: &Rig, id: &str) -> Value {
    let state = rig
        .until(id, |state| state["finished_at"].is_string())
        .await;
    assert_eq!(state["status"], "failed", "{state}");
    assert_eq!(state["error"]["retryable"], true, "{state}");
    state["error"]["code"].clone()
}

#[tokio::test]
async fn the_last_handle_dropped_without_an_ending_is_a_failure() {
    let rig = Rig::start().await;
    let job = rig.reporter().job("scan").start();
    let id = job.id().to_owned();
    let phase = job.phase("parse");
    let clone = job.clone();
    drop((job, clone));
    phase.inc(5); // a phase holds the job
    assert!(
        rig.until(&id, |state| state["progress"]["current"] == 5)
            .await["finished_at"]
            .is_null()
    );
    drop(phase);
    assert_eq!(failed(&rig, &id).await, "worker_dropped");
}

#[tokio::test]
async fn a_panic_is_told_from_a_drop_with_tasks_and_without() {
    let rig = Rig::start().await;
    let reporter = rig.reporter();
    let start = || {
        let job = reporter.job("scan").start();
        (job.id().to_owned(), job)
    };
    let (in_a_thread, job) = start();
    let panicked = catch_unwind(AssertUnwindSafe(move || work(&job)));
    assert!(panicked.is_err());
    assert_eq!(failed(&rig, &in_a_thread).await, "worker_panicked");
    let (in_a_task, job) = start();
    let task = tokio::spawn(async move {
        tokio::task::yield_now().await;
        work(&job);
    });
    assert!(task.await.is_err());
    assert_eq!(failed(&rig, &in_a_task).await, "worker_panicked");
}

fn work(job: &Job) {
    job.inc(1);
    panic!("this is what the test is about");
}

#[tokio::test]
async fn the_first_ending_counts_and_nothing_after_it() {
    let rig = Rig::start().await;
    let job = rig.reporter().job("scan").start();
    job.fail(Failure::new("Bad Thing!", "first").details(serde_json::json!({"a": 1})));
    job.message("too late");
    job.phase("too late");
    assert!(
        job.complete(()).await,
        "the ending was delivered: the first one"
    );
    let state = rig.state(job.id()).await;
    assert_eq!(state["status"], "failed");
    assert_eq!(state["error"]["code"], "bad_thing_", "spelt as a code");
    assert_eq!(state["error"]["details"]["a"], 1);
    assert!(
        state["message"].is_null() && state["phase"].is_null(),
        "{state}"
    );
}
