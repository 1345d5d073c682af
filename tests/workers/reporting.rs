//! The reporter: repeats what was not answered, folds ticks, and is fenced.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{recorder::Recorder, reporter::Reporter};

async fn open(service: &Recorder) -> Reporter {
    let creation = json!({"kind": "test"});
    Reporter::open(
        &service.target(),
        "job",
        creation,
        &CancellationToken::new(),
    )
    .await
}

#[tokio::test]
async fn what_was_refused_for_now_is_said_again_byte_for_byte() {
    let service = Recorder::start().await;
    let reporter = open(&service).await;
    service.out_of_order(3);
    reporter.completed(json!({"rows": 1})).await;
    let (refused, taken) = service.repeated();
    assert_eq!(refused.len(), 3);
    assert!(refused.iter().all(|body| body == taken.last().unwrap()));
    assert_eq!(service.reports("completed").len(), 1);
}

#[tokio::test]
async fn the_creation_is_insisted_on_too() {
    let service = Recorder::start().await;
    service.out_of_order(2);
    let reporter = open(&service).await;
    service
        .until(|service| service.reports("started").len() == 1)
        .await;
    assert_eq!(service.creations().len(), 1);
    reporter.completed(json!({})).await;
}

#[tokio::test]
async fn a_thousand_values_are_a_few_ticks_and_the_last_one_arrives() {
    let service = Recorder::start().await;
    let reporter = open(&service).await;
    reporter.phase("work", Some(1000), "rows").await;
    for current in 1..=1000 {
        reporter.progress(current);
        reporter.count([("rows", current)]);
    }
    reporter.completed(json!({})).await;
    let ticks = service.reports("progress");
    assert!(ticks.len() < 100, "{} ticks", ticks.len());
    assert_eq!(ticks.last().unwrap()["current"], 1000);
    assert_eq!(ticks.last().unwrap()["counters"]["rows"], 1000);
}

#[tokio::test]
async fn progress_of_a_phase_goes_before_the_next_phase_even_when_the_service_was_away() {
    let service = Recorder::start().await;
    let reporter = open(&service).await;
    service.out_of_order(4);
    for (phase, last) in [("one", 11), ("two", 22), ("three", 33)] {
        reporter.phase(phase, None, "rows").await;
        reporter.progress(last);
    }
    reporter.completed(json!({})).await;
    let (_, bodies) = service.repeated();
    let all = bodies
        .iter()
        .flat_map(|body| serde_json::from_slice::<Vec<serde_json::Value>>(body).unwrap());
    let told = all.filter_map(|r| {
        r["name"]
            .as_str()
            .map(str::to_owned)
            .or(r["current"].as_u64().map(|n| n.to_string()))
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        ["one", "11", "two", "22", "three", "33"]
    );
}

#[tokio::test]
async fn a_wish_to_cancel_comes_with_an_answer() {
    let service = Recorder::start().await;
    service.cancel_when(|_, report| report["current"] == 7);
    let reporter = open(&service).await;
    assert!(!reporter.is_cancelled());
    reporter.progress(7);
    reporter.cancelled().await;
    reporter.gave_up("as asked").await;
    assert_eq!(service.reports("cancelled")[0]["message"], "as asked");
}
