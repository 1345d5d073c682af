//! The HTTP surface over a real tracker on a real Postgres: jobs, reports, conditions, refusals.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use http_body_util::BodyExt;
use milepost::api::{App, router};
use milepost::config::{Config, Connections, Database, Edge, Limits, LogFormat};
use milepost::limit::Shares;
use milepost::metrics::Metrics;
use milepost::tracker::{Settings, Tracker};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::support::postgres::{self, TestDatabase};

struct Api {
    router: Router,
    drain: CancellationToken,
    stop: CancellationToken,
    _database: TestDatabase,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    fn code(&self) -> (u16, String) {
        let code = self.json()["code"].as_str().unwrap_or("").to_owned();
        (self.status, code)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Api {
    async fn start() -> Self {
        let database = postgres::database().await;
        let (drain, stop) = (CancellationToken::new(), CancellationToken::new());
        let tracker = Tracker::start(
            Settings::of(database.config()),
            stop.clone(),
            TaskTracker::new(),
        )
        .await;
        let app = App {
            tracker: tracker.unwrap(),
            viewers: milepost::transport::Viewers::default(),
            shutdown: drain.clone(),
            auth: None,
            shares: Shares::default(),
            config: Arc::new(config(database.config())),
            metrics: Arc::new(Metrics::new()),
        };
        Self {
            router: router(app),
            drain,
            stop,
            _database: database,
        }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            bytes,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.ask(request("DELETE", path).body(Body::empty()).unwrap())
            .await
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = request(method, path).header("content-type", "application/json");
        self.ask(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    async fn make(&self, id: &str, kind: &str) {
        let made = self
            .send("PUT", &format!("jobs/{id}"), json!({ "kind": kind }))
            .await;
        assert_eq!(made.status, 201, "{:?}", made.bytes);
    }

    async fn say(&self, id: &str, report: Value) -> Answer {
        self.send("POST", &format!("jobs/{id}/reports"), report)
            .await
    }
}

/// The whole router, as it prints itself.
pub async fn printed_router() -> String {
    format!("{:?}", Api::start().await.router)
}

fn config(database: tokio_postgres::Config) -> Config {
    Config {
        auth: None,
        listen: "127.0.0.1:0".parse().unwrap(),
        admin_listen: None,
        database: Database::Given(Box::new(database)),
        drain: Duration::from_secs(1),
        log_format: LogFormat::Text,
        log: "info".into(),
        limits: Limits::default(),
        connections: Connections {
            head: Duration::from_secs(10),
            head_bytes: 16 * 1024,
            most: 0,
        },
        edge: Edge::default(),
        retention: Duration::from_secs(86_400),
    }
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/v1/projects/acme/{path}")
    };
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
}

#[tokio::test]
async fn a_job_is_made_read_and_forgotten() {
    let api = Api::start().await;
    let made = api
        .send("PUT", "jobs/a", json!({ "kind": "scan", "total": 10 }))
        .await;
    assert_eq!(
        (made.status, made.header("etag"), made.header("location")),
        (201, "\"1\"", "/v1/projects/acme/jobs/a")
    );

    let again = api
        .send(
            "PUT",
            "jobs/a",
            json!({ "total": 10, "kind": "scan", "title": null, "lease_seconds": 30 }),
        )
        .await;
    assert_eq!((again.status, &again.bytes), (200, &made.bytes));
    assert_eq!(
        api.send("PUT", "jobs/a", json!({ "kind": "scan", "total": 11 }))
            .await
            .code(),
        (409, "exists".into())
    );
    let read = api.get("jobs/a").await;
    assert_eq!(
        (read.status, &read.bytes, read.header("content-type")),
        (200, &made.bytes, "application/json")
    );

    assert_eq!(
        api.delete("jobs/a").await.code(),
        (409, "not_finished".into())
    );
    assert_eq!(
        api.send("POST", "jobs/a/cancel", json!({ "reason": "late" }))
            .await
            .status,
        200
    );
    assert_eq!(api.delete("jobs/a").await.status, 204);
    assert_eq!(api.get("jobs/a").await.code(), (404, "not_found".into()));
    assert_eq!(api.delete("jobs/a").await.code(), (404, "not_found".into()));
    assert_eq!(
        api.send("PUT", "jobs/a", json!({ "kind": "scan" }))
            .await
            .code(),
        (409, "exists".into())
    );
}

#[tokio::test]
async fn an_id_of_ours_sorts_by_time() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let made = api.send("POST", "jobs", json!({ "kind": "scan" })).await;
        assert_eq!(made.status, 201);
        let id = made.json()["data"]["id"].as_str().unwrap().to_owned();
        assert_eq!(
            made.header("location"),
            format!("/v1/projects/acme/jobs/{id}")
        );
        ids.push(id);
    }
    assert!(ids.is_sorted(), "{ids:?}");
    let orphan = api
        .send(
            "POST",
            "jobs",
            json!({ "kind": "scan", "parent": "nobody" }),
        )
        .await;
    assert_eq!(
        (orphan.code(), &orphan.json()["errors"][0]["pointer"]),
        ((422, "no_parent".into()), &json!("/parent"))
    );
}

#[tokio::test]
async fn what_a_caller_has_is_not_sent_again() {
    let api = Api::start().await;
    api.make("a", "scan").await;
    let holding = async |tags: &str, query: &str| {
        let request = request("GET", &format!("jobs/a{query}")).header("if-none-match", tags);
        api.ask(request.body(Body::empty()).unwrap()).await
    };
    for tags in ["\"1\"", "W/\"1\"", "*", "\"9\", W/\"1\""] {
        let answer = holding(tags, "").await;
        assert_eq!(
            (answer.status, answer.header("etag"), answer.bytes.len()),
            (304, "\"1\"", 0),
            "{tags}"
        );
    }
    for tags in ["\"2\"", "1", "garbage", "\"\""] {
        assert_eq!(holding(tags, "").await.status, 200, "{tags}");
    }
    let gone = request("GET", "jobs/b")
        .header("if-none-match", "*")
        .body(Body::empty())
        .unwrap();
    assert_eq!(api.ask(gone).await.status, 404);

    // Held until there is something newer: the report is sent while the answer is waited for.
    let (newer, _) = tokio::join!(
        holding("\"1\"", "?wait=20"),
        api.say("a", json!({ "type": "started" }))
    );
    assert_eq!((newer.status, newer.header("etag")), (200, "\"2\""));
    let clamped = holding("\"1\"", "?wait=9999").await;
    assert_eq!(
        (clamped.status, clamped.header("preference-applied")),
        (200, "wait=25")
    );
    // A drain ends the wait with what is known.
    let (held, ()) = tokio::join!(holding("\"2\"", "?wait=20"), async { api.drain.cancel() });
    assert_eq!(held.status, 304);
    assert_eq!(api.get("/readyz").await.code(), (503, "unavailable".into()));
    assert_eq!(api.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn reports_are_answered_each_for_itself() {
    let api = Api::start().await;
    api.make("a", "scan").await;
    api.make("b", "scan").await;
    let early = api.say("a", json!({ "type": "completed" })).await;
    assert_eq!(early.code(), (409, "not_started".into()));
    assert_eq!(
        early.json()["job"],
        json!({ "status": "queued", "version": 1, "attempt": 0 })
    );

    let started = api
        .say("a", json!({ "type": "started", "worker": "w" }))
        .await;
    let expected = json!({ "version": 2, "status": "running", "attempt": 1, "applied": true, "durable": true, "cancel_requested": false });
    assert_eq!((started.status, started.json()), (200, expected));
    let tick = api
        .say("a", json!({ "type": "progress", "current": 1 }))
        .await;
    assert_eq!((tick.status, &tick.json()["durable"]), (202, &json!(false)));
    let waited = api
        .send(
            "POST",
            "jobs/a/reports?durable=true",
            json!({ "type": "progress", "current": 2 }),
        )
        .await;
    assert_eq!(
        (waited.status, &waited.json()["durable"]),
        (200, &json!(true))
    );
    let unknown = api.say("nobody", json!({ "type": "started" })).await;
    assert_eq!(unknown.code(), (404, "not_found".into()));

    let many = api.say("a", json!([{ "type": "notice", "message": "m" }, { "type": "x" }, { "type": "phase", "name": "p" }])).await;
    let statuses = |answer: &Answer| {
        let items = answer.json()["items"].as_array().unwrap().clone();
        let status = |i: &Value| {
            i["status"].as_u64().map_or_else(
                || i["status"].as_str().unwrap().to_owned(),
                |s| s.to_string(),
            )
        };
        items.iter().map(status).collect::<Vec<_>>()
    };
    assert_eq!(
        (many.status, statuses(&many)),
        (200, vec!["running".into(), "422".into(), "running".into()])
    );

    let lines = concat!(
        r#"{"job":"b","type":"started"}"#,
        "\n",
        "not json\n",
        r#"{"job":"a","type":"completed"}"#,
        "\n\n",
        r#"{"job":"nobody","type":"heartbeat"}"#,
        "\n",
        r#"{"job":"b","type":"progress","current":1}"#,
        "\n",
        r#"{"job":"a","type":"failed","error":{"code":"late","message":"m"}}"#,
    );
    let request = request("POST", "reports").header("content-type", "application/x-ndjson");
    let mixed = api.ask(request.body(Body::from(lines)).unwrap()).await;
    assert_eq!(mixed.status, 202);
    assert_eq!(
        statuses(&mixed),
        ["running", "400", "completed", "404", "running", "409"]
    );
    assert_eq!(mixed.json()["items"][5]["code"], "finished");
    assert_eq!(mixed.json()["items"][5]["job"]["status"], "completed");
}

#[tokio::test]
async fn who_takes_no_json_is_told_that_there_is_nothing_else() {
    let api = Api::start().await;
    api.make("a", "scan").await;
    let paths = [
        "jobs",
        "jobs/a",
        "jobs/a/history",
        "summary",
        "progress",
        "progress?job=a",
    ];
    for path in paths {
        for (takes, status) in [("image/png", 406), ("text/html, application/*;q=0.5", 200)] {
            let request = request("GET", path).header("accept", takes);
            let answer = api.ask(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, status, "{path} for {takes}");
        }
    }
    let clamped = api.get("progress?job=a&wait=9999").await;
    assert_eq!(clamped.header("preference-applied"), "wait=25");
}

#[tokio::test]
async fn counters_beyond_all_bounds_do_not_take_the_summary_away() {
    let api = Api::start().await;
    for id in ["a", "b"] {
        api.make(id, "scan").await;
        api.say(id, json!({ "type": "started" })).await;
        let counters = json!({ "most": 1.7e308, "least": -1.7e308, "tiny": 5e-324, "cents": 0.1 });
        let report = json!({ "type": "progress", "counters": counters });
        let path = format!("jobs/{id}/reports?durable=true");
        assert_eq!(api.send("POST", &path, report).await.status, 200);
    }
    let summary = api.get("summary").await;
    assert_eq!(summary.status, 200);
    let sums = json!({ "cents": 0.2, "least": f64::MIN, "most": f64::MAX, "tiny": 1e-323 });
    assert_eq!(summary.json()["by_kind"]["scan"]["counters"], sums);
}

#[tokio::test]
async fn a_worker_that_was_replaced_is_told_so() {
    let api = Api::start().await;
    api.make("a", "scan").await;
    for attempt in [1, 2] {
        let started = api
            .say(
                "a",
                json!({ "type": "started", "worker": "w", "seq": attempt }),
            )
            .await;
        api.say("a", json!({ "type": "phase", "name": "p" })).await;
        assert_eq!(started.json()["attempt"], attempt);
    }
    let other = api
        .say("a", json!({ "type": "started", "worker": "v" }))
        .await;
    assert_eq!(other.code(), (409, "already_running".into()));
    let old = api
        .say("a", json!({ "type": "completed", "attempt": 1 }))
        .await;
    assert_eq!(
        (old.code(), &old.json()["job"]["attempt"]),
        ((409, "fenced".into()), &json!(2))
    );
}

#[tokio::test]
async fn wishes_are_answered_with_the_frame() {
    let api = Api::start().await;
    api.make("a", "scan").await;
    api.say("a", json!({ "type": "started" })).await;
    assert_eq!(
        api.send("POST", "jobs/a/retry", json!({})).await.code(),
        (409, "not_retryable".into())
    );
    let nothing = request("POST", "jobs/a/cancel")
        .body(Body::empty())
        .unwrap();
    let asked = api.ask(nothing).await;
    assert_eq!(
        (asked.status, &asked.json()["data"]["status"]),
        (200, &json!("cancelling"))
    );
    assert_eq!(
        api.send("POST", "jobs/a/cancel", json!({})).await.status,
        200
    );
    assert_eq!(
        api.say("a", json!({ "type": "started", "worker": "v" }))
            .await
            .code(),
        (409, "cancelling".into())
    );
    api.say("a", json!({ "type": "cancelled" })).await;
    let retried = api
        .send(
            "POST",
            "jobs/a/retry",
            json!({ "id": "b", "metadata": { "by": "hand" } }),
        )
        .await;
    let frame = retried.json();
    assert_eq!(
        (
            retried.status,
            &frame["data"]["retry_of"],
            &frame["data"]["metadata"]
        ),
        (201, &json!("a"), &json!({ "by": "hand" }))
    );
    let again = api.send("POST", "jobs/a/retry", json!({})).await;
    assert_eq!(
        (again.status, &again.json()["data"]["id"]),
        (200, &json!("b"))
    );
}

#[tokio::test]
async fn people_look_through_lists_and_histories() {
    let api = Api::start().await;
    for (id, kind) in [("a", "scan"), ("b", "scan"), ("c", "feed:sync")] {
        api.make(id, kind).await;
    }
    let ids = |answer: &Answer| {
        let items = answer.json()["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|f| f["data"]["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = api.get("jobs?kind=scan&limit=1").await;
    assert_eq!(ids(&first), ["b"]);
    let page = first.json()["page"].as_str().unwrap().to_owned();
    let second = api
        .get(&format!("jobs?kind=scan&limit=1&page={page}"))
        .await;
    assert_eq!(
        (ids(&second), &second.json()["page"]),
        (vec!["a".to_owned()], &Value::Null)
    );
    assert_eq!(
        ids(&api.get("jobs?created_before=2000-01-01T00:00:00Z").await),
        Vec::<String>::new()
    );
    for (path, status) in [
        ("jobs?created_after=0000-01-01T00:00:00Z", 200),
        ("jobs?created_after=-009999-01-01T00:00:00Z", 400),
        ("jobs?page=-000001-01-01T00:00:00Z_a", 400),
    ] {
        assert_eq!(api.get(path).await.status, status, "{path}");
    }
    let frame = String::from_utf8(api.get("jobs/c").await.bytes.to_vec()).unwrap();
    let list = String::from_utf8(api.get("jobs?kind=feed:sync").await.bytes.to_vec()).unwrap();
    assert!(list.contains(&frame), "{list} has {frame}");

    api.say("c", json!({ "type": "started" })).await;
    api.say(
        "c",
        json!({ "type": "notice", "level": "warning", "message": "m", "data": { "n": 1 } }),
    )
    .await;
    let history = api.get("jobs/c/history").await.json();
    let types: Vec<&str> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        ["feed:sync:created", "feed:sync:started", "feed:sync:notice"]
    );
    let limited = api.get("jobs/c/history?after=1&limit=1").await.json();
    assert_eq!(
        (&limited["items"][0]["number"], &limited["next"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        api.get("jobs/nobody/history").await.code(),
        (404, "not_found".into())
    );
    assert_eq!(api.get("summary").await.json()["total"], 3);
}
