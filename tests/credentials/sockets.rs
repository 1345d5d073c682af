//! WebSockets and their credentials: each way to show one, what comes before, what a newer one changes; and how many
//! streams one credential may have.

use serde_json::{Value, json};

use super::{claims_with, client, refusals, rest, seconds, service, signed, ticket, word};
use crate::support::http::Client;
use crate::support::watch::{Given, Transport, Watch};

const WS: Transport = Transport::WebSocket;

async fn socket(client: &Client, query: &str) -> Watch {
    Watch::open(client, WS, query, None).await.unwrap()
}

fn auth(token: &str) -> Value {
    json!({ "op": "auth", "token": token })
}

fn error(given: &Given) -> Option<&str> {
    match given {
        Given::Other(kind, value) if kind == "error" => value["code"].as_str(),
        _ => None,
    }
}

/// The ids of the frames among what was given.
fn ids(given: &[Given]) -> Vec<String> {
    let states = given.iter().filter_map(Given::state);
    states
        .map(|s| s["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_show_a_credential_opens_a_socket() {
    let (_database, service) = service(&[]).await;
    let ann = client(&service, json!({}));
    ann.create("x", &json!({ "kind": "scan" })).await;
    let token = signed(&claims_with(json!({})));
    let plain = &service.client;
    let ways = [
        (ann.clone(), "job=x".to_owned()),
        (
            plain.with(
                "sec-websocket-protocol",
                &format!("milepost.v1, bearer.{token}"),
            ),
            "job=x".into(),
        ),
        (
            plain.clone(),
            format!("job=x&ticket={}", ticket(&ann).await),
        ),
        (
            plain
                .with("cookie", &format!("milepost_token={token}"))
                .with("sec-fetch-site", "same-origin"),
            "job=x".into(),
        ),
    ];
    for (client, query) in ways {
        let mut socket = socket(&client, &query).await;
        assert_eq!(socket.state().await["id"], "x");
        socket
            .command(json!({ "op": "subscribe", "id": 1, "kind": "scan" }))
            .await;
        socket.until(|g| *g == Given::Synced).await;
    }
    let end = seconds() + 600;
    let mut last = socket(plain, "job=x").await;
    last.command(auth(&signed(&claims_with(json!({ "exp": end })))))
        .await;
    let authorized = last.next().await;
    let until = milepost::transport::words::rfc3339(milepost::progress::Timestamp(end * 1000));
    let said = json!({ "type": "authorized", "expires_at": until });
    assert_eq!(authorized, Given::Other("authorized".into(), said));
    assert_eq!(last.state().await["id"], "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_before_auth_and_what_is_said_behind_it_is_done_in_order() {
    let (_database, service) = service(&[]).await;
    let ann = client(&service, json!({}));
    ann.create("x", &json!({ "kind": "scan" })).await;
    let queries = ["job=x", "kind=scan&summary=true", "summary=true", ""];
    let mut waiting = Vec::new();
    for query in queries {
        waiting.push((query, socket(&service.client, query).await));
    }
    // Others are given frames and tiles meanwhile.
    let mut other = socket(&ann, "job=x&summary=true").await;
    other.until(|g| *g == Given::Synced).await;
    word(&mut other, "summary").await;
    ann.report("x", &json!({ "type": "started", "worker": "w" }))
        .await
        .expect(200);
    other
        .until(|g| g.state().is_some_and(|s| s["status"] == "running"))
        .await;
    let token = signed(&claims_with(json!({})));
    for (query, mut socket) in waiting {
        // More than once: whoever is late with an answer must not mix up the order.
        let mut commands = vec![auth(&token)];
        for id in 1..6 {
            commands.push(json!({ "op": "subscribe", "id": id, "subject": "nobody" }));
            commands.push(json!({ "op": "unsubscribe", "id": id }));
        }
        commands.insert(5, auth(&token));
        for command in &commands {
            socket.command(command.clone()).await;
        }
        let told = |g: &Given| match g {
            Given::Other(kind, value) if kind != "summary" => {
                Some(format!("{kind} {}", value["id"]))
            }
            _ => None,
        };
        let given = socket
            .until(|g| told(g).is_some_and(|t| t == "unsubscribed 5"))
            .await;
        assert!(
            matches!(&given[0], Given::Other(kind, _) if kind == "authorized"),
            "{query}: {given:?}"
        );
        let order: Vec<_> = given.iter().filter_map(told).collect();
        let wanted = commands.iter().map(|c| match c["op"].as_str().unwrap() {
            "auth" => "authorized null".to_owned(),
            op => format!("{op}d {}", c["id"]),
        });
        assert_eq!(order, wanted.collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_shows_nothing_or_nothing_good_is_closed() {
    let (_database, service) = service(&[]).await;
    let ann = client(&service, json!({}));
    ann.create("x", &json!({ "kind": "scan" })).await;
    let good = signed(&claims_with(json!({})));
    let rows: [(&str, Value, &str, u16); 9] = [
        (
            "before auth",
            json!({ "op": "subscribe", "id": 1 }),
            "unauthorized",
            4401,
        ),
        (
            "before auth",
            json!({ "op": "cancel", "job": "x" }),
            "unauthorized",
            4401,
        ),
        (
            "before auth",
            json!({ "op": "unsubscribe", "id": 0 }),
            "unauthorized",
            4401,
        ),
        (
            "expired",
            auth(&signed(&claims_with(json!({ "exp": seconds() - 1 })))),
            "token_expired",
            4401,
        ),
        ("garbage", auth("eyJ.x.y"), "invalid_token", 4401),
        ("empty", auth(""), "invalid_token", 4401),
        (
            "elsewhere",
            auth(&signed(&claims_with(json!({ "projects": ["b"] })))),
            "forbidden",
            4403,
        ),
        (
            "no watch",
            auth(&signed(&claims_with(json!({ "scope": "report cancel" })))),
            "forbidden",
            4403,
        ),
        ("unknown job", auth(&good), "not_found", 4404),
    ];
    let cases = rows.len();
    for (row, command, code, close) in rows {
        let from = format!("203.0.113.{close}").replace("440", ""); // 203.0.113.1, .3, .4
        let client = service.client.with("x-forwarded-for", &from);
        let query = if row == "unknown job" {
            "job=missing"
        } else {
            "job=x"
        };
        let mut first = socket(&client, query).await;
        first.command(command.clone()).await;
        let given = rest(&mut first).await;
        let codes: Vec<_> = given.iter().filter_map(error).collect();
        assert_eq!(codes, [code], "{row}: {given:?}");
        assert_eq!(given.last(), Some(&Given::Closed(Some(close))), "{row}");
        assert!(ids(&given).is_empty(), "{row}");
        // The same of one that had a good one (rows 200 and 201): whoever shows a bad one does not know what it does.
        if command["op"] == "auth" && row != "unknown job" {
            let mut later = socket(&ann, "job=x").await;
            later.until(|g| *g == Given::Synced).await;
            later.command(command).await;
            later.command(json!({ "op": "cancel", "job": "x" })).await;
            let given = rest(&mut later).await;
            assert_eq!(
                given.iter().filter_map(error).collect::<Vec<_>>(),
                [code],
                "{row}"
            );
            assert_eq!(given.last(), Some(&Given::Closed(Some(close))), "{row}");
        }
    }
    let state = ann.get(&ann.path("jobs/x")).await.json();
    assert_eq!(
        state["data"]["status"], "queued",
        "no cancel was carried out"
    );
    // An unknown job is no refusal; five came twice.
    let lines = refusals(&service, (cases - 1) + 5);
    assert!(
        lines
            .iter()
            .all(|l| l["fields"]["project"] == "acme" && l["fields"]["address"].is_string())
    );
    assert!(!service.log().contains("eyJ"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_guesses_over_sockets_is_not_listened_to_for_a_while() {
    let (_database, service) = service(&["--requests-per-second", "0"]).await; // or that would be it
    let guesser = service.client.with("x-forwarded-for", "203.0.113.77");
    let mut bad = 0;
    let begun = std::time::Instant::now();
    loop {
        // All of them first, so that the guesses come at once however busy the machine is.
        let opening = (0..90).map(async |_| {
            loop {
                match Watch::open(&guesser, WS, "", None).await {
                    Ok(socket) => break socket,
                    Err(status) => assert_eq!(status, 429), // those of before are still being closed
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        let mut sockets = futures_util::future::join_all(opening).await;
        for (n, socket) in sockets.iter_mut().enumerate() {
            socket.command(auth(&format!("a.b.{n}"))).await;
        }
        let ends = sockets.iter_mut().map(rest);
        let ends = futures_util::future::join_all(ends).await;
        let closes: Vec<_> = ends.into_iter().filter_map(|mut all| all.pop()).collect();
        bad += closes
            .iter()
            .filter(|c| **c == Given::Closed(Some(4401)))
            .count();
        let limited = closes
            .iter()
            .filter(|c| **c == Given::Closed(Some(4429)))
            .count();
        if limited > 0 {
            break;
        }
        assert!(begun.elapsed().as_secs() < 30, "after {bad} guesses");
    }
    assert!(bad >= 50, "{bad}");
    // What was guessed over sockets counts for requests, too, until it is forgotten; others are not concerned.
    service
        .client
        .bearing(&signed(&claims_with(json!({}))))
        .get("/v1/projects/acme/jobs")
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_token_changes_what_is_seen() {
    let (_database, service) = service(&[]).await;
    let ann = client(&service, json!({}));
    for id in ["a", "b", "c"] {
        ann.create(id, &json!({ "kind": "scan", "owner": format!("u-{id}") }))
            .await;
    }
    let narrowed = |jobs: Value| signed(&claims_with(json!({ "jobs": jobs })));
    let mut socket = socket(&service.client.bearing(&narrowed(json!(["a"]))), "").await;
    socket.command(json!({ "op": "subscribe", "id": 1 })).await;
    let given = socket.until(|g| *g == Given::Synced).await;
    assert_eq!(ids(&given), ["a"]);
    // Another narrowing: the subscription begins anew.
    socket.command(auth(&narrowed(json!(["b", "c"])))).await;
    let given = socket.until(|g| *g == Given::Synced).await;
    assert_eq!(ids(&given), ["b", "c"]);
    ann.report("a", &json!({ "type": "started", "worker": "w" }))
        .await
        .expect(200);
    ann.report("b", &json!({ "type": "started", "worker": "w" }))
        .await
        .expect(200);
    assert_eq!(socket.state().await["id"], "b");
    // The same narrowing, from another token: nothing begins anew.
    socket.command(auth(&narrowed(json!(["c", "b"])))).await;
    word(&mut socket, "authorized").await;
    socket
        .command(json!({ "op": "subscribe", "id": 2, "job": "a" }))
        .await;
    let given = socket.until(|g| error(g).is_some()).await;
    assert!(ids(&given).is_empty(), "{given:?}");
    assert_eq!(error(given.last().unwrap()), Some("not_found"));
    // None: all is seen, the tiles, too; and not any more with the next.
    socket.command(auth(&signed(&claims_with(json!({}))))).await;
    let given = socket.until(|g| *g == Given::Synced).await;
    let mut all = ids(&given);
    all.sort();
    assert_eq!(all, ["a", "b", "c"]);
    socket
        .command(json!({ "op": "subscribe", "id": 7, "summary": true }))
        .await;
    word(&mut socket, "summary").await;
    socket.command(auth(&narrowed(json!(["a"])))).await;
    let given = socket.until(|g| *g == Given::Synced).await;
    let forbidden = given.iter().find(|g| error(g) == Some("forbidden"));
    let Some(Given::Other(_, forbidden)) = forbidden else {
        panic!("{given:?}")
    };
    assert_eq!(forbidden["id"], 7);
    assert!(given.contains(&Given::End("forbidden".into())));
    assert_eq!(ids(&given), ["a"]);
    socket
        .command(json!({ "op": "subscribe", "id": 8, "summary": true }))
        .await;
    let given = socket.until(|g| error(g).is_some()).await;
    assert_eq!(error(given.last().unwrap()), Some("forbidden"));
    assert!(
        !given
            .iter()
            .any(|g| matches!(g, Given::Other(k, _) if k == "summary"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_needs_its_scope_sees_its_jobs_and_says_who() {
    let (_database, service) = service(&[]).await;
    let ann = client(&service, json!({}));
    for id in ["mine", "theirs"] {
        ann.create(id, &json!({ "kind": "scan", "owner": id }))
            .await;
    }
    let cancel = |id: &str| json!({ "op": "cancel", "job": id, "reason": "enough" });
    let mut watcher = socket(&client(&service, json!({ "scope": "watch" })), "").await;
    watcher.command(cancel("mine")).await;
    let refused = watcher.next().await;
    assert_eq!(error(&refused), Some("forbidden"));
    watcher.command(cancel("missing")).await;
    assert_eq!(
        watcher.next().await,
        refused,
        "whether there is one is not looked at"
    );
    let bob = client(
        &service,
        json!({ "sub": "bob", "owners": ["mine"], "scope": "watch cancel" }),
    );
    let mut socket = socket(&bob, "").await;
    socket.command(cancel("theirs")).await;
    let foreign = socket.next().await;
    socket.command(cancel("missing")).await;
    assert_eq!(socket.next().await, foreign);
    assert_eq!(error(&foreign), Some("not_found"));
    socket.command(cancel("mine")).await;
    let accepted = json!({ "type": "accepted", "op": "cancel", "job": "mine" });
    assert_eq!(
        socket.next().await,
        Given::Other("accepted".into(), accepted)
    );
    let state = |id: &str| {
        let (ann, id) = (ann.clone(), id.to_owned());
        async move { ann.get(&ann.path(&format!("jobs/{id}"))).await.json()["data"].clone() }
    };
    assert_eq!(state("mine").await["cancel"]["by"], "bob");
    assert_eq!(state("theirs").await["status"], "queued");
    // A newer token without the scope takes it away.
    socket
        .command(auth(&signed(&claims_with(
            json!({ "sub": "bob", "owners": ["mine"], "scope": "watch" }),
        ))))
        .await;
    socket.command(cancel("mine")).await;
    let given = socket.until(|g| error(g).is_some()).await;
    assert_eq!(error(given.last().unwrap()), Some("forbidden"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_has_so_many_streams_and_no_more() {
    let (_database, service) = service(&["--streams-per-credential", "5"]).await;
    let (ann, bob) = (
        client(&service, json!({})),
        client(&service, json!({ "sub": "bob" })),
    );
    let mut open = Vec::new();
    for n in 0..5 {
        // Another token of the same subject is no other caller.
        let ann = client(&service, json!({ "jti": n }));
        let transport = if n % 2 == 0 { WS } else { Transport::Events };
        open.push(Watch::open(&ann, transport, "", None).await.unwrap());
    }
    for transport in [WS, Transport::Events] {
        assert_eq!(
            Watch::open(&ann, transport, "", None).await.err(),
            Some(429),
            "174, 155"
        );
    }
    let answer = ann.get(&ann.path("events")).await.expect(429);
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(answer.json()["code"], "limited");
    // EventSource would give up for good.
    let browser = ann.with("sec-fetch-mode", "cors");
    let mut refused = Watch::open(&browser, Transport::Events, "", None)
        .await
        .unwrap();
    assert_eq!(
        rest(&mut refused).await,
        [Given::End("limited".into()), Given::Closed(None)]
    );
    // By a ticket, too; and it can come back by that when there is room.
    let by_ticket = format!("ticket={}", ticket(&ann).await);
    let page = service.client.with("sec-fetch-mode", "cors");
    let mut refused = Watch::open(&page, Transport::Events, &by_ticket, None)
        .await
        .unwrap();
    assert_eq!(
        rest(&mut refused).await,
        [Given::End("limited".into()), Given::Closed(None)]
    );
    let cursor = refused.cursor.clone().expect("what to come back with");
    // A socket is told once it says who it is.
    let mut late = socket(&service.client, "").await;
    late.command(auth(&signed(&claims_with(json!({}))))).await;
    let given = rest(&mut late).await;
    assert_eq!(
        given.iter().filter_map(error).collect::<Vec<_>>(),
        ["limited"]
    );
    assert_eq!(given.last(), Some(&Given::Closed(Some(4429))));
    // Others are not concerned, not even one of another tenant who calls itself the same; what was closed makes room.
    let namesake = client(&service, json!({ "projects": ["b"] })).about("b");
    for other in [bob, namesake] {
        let mut socket = socket(&other, "").await;
        socket.command(json!({ "op": "subscribe", "id": 1 })).await;
        socket.until(|g| *g == Given::Synced).await;
    }
    drop(open.pop());
    let mut back = loop {
        match Watch::open(&page, Transport::Events, &by_ticket, Some(&cursor)).await {
            Ok(mut watch) => match watch.next().await {
                Given::End(reason) => assert_eq!(reason, "limited"),
                Given::Reset => panic!("nothing was given that could be replaced"),
                _ => break watch,
            },
            Err(status) => panic!("{status}"),
        }
    };
    back.cursor = None;
}
