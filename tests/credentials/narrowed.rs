//! Tokens that are narrowed to some jobs or owners of a project: what is outside is as if it were not there.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::tenants::{Loot, Tap, Tenant, ask_for_all, listen};
use super::{UPGRADE, client, is_healthy, rest, service};
use crate::support::http::{Answer, Client};
use crate::support::watch::{ALL, Given, Transport, Watch};

/// An answer without what differs from one second to the next.
fn essence(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let headers = headers.map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned()));
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    (answer.status, headers.collect(), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_outside_answers_like_one_that_is_not_there() {
    let (_database, service) = service(&[]).await;
    let all = client(&service, json!({}));
    for (id, owner) in [
        ("mine", "u-1"),
        ("theirs", "u-2"),
        ("failed", "u-2"),
        ("nobodys", ""),
    ] {
        let mut creation = json!({ "kind": "scan" });
        if !owner.is_empty() {
            creation["owner"] = owner.into();
        }
        all.create(id, &creation).await;
    }
    let end = json!({ "type": "failed", "error": { "code": "x", "message": "y" } });
    all.report(
        "failed",
        &json!([{ "type": "started", "worker": "w" }, end]),
    )
    .await
    .expect(200);
    let report = json!({ "type": "heartbeat" });
    let creation = json!({ "kind": "scan" });
    for narrowing in [
        json!({ "jobs": ["mine", "absent"] }),
        json!({ "owners": ["u-1"] }),
        json!({ "jobs": ["mine", "theirs", "absent", "nobodys"], "owners": ["u-1", "u-9"] }),
    ] {
        let narrow = client(&service, narrowing.clone());
        narrow.get(&narrow.path("jobs/mine")).await.expect(200);
        for foreign in ["theirs", "failed", "nobodys"] {
            let asks: [(&str, &str, Option<Value>); 17] = [
                ("GET", "jobs/ID", None),
                ("GET", "jobs/ID?wait=1", None),
                ("HEAD", "jobs/ID", None),
                ("GET", "jobs/ID/history", None),
                ("GET", "jobs/ID/history?after=1", None),
                ("DELETE", "jobs/ID", None),
                ("POST", "jobs/ID/cancel", Some(json!({}))),
                ("POST", "jobs/ID/retry", Some(json!({}))),
                ("POST", "jobs/ID/retry", Some(json!({ "id": "theirs" }))),
                ("POST", "jobs/ID/reports", Some(report.clone())),
                (
                    "POST",
                    "jobs/ID/reports?durable=true",
                    Some(json!([report, report])),
                ),
                (
                    "POST",
                    "reports",
                    Some(
                        json!([{ "job": "ID", "type": "heartbeat" }, { "job": "mine", "type": "heartbeat" }]),
                    ),
                ),
                ("GET", "progress?job=ID", None),
                ("GET", "progress?job=ID&job=mine", None),
                ("GET", "jobs?job=ID", None),
                ("GET", "events?job=ID", None),
                ("GET", "ws?job=ID", None),
            ];
            for (method, path, body) in asks {
                let mut answers = Vec::new();
                for id in [foreign, "missing"] {
                    let path = narrow.path(&path.replace("ID", id));
                    let body = body
                        .as_ref()
                        .map_or(String::new(), |b| b.to_string().replace("ID", id));
                    let mut headers = if path.contains("/ws") {
                        UPGRADE.to_vec()
                    } else {
                        Vec::new()
                    };
                    if !body.is_empty() {
                        headers.push(("content-type", "application/json"));
                    }
                    for held in [
                        None,
                        Some(("if-none-match", "\"1\"")),
                        Some(("if-none-match", "*")),
                    ] {
                        let headers: Vec<_> = headers.iter().copied().chain(held).collect();
                        let answer = narrow.send(method, &path, &headers, body.as_bytes()).await;
                        answers.push(essence(&answer));
                    }
                }
                let (of_foreign, of_missing) = answers.split_at(3);
                assert_eq!(
                    of_foreign, of_missing,
                    "66 {narrowing} {method} {path} {foreign}"
                );
            }
            // A parent that may not be seen is none.
            let part = |parent: &str| json!({ "kind": "part", "owner": "u-1", "parent": parent });
            let path = narrow.path("jobs/absent");
            let foreign = narrow.put(&path, &part(foreign)).await.expect(422);
            let missing = narrow.put(&path, &part("missing")).await.expect(422);
            assert_eq!(essence(&foreign), essence(&missing));
        }
        // What would be outside is not made; the tiles are of the whole.
        let outside = if narrowing["jobs"].is_null() {
            creation.clone()
        } else {
            json!({ "kind": "scan", "owner": "u-1" })
        };
        narrow
            .put(&narrow.path("jobs/another"), &outside)
            .await
            .expect(403);
        narrow.get(&narrow.path("summary")).await.expect(403);
        for transport in [Transport::Events, Transport::WebSocket] {
            assert_eq!(
                Watch::open(&narrow, transport, "summary=true", None)
                    .await
                    .err(),
                Some(403)
            );
        }
    }
    for (id, status) in [
        ("theirs", "queued"),
        ("nobodys", "queued"),
        ("failed", "failed"),
    ] {
        assert_eq!(
            all.get(&all.path(&format!("jobs/{id}"))).await.json()["data"]["status"],
            status
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_what_is_outside_is_given_to_a_narrowed_token() {
    let (_database, service) = service(&["--requests-per-second", "0"]).await;
    let outside = Tenant {
        canary: "canaryout9",
        client: client(&service, json!({})),
        owner: "owner-out".into(),
    };
    let whole = |canary: &'static str, owner: &str| Tenant {
        canary,
        client: client(&service, json!({})),
        owner: owner.into(),
    };
    // The same jobs, seen with a token for their owner, and with one for their ids.
    let inside = whole("canaryin7", "owner-in");
    let ids = |t: &Tenant| vec![t.id(0), t.id(1)];
    inside.settle(&ids(&inside)).await;
    outside.settle(&ids(&outside)).await;
    // A part outside of a job inside: it counts, and shows in no other way.
    let part = json!({ "kind": format!("{}:part", outside.canary), "parent": inside.id(0), "owner": outside.owner, "title": outside.canary });
    outside
        .client
        .create(&format!("{}-part", outside.canary), &part)
        .await;
    let by_owner = Tenant {
        client: client(
            &service,
            json!({ "owners": [inside.owner], "sub": "by-owner" }),
        ),
        ..whole(inside.canary, &inside.owner)
    };
    let last = format!("{}-the-end", inside.canary);
    let mut named = ids(&inside);
    named.push(last.clone());
    let by_id = Tenant {
        client: client(&service, json!({ "jobs": named, "sub": "by-id" })),
        ..whole(inside.canary, &inside.owner)
    };
    let loot = Loot::of(&outside).await;
    let mut tasks = JoinSet::new();
    let mut streams = Vec::new();
    for narrow in [&by_owner, &by_id] {
        streams.extend(listen(&mut tasks, narrow, &outside, &loot).await);
        // What goes is told to those alone who saw it.
        streams.push(Tap::open(&mut tasks, &narrow.client, "events?follow=true", &[]).await);
    }
    let (of_inside, of_outside) = (ids(&inside), ids(&outside));
    let ((), (), first, second) = tokio::join!(
        inside.work(&of_inside),
        outside.work(&of_outside),
        ask_for_all(&by_owner, &outside, &loot),
        ask_for_all(&by_id, &outside, &loot),
    );
    let mut answers = vec![Tap::of("by owner", first), Tap::of("by id", second)];
    answers.push(Tap::of(
        "by owner",
        ask_for_all(&by_owner, &outside, &loot).await,
    ));
    answers.push(Tap::of("by id", ask_for_all(&by_id, &outside, &loot).await));
    inside.settle(std::slice::from_ref(&last)).await;
    for tap in &streams {
        tap.has(&last).await;
        tap.lacks(outside.canary);
    }
    for tap in &answers {
        tap.has(inside.canary).await;
        tap.lacks(outside.canary);
    }
    streams[7].has("event: gone").await; // the tap of what goes works
    is_healthy(&service.log());
}

async fn ended(client: &Client, query: &str, cursor: &str) -> u16 {
    match Watch::open(client, Transport::Events, query, Some(cursor)).await {
        Ok(_) => 200,
        Err(status) => status,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_who_sees_all_tells_a_narrowed_token_nothing() {
    let (_database, service) = service(&[]).await;
    let all = client(&service, json!({}));
    for (id, owner) in [("mine", "u-1"), ("theirs", "u-2")] {
        all.create(id, &json!({ "kind": "scan", "owner": owner }))
            .await;
    }
    let ends = json!([{ "type": "started", "worker": "w" }, { "type": "completed" }]);
    all.report("theirs", &ends).await.expect(200);
    let mut watch = Watch::open(&all, Transport::Events, "job=theirs", None)
        .await
        .unwrap();
    rest(&mut watch).await;
    let finished = watch.cursor.clone().unwrap();
    assert_eq!(ended(&all, "job=theirs", &finished).await, 204);
    // That all it names has ended is told to nobody who may not see them: with a cursor, what is not there is passed
    // over, and so is this.
    for narrowing in [json!({ "owners": ["u-1"] }), json!({ "jobs": ["mine"] })] {
        let narrow = client(&service, narrowing);
        for transport in ALL {
            let mut given = Vec::new();
            for id in ["theirs", "missing"] {
                let query = format!("job={id}");
                let opened = Watch::open(&narrow, transport, &query, Some(&finished)).await;
                given.push(match opened {
                    Err(status) => format!("{status}"),
                    Ok(mut watch) => {
                        let all = watch
                            .until(|g| {
                                matches!(g, Given::Synced | Given::End(_) | Given::Closed(_))
                            })
                            .await;
                        format!("{all:?}")
                    }
                });
            }
            assert_eq!(given[0], given[1], "{transport:?}");
        }
    }
}
