//! Who is given what: selections, the bytes, the pace.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Site, frames, ids};
use crate::support::watch::{ALL, Given, Transport, Watch};

#[tokio::test]
async fn a_selection_brings_its_jobs_and_nothing_else() {
    let site = Site::new().await;
    let client = &site.service.client;
    for (id, body) in [
        (
            "a",
            json!({"kind": "scan", "owner": "u-1", "subject": "repo-1"}),
        ),
        (
            "b",
            json!({"kind": "scan", "owner": "u-2", "subject": "repo-1"}),
        ),
        ("c", json!({"kind": "csv:import", "owner": "u-1"})),
        ("d", json!({"kind": "scan", "parent": "a"})),
    ] {
        client.create(id, &body).await;
    }
    site.report("b", json!({"type": "started", "worker": "w"}))
        .await;
    for transport in ALL {
        for (query, expected) in [
            ("", vec!["a", "b", "c", "d"]),
            ("kind=scan", vec!["a", "b", "d"]),
            ("owner=u-1", vec!["a", "c"]),
            ("subject=repo-1", vec!["a", "b"]),
            ("subject=repo-1&owner=u-2", vec!["b"]),
            ("parent=a", vec!["d"]),
            ("status=running", vec!["b"]),
            ("status=running&status=queued", vec!["a", "b", "c", "d"]),
            ("status=active&kind=csv:import", vec!["c"]),
            ("job=a&job=c", vec!["a", "c"]),
            ("job=a&kind=csv:import", vec![]),
            ("status=completed", vec![]),
        ] {
            // A poll is the list; without a query the socket asks for the whole project itself.
            let mut watch = site.watch(transport, query).await;
            if query.is_empty() && transport == Transport::WebSocket {
                watch.command(json!({"op": "subscribe", "id": 1})).await;
            }
            let given = watch.until(|g| *g == Given::Synced).await;
            assert_eq!(ids(&frames(&given)), expected, "{transport:?} {query}");
        }
    }
}

#[tokio::test]
async fn a_job_that_starts_to_match_is_included_and_one_that_leaves_is_sent_once_more() {
    for transport in ALL {
        let site = Site::new().await;
        let mut watch = site.watch(transport, "status=running&owner=u-9").await;
        watch.until(|g| *g == Given::Synced).await;
        let body = json!({"kind": "scan", "owner": "u-9"});
        site.service.client.create("in", &body).await;
        site.service.client.create("never", &body).await;
        site.report("in", json!({"type": "started", "worker": "w"}))
            .await;
        assert_eq!(watch.state().await["status"], "running", "{transport:?}");
        site.report("in", json!({"type": "completed"})).await;
        let left = watch.state().await;
        assert_eq!(
            (&left["id"], &left["status"]),
            (&json!("in"), &json!("completed")),
            "{transport:?}"
        );
        // The next thing is of the other job: the first is not sent again, and `never` only once it runs.
        site.report("never", json!({"type": "started", "worker": "w"}))
            .await;
        assert_eq!(watch.state().await["id"], "never", "{transport:?}");
    }
}

#[tokio::test]
async fn p13_the_bytes_are_the_same_everywhere() {
    let site = Site::new().await;
    let hostile = "</script>\u{1b}[31m\r\n\"quoted\" \u{2028} 𝄞";
    site.service
        .client
        .create(
            "x",
            &json!({"kind": "scan", "title": hostile, "metadata": {"a": [1, 2.50, {"b": null}]}}),
        )
        .await;
    let mut watches = Vec::new();
    for transport in ALL {
        let mut watch = site.watch(transport, "job=x").await;
        let given = watch.until(|g| *g == Given::Synced).await;
        assert_eq!(
            given[0],
            Given::Frame(site.frame("x").await),
            "{transport:?}"
        );
        watches.push((transport, watch));
    }
    for report in [
        json!({"type": "started", "worker": "w", "message": hostile}),
        json!({"type": "phase", "name": "päper", "total": 3}),
        json!({"type": "notice", "level": "warning", "message": hostile, "data": {"x": 1e3}}),
        json!({"type": "completed", "result": {"deep": {"er": [true]}}}),
    ] {
        let answer = site.report("x", report).await;
        for (transport, watch) in &mut watches {
            let given = watch
                .until(|g| g.state().is_some_and(|s| s["version"] == answer["version"]))
                .await;
            assert_eq!(
                given.last(),
                Some(&Given::Frame(site.frame("x").await)),
                "{transport:?}"
            );
        }
    }
}

#[tokio::test]
async fn p5_a_chatty_worker_is_shown_twice_a_second_and_to_its_last_word() {
    let site = Site::new().await;
    site.create("chatty").await;
    site.report(
        "chatty",
        json!({"type": "started", "worker": "w", "total": 100_000}),
    )
    .await;
    let watches: Vec<Watch> = {
        let mut all = Vec::new();
        for transport in ALL {
            let mut watch = site.watch(transport, "job=chatty").await;
            watch.until(|g| *g == Given::Synced).await;
            all.push(watch);
        }
        all
    };
    let began = Instant::now();
    let mut sent = 0;
    while began.elapsed() < Duration::from_secs(3) {
        sent += 1;
        site.report("chatty", json!({"type": "progress", "current": sent}))
            .await;
    }
    for mut watch in watches {
        let given = watch
            .until(|g| g.state().is_some_and(|s| s["progress"]["current"] == sent))
            .await;
        let most = 2 * began.elapsed().as_secs() + 3;
        let shown = frames(&given);
        assert!(
            shown.len() as u64 <= most,
            "{} frames for {sent} reports",
            shown.len()
        );
        let versions: Vec<u64> = shown
            .iter()
            .map(|s| s["version"].as_u64().unwrap())
            .collect();
        assert!(versions.is_sorted_by(|a, b| a < b), "P4: {versions:?}");
    }
}
