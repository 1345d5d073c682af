//! A Postgres that neither answers nor goes away (P7, F10): nobody waits for ever, everybody is told.

use std::fs;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use super::{Site, begin};
use crate::support::watch::{Given, Transport, Watch};

/// The processes of a private Postgres: all have its data directory as theirs.
fn processes(site: &Site) -> Vec<i32> {
    let data = site
        .folder
        .join("data/pg")
        .canonicalize()
        .expect("a data directory");
    let all = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = all.filter_map(|e| e.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data))
        .collect()
}

fn signal(pids: &[i32], signal: i32) {
    for pid in pids {
        // SAFETY: kill() has no memory effects; the processes are the Postgres of this test.
        #[allow(unsafe_code)]
        unsafe {
            libc::kill(*pid, signal);
        }
    }
}

#[tokio::test]
async fn p7_a_frozen_database_is_said_and_costs_only_time() {
    let site = Site::new();
    let client = &site.service.client;
    begin(client, "j").await;
    let mut streams = Vec::new();
    for transport in [Transport::Events, Transport::WebSocket] {
        let mut watch = Watch::open(client, transport, "job=j", None).await.unwrap();
        watch.until(|g| *g == Given::Synced).await;
        streams.push(watch);
    }
    // Whoever wants tiles, which only Postgres knows, makes nobody else wait for what is due by the clock.
    let mut tiles = Vec::new();
    for n in 0..8 {
        let path = format!("/v1/projects/tiled-{n}/events?summary=true");
        let accept = [("accept", "text/event-stream")];
        let opened = client.open(client.request("GET", &path, &accept, b""));
        tiles.push(opened.await.expect("a stream"));
    }
    // As many connections as a busy service has: each of them is one that does not answer.
    let busy = (0..64).map(|_| client.get("/v1/projects/acme/jobs/j"));
    assert!(join_all(busy).await.iter().all(|a| a.status == 200));
    tokio::time::sleep(Duration::from_millis(1100)).await; // they are to have rested
    let frozen = processes(&site);
    assert!(frozen.len() > 2, "{frozen:?}");
    signal(&frozen, libc::SIGSTOP);
    // A bare tick is taken all the same; it is written when that is possible again.
    client
        .report("j", &json!({"type": "progress", "current": 7}))
        .await
        .expect(202);
    let refused = client
        .report("j", &json!({"type": "phase", "name": "p", "seq": 2}))
        .await
        .expect(503);
    assert!(!refused.header("retry-after").is_empty());
    let asked = Instant::now();
    client.get("/v1/projects/acme/jobs/j").await.expect(503);
    // One after the other they would take 3 s each.
    assert!(asked.elapsed() < Duration::from_secs(15));
    assert_eq!(client.get("/healthz").await.status, 200);
    assert_eq!(client.get("/readyz").await.status, 503);
    for watch in &mut streams {
        let given = watch
            .until(|g| matches!(g, Given::Other(name, _) if name == "stale"))
            .await;
        assert!(
            matches!(given.last(), Some(Given::Other(_, v)) if v["since"].is_string()),
            "{given:?}"
        );
    }
    signal(&frozen, libc::SIGCONT);
    // The outcome of the refused report is not known; said again it is done once.
    loop {
        let answer = client
            .report("j", &json!({"type": "phase", "name": "p", "seq": 2}))
            .await;
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    // In either order: the streams are fresh again, and show the phase and the tick.
    for watch in &mut streams {
        let (mut fresh, mut shown) = (false, false);
        while !(fresh && shown) {
            let given = watch.next().await;
            fresh |= matches!(&given, Given::Other(name, _) if name == "fresh");
            shown |= given.state().is_some_and(|s| s["phase"] == "p");
            assert!(!matches!(given, Given::Closed(_)), "{given:?}");
        }
    }
    let lines = client.get("/v1/projects/acme/jobs/j/history").await.json();
    let phases = lines["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["type"] == "scan:phase")
        .count();
    assert_eq!(phases, 1, "{lines}");
}
