//! The front of the demonstration, and its loop.

use std::{fs, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use milepost::demo::{self, Demo};
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::{folder::Folder, recorder::Recorder};
use crate::support::database;

struct Rig {
    folder: Folder,
    service: Recorder,
    demo: Arc<Demo>,
    front: Router,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Rig {
    async fn start() -> Self {
        let (folder, service) = (Folder::new(), Recorder::start().await);
        let database = database().await;
        let demo = Demo {
            reporter: service.reporter(),
            database,
            data: folder.0.clone(),
            pace: 0.0,
            upload_limit: 4 << 20,
        };
        demo::prepare(&demo).unwrap();
        let (demo, tasks, stop) = (Arc::new(demo), TaskTracker::new(), CancellationToken::new());
        let front = demo::routes(demo.clone(), tasks.clone(), stop.clone());
        Self {
            folder,
            service,
            demo,
            front,
            tasks,
            stop,
        }
    }

    async fn send(&self, method: &str, path: &str, body: Body) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(body)
            .unwrap();
        self.request(request).await
    }

    async fn request(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.front.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn done(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn uploads(&self) -> usize {
        fs::read_dir(self.folder.0.join("demo/uploads"))
            .unwrap()
            .count()
    }
}

#[tokio::test]
async fn the_page_sees_pace_feeds_and_samples() {
    let rig = Rig::start().await;
    let (status, about) = rig.send("GET", "/demo", Body::empty()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(about["pace"], 0.0);
    assert_eq!(about["feeds"].as_array().unwrap().len(), 3);
    assert_eq!(about["samples"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_page_starts_a_sync_and_the_job_is_there_when_it_is_told() {
    let rig = Rig::start().await;
    let (status, answer) = rig
        .send("POST", "/demo/feeds/sigma/sync", Body::empty())
        .await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (id, creation) = rig.service.creations().remove(0);
    assert_eq!(
        (answer["project"].as_str(), answer["job"].as_str()),
        (Some("demo"), Some(id.as_str()))
    );
    assert_eq!(creation["subject"], "sigma");
    assert_eq!(creation["metadata"]["pace"], 0.0);
    rig.done().await;
    assert_eq!(rig.service.reports("completed")[0]["result"]["added"], 476);
    let (status, problem) = rig
        .send("POST", "/demo/feeds/none/sync", Body::empty())
        .await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("not_found"))
    );
}

#[tokio::test]
async fn a_file_of_the_page_is_imported_and_its_spool_removed() {
    let rig = Rig::start().await;
    let chunks = [
        "cve,epss,perc",
        "entile\nCVE-2024-0001,0.5,",
        "0.9\nCVE-2024-0002,0.5\n",
    ];
    let chunks = futures_util::stream::iter(chunks.map(Ok::<_, std::io::Error>));
    let path = "/demo/imports?name=my%20scores%2B1.csv";
    let (status, _) = rig.send("POST", path, Body::from_stream(chunks)).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    rig.done().await;
    assert_eq!(rig.service.creations()[0].1["title"], "my scores+1.csv");
    assert_eq!(rig.service.creations()[0].1["metadata"]["mapping"], "epss");
    let result = &rig.service.reports("completed")[0]["result"];
    assert_eq!(
        (result["rows"].as_u64(), result["invalid"].as_u64()),
        (Some(2), Some(1))
    );
    assert_eq!(rig.uploads(), 0);
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_whether_it_says_so_or_not() {
    let rig = Rig::start().await;
    let request = Request::post("/demo/imports").header("content-length", (4 << 20) + 1);
    let (status, problem) = rig.request(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, Some("too_large"))
    );
    let chunk = bytes::Bytes::from(vec![b'x'; 1 << 20]);
    let endless = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
    let (status, _) = rig
        .send("POST", "/demo/imports", Body::from_stream(endless))
        .await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(rig.uploads(), 0);
    assert!(rig.service.creations().is_empty());
}

#[tokio::test]
async fn an_upload_that_breaks_off_starts_nothing() {
    let rig = Rig::start().await;
    let chunks = [Ok("a,b\n1,"), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(futures_util::stream::iter(chunks));
    let (status, problem) = rig.send("POST", "/demo/imports", body).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::BAD_REQUEST, Some("incomplete"))
    );
    assert_eq!(rig.uploads(), 0);
    assert!(rig.service.creations().is_empty());
}

#[tokio::test]
async fn parameters_that_do_not_exist_are_refused() {
    let rig = Rig::start().await;
    for query in [
        "mapping=none",
        "header=maybe",
        "pace=-1",
        "pace=NaN",
        "sample=..%2Fetc",
        "file=x",
    ] {
        let (status, problem) = rig
            .send("POST", &format!("/demo/imports?{query}"), Body::empty())
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}: {problem}");
    }
}

#[tokio::test]
async fn the_loop_shows_successes_and_true_failures_and_stops_when_told() {
    let rig = Rig::start().await;
    let running = tokio::spawn(demo::run(rig.demo.clone(), rig.stop.clone()));
    let failed = |service: &Recorder, code: &str| {
        service
            .reports("failed")
            .iter()
            .any(|report| report["error"]["code"] == code)
    };
    let noticed = |service: &Recorder, code: &str| {
        service
            .reports("notice")
            .iter()
            .any(|report| report["code"] == code)
    };
    let all = move |service: &Recorder| {
        service.reports("completed").len() >= 6
            && failed(service, "truncated_archive")
            && failed(service, "missing_column")
            && noticed(service, "near_duplicate")
            && noticed(service, "not_text")
            && noticed(service, "bad_rule")
            && noticed(service, "field_count")
    };
    rig.service.until(all).await;
    rig.stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_page_starts_an_ingestion_that_loses_its_connection_and_searches_what_was_ingested() {
    let rig = Rig::start().await;
    let (_, about) = rig.send("GET", "/demo", Body::empty()).await;
    let collections = about["collections"].as_array().unwrap();
    let id = |collection: &Value| collection["id"].as_str().unwrap().to_owned();
    for collection in collections {
        let path = format!("/demo/ingestions?collection={}", id(collection));
        let (status, answer) = rig.send("POST", &path, Body::empty()).await;
        assert_eq!(
            (status, &answer["project"]),
            (StatusCode::ACCEPTED, &"demo".into())
        );
    }
    rig.done().await;
    assert_eq!(rig.service.creations().len(), collections.len());
    let completed = rig.service.reports("completed");
    assert_eq!(completed.len(), collections.len());
    let files = |one: &Value| one["result"]["files"].as_u64().unwrap();
    let said = collections
        .iter()
        .map(|one| one["documents"].as_u64().unwrap());
    assert_eq!(completed.iter().map(files).sum::<u64>(), said.sum::<u64>());
    let lost = rig.service.reports("retrying");
    assert_eq!(
        (lost.len(), &lost[0]["error"]["code"]),
        (1, &"database_lost".into())
    );
    for code in ["empty", "not_text", "cut_off", "near_duplicate"] {
        let of_code = |report: &Value| report["code"] == code;
        assert!(rig.service.reports("notice").iter().any(of_code), "{code}");
    }
    let (status, found) = rig
        .send(
            "GET",
            "/demo/ingestions/search?q=nsec3%20%22opt-out%22",
            Body::empty(),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(found["hits"][0]["path"], "rfc5155.txt");
    let (_, found) = rig
        .send(
            "GET",
            "/demo/ingestions/search?q=nsec3&collection=books",
            Body::empty(),
        )
        .await;
    assert_eq!(found["documents"], 0);
}

#[tokio::test]
async fn an_ingestion_of_nothing_known_and_a_search_of_anything_are_answered() {
    let rig = Rig::start().await;
    for path in ["/demo/ingestions", "/demo/ingestions?collection=none"] {
        let (status, problem) = rig.send("POST", path, Body::empty()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &"not_found".into())
        );
    }
    for query in [
        "",
        "?q=",
        "?q=%26%7C%21%3A*",
        "?q=%22%28",
        "?q=%27%3B--&collection=%27",
    ] {
        let (status, found) = rig
            .send(
                "GET",
                &format!("/demo/ingestions/search{query}"),
                Body::empty(),
            )
            .await;
        assert_eq!(
            (status, &found["documents"]),
            (StatusCode::OK, &0.into()),
            "{query}"
        );
    }
    for path in [
        "GET /demo/ingestions/search?p=1",
        "POST /demo/ingestions?collection=dns&pace=-1",
    ] {
        let (method, path) = path.split_once(' ').unwrap();
        let (status, _) = rig.send(method, path, Body::empty()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
    }
}
