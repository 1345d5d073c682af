//! A service without credentials on this machine, and hostile pages in its user's browser: of another origin, and of a
//! host name that was made to point at this machine. They can neither watch nor cancel; a page of the service's own origin can.

use serde_json::{Value, json};

use super::chromium::{Chromium, Page};
use super::{ATTEMPTS, elsewhere};
use crate::support::http::Client;
use crate::support::postgres;
use crate::support::service::Service;

/// In the title of the job, and so in every byte that tells of it.
const CANARY: &str = "canary-7f3a";

async fn begin(client: &Client, id: &str) {
    let job = json!({ "kind": "scan", "title": CANARY, "lease_seconds": 3600 });
    client.create(id, &job).await;
    let started = json!({ "type": "started", "worker": "w" });
    client.report(id, &started).await.expect(200);
}

async fn attempts(page: &Page, service: &str) -> Value {
    let with = json!({ "service": service, "job": "a" });
    page.eval(&format!("({ATTEMPTS})({with})")).await
}

/// That every try in this part of what was seen came to the same.
#[track_caller]
fn all_are(seen: &Value, part: &str, expected: &str) {
    for (attempt, came_of_it) in seen[part].as_object().unwrap() {
        assert_eq!(came_of_it, expected, "{attempt}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_credentials_no_page_of_another_origin_or_of_a_rebound_name_can_watch_or_cancel() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    begin(client, "a").await;
    let before = client.get("/v1/projects/acme/jobs/a").await.expect(200);
    let browser = Chromium::start();
    let own = format!("http://{}", client.address);
    let port = client.address.rsplit(':').next().unwrap();

    // Another port is another origin; so is another name.
    let other = elsewhere().await;
    for host in ["127.0.0.1", "localhost", "evil.example"] {
        let page = browser.page(&format!("http://{host}:{other}/")).await;
        let seen = attempts(&page, &own).await;
        assert!(!seen.to_string().contains(CANARY), "{host}: {seen}");
        all_are(&seen["watch"], "fetches", "TypeError");
        assert_eq!(
            seen["watch"]["streams"],
            json!({ "EventSource": "refused", "WebSocket": "closed 1006" })
        );
        // Not even as an answer that it may not look into.
        all_are(&seen, "blind", "TypeError");
        all_are(&seen, "embed", "refused");
        all_are(&seen, "forms", "SecurityError");
        all_are(&seen, "change", "TypeError");
    }

    // Where the name points at this machine the page is of the same origin, and may read what it is answered.
    let page = browser.page(&format!("http://evil.example:{port}/")).await;
    let seen = attempts(&page, &format!("http://evil.example:{port}")).await;
    assert!(!seen.to_string().contains(CANARY), "{seen}");
    assert_eq!(
        seen["watch"]["streams"],
        json!({ "EventSource": "refused", "WebSocket": "closed 1006" })
    );
    all_are(&seen, "embed", "refused");
    let answers = [
        &seen["watch"]["fetches"],
        &seen["blind"],
        &seen["forms"],
        &seen["change"],
    ];
    for (attempt, text) in answers.iter().flat_map(|part| part.as_object().unwrap()) {
        assert!(
            text.as_str().unwrap().contains("forbidden_host"),
            "{attempt}: {text}"
        );
    }

    let after = client.get("/v1/projects/acme/jobs/a").await.expect(200);
    assert_eq!(before.body, after.body, "somebody touched the job");
    client
        .get("/v1/projects/acme/jobs/planted")
        .await
        .expect(404);

    // What failed there works here, so it is not for want of trying.
    let page = browser.page(&format!("{own}/healthz")).await;
    let seen = attempts(&page, &own).await;
    for (attempt, text) in seen["watch"]["fetches"].as_object().unwrap() {
        let told = text.as_str().unwrap().contains(CANARY);
        assert_eq!(
            told,
            attempt != "a stream of another job",
            "{attempt}: {text}"
        );
    }
    for (attempt, text) in seen["watch"]["streams"].as_object().unwrap() {
        assert!(text.as_str().unwrap().contains(CANARY), "{attempt}: {text}");
    }
    assert!(
        seen["change"]["PUT"].as_str().unwrap().starts_with("201"),
        "{seen}"
    );
    let job = client.get("/v1/projects/acme/jobs/a").await.expect(200);
    assert_eq!(job.json()["data"]["status"], "cancelling");
}
