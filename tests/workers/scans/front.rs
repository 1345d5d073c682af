//! The front of the scans in the demonstration, whole: the real service, its private Postgres, the samples.

use std::collections::BTreeMap;

use super::rig::until;
use crate::support::{scratch::Scratch, service::Service};

#[tokio::test]
async fn a_page_starts_scans_of_several_repositories_at_once() {
    let folder = Scratch::new();
    let data = folder.join("data");
    let arguments = ["--data-dir", data.to_str().unwrap(), "--pace", "0"];
    let service = Service::run("demo", "127.0.0.1:0", &arguments);
    let client = &service.client;
    let about = client.get("/demo").await.expect(200).json();
    let repositories = about["repositories"].as_array().unwrap();
    let mut jobs = BTreeMap::new();
    for repository in repositories {
        let id = repository["id"].as_str().unwrap();
        let path = format!("/demo/scans?repository={id}");
        let answer = client.send("POST", &path, &[], b"").await.expect(202);
        let told = answer.json();
        assert_eq!(told["project"], "demo");
        // It can be watched as soon as it is told.
        let job = told["job"].as_str().unwrap().to_owned();
        let state = client
            .get(&format!("/v1/projects/demo/jobs/{job}"))
            .await
            .expect(200)
            .json();
        assert_eq!(
            (
                state["data"]["kind"].as_str(),
                state["data"]["subject"].as_str()
            ),
            (Some("scan"), Some(id))
        );
        jobs.insert(id, (job, repository["files"].as_u64().unwrap()));
    }
    assert_eq!(jobs.len(), 3);
    for (id, (job, files)) in &jobs {
        let state = until(&client.about("demo"), job, |state| {
            state["finished_at"].is_string()
        })
        .await;
        assert_eq!(state["status"], "completed", "{state}");
        let documents = state["result"]["documents"].as_u64().unwrap();
        let cleared = if *id == "eips" { 9 } else { 0 };
        assert!(
            [*files, files - cleared].contains(&documents),
            "{id}: {documents} of {files}"
        );
    }
    for query in [
        "",
        "?repository=none",
        "?repository=eips&repository=ercs",
        "?repository=eips&more=1",
    ] {
        client
            .send("POST", &format!("/demo/scans{query}"), &[], b"")
            .await
            .expect(400);
    }
    assert_eq!(service.stop().await, 0);
}
