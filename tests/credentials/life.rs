//! How long a credential lets a stream live: its `exp`, its key, the patience with who shows none.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{claims_with, client, rest, seconds, service, service_on, signed, ticket, word};
use crate::auth::signer::{Signer, jwks};
use crate::support::http::Client;
use crate::support::postgres;
use crate::support::scratch::Scratch;
use crate::support::watch::{Given, Transport, Watch};

const WS: Transport = Transport::WebSocket;

async fn open(client: &Client, transport: Transport, query: &str) -> Watch {
    let mut watch = Watch::open(client, transport, query, None).await.unwrap();
    watch.until(|g| *g == Given::Synced).await;
    watch
}

/// Until so many seconds since 1970 have passed.
async fn wait_for(second: i64) {
    let at = Duration::from_secs(second.unsigned_abs());
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    tokio::time::sleep(at.saturating_sub(since)).await;
}

/// The end of a stream, waited for with more patience than a viewer has.
async fn last_words(mut watch: Watch) -> Vec<Given> {
    let given = tokio::time::timeout(Duration::from_secs(60), rest(&mut watch)).await;
    given.unwrap()
}

fn ending(given: &[Given]) -> &[Given] {
    let quiet = |g: &&Given| matches!(g, Given::Other(kind, _) if kind == "ping");
    let pings = given.iter().take_while(quiet).count();
    &given[pings..]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_token_unless_it_is_given_another() {
    let (_database, service) = service(&[]).await;
    let exp = seconds() + 10;
    let ann = client(&service, json!({ "exp": exp }));
    ann.create("x", &json!({ "kind": "scan" })).await;
    let events = open(&ann, Transport::Events, "kind=scan").await;
    let socket = open(&ann, WS, "kind=scan").await;
    let page = service.client.clone();
    let by_ticket = open(
        &page,
        Transport::Events,
        &format!("ticket={}", ticket(&ann).await),
    )
    .await;
    let ws_ticket = format!("kind=scan&ticket={}", ticket(&ann).await);
    let socket_by_ticket = open(&page, WS, &ws_ticket).await;
    let mut renewed = open(&ann, WS, "kind=scan").await;
    let silent = Watch::open(&page, WS, "kind=scan", None).await.unwrap();
    let begun = Instant::now();
    let cursor = by_ticket.cursor.clone().unwrap();
    let poll = {
        let page = ann.get(&ann.path("progress")).await.expect(200).json();
        let path = ann.path(&format!(
            "progress?wait=25&cursor={}",
            page["cursor"].as_str().unwrap()
        ));
        async move { (ann.get(&path).await.expect(200), seconds()) }
    };
    let ends = async |watch| (last_words(watch).await, seconds());
    let renewing = async {
        wait_for(exp - 2).await;
        renewed
            .command(json!({ "op": "auth", "token": signed(&claims_with(json!({}))) }))
            .await;
        word(&mut renewed, "authorized").await;
        wait_for(exp + 6).await;
        renewed.command(json!({ "op": "subscribe", "id": 1 })).await;
        word(&mut renewed, "subscribed").await;
    };
    let silence = async { (last_words(silent).await, begun.elapsed()) };
    let (events, by_ticket, socket, by_ticket_too, poll, (), silent) = tokio::join!(
        ends(events),
        ends(by_ticket),
        ends(socket),
        ends(socket_by_ticket),
        poll,
        renewing,
        silence,
    );
    for (given, at) in [events, by_ticket] {
        assert_eq!(
            ending(&given),
            [Given::End("unauthorized".into()), Given::Closed(None)]
        );
        assert!((exp..=exp + 5).contains(&at), "{} s after", at - exp);
    }
    for (given, at) in [socket, by_ticket_too] {
        assert_eq!(ending(&given), [Given::Closed(Some(4401))]);
        assert!((exp..=exp + 5).contains(&at), "{} s after", at - exp);
    }
    assert!(
        poll.1 <= exp + 5,
        "a poll that waits ends too: {} s after",
        poll.1 - exp
    );
    assert_eq!(poll.0.json()["items"], json!([]));
    // Whoever shows nothing is told nothing, and then to go.
    assert_eq!(silent.0, [Given::Closed(Some(4408))]);
    assert!(silent.1 >= Duration::from_secs(10));
    // Nor does the ticket open anything any more, whatever it brings.
    let again = Watch::open(&page, Transport::Events, &ws_ticket, Some(&cursor)).await;
    assert_eq!(again.err(), Some(401));
    let code =
        |a: crate::support::http::Answer| a.expect(401).json()["code"].as_str().unwrap().to_owned();
    let spent = client(&service, json!({ "exp": exp }));
    assert_eq!(code(spent.get(&spent.path("jobs")).await), "token_expired");
}

/// Replaces the file as those do who replace files: at once.
fn put(path: &Path, keys: &[Value]) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, jwks(keys)).unwrap();
    std::fs::rename(beside, path).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_key_ends_its_streams_on_every_node_and_no_others() {
    let (folder, database) = (Scratch::new(), postgres::database().await);
    let file = folder.join("keys.json");
    let (old, new, next) = (Signer::ed(), Signer::ec(), Signer::ed());
    put(&file, &[old.jwk(Some("old")), new.jwk(Some("new"))]);
    let keys = ["--jwks", file.to_str().unwrap()];
    let nodes = [service_on(&database, &keys), service_on(&database, &keys)];
    let by =
        |signer: &Signer, kid: &str| signer.token(Some(kid), &claims_with(json!({ "sub": kid })));
    let (old_token, new_token) = (by(&old, "old"), by(&new, "new"));
    let (mut dying, mut living) = (Vec::new(), Vec::new());
    let writer = nodes[0].client.bearing(&new_token);
    writer.create("x", &json!({ "kind": "scan" })).await;
    writer
        .report("x", &json!({ "type": "started", "worker": "w" }))
        .await
        .expect(200);
    for node in &nodes {
        let (before, after) = (
            node.client.bearing(&old_token),
            node.client.bearing(&new_token),
        );
        for transport in [WS, Transport::Events] {
            dying.push((transport, open(&before, transport, "kind=scan").await));
            living.push(open(&after, transport, "kind=scan").await);
        }
        let by_ticket = format!("ticket={}", ticket(&before).await);
        dying.push((
            Transport::Events,
            open(&node.client, Transport::Events, &by_ticket).await,
        ));
    }
    let spare = ticket(&nodes[0].client.bearing(&old_token)).await;
    // Reports flow all the while, by whichever key is at hand, and none is refused.
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let flowing = nodes.each_ref().map(|node| {
        let client = node.client.bearing(&new_token);
        let stopped = stopped.clone();
        tokio::spawn(async move {
            let mut n: u64 = 0;
            while !*stopped.borrow() {
                n += 1;
                let answer = client
                    .report("x", &json!({ "type": "progress", "current": n }))
                    .await;
                assert_eq!(answer.status, 202, "{:?}", answer.body);
            }
            n
        })
    });
    // Rotation: the next key comes, is used at once, and then the oldest goes.
    put(
        &file,
        &[
            old.jwk(Some("old")),
            new.jwk(Some("new")),
            next.jwk(Some("next")),
        ],
    );
    for node in &nodes {
        let fresh = node.client.bearing(&by(&next, "next"));
        for _ in 0..20 {
            fresh
                .report("x", &json!({ "type": "heartbeat" }))
                .await
                .expect(202);
        }
        node.client
            .bearing(&old_token)
            .get(&node.client.path("jobs"))
            .await
            .expect(200);
    }
    put(&file, &[new.jwk(Some("new")), next.jwk(Some("next"))]);
    let withdrawn = Instant::now();
    for (transport, watch) in dying {
        let given = last_words(watch).await;
        let ending = &given[given.len() - 2..];
        match transport {
            WS => assert_eq!(ending[1], Given::Closed(Some(4401))),
            _ => assert_eq!(
                ending,
                [Given::End("unauthorized".into()), Given::Closed(None)]
            ),
        }
    }
    assert!(
        withdrawn.elapsed() < Duration::from_secs(30),
        "{:?}",
        withdrawn.elapsed()
    );
    for node in &nodes {
        let answer = node
            .client
            .bearing(&old_token)
            .get(&node.client.path("jobs"))
            .await;
        assert_eq!(answer.expect(401).json()["code"], "invalid_token");
        let query = format!("ticket={spare}");
        assert_eq!(
            Watch::open(&node.client, Transport::Events, &query, None)
                .await
                .err(),
            Some(401)
        );
    }
    stop.send(true).unwrap();
    for flow in flowing {
        assert!(flow.await.unwrap() > 0);
    }
    writer
        .report("x", &json!({ "type": "completed" }))
        .await
        .expect(200);
    for mut watch in living {
        watch
            .until(|g| g.state().is_some_and(|s| s["status"] == "completed"))
            .await;
    }
}
