//! A service that only listens: it answers a worker as the contract says, keeps every report, and
//! can be told to ask for a cancel or to be out of order for a while.
//!
//! It decides nothing that the real one decides; what is tested with it is the worker.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{post, put},
};
use milepost::worker::Reporter;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::AbortHandle, time::timeout};

/// Says after which report a cancel is asked for.
type CancelWhen = fn(phase: &str, report: &Value) -> bool;

#[derive(Default)]
struct Heard {
    creations: Vec<(String, Value)>,
    reports: Vec<(String, Value)>,
    refused: Vec<Bytes>,
    bodies: Vec<Bytes>,
    phase: String,
    out_of_order: u32,
    retry_after: u32,
    times: Vec<Instant>,
    cancel_when: Option<CancelWhen>,
    cancelling: bool,
}

/// The listening service; it ends with the value.
pub struct Recorder {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    task: AbortHandle,
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Recorder {
    pub async fn start() -> Self {
        let heard = Arc::<Mutex<Heard>>::default();
        let routes = Router::new()
            .route("/v1/projects/demo/jobs/{id}", put(create))
            .route("/v1/projects/demo/reports", post(report))
            .with_state(heard.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            address,
            heard,
            task: task.abort_handle(),
        }
    }

    /// The next `requests` are answered with 503.
    pub fn out_of_order(&self, requests: u32) {
        self.heard.lock().unwrap().out_of_order = requests;
    }

    /// The next request is answered with 503, and `Retry-After` so many seconds.
    pub fn busy_for(&self, seconds: u32) {
        let mut heard = self.heard.lock().unwrap();
        (heard.out_of_order, heard.retry_after) = (1, seconds);
    }

    /// When requests came.
    pub fn times(&self) -> Vec<Instant> {
        self.heard.lock().unwrap().times.clone()
    }

    pub fn cancel_when(&self, when: CancelWhen) {
        self.heard.lock().unwrap().cancel_when = Some(when);
    }

    pub fn server(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What reports to it.
    pub fn reporter(&self) -> Reporter {
        let builder = Reporter::builder(&self.server()).project("demo");
        builder.build().unwrap()
    }

    pub fn creations(&self) -> Vec<(String, Value)> {
        self.heard.lock().unwrap().creations.clone()
    }

    /// All reports of a type, oldest first.
    pub fn reports(&self, kind: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        let of_kind = heard
            .reports
            .iter()
            .filter(|(_, report)| report["type"] == kind);
        of_kind.map(|(_, report)| report.clone()).collect()
    }

    /// What was refused with 503, and what came in place of it.
    pub fn repeated(&self) -> (Vec<Bytes>, Vec<Bytes>) {
        let heard = self.heard.lock().unwrap();
        (heard.refused.clone(), heard.bodies.clone())
    }

    /// The last value of a counter.
    pub fn counter(&self, name: &str) -> Option<u64> {
        let counters = self.reports("progress").into_iter().rev();
        counters
            .filter_map(|report| report["counters"][name].as_u64())
            .next()
    }

    /// Waits until `there` holds; a minute at most.
    pub async fn until(&self, there: impl Fn(&Self) -> bool) {
        let wait = async {
            while !there(self) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(60), wait)
            .await
            .expect("heard within a minute");
    }
}

type Shared = State<Arc<Mutex<Heard>>>;

fn refuse(heard: &mut Heard, body: &Bytes) -> Option<Response> {
    heard.times.push(Instant::now());
    heard.out_of_order = heard.out_of_order.checked_sub(1)?;
    heard.refused.push(body.clone());
    let after = [("retry-after", heard.retry_after.to_string())];
    Some((StatusCode::SERVICE_UNAVAILABLE, after).into_response())
}

async fn create(State(heard): Shared, Path(id): Path<String>, body: Bytes) -> Response {
    let mut heard = heard.lock().unwrap();
    if let Some(refusal) = refuse(&mut heard, &body) {
        return refusal;
    }
    let creation = serde_json::from_slice(&body).unwrap();
    heard.creations.push((id, creation));
    (
        StatusCode::CREATED,
        Json(json!({"type": "test:created", "data": {}})),
    )
        .into_response()
}

async fn report(State(heard): Shared, body: Bytes) -> Response {
    let mut heard = heard.lock().unwrap();
    if let Some(refusal) = refuse(&mut heard, &body) {
        return refusal;
    }
    heard.bodies.push(body.clone());
    let reports: Vec<Value> = serde_json::from_slice(&body).unwrap();
    let mut answers = Vec::new();
    for report in reports {
        let id = report["job"].as_str().unwrap().to_owned();
        if report["type"] == "phase" {
            heard.phase = report["name"].as_str().unwrap().into();
        }
        let phase = heard.phase.clone();
        heard.cancelling |= heard.cancel_when.is_some_and(|when| when(&phase, &report));
        answers.push(json!({
            "version": 1, "status": "running", "attempt": 1, "applied": true, "durable": true,
            "cancel_requested": heard.cancelling,
        }));
        heard.reports.push((id.clone(), report));
    }
    Json(json!({"items": answers})).into_response()
}
