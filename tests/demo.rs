//! The demonstration, whole: the real service, its private Postgres, and the example workers that report to it over
//! HTTP like any other.

use serde_json::{Value, json};

use crate::support::http::Client;
use crate::support::schema;
use crate::support::scratch::Scratch;
use crate::support::service::Service;
use crate::support::watch::items;

/// Follows project `demo` by long polls until `enough` of the states it was given; each frame is held against the
/// schema.
async fn follow(client: &Client, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let (mut states, mut cursor) = (Vec::new(), String::new());
    while !enough(&states) {
        let path = format!("/v1/projects/demo/progress?wait=25{cursor}");
        let answer = client.get(&path).await.expect(200);
        for frame in items(&answer.body) {
            schema::check(&frame);
            let frame: Value = serde_json::from_slice(&frame).unwrap();
            states.push(frame["data"].clone());
        }
        cursor = format!("&cursor={}", answer.json()["cursor"].as_str().unwrap());
    }
    states
}

fn ended<'a>(
    states: &'a [Value],
    kind: &'a str,
    status: &'a str,
) -> impl Iterator<Item = &'a Value> {
    states
        .iter()
        .filter(move |s| s["kind"] == kind && s["status"] == status)
}

#[tokio::test]
async fn the_example_workers_run_over_and_over_on_the_real_service() {
    let folder = Scratch::new();
    let data = folder.join("data");
    let arguments = ["--data-dir", data.to_str().unwrap(), "--pace", "0"];
    let service = Service::run("demo", "127.0.0.1:0", &arguments);
    let client = &service.client;
    let states = follow(client, |states| {
        ended(states, "feed:sync", "completed").count() >= 2
            && ended(states, "csv:import", "completed").count() >= 2
            && states.iter().any(|s| s["status"] == "failed")
    })
    .await;
    for sync in ended(&states, "feed:sync", "completed") {
        let sum = |names: [&str; 4]| {
            names
                .iter()
                .map(|n| sync["result"][n].as_u64().unwrap())
                .sum::<u64>()
        };
        let total = sync["result"]["total"].as_u64().unwrap();
        assert!(
            total > 0 && sum(["added", "updated", "unchanged", "invalid"]) >= total,
            "{sync}"
        );
    }
    for import in ended(&states, "csv:import", "completed") {
        assert!(import["counters"]["rows"].as_u64().unwrap() > 0, "{import}");
    }
    let failed = states.iter().find(|s| s["status"] == "failed").unwrap();
    let code = failed["error"]["code"].as_str().unwrap();
    assert!(
        ["missing_column", "truncated_archive"].contains(&code),
        "{failed}"
    );

    let page = client.get("/demo").await.expect(200).json();
    assert_eq!(page["pace"], 0.0);
    let csv = [("content-type", "text/csv")];
    let body = b"name,size\na,1\nb,2\nc\n";
    let begun = client
        .send("POST", "/demo/imports?name=mine.csv", &csv, body)
        .await
        .expect(202)
        .json();
    let of_mine = |s: &&Value| s["id"] == begun["job"] && s["finished_at"].is_string();
    let states = follow(client, |states| states.iter().any(|s| of_mine(&s))).await;
    let mine = states.iter().find(of_mine).unwrap();
    assert_eq!(mine["status"], "completed", "{mine}");
    let expected = json!({"added": 2, "invalid": 1, "rows": 3, "updated": 0});
    assert_eq!(
        (&mine["result"], &mine["notices"]["total"]),
        (&expected, &json!(1))
    );
    assert_eq!(service.stop().await, 0);
}

#[tokio::test]
async fn outside_the_demonstration_its_front_does_not_exist() {
    let database = crate::support::postgres::database().await;
    let service = Service::on(&database);
    service.client.get("/demo").await.expect(404);
    service
        .client
        .send("POST", "/demo/feeds/sigma/sync", &[], b"")
        .await
        .expect(404);
}
