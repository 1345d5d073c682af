//! A job that is to give up: because somebody asks, because it is another's now, because it is over.

use milepost::worker::{Job, Reason};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::rig::{LONG, Rig};

async fn begun(rig: &Rig) -> Job {
    let job = rig.reporter().job("scan").start();
    job.inc(1);
    rig.until(job.id(), |state| state["progress"]["current"] == 1)
        .await;
    job
}

/// Goes on with the job until it hears that it is to give up.
async fn heard(job: &Job) -> Option<Reason> {
    let heard = async {
        while !job.is_cancelled() {
            job.inc(1);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, heard).await.expect("it hears");
    assert!(job.bail_if_cancelled().is_err());
    job.reason()
}

async fn report(rig: &Rig, job: &Job, report: Value) -> Value {
    rig.client()
        .report(job.id(), &report)
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn a_persons_wish_comes_with_the_next_answer_and_is_followed() {
    let rig = Rig::start().await;
    let job = begun(&rig).await;
    let path = rig.client().path(&format!("jobs/{}/cancel", job.id()));
    let wish = json!({"reason": "enough"});
    rig.client().post(&path, &wish).await.expect(200);
    assert_eq!(heard(&job).await, Some(Reason::Asked));
    assert!(job.cancel("Rolled back").await);
    let state = rig.state(job.id()).await;
    assert_eq!(
        (&state["status"], &state["message"]),
        (&json!("cancelled"), &json!("Rolled back"))
    );
}

#[tokio::test]
async fn a_job_may_be_finished_although_somebody_asked_for_a_cancel() {
    let rig = Rig::start().await;
    let job = begun(&rig).await;
    let path = rig.client().path(&format!("jobs/{}/cancel", job.id()));
    rig.client().post(&path, &json!({})).await.expect(200);
    assert!(job.complete(()).await);
    assert_eq!(rig.state(job.id()).await["status"], "completed");
}

#[tokio::test]
async fn whoever_is_fenced_off_says_nothing_more() {
    let rig = Rig::start().await;
    let job = begun(&rig).await;
    let error = json!({"code": "moved", "message": "to another worker"});
    report(&rig, &job, json!({"type": "retrying", "error": error})).await;
    let claim = json!({"type": "started", "worker": "another"});
    assert_eq!(report(&rig, &job, claim).await["attempt"], 2);
    assert_eq!(heard(&job).await, Some(Reason::Fenced));
    let before = rig.state(job.id()).await;
    job.message("still here");
    assert!(!job.complete(()).await, "it was not delivered");
    let after = rig.state(job.id()).await;
    assert_eq!(after["status"], "running", "{after}");
    assert_eq!(before["version"], after["version"]);
}

#[tokio::test]
async fn a_job_that_is_over_elsewhere_is_given_up() {
    let rig = Rig::start().await;
    let job = begun(&rig).await;
    report(
        &rig,
        &job,
        json!({"type": "cancelled", "message": "by hand"}),
    )
    .await;
    assert_eq!(heard(&job).await, Some(Reason::Finished));
    assert!(
        !job.fail(milepost::worker::Failure::new("late", "too late"))
            .await
    );
    assert_eq!(rig.state(job.id()).await["message"], "by hand");
}

#[tokio::test]
async fn the_programs_own_token_is_heard_at_once_and_is_no_interruption() {
    let rig = Rig::start().await;
    let halt = CancellationToken::new();
    let job = rig.reporter().job("scan").halt(&halt).start();
    halt.cancel();
    assert!(job.is_cancelled());
    assert_eq!(job.reason(), Some(Reason::Halted));
    assert!(job.cancel("The program stops").await);
    assert_eq!(rig.state(job.id()).await["status"], "cancelled");
}

#[tokio::test]
async fn a_job_of_another_worker_that_goes_silent_is_had() {
    let rig = Rig::start().await;
    rig.client()
        .create("orphan", &json!({"kind": "scan", "lease_seconds": 5}))
        .await;
    let claim = json!({"type": "started", "worker": "killed a moment ago"});
    rig.client().report("orphan", &claim).await.expect(200);
    let job = rig.reporter().existing("orphan").start();
    job.inc(3);
    assert!(job.complete(()).await);
    let state = rig.state("orphan").await;
    assert_eq!(
        (&state["status"], &state["attempt"]),
        (&json!("completed"), &json!(2))
    );
    assert_eq!(state["progress"]["current"], 3);
}
