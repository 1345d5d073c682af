//! A service with credentials, and pages of other origins: the one that is allowed has the whole of it; the one that
//! is not sees nothing, whatever it holds. Both are of the service's own host, so that a browser sends them its cookies.

use serde_json::{Value, json};

use super::chromium::Chromium;
use super::{ATTEMPTS, SECRET, elsewhere, job, send, token};
use crate::support::postgres;
use crate::support::service::Service;

const CANARY: &str = "canary-51c9";

/// What the page that is allowed asks, and what of the answers it may read.
const ASK: &str = r#"async (project, token) => {
  const ask = async (path, headers, options = {}) => {
    const response = await fetch(project + path, { headers, cache: "no-store", ...options });
    const { headers: h } = response;
    const body = await response.text();
    return { status: response.status, etag: h.get("etag"), retry: h.get("retry-after"), challenge: h.get("www-authenticate"),
      body: body && JSON.parse(body) };
  };
  const bearer = { authorization: `Bearer ${token}` };
  return {
    job: await ask("/jobs/a", bearer),
    known: await ask("/jobs/a", { ...bearer, "if-none-match": '"1"' }),
    poll: await ask("/progress", bearer),
    cookie: await ask("/jobs/a", {}, { credentials: "include" }),
    nothing: await ask("/jobs/a", {}),
    bad: await ask("/jobs/a", { authorization: "Bearer a.b.c" }),
    missing: await ask("/jobs/b", bearer),
    change: await ask("/jobs/c", { ...bearer, "content-type": "application/json" }, { method: "PUT", body: '{"kind":"scan"}' }),
    ticket: (await ask("/tickets", bearer, { method: "POST" })).body.ticket,
  };
}"#;

/// What a socket is told up to the first frame.
const LISTEN: &str = r#"(url, protocols, first) => new Promise((resolve) => {
  const socket = new WebSocket(url, protocols);
  const told = [];
  socket.onopen = () => first.forEach((command) => socket.send(JSON.stringify(command)));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    told.push(message.type);
    if (!message.type.includes(":")) return;
    resolve({ protocol: socket.protocol, told, title: message.data.title });
    socket.close(1000);
  };
  socket.onclose = ({ code }) => resolve({ code, told });
})"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_credentials_an_allowed_page_has_all_of_it_and_another_nothing() {
    let database = postgres::database().await;
    let allowed = format!("http://127.0.0.1:{}", elsewhere().await);
    let other = format!("http://127.0.0.1:{}", elsewhere().await);
    let service = Service::serve(&[
        "--database-url",
        &database.url(),
        "--jwt-secret",
        SECRET,
        "--allow-origin",
        &allowed,
    ]);
    let client = &service.client;
    let created = json!({ "kind": "scan", "title": CANARY });
    send(client, "PUT", "jobs/a", &created).await.expect(201);
    let before = job(client, "a").await;
    let (own, token) = (format!("http://{}", client.address), token());

    let browser = Chromium::start();
    let page = browser.page(&allowed).await;
    page.eval(&format!("document.cookie = 'milepost_token={token}'"))
        .await;
    let project = format!("{own}/v1/projects/acme");
    let seen = page.eval(&format!("({ASK})('{project}', '{token}')")).await;
    for what in ["job", "cookie"] {
        let answer = &seen[what];
        assert_eq!(
            (&answer["status"], &answer["etag"]),
            (&json!(200), &json!("\"1\"")),
            "{what}"
        );
        assert_eq!(answer["body"]["data"]["title"], CANARY, "{what}");
    }
    assert_eq!(seen["known"]["status"], 304);
    assert_eq!(seen["poll"]["status"], 200);
    assert!(seen["poll"]["retry"].is_string(), "{seen}");
    for (what, status, code) in [
        ("nothing", 401, "unauthorized"),
        ("bad", 401, "invalid_token"),
        ("missing", 404, "not_found"),
    ] {
        let answer = &seen[what];
        assert_eq!(
            (&answer["status"], &answer["body"]["code"]),
            (&json!(status), &json!(code))
        );
        assert_eq!(answer["challenge"].is_string(), status == 401, "{answer}");
    }
    assert_eq!(seen["change"]["status"], 201);

    let socket = format!("ws://{}/v1/projects/acme/ws", client.address);
    let bearer = format!("bearer.{token}");
    let auth = json!({ "op": "auth", "token": token });
    let subscribe = json!({ "op": "subscribe", "id": 1, "job": "a" });
    for (url, protocols, first, begins) in [
        (
            format!("{socket}?job=a"),
            json!(["milepost.v1", bearer]),
            json!([]),
            "scan:created",
        ),
        (
            socket.clone(),
            json!(["milepost.v1"]),
            json!([auth, subscribe]),
            "authorized",
        ),
    ] {
        // This page would be let in by its cookie, too: that must not be what opens the socket.
        page.eval("document.cookie = 'milepost_token=; max-age=0'")
            .await;
        let said = page
            .eval(&format!("({LISTEN})('{url}', {protocols}, {first})"))
            .await;
        assert_eq!(said["protocol"], "milepost.v1", "{said}");
        assert_eq!(
            (&said["told"][0], &said["title"]),
            (&json!(begins), &json!(CANARY))
        );
    }

    // All that the user has, in the hands of another page.
    let page = browser.page(&other).await;
    page.eval(&format!("document.cookie = 'milepost_token={token}'"))
        .await;
    let ticket = seen["ticket"].as_str().unwrap();
    let nothing = json!({});
    for (headers, query, cookies) in [
        (&nothing, String::new(), true),
        (&nothing, format!("ticket={ticket}"), false),
        (
            &json!({ "authorization": format!("Bearer {token}") }),
            String::new(),
            false,
        ),
    ] {
        let with = json!({ "service": own, "job": "a", "headers": headers, "query": query, "cookies": cookies });
        let seen: Value = page.eval(&format!("({ATTEMPTS})({with})")).await;
        assert!(!seen.to_string().contains(CANARY), "{with}: {seen}");
        for part in [&seen["watch"]["fetches"], &seen["change"]] {
            assert!(
                part.as_object().unwrap().values().all(|v| v == "TypeError"),
                "{with}: {seen}"
            );
        }
        let refused = json!({ "EventSource": "refused", "WebSocket": "closed 1006" });
        assert_eq!(seen["watch"]["streams"], refused, "{with}");
        assert!(
            seen["embed"]
                .as_object()
                .unwrap()
                .values()
                .all(|v| v == "refused"),
            "{with}: {seen}"
        );
    }
    assert_eq!(
        job(client, "a").await.body,
        before.body,
        "somebody touched the job"
    );
}
