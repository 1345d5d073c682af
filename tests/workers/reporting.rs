//! What a worker sends when its service is out of order for a while. Whatever needs the real service is in
//! `tests/worker`.

use std::time::Duration;

use milepost::worker::{Job, Reason, Reporter};
use serde_json::{Value, json};

use super::recorder::Recorder;

fn start(reporter: &Reporter) -> Job {
    reporter.job("test").start()
}

#[tokio::test]
async fn what_was_refused_for_now_is_said_again_byte_for_byte() {
    let service = Recorder::start().await;
    let reporter = service.reporter();
    let job = start(&reporter);
    service
        .until(|service| service.reports("started").len() == 1)
        .await;
    service.out_of_order(3);
    assert!(job.complete(json!({"rows": 1})).await);
    let (refused, taken) = service.repeated();
    assert_eq!(refused.len(), 3);
    assert!(refused.iter().all(|body| body == taken.last().unwrap()));
    assert_eq!(service.reports("completed").len(), 1);
}

#[tokio::test]
async fn the_creation_is_insisted_on_too() {
    let service = Recorder::start().await;
    service.out_of_order(2);
    let job = start(&service.reporter());
    service
        .until(|service| service.reports("started").len() == 1)
        .await;
    assert_eq!(service.creations().len(), 1);
    assert!(job.complete(json!({})).await);
}

#[tokio::test]
async fn a_thousand_values_are_a_few_ticks_and_the_last_one_arrives() {
    let service = Recorder::start().await;
    let job = start(&service.reporter());
    let (work, rows) = (job.phase("work"), job.counter("rows"));
    work.total(1000);
    for current in 1..=1000 {
        work.set(current);
        rows.set(current);
    }
    assert!(job.complete(json!({})).await);
    let ticks = service.reports("progress");
    assert!(ticks.len() < 100, "{} ticks", ticks.len());
    assert_eq!(ticks.last().unwrap()["current"], 1000);
    assert_eq!(ticks.last().unwrap()["counters"]["rows"], 1000);
}

#[tokio::test]
async fn progress_of_a_phase_goes_before_the_next_phase_even_when_the_service_was_away() {
    let service = Recorder::start().await;
    let job = start(&service.reporter());
    service.out_of_order(4);
    for (phase, last) in [("one", 11), ("two", 22), ("three", 33)] {
        job.phase(phase);
        job.set(last);
    }
    assert!(job.complete(json!({})).await);
    let (_, bodies) = service.repeated();
    let reports = bodies
        .iter()
        .filter_map(|body| serde_json::from_slice::<Vec<Value>>(body).ok());
    let told = reports.flatten().filter_map(|report| {
        let name = report["name"].as_str().map(str::to_owned);
        name.or(report["current"].as_u64().map(|n| n.to_string()))
    });
    let mut told: Vec<String> = told.collect();
    told.dedup(); // the ending says the last count again
    assert_eq!(told, ["one", "11", "two", "22", "three", "33"]);
}

#[tokio::test]
async fn a_wish_to_cancel_comes_with_an_answer() {
    let service = Recorder::start().await;
    service.cancel_when(|_, report| report["current"] == 7);
    let job = start(&service.reporter());
    assert!(!job.is_cancelled());
    job.set(7);
    job.cancelled().cancelled().await;
    assert_eq!(job.reason(), Some(Reason::Asked));
    assert!(job.cancel("as asked").await);
    assert_eq!(service.reports("cancelled")[0]["message"], "as asked");
}

#[tokio::test]
async fn what_the_service_asks_for_is_waited_out() {
    let service = Recorder::start().await;
    let job = start(&service.reporter());
    service
        .until(|service| service.reports("started").len() == 1)
        .await;
    service.busy_for(2);
    assert!(job.complete(json!({})).await);
    let times = service.times();
    let [.., refused, taken] = times[..] else {
        panic!("two requests");
    };
    let pause = taken - refused;
    assert!(pause >= Duration::from_secs(2), "{pause:?}");
}
