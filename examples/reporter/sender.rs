//! The task beside the job: sends what is new, and repeats it until it is answered.
//!
//! It is the only one that speaks to the service, one request at a time, so that `seq` means what
//! the contract says. It does not know what the job does.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, Interval, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

use super::http::Http;

/// Between two sendings of ticks. The service writes the newest twice a second; what it has then is old by up to
/// this, and its ETA is wrong by as much.
const TICK: Duration = Duration::from_millis(100);
/// Silence after which a heartbeat is due; the default lease is three times as long.
const SILENCE: Duration = Duration::from_secs(10);
/// Notices in one tick: the service takes 50 a second on one job.
pub const NOTICES_PER_TICK: usize = 4;
/// Notices that wait at most; more of them are only counted.
pub const NOTICES_WAITING: usize = 100;

/// Reports in order, and whom to tell that they were answered.
pub type Order = (Vec<Value>, oneshot::Sender<()>);

/// What the job said last and has not been sent yet.
#[derive(Default)]
pub struct Fresh {
    /// Fields of the next progress report.
    pub progress: Map<String, Value>,
    /// All counters.
    pub counters: BTreeMap<String, u64>,
    /// Notices that wait.
    pub notices: VecDeque<Value>,
    /// Notices that found no room, by code.
    pub unlisted: BTreeMap<String, u64>,
    /// Whether there is anything to say but notices.
    pub dirty: bool,
}

/// A warning as a report.
pub fn notice(code: &str, message: &str, data: Value) -> Value {
    let message: String = message.chars().take(500).collect();
    json!({"type": "notice", "level": "warning", "code": code, "message": message, "data": data})
}

/// Whether nothing may be said after this report.
pub fn is_ending(report: &Value) -> bool {
    matches!(
        report["type"].as_str(),
        Some("completed" | "failed" | "cancelled")
    )
}

impl Fresh {
    /// Up to `most` notices, and the newest progress after them.
    pub fn take(&mut self, most: usize) -> Vec<Value> {
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
pub struct Sender {
    /// The connection.
    pub http: Http,
    /// The job's path.
    pub job: String,
    /// What is new, shared with the job.
    pub fresh: Arc<Mutex<Fresh>>,
    /// Cancelled when the job is to give up.
    pub stop: CancellationToken,
    /// Whether the last request was answered.
    pub answering: Arc<AtomicBool>,
    /// The attempt, once it is known.
    pub attempt: Value,
    /// The number of the last report.
    pub seq: u64,
}

impl Sender {
    /// Creates the job, then carries out orders until nobody can give any.
    pub async fn run(mut self, creation: Value, mut inbox: mpsc::UnboundedReceiver<Order>) {
        if !self.create(creation).await {
            return; // dropping the inbox lets every order return at once
        }
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                biased;
                order = inbox.recv() => {
                    let Some((items, done)) = order else { return };
                    if items.last().is_some_and(is_ending) {
                        self.last_notices(&mut ticks).await;
                    }
                    self.deliver(items).await;
                    let _ = done.send(());
                }
                _ = ticks.tick() => {
                    let mut items = self.take(|| inbox.is_empty());
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
    async fn last_notices(&mut self, ticks: &mut Interval) {
        self.fresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sum_up();
        loop {
            let items = self.take(|| true);
            if items.is_empty() {
                return;
            }
            self.deliver(items).await;
            ticks.tick().await;
        }
    }

    /// What is new, unless reports that go before it are waiting.
    fn take(&self, free: impl FnOnce() -> bool) -> Vec<Value> {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if free() {
            fresh.take(NOTICES_PER_TICK)
        } else {
            Vec::new()
        }
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
                Ok(answer) if answer.status < 300 => {
                    self.answering.store(true, Ordering::Relaxed);
                    return Some(answer.body);
                }
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
                Err(error) if self.answering.load(Ordering::Relaxed) => {
                    eprintln!("the service does not answer, still trying: {error}");
                }
                Err(_) => {}
            }
            self.answering.store(false, Ordering::Relaxed);
            sleep(wait).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
}

/// A random number from 0 to 1, so that many workers do not come back in step.
fn fraction() -> f64 {
    RandomState::new().hash_one(0u8) as f64 / u64::MAX as f64
}
