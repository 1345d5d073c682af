//! Tickets over two nodes on one database: what opens a stream, once, and what lets that very stream come back.

use serde_json::{Value, json};

use super::{client, service_on, ticket};
use crate::support::http::Client;
use crate::support::postgres::{self, TestDatabase};
use crate::support::service::Service;
use crate::support::watch::{Given, Transport, Watch};

const EVENTS: Transport = Transport::Events;
const WS: Transport = Transport::WebSocket;

async fn two() -> (TestDatabase, Service, Service) {
    let database = postgres::database().await;
    let (one, two) = (service_on(&database, &[]), service_on(&database, &[]));
    (database, one, two)
}

async fn status(client: &Client, transport: Transport, query: &str, cursor: Option<&str>) -> u16 {
    match Watch::open(client, transport, query, cursor).await {
        Ok(_) => 200,
        Err(status) => status,
    }
}

fn ids(given: &[Given]) -> Vec<Value> {
    given
        .iter()
        .filter_map(Given::state)
        .map(|s| s["id"].clone())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_stream_on_any_node_and_that_stream_comes_back() {
    let (_database, one, two) = two().await;
    let ann = client(&one, json!({}));
    for id in ["a", "b"] {
        ann.create(id, &json!({ "kind": "scan" })).await;
    }
    for transport in [EVENTS, WS] {
        let ours = format!("kind=scan&ticket={}", ticket(&ann).await);
        let mut first = Watch::open(&two.client, transport, &ours, None)
            .await
            .unwrap();
        let mut cursors = Vec::new();
        let given = first.until(|g| *g == Given::Synced).await;
        assert_eq!(ids(&given), ["a", "b"], "{transport:?}");
        cursors.push(first.cursor.clone().expect("from synced"));
        // Once, on either node.
        for node in [&one, &two] {
            assert_eq!(status(&node.client, transport, &ours, None).await, 401);
        }
        ann.report("a", &json!([{"type": "started", "worker": "w"}, {"type": "retrying", "error": {"code": "x", "message": "y"}}])).await.expect(200);
        first
            .until(|g| g.state().is_some_and(|s| s["version"].as_u64() > Some(1)))
            .await;
        cursors.push(first.cursor.clone().unwrap());
        first
            .until(|g| matches!(g, Given::Other(k, _) if k == "ping"))
            .await;
        cursors.push(first.cursor.clone().expect("from ping"));
        drop(first);
        // With what it was given, again and again, and with what it is given then.
        for round in 0..2 {
            for node in [&one, &two] {
                for (n, cursor) in cursors.iter_mut().enumerate() {
                    let back = Watch::open(&node.client, transport, &ours, Some(cursor)).await;
                    let mut back =
                        back.unwrap_or_else(|s| panic!("{transport:?} {round} {n}: {s}"));
                    let given = back.until(|g| *g == Given::Synced).await;
                    assert!(!given.contains(&Given::Reset), "{transport:?} {given:?}");
                    *cursor = back.cursor.clone().unwrap();
                }
            }
        }
        // With nothing else.
        let others = format!("kind=scan&ticket={}", ticket(&ann).await);
        let mut other = Watch::open(&one.client, transport, &others, None)
            .await
            .unwrap();
        other.until(|g| *g == Given::Synced).await;
        let mut plain = Watch::open(&ann, transport, "kind=scan", None)
            .await
            .unwrap();
        plain.until(|g| *g == Given::Synced).await;
        let (own, other, plain) = (
            cursors[0].clone(),
            other.cursor.unwrap(),
            plain.cursor.unwrap(),
        );
        let (bare, seal) = own.split_once('.').expect("a seal");
        let bad = [
            other.clone(),
            plain.clone(),
            bare.to_owned(),
            format!("{bare}."),
            format!("{plain}.{seal}"),
            format!(".{seal}"),
            format!("{own}x"),
            own[..own.len() - 1].to_owned(),
            format!(
                "{}{own}",
                char::from(if own.starts_with('M') { b'N' } else { b'M' })
            ),
            other
                .split_once('.')
                .map(|(_, s)| format!("{bare}.{s}"))
                .unwrap(),
            String::new(),
        ];
        for cursor in &bad {
            for node in [&one, &two] {
                assert_eq!(
                    status(&node.client, transport, &ours, Some(cursor)).await,
                    401,
                    "{transport:?} {cursor}"
                );
            }
        }
        // Nor for another project, nor to do anything else.
        let elsewhere = one.client.about("b");
        assert_eq!(status(&elsewhere, transport, &ours, Some(&own)).await, 401);
        for path in ["progress", "jobs", "jobs/a", "summary"] {
            let path = one
                .client
                .path(&format!("{path}?ticket={}", ticket(&ann).await));
            one.client.get(&path).await.expect(401);
        }
    }
    // `Last-Event-ID` is how a browser brings it, and it counts more than the URL's own.
    let ours = format!("ticket={}", ticket(&ann).await);
    let mut first = Watch::open(&one.client, EVENTS, &ours, None).await.unwrap();
    first.until(|g| *g == Given::Synced).await;
    let cursor = first.cursor.clone().unwrap();
    let browser = two.client.with("last-event-id", &cursor);
    assert_eq!(status(&browser, EVENTS, &ours, None).await, 200);
    assert_eq!(status(&browser, EVENTS, &ours, Some("nonsense")).await, 200);
    let forged = two.client.with("last-event-id", "nonsense");
    assert_eq!(status(&forged, EVENTS, &ours, Some(&cursor)).await, 401);
    for service in [&one, &two] {
        for secret in [&ours["ticket=".len()..], &cursor] {
            assert!(!service.log().contains(secret));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_lies_too_long_is_void_and_none_is_kept_for_ever() {
    let (database, one, two) = two().await;
    let ann = client(&one, json!({}));
    let sql = database.connect().await;
    let issued = |seconds: u32| {
        format!(
            "update tickets set issued_at = clock_timestamp() - interval '{seconds} seconds' where opened_at is null"
        )
    };
    let (late, in_time) = (ticket(&ann).await, ticket(&ann).await);
    for (ticket, age, wanted) in [(&late, 31, 401), (&in_time, 20, 200)] {
        sql.batch_execute(&issued(age)).await.unwrap();
        for transport in [EVENTS, WS] {
            let query = format!("ticket={ticket}");
            let opened = status(&two.client, transport, &query, None).await;
            assert_eq!(
                opened,
                if transport == EVENTS { wanted } else { 401 },
                "{age}"
            );
        }
    }
    // What cannot be used any more goes, and what can stays.
    let kept = ticket(&ann).await;
    sql.batch_execute("update tickets set issued_at = issued_at - interval '1 hour' where opened_at is null and digest != (select digest from tickets order by issued_at desc limit 1)").await.unwrap();
    sql.batch_execute("update tickets set expires_at = clock_timestamp() - interval '1 second' where opened_at is not null").await.unwrap();
    let store = milepost::store::Store::open(&database.config(), 2)
        .await
        .unwrap();
    store.tidy(10_000, 3600.0).await.unwrap();
    let count = sql
        .query_one("select count(*) from tickets", &[])
        .await
        .unwrap();
    assert_eq!(count.get::<_, i64>(0), 1);
    assert_eq!(
        status(&two.client, EVENTS, &format!("ticket={kept}"), None).await,
        200
    );
    store.tidy(10_000, 3600.0).await.unwrap();
    sql.batch_execute("update tickets set seen_at = seen_at - interval '2 hours'")
        .await
        .unwrap();
    store.tidy(10_000, 3600.0).await.unwrap();
    let count = sql
        .query_one("select count(*) from tickets", &[])
        .await
        .unwrap();
    assert_eq!(count.get::<_, i64>(0), 0);
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_allows_what_its_token_did_and_stops_at_the_end() {
    let (_database, one, two) = two().await;
    let ann = client(&one, json!({}));
    for (id, owner) in [("a", "u-1"), ("b", "u-2")] {
        ann.create(id, &json!({ "kind": "scan", "owner": owner }))
            .await;
    }
    let narrow = client(&one, json!({ "owners": ["u-1"] }));
    for transport in [EVENTS, WS] {
        let query = format!("kind=scan&ticket={}", ticket(&narrow).await);
        let mut watch = Watch::open(&two.client, transport, &query, None)
            .await
            .unwrap();
        let given = watch.until(|g| *g == Given::Synced).await;
        assert_eq!(ids(&given), ["a"]);
        let mut back = Watch::open(&one.client, transport, &query, watch.cursor.as_deref())
            .await
            .unwrap();
        back.until(|g| *g == Given::Synced).await;
        for (query, wanted) in [("job=b", 404), ("job=missing", 404), ("summary=true", 403)] {
            let query = format!("{query}&ticket={}", ticket(&narrow).await);
            assert_eq!(
                status(&two.client, transport, &query, None).await,
                wanted,
                "{query}"
            );
        }
        if transport == WS {
            // Its commands are the token's, too.
            watch.command(json!({ "op": "cancel", "job": "b" })).await;
            watch
                .until(
                    |g| matches!(g, Given::Other(k, v) if k == "error" && v["code"] == "not_found"),
                )
                .await;
        }
    }
    // A ticket needs the scope it stands for.
    let worker = client(&one, json!({ "scope": "report" }));
    worker
        .post(&worker.path("tickets"), &json!({}))
        .await
        .expect(403);
    // All that it names has ended: EventSource is told to stop, on either node.
    let query = format!("job=a&ticket={}", ticket(&narrow).await);
    let mut watch = Watch::open(&two.client, EVENTS, &query, None)
        .await
        .unwrap();
    watch.until(|g| *g == Given::Synced).await;
    ann.report(
        "a",
        &json!([{"type": "started", "worker": "w"}, {"type": "completed"}]),
    )
    .await
    .expect(200);
    watch.until(|g| *g == Given::End("finished".into())).await;
    let cursor = watch.cursor.clone().unwrap();
    for node in [&one, &two] {
        for _ in 0..2 {
            assert_eq!(
                status(&node.client, EVENTS, &query, Some(&cursor)).await,
                204
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_before_its_first_frame_comes_back_too() {
    let (_database, one, two) = two().await;
    let ann = client(&one, json!({}));
    ann.create("a", &json!({ "kind": "scan" })).await;
    let query = format!("ticket={}", ticket(&ann).await);
    let path = two.client.path(&format!("events?{query}"));
    let request = two.client.request("GET", &path, &[], b"");
    let response = two.client.open(request).await.unwrap();
    let mut body = response.into_body();
    let first = http_body_util::BodyExt::frame(&mut body)
        .await
        .unwrap()
        .unwrap();
    let first = String::from_utf8_lossy(first.data_ref().unwrap()).into_owned();
    let mut lines = first.lines();
    assert!(lines.next().unwrap().starts_with("retry: "), "{first}");
    let id = lines
        .next()
        .and_then(|l| l.strip_prefix("id: "))
        .unwrap_or_else(|| panic!("{first}"));
    assert_eq!(lines.next(), Some(""), "of no event: {first}");
    drop(body);
    for node in [&one, &two] {
        let mut back = Watch::open(&node.client.with("last-event-id", id), EVENTS, &query, None)
            .await
            .unwrap();
        let given = back.until(|g| *g == Given::Synced).await;
        assert_eq!(ids(&given), ["a"]);
        assert!(
            !given.contains(&Given::Reset),
            "nothing was given that could be replaced"
        );
    }
}

#[tokio::test]
async fn what_is_brought_in_place_of_a_cursor_is_no_part_of_the_stream() {
    let database = postgres::database().await;
    let service = service_on(&database, &[]);
    let ann = client(&service, json!({}));
    ann.create("a", &json!({ "kind": "scan" })).await;
    // A line break, and an event that nobody said.
    let ours = format!(
        "ticket={}&cursor=x%0Aevent:%20gone%0Adata:%20{{%22job%22:%22a%22}}%0A%0A",
        ticket(&ann).await
    );
    let mut watch = Watch::open(&service.client, EVENTS, &ours, None)
        .await
        .unwrap();
    let given = watch.until(|g| *g == Given::Synced).await;
    assert!(
        matches!(&given[..], [Given::Reset, Given::Frame(_), Given::Synced]),
        "{given:?}"
    );
}
