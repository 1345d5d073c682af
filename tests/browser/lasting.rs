//! A browser's own EventSource, opened by a ticket from another origin: it comes back by itself, with the same URL, as
//! long as there is something to come, and stays away when there is not.

use serde_json::{Value, json};

use super::chromium::{Chromium, Page};
use super::{SECRET, elsewhere, quiet_port, send, token};
use crate::support::postgres::{self, TestDatabase};
use crate::support::service::Service;

/// Opens it, and writes down all it is given.
const WATCH: &str = r#"async (project, token) => {
  window.given = [];
  const bought = await fetch(`${project}/tickets`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  const { ticket } = await bought.json();
  const source = window.source = new EventSource(`${project}/events?job=long&ticket=${ticket}`);
  source.onopen = () => given.push({ type: "open" });
  source.onerror = () => given.push({ type: "error" });
  source.onmessage = ({ data }) => given.push({ type: "frame", ...JSON.parse(data).data });
  for (const type of ["synced", "reset", "gone", "end"]) {
    source.addEventListener(type, ({ data }) => given.push({ type, reason: JSON.parse(data || "{}").reason }));
  }
}"#;

struct Site {
    database: TestDatabase,
    listen: String,
    origin: String,
}

impl Site {
    /// The service, at the same address every time.
    fn serve(&self, stream_seconds: &str) -> Service {
        let arguments = [
            "--database-url",
            &self.database.url(),
            "--jwt-secret",
            SECRET,
            "--allow-origin",
            &self.origin,
            "--drain-seconds",
            "4",
            "--stream-seconds",
            stream_seconds,
        ];
        Service::run("serve", &self.listen, &arguments)
    }
}

/// Reports that the job is so far, and waits until the page was told.
async fn reach(service: &Service, page: &Page, current: u64) {
    let progress = json!({ "type": "progress", "current": current, "total": 10 });
    let path = "jobs/long/reports?durable=true";
    send(&service.client, "POST", path, &progress)
        .await
        .expect(200);
    let told = format!("given.some((g) => g.type === 'frame' && g.progress.current === {current})");
    page.until("the page is told", &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_source_by_ticket_outlives_three_restarts_and_a_rotation_and_stops_at_the_end() {
    let site = Site {
        database: postgres::database().await,
        listen: format!("127.0.0.1:{}", quiet_port()),
        origin: format!("http://localhost:{}", elsewhere().await),
    };
    let mut service = site.serve("600");
    let created = json!({ "kind": "scan", "lease_seconds": 3600 });
    send(&service.client, "PUT", "jobs/long", &created)
        .await
        .expect(201);
    let started = json!({ "type": "started", "worker": "w" });
    let reports = "jobs/long/reports";
    send(&service.client, "POST", reports, &started)
        .await
        .expect(200);

    let browser = Chromium::start();
    let page = browser.page(&site.origin).await;
    let project = format!("http://{}/v1/projects/acme", site.listen);
    page.eval(&format!("({WATCH})('{project}', '{}')", token()))
        .await;
    reach(&service, &page, 1).await;

    assert_eq!(service.stop().await, 0);
    service = site.serve("600");
    reach(&service, &page, 2).await;
    service.kill();
    service = site.serve("600");
    reach(&service, &page, 3).await;
    assert_eq!(service.stop().await, 0);
    service = site.serve("4");
    reach(&service, &page, 4).await;

    let ended =
        |reason: &str| format!("given.some((g) => g.type === 'end' && g.reason === '{reason}')");
    page.until("it is rotated", &ended("rotated")).await;
    reach(&service, &page, 5).await;
    let completed = json!({ "type": "completed" });
    send(&service.client, "POST", reports, &completed)
        .await
        .expect(200);
    page.until("it is finished", &ended("finished")).await;
    page.until(
        "it has given up",
        "source.readyState === EventSource.CLOSED",
    )
    .await;

    let given = page.eval("given").await;
    let given = given.as_array().unwrap();
    let of = |kind: &str| {
        given
            .iter()
            .filter(|g| g["type"] == kind)
            .collect::<Vec<_>>()
    };
    let versions: Vec<u64> = of("frame")
        .iter()
        .map(|f| f["version"].as_u64().unwrap())
        .collect();
    assert!(versions.is_sorted(), "{versions:?}");
    assert_eq!(of("frame").last().unwrap()["status"], "completed");
    assert!(of("reset").is_empty() && of("gone").is_empty(), "{given:?}");
    // Once at first, after each restart, and after the rotation.
    assert!(of("open").len() >= 5, "{given:?}");
    let told = |reason: &str| of("end").iter().filter(|e| e["reason"] == reason).count();
    assert_eq!((told("restarting"), told("finished")), (2, 1), "{given:?}");

    // Longer than the longest pause before it would come back: it asked once more, and was told that there is nothing.
    page.eval("new Promise((resolve) => setTimeout(resolve, 5500))")
        .await;
    assert_eq!(page.eval("given.length").await, Value::from(given.len()));
    let metrics = service.client.get("/metrics").await.expect(200);
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    let nothing = metrics.lines().find(|line| {
        line.starts_with("milepost_requests_total{")
            && line.contains("/events\"")
            && line.contains("\"204\"")
    });
    let nothing = nothing.unwrap_or_else(|| panic!("{metrics}"));
    assert!(nothing.ends_with(" 1"), "{nothing}");
}
