//! The front of the demonstration for audits: the list of targets, and the route that starts one.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use milepost::demo::{self, Demo};
use milepost::worker::Reporter;
use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::rig::Rig;

struct Front {
    rig: Rig,
    routes: Router,
    tasks: TaskTracker,
}

impl Front {
    async fn start() -> Self {
        let mut rig = Rig::start().await;
        rig.service.client = rig.service.client.about("demo");
        let url = format!("http://{}", rig.service.client.address);
        let demo = Demo {
            reporter: Reporter::builder(&url).project("demo").build().unwrap(),
            database: rig.database.config(),
            data: rig.folder.0.clone(),
            pace: 0.0,
            upload_limit: 1,
        };
        demo::prepare(&demo).unwrap();
        let tasks = TaskTracker::new();
        let routes = demo::routes(Arc::new(demo), tasks.clone(), CancellationToken::new());
        Self { rig, routes, tasks }
    }

    async fn send(&self, method: &str, path: &str) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Body::empty()).unwrap();
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Audits a target for somebody, and waits for its end.
    async fn audit(&self, target: &str, owner: &str) -> Value {
        let path = format!("/demo/audits?target={target}&owner={owner}");
        let (status, answer) = self.send("POST", &path).await;
        assert_eq!(
            (status, &answer["project"]),
            (202, &json!("demo")),
            "{answer}"
        );
        let id = answer["job"].as_str().unwrap();
        let job = self.rig.state(id).await;
        assert_eq!(
            (&job["subject"], &job["owner"]),
            (&json!(target), &json!(owner))
        );
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
        self.rig.state(id).await
    }
}

#[tokio::test]
async fn the_page_sees_the_targets_and_for_whom_they_are_audited() {
    let front = Front::start().await;
    let (_, about) = front.send("GET", "/demo").await;
    let targets = about["targets"].as_array().unwrap();
    let ids: Vec<_> = targets
        .iter()
        .map(|target| target["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "mini-redis",
            "zero-to-production",
            "ripgrep",
            "rustup",
            "bodgeit"
        ]
    );
    assert_eq!(about["people"], json!(["ada", "grace", "linus"]));
    for target in targets {
        // The newest one has as many packages as the page is told.
        let id = target["id"].as_str().unwrap();
        let mut checked = 0;
        for _ in 0..3 {
            let job = front.audit(id, "ada").await;
            let code = job["error"]["code"].as_str();
            assert!(
                job["status"] == "completed" || code == Some("malformed"),
                "{job}"
            );
            checked = checked.max(job["result"]["checked"].as_u64().unwrap_or(0));
        }
        assert!(
            checked >= target["packages"].as_u64().unwrap(),
            "{target}: {checked}"
        );
    }
}

#[tokio::test]
async fn each_next_audit_of_a_person_takes_the_next_lockfile() {
    let front = Front::start().await;
    let mut counts = Vec::new();
    for owner in ["ada", "ada", "grace", "ada"] {
        let result = front.audit("ripgrep", owner).await["result"].clone();
        let count = |name: &str| result[name].as_u64().unwrap();
        counts.push((
            count("findings"),
            count("new"),
            count("known"),
            count("fixed"),
        ));
    }
    // As in the known answer: 9, 5 and 0 findings.
    let findings: Vec<u64> = counts.iter().map(|(findings, ..)| *findings).collect();
    assert_eq!(findings, [9, 5, 9, 0]);
    assert_eq!((counts[0].1, counts[2].1), (9, 9), "new to each of them");
    assert!(
        counts[1].2 + counts[1].1 == 5 && counts[1].3 > 0,
        "{counts:?}"
    );
    assert_eq!(counts[3].3, 5, "all that was left is fixed");
}

#[tokio::test]
async fn who_asks_for_what_is_not_there_is_told_what_is() {
    let front = Front::start().await;
    for query in [
        "",
        "target=ripgrep",
        "owner=ada",
        "target=none&owner=ada",
        "target=ripgrep&owner=..%2Fetc",
        "target=ripgrep&owner=ada&pace=9",
    ] {
        let (status, problem) = front.send("POST", &format!("/demo/audits?{query}")).await;
        assert_eq!(status, 400, "{query}: {problem}");
    }
}
