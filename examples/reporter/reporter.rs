//! Tells the service how a job is getting on, from beside the job.
//!
//! The job never waits for HTTP: progress and counters are left as the newest values, and a task
//! sends them at most four times a second. A report is repeated, unchanged, until it is answered.
//! What the service says back matters in one way only: a wish to cancel. No trouble with
//! reporting fails the job.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::http::Http;

/// Between two sendings of ticks.
const TICK: Duration = Duration::from_millis(250);
/// Silence after which a heartbeat is due; the default lease is three times as long.
const SILENCE: Duration = Duration::from_secs(10);
/// How long a phase waits for its answer before the job goes on without it.
const PHASE_PATIENCE: Duration = Duration::from_secs(5);
/// How long an ending is tried.
const ENDING_PATIENCE: Duration = Duration::from_secs(60);
/// Notices in one tick: the service takes 50 a second on one job.
const NOTICES_PER_TICK: usize = 10;
/// Notices that wait at most; more of them are only counted.
const NOTICES_WAITING: usize = 100;

/// Where to report to.
#[derive(Clone)]
pub struct Target {
    /// The service, as `http://host:port`.
    pub server: String,
    /// The project the job belongs to.
    pub project: String,
    /// A bearer token with the scopes `create` and `report`, where the service wants one.
    pub token: Option<String>,
}

/// One job's line to the service. [`Reporter::off`] is one that says nothing.
pub struct Reporter {
    link: Option<Link>,
    /// The program's own wish to stop.
    halt: CancellationToken,
    /// That, or the wish of a person.
    stop: CancellationToken,
}

struct Link {
    orders: mpsc::UnboundedSender<(Value, oneshot::Sender<()>)>,
    fresh: Arc<Mutex<Fresh>>,
    _task: AbortOnDropHandle<()>,
}

/// What the job said last and has not been sent yet.
#[derive(Default)]
struct Fresh {
    progress: Map<String, Value>,
    counters: BTreeMap<String, u64>,
    notices: VecDeque<Value>,
    unlisted: BTreeMap<String, u64>,
    dirty: bool,
}

impl Reporter {
    /// A reporter that reports nothing. `halt` is the only thing that cancels its job.
    pub fn off(halt: &CancellationToken) -> Self {
        Self {
            link: None,
            halt: halt.clone(),
            stop: halt.child_token(),
        }
    }

    /// Creates the job `id` with the fields of `creation` and claims it. Returns all the same where
    /// the service does not answer in time: the reports go on trying.
    pub async fn open(
        target: &Target,
        id: &str,
        creation: Value,
        halt: &CancellationToken,
    ) -> Self {
        let Some(http) = Http::new(&target.server, target.token.clone()) else {
            eprintln!("not reporting: {} is not an http:// address", target.server);
            return Self::off(halt);
        };
        let stop = halt.child_token();
        let fresh = Arc::<Mutex<Fresh>>::default();
        let (orders, inbox) = mpsc::unbounded_channel();
        let sender = Sender {
            http,
            job: format!("/v1/projects/{}/jobs/{id}", target.project),
            fresh: fresh.clone(),
            stop: stop.clone(),
            attempt: Value::Null,
            seq: 0,
        };
        let task = AbortOnDropHandle::new(tokio::spawn(sender.run(creation, inbox)));
        let link = Link {
            orders,
            fresh,
            _task: task,
        };
        let this = Self {
            link: Some(link),
            halt: halt.clone(),
            stop,
        };
        let worker = format!(
            "{}-{}",
            env!("CARGO_PKG_NAME"),
            uuid::Uuid::now_v7().simple()
        );
        this.order(json!({"type": "started", "worker": worker}), PHASE_PATIENCE)
            .await;
        this
    }

    /// Ends the running phase and starts `name`.
    pub async fn phase(&self, name: &str, total: Option<u64>, unit: &str) {
        let mut report = json!({"type": "phase", "name": name, "unit": unit});
        if let Some(total) = total {
            report["total"] = total.into();
        }
        self.order(report, PHASE_PATIENCE).await;
    }

