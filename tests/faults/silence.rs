//! Workers that fall silent, and those that take over.

use serde_json::json;

use super::Site;
use crate::support::watch::{Transport, Watch};

#[tokio::test]
async fn p11_a_killed_worker_shows_as_stalled_and_ends_as_lost() {
    let site = Site::new();
    let client = &site.service.client;
    let job = json!({"kind": "scan", "lease_seconds": 5, "lost_after_seconds": 2});
    client.create("quiet", &job).await;
    client
        .report("quiet", &json!({"type": "started", "worker": "a"}))
        .await
        .expect(200);
    let mut watch = Watch::open(client, Transport::Events, "job=quiet", None)
        .await
        .unwrap();
    let mut states = Vec::new();
    loop {
        let state = watch.state().await;
        states.push(state.clone());
        if state["status"] == "failed" {
            break;
        }
    }
    assert!(
        states.iter().any(|s| s["stalled_at"].is_string()),
        "{states:?}"
    );
    let last = states.last().unwrap();
    assert_eq!(
        (&last["error"]["code"], &last["error"]["retryable"]),
        (&json!("worker_lost"), &json!(true))
    );
    let late = client
        .report("quiet", &json!({"type": "completed"}))
        .await
        .expect(409);
    assert_eq!(late.json()["code"], "finished");
}

#[tokio::test]
async fn p10_a_second_worker_takes_over_and_the_first_is_fenced() {
    let site = Site::new();
    let client = &site.service.client;
    client
        .create("shared", &json!({"kind": "scan", "lease_seconds": 5}))
        .await;
    let claim = |worker: &str| json!({"type": "started", "worker": worker});
    let first = client
        .report("shared", &claim("a"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        client
            .report("shared", &claim("b"))
            .await
            .expect(409)
            .json()["code"],
        "already_running"
    );
    let mut watch = Watch::open(client, Transport::WebSocket, "job=shared", None)
        .await
        .unwrap();
    while !watch.state().await["stalled_at"].is_string() {}
    let second = client
        .report("shared", &claim("b"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&first["attempt"], &second["attempt"]),
        (&json!(1), &json!(2))
    );
    for report in [
        json!({"type": "progress", "current": 5, "attempt": 1}),
        json!({"type": "heartbeat", "attempt": 1}),
        json!({"type": "completed", "attempt": 1}),
    ] {
        let refused = client.report("shared", &report).await.expect(409).json();
        assert_eq!(refused["code"], "fenced", "{report}");
    }
    client
        .report("shared", &json!({"type": "completed", "attempt": 2}))
        .await
        .expect(200);
    let state = client.get("/v1/projects/acme/jobs/shared").await.json();
    assert_eq!(
        (
            &state["data"]["attempt"],
            &state["data"]["progress"]["current"]
        ),
        (&json!(2), &json!(0))
    );
}
