//! The service is away: before a job begins, in its middle, for good. What waits is bounded.

use std::net::TcpListener;
use std::time::Duration;

use milepost::worker::{Job, Level, Phase, Reporter};
use serde_json::{Value, json};

use super::rig::{self, LONG};
use crate::support::http::Client;
use crate::support::postgres::{self, TestDatabase};
use crate::support::service::Service;
use crate::support::wait::until;

/// An address that is free, and stays so for a test.
fn address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// The service at this address, in this environment.
fn serve(address: &str, database: &TestDatabase) -> Service {
    Service::run("serve", address, &["--database-url", &database.url()])
}

async fn state(address: &str, id: &str) -> Value {
    rig::state(&Client::of(address.to_owned()), id).await
}

/// How many notices were made: those that are there, and those that are counted in the place of others.
fn notices(state: &Value) -> u64 {
    let recent = state["notices"]["recent"].as_array().expect("a list");
    let counts = recent.iter();
    let unlisted = counts.filter_map(|notice| Some(notice["data"]["unlisted"].as_u64()? - 1));
    state["notices"]["total"].as_u64().expect("a number") + unlisted.sum::<u64>()
}

#[tokio::test]
async fn a_job_goes_on_while_the_service_is_killed_and_restarted_and_ends_right() {
    let (address, database) = (address(), postgres::database().await);
    let mut service = serve(&address, &database);
    let reporter = rig::builder(&address)
        .outbox(160, 256 << 10)
        .build()
        .expect("a reporter");
    let job = reporter
        .job("scan")
        .id("long")
        .phases([
            Phase::new("fetch"),
            Phase::new("parse").total(3000),
            Phase::new("persist"),
        ])
        .start();
    job.phase("fetch").inc(7);
    let parse = job.phase("parse");
    let found = job.counter("found");
    for round in 0..3_u64 {
        parse.inc(500);
        found.inc(1);
        let at = 500 * (2 * round + 1);
        let client = &service.client;
        rig::until(client, "long", |state| state["progress"]["current"] == at).await;
        service.kill();
        parse.inc(500);
        job.message(format!("round {round}"));
        for n in 0..150 {
            job.notice(Level::Warning, "bad_file", format!("{round}/{n}"));
        }
        // It has noticed, and it waits.
        until("reports that wait", || reporter.backlog().reports > 80);
        assert!(
            reporter.backlog().reports <= 170,
            "{:?}",
            reporter.backlog()
        );
        assert!(
            reporter.backlog().bytes <= 300 << 10,
            "{:?}",
            reporter.backlog()
        );
        service = serve(&address, &database);
    }
    job.phase("persist");
    job.inc(11);
    assert!(job.complete(json!({"files": 3000})).within(LONG).await);
    let state = state(&address, "long").await;
    assert_eq!(state["status"], "completed", "{state}");
    assert_eq!(state["attempt"], 1);
    assert_eq!(state["result"]["files"], 3000);
    assert_eq!(state["message"], "round 2");
    assert_eq!(state["counters"]["found"], 3);
    let counts: Vec<&Value> = state["phases"]
        .as_array()
        .expect("phases")
        .iter()
        .map(|phase| &phase["current"])
        .collect();
    assert_eq!(counts, [7, 3000, 11]);
    // Every notice is there, or counted.
    assert_eq!(notices(&state), 450, "{state}");
}

#[tokio::test]
async fn what_waits_is_bounded_and_what_goes_first_is_what_the_text_says() {
    let (address, database) = (address(), postgres::database().await);
    let bound = (400, 600 << 10);
    let builder = rig::builder(&address).outbox(bound.0, bound.1);
    let reporter = builder.build().expect("a reporter");
    let job = reporter.job("scan").id("runs").notices(usize::MAX).start();
    for n in 0..2000 {
        job.notice(Level::Info, "found", n.to_string());
        job.inc(1);
    }
    assert!(reporter.backlog().reports <= bound.0);
    for n in 0..1000 {
        job.phase(if n % 2 == 0 { "even" } else { "odd" }).inc(1);
    }
    let ended: Vec<Job> = (0..1000)
        .map(|n| {
            let job = reporter.job("short").id(&format!("short-{n}")).start();
            job.complete(());
            job
        })
        .collect();
    let backlog = reporter.backlog();
    assert!(
        backlog.reports <= bound.0 + 3 && backlog.bytes <= bound.1 + 4096,
        "{backlog:?}"
    );
    let service = serve(&address, &database);
    assert!(reporter.close(LONG).await, "{:?}", reporter.backlog());
    assert!(job.complete(()).await);
    // Notices made room for the rest, and were counted.
    let state = state(&address, "runs").await;
    assert_eq!(state["status"], "completed", "{state}");
    assert_eq!(notices(&state), 2000, "{state}");
    let sum: u64 = state["phases"]
        .as_array()
        .expect("phases")
        .iter()
        .filter_map(|phase| phase["current"].as_u64())
        .sum();
    assert_eq!((state["phase"].as_str(), sum > 0), (Some("odd"), true));
    // Of the jobs that nobody heard of the newest are there.
    let newest = rig::until(&service.client, "short-999", |_| true).await;
    assert_eq!(newest["status"], "completed");
    let path = service.client.path("jobs/short-0");
    service.client.get(&path).await.expect(404);
    drop(ended);
}

#[tokio::test]
async fn a_service_that_never_comes_costs_no_more_than_patience() {
    let builder = rig::builder(&address()).patience(Duration::from_millis(50));
    let reporter = builder.build().expect("a reporter");
    let job = reporter.job("scan").start();
    assert!(!job.known(Duration::from_millis(1)).await);
    assert!(!job.complete(()).await);
    assert!(!reporter.close_blocking(Duration::from_millis(1)));
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for_and_nothing_is_said_twice() {
    let (address, database) = (address(), postgres::database().await);
    let _service = serve(&address, &database);
    let reporter: Reporter = rig::builder(&address).build().expect("a reporter");
    let job = reporter.job("scan").id("kept").start();
    job.phase("one").inc(1);
    let client = Client::of(address.clone());
    rig::until(&client, "kept", |state| state["progress"]["current"] == 1).await;
    // Every write waits for this lock, until the service gives up waiting.
    let lock = database.connect().await;
    let sql = "begin; lock table jobs in exclusive mode";
    lock.batch_execute(sql).await.expect("a lock");
    job.notice(Level::Info, "once", "said while the table was locked");
    job.phase("two").inc(2);
    rig::counted(&client, "outcome=\"unavailable\"").await;
    lock.batch_execute("rollback").await.expect("free");
    assert!(job.complete(()).within(LONG).await);
    let state = state(&address, "kept").await;
    assert_eq!(state["notices"]["total"], 1, "{state}");
    assert_eq!(state["attempt"], 1);
    assert_eq!(state["progress"]["current"], 2);
}
