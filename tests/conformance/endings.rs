//! How a stream ends, and what it says before (contract, sections 4 and 6).

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{Site, frames};
use crate::support::watch::{ALL, Given, Transport, Watch};

#[tokio::test]
async fn a_terminal_job_ends_its_stream_and_a_return_is_204() {
    let site = Site::new().await;
    site.create("done").await;
    site.report(
        "done",
        json!([{"type": "started", "worker": "w"}, {"type": "completed"}]),
    )
    .await;
    let mut events = site.watch(Transport::Events, "job=done").await;
    let given = events.until(|g| matches!(g, Given::Closed(_))).await;
    assert_eq!(frames(&given)[0]["status"], "completed");
    assert!(given.contains(&Given::End("finished".into())), "{given:?}");
    let cursor = events.cursor.clone().unwrap();
    let again = Watch::open(
        &site.service.client,
        Transport::Events,
        "job=done",
        Some(&cursor),
    )
    .await;
    assert_eq!(again.err(), Some(204));
    // `follow` keeps it open: a command that waits for the next thing would wait for a ping.
    let mut followed = site.watch(Transport::Events, "job=done&follow=true").await;
    let given = followed.until(|g| *g == Given::Synced).await;
    assert_eq!(frames(&given).len(), 1);

    let mut socket = site.watch(Transport::WebSocket, "job=done").await;
    let given = socket.until(|g| matches!(g, Given::Closed(_))).await;
    assert!(given.contains(&Given::End("finished".into())));
    assert_eq!(given.last(), Some(&Given::Closed(Some(1000))));
}

#[tokio::test]
async fn a_deleted_job_is_gone() {
    let site = Site::new().await;
    for transport in [Transport::Events, Transport::WebSocket] {
        for query in ["kind=scan", "owner=u-3"] {
            let id = format!("g-{transport:?}-{}", &query[..4]);
            let client = &site.service.client;
            client
                .create(&id, &json!({"kind": "scan", "owner": "u-3"}))
                .await;
            client
                .post(&format!("/v1/projects/acme/jobs/{id}/cancel"), &json!({}))
                .await
                .expect(200);
            let mut watch = site.watch(transport, query).await;
            watch.until(|g| *g == Given::Synced).await;
            client
                .send("DELETE", &format!("/v1/projects/acme/jobs/{id}"), &[], b"")
                .await
                .expect(204);
            watch.until(|g| *g == Given::Gone(id.clone())).await;
        }
    }
}

#[tokio::test]
async fn p18_a_drain_tells_every_stream_to_come_back() {
    let site = Site::new().await;
    site.create("j").await;
    let mut events = site.watch(Transport::Events, "job=j").await;
    let mut socket = site.watch(Transport::WebSocket, "job=j").await;
    events.until(|g| *g == Given::Synced).await;
    socket.until(|g| *g == Given::Synced).await;
    let stopping = tokio::spawn(site.service.stop());
    let given = events.until(|g| matches!(g, Given::Closed(_))).await;
    assert!(
        given.contains(&Given::End("restarting".into())),
        "{given:?}"
    );
    let given = socket.until(|g| matches!(g, Given::Closed(_))).await;
    assert_eq!(given.last(), Some(&Given::Closed(Some(1012))));
    assert_eq!(stopping.await.unwrap(), 0);
}

#[tokio::test]
async fn commands_on_a_socket() {
    let site = Site::new().await;
    site.create("a").await;
    site.create("b").await;
    let mut socket = site.watch(Transport::WebSocket, "").await;
    socket
        .command(json!({"op": "subscribe", "id": 1, "job": ["a"]}))
        .await;
    let given = socket.until(|g| *g == Given::Synced).await;
    assert!(
        matches!(&given[0], Given::Other(name, v) if name == "subscribed" && v["id"] == 1),
        "{given:?}"
    );
    assert_eq!(frames(&given).len(), 1);
    // A frame is sent once per connection and version, however many subscriptions match.
    socket.command(json!({"op": "subscribe", "id": 2})).await;
    let given = socket.until(|g| *g == Given::Synced).await;
    assert_eq!(super::ids(&frames(&given)), ["b"]);
    socket
        .command(json!({"op": "cancel", "job": "a", "reason": "enough"}))
        .await;
    let given = socket
        .until(|g| matches!(g, Given::Other(name, _) if name == "accepted"))
        .await;
    let mut seen = frames(&given);
    if seen.is_empty() {
        seen.push(socket.state().await);
    }
    assert_eq!(
        (&seen[0]["status"], &seen[0]["cancel"]["reason"]),
        (&json!("cancelled"), &json!("enough"))
    );
    socket.command(json!({"op": "unsubscribe", "id": 2})).await;
    socket
        .until(|g| matches!(g, Given::Other(name, v) if name == "unsubscribed" && v["id"] == 2))
        .await;
    socket
        .command(json!({"op": "subscribe", "id": 3, "summary": true}))
        .await;
    let given = socket
        .until(|g| matches!(g, Given::Other(name, _) if name == "summary"))
        .await;
    let Some(Given::Other(_, summary)) = given.last() else {
        panic!()
    };
    assert_eq!(summary["data"]["total"], 2);
}

#[tokio::test]
async fn faults_on_a_socket_have_their_codes() {
    let site = Site::new().await;
    site.create("a").await;
    for (message, code) in [
        (Message::Binary(vec![1].into()), 1003),
        (Message::Text("x".repeat(20_000).into()), 1009),
    ] {
        let mut socket = site.watch(Transport::WebSocket, "job=a").await;
        socket.until(|g| *g == Given::Synced).await;
        socket.raw(message).await;
        let given = socket.until(|g| matches!(g, Given::Closed(_))).await;
        assert_eq!(given.last(), Some(&Given::Closed(Some(code))));
    }
    let mut socket = site.watch(Transport::WebSocket, "job=a").await;
    for _ in 0..3 {
        socket.command(json!({"op": "fly"})).await;
    }
    let given = socket.until(|g| matches!(g, Given::Closed(_))).await;
    let errors = given
        .iter()
        .filter(|g| matches!(g, Given::Other(name, _) if name == "error"))
        .count();
    assert_eq!(
        (errors, given.last()),
        (3, Some(&Given::Closed(Some(4400))))
    );
}

#[tokio::test]
async fn what_is_refused_before_a_stream_begins() {
    let site = Site::new().await;
    let client = &site.service.client;
    for transport in ALL {
        for query in [
            "job=..",
            "job=%zz",
            "job=a%00b",
            "kind=Scan",
            "status=flying",
            "kind=a&kind=b",
            "wat=1",
        ] {
            let refused = Watch::open(client, transport, query, None).await.err();
            assert_eq!(refused, Some(400), "{transport:?} {query}");
        }
    }
    let events = "/v1/projects/acme/events";
    client
        .send("GET", events, &[("accept", "image/png")], b"")
        .await
        .expect(406);
    let post = client.send("POST", events, &[], b"").await.expect(405);
    assert!(post.header("allow").contains("GET"), "{:?}", post.headers);
    let socket = "/v1/projects/acme/ws";
    let upgrade = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];
    let mut old = upgrade.to_vec();
    old.push(("sec-websocket-version", "12"));
    assert_eq!(
        client
            .send("GET", socket, &old, b"")
            .await
            .expect(426)
            .header("sec-websocket-version"),
        "13"
    );
    let mut strange = upgrade.to_vec();
    strange.extend([
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", "chat"),
    ]);
    client.send("GET", socket, &strange, b"").await.expect(400);
}