    /// How far the current phase is, in its unit. Costs a lock, never a request.
    pub fn progress(&self, current: u64) {
        self.fresh(|fresh| {
            fresh.progress.insert("current".into(), current.into());
            fresh.dirty = true;
        });
    }

    /// The line of text that a person sees beside the bar.
    pub fn message(&self, text: &str) {
        self.fresh(|fresh| {
            fresh.progress.insert("message".into(), text.into());
            fresh.dirty = true;
        });
    }

    /// Sets counters to absolute values. They travel with the next tick.
    pub fn count<const N: usize>(&self, counters: [(&str, u64); N]) {
        self.fresh(|fresh| {
            for (name, value) in counters {
                fresh.counters.insert(name.into(), value);
            }
            fresh.dirty = true;
        });
    }

    /// A discrete happening that is worth a warning. Where too many come at once, the rest is
    /// counted by `code` and summed up before the end.
    pub fn warn(&self, code: &str, message: &str, data: Value) {
        self.fresh(|fresh| {
            if fresh.notices.len() < NOTICES_WAITING {
                fresh.notices.push_back(notice(code, message, data));
            } else {
                *fresh.unlisted.entry(code.into()).or_default() += 1;
            }
        });
    }

    /// Whether somebody asked for the job to be cancelled, the program is to stop, or the job was
    /// given to another worker.
    pub fn is_cancelled(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Waits for what [`Reporter::is_cancelled`] tells.
    pub async fn cancelled(&self) {
        self.stop.cancelled().await;
    }

    /// The job is done.
    pub async fn completed(self, result: Value) {
        self.end(json!({"type": "completed", "result": result}))
            .await;
    }

    /// The job cannot be done. `code` is stable, `message` for people.
    pub async fn failed(self, code: &str, message: &str, retryable: bool) {
        let message: String = message.chars().take(1000).collect();
        let error = json!({"code": code, "message": message, "retryable": retryable});
        self.end(json!({"type": "failed", "error": error})).await;
    }

    /// The job gave up as it was asked to.
    pub async fn gave_up(self, message: &str) {
        self.end(json!({"type": "cancelled", "message": message}))
            .await;
    }

    fn fresh(&self, change: impl FnOnce(&mut Fresh)) {
        if let Some(link) = &self.link {
            change(&mut link.fresh.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    async fn end(self, ending: Value) {
        let halted = self.halt.is_cancelled();
        self.order(
            ending,
            if halted {
                PHASE_PATIENCE
            } else {
                ENDING_PATIENCE
            },
        )
        .await;
    }

    async fn order(&self, report: Value, patience: Duration) {
        if let Some(link) = &self.link {
            let (done, wait) = oneshot::channel();
            if link.orders.send((report, done)).is_ok() {
                let _ = timeout(patience, wait).await;
            }
        }
    }
}

fn notice(code: &str, message: &str, data: Value) -> Value {
    let message: String = message.chars().take(500).collect();
    json!({"type": "notice", "level": "warning", "code": code, "message": message, "data": data})
}

impl Fresh {
    /// Up to `most` notices, and the newest progress after them.
    fn take(&mut self, most: usize) -> Vec<Value> {
        let most = most.min(self.notices.len());
        let mut items: Vec<Value> = self.notices.drain(..most).collect();
        if std::mem::take(&mut self.dirty) {
            let mut progress = std::mem::take(&mut self.progress);
            progress.insert("type".into(), "progress".into());
            progress.insert("counters".into(), json!(self.counters));
            items.push(progress.into());
        }
        items
    }

    /// One notice for each kind of happening that was counted but not listed.
    fn sum_up(&mut self) {
        for (code, count) in std::mem::take(&mut self.unlisted) {
            let text = format!("{count} more of these were not listed");
            self.notices
                .push_back(notice(&code, &text, json!({"unlisted": count})));
        }
    }
}

/// The task beside the job: the only one that speaks to the service, one request at a time.
struct Sender {
    http: Http,
    job: String,
    fresh: Arc<Mutex<Fresh>>,
    stop: CancellationToken,
    attempt: Value,
    seq: u64,
}

type Inbox = mpsc::UnboundedReceiver<(Value, oneshot::Sender<()>)>;

impl Sender {
    async fn run(mut self, creation: Value, mut inbox: Inbox) {
        if !self.create(creation).await {
            return; // dropping the inbox lets every order return at once
        }
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                order = inbox.recv() => {
                    let Some((report, done)) = order else { return };
                    if report["error"].is_object() || report["result"].is_object() {
                        self.last_notices(&mut ticks).await;
                    }
                    let mut items = self.take(NOTICES_PER_TICK);
                    items.push(report);
                    self.deliver(items).await;
                    let _ = done.send(());
                }
                _ = ticks.tick() => {
                    let mut items = self.take(NOTICES_PER_TICK);
                    if items.is_empty() {
                        if heard.elapsed() < SILENCE {
                            continue;
                        }
                        items.push(json!({"type": "heartbeat"}));
                    }
                    self.deliver(items).await;
                }
            }
            heard = Instant::now();
        }
    }

    /// Lets the waiting notices out at the pace the service takes them.
    async fn last_notices(&mut self, ticks: &mut tokio::time::Interval) {
        self.fresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sum_up();
        loop {
            let items = self.take(NOTICES_PER_TICK);
            if items.is_empty() {
                return;
            }
            self.deliver(items).await;
            ticks.tick().await;
        }
    }

    fn take(&self, most: usize) -> Vec<Value> {
        self.fresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(most)
    }

    async fn create(&mut self, creation: Value) -> bool {
        let path = self.job.clone();
        let answer = self.insist("PUT", &path, creation).await;
        answer.is_some_and(|answer| answer["type"].is_string())
    }

    /// Sends reports until they are answered, and those again that the service put off.
    async fn deliver(&mut self, mut items: Vec<Value>) {
        let path = format!("{}/reports", self.job);
        while !items.is_empty() {
            items.iter_mut().for_each(|item| self.number(item));
            let Some(answer) = self.insist("POST", &path, json!(items)).await else {
                return;
            };
            let answers = answer["items"].as_array().cloned().unwrap_or_default();
            let mut answers = answers.iter();
            items.retain(|_| answers.next().is_some_and(|answer| self.hear(answer)));
            if !items.is_empty() {
                sleep(Duration::from_secs(1)).await;
            }
        }
    }

    fn number(&mut self, item: &mut Value) {
        if item["type"] != "heartbeat" {
            self.seq += 1;
            item["seq"] = self.seq.into();
        }
        if !self.attempt.is_null() && item["type"] != "started" {
            item["attempt"] = self.attempt.clone();
        }
    }

    /// Reads one answer; true where this report has to be said again.
    fn hear(&mut self, answer: &Value) -> bool {
        if answer["cancel_requested"] == true {
            self.stop.cancel();
        }
        if self.attempt.is_null() && answer["attempt"].is_u64() {
            self.attempt = answer["attempt"].clone();
        }
        let Some(code) = answer["code"].as_str() else {
            return false;
        };
        if matches!(code, "fenced" | "finished") {
            self.stop.cancel(); // another attempt has the job, or it is over
        }
        let again = matches!(answer["status"].as_u64(), Some(429 | 500..));
        if !again {
            eprintln!("report refused: {code}: {}", answer["detail"]);
        }
        again
    }

    /// Repeats one request, byte for byte, until the service takes or refuses it.
    async fn insist(&mut self, method: &str, path: &str, body: Value) -> Option<Value> {
        let body = Bytes::from(body.to_string());
        let mut pause = Duration::from_millis(200);
        loop {
            let mut wait = pause.mul_f64(0.5 + fraction());
            match self.http.send(method, path, body.clone()).await {
                Ok(answer) if answer.status < 300 => return Some(answer.body),
                Ok(answer) if answer.status == 429 || answer.status >= 500 => {
                    wait = answer
                        .retry_after
                        .map_or(wait, |asked| asked.min(SILENCE * 6) + wait);
                }
                Ok(answer) => {
                    let detail = &answer.body["detail"];
                    eprintln!("{method} {path}: {} {detail}", answer.status);
                    return None;
                }
                Err(_) => {}
            }
            sleep(wait).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
}

/// A random number from 0 to 1, so that many workers do not come back in step.
fn fraction() -> f64 {
    RandomState::new().hash_one(0u8) as f64 / u64::MAX as f64
}
