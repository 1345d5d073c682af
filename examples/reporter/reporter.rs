//! Tells the service how a job is getting on, from beside the job.
//!
//! The job never waits for HTTP: progress and counters are left as the newest values, and a task
//! sends them at most ten times a second. A report is repeated, unchanged, until it is answered.
//! What the service says back matters in one way only: a wish to cancel. No trouble with
//! reporting fails the job.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    http::Http,
    sender::{Fresh, NOTICES_PER_TICK, NOTICES_WAITING, Order, Sender, is_ending, notice},
};

/// How long a phase waits for its answer before the job goes on without it.
const PHASE_PATIENCE: Duration = Duration::from_secs(5);

/// Where to report to.
#[derive(Clone)]
pub struct Target {
    /// The service, as `http://host:port`.
    pub server: String,
    /// The project the job belongs to.
    pub project: String,
    /// A bearer token with the scopes `create` and `report`, where the service wants one.
    pub token: Option<String>,
    /// How long the ending of a job is tried before the program goes on without it.
    pub patience: Duration,
}

/// One job's line to the service. [`Reporter::off`] is one that says nothing.
pub struct Reporter {
    link: Option<Link>,
    /// The program's own wish to stop.
    halt: CancellationToken,
    /// That, or the wish of a person.
    stop: CancellationToken,
    patience: Duration,
}

struct Link {
    orders: mpsc::UnboundedSender<Order>,
    fresh: Arc<Mutex<Fresh>>,
    /// Whether the last request was answered: nobody waits for a service that is away.
    answering: Arc<AtomicBool>,
    _task: AbortOnDropHandle<()>,
}

impl Reporter {
    /// A reporter that reports nothing. `halt` is the only thing that cancels its job.
    pub fn off(halt: &CancellationToken) -> Self {
        Self {
            link: None,
            halt: halt.clone(),
            stop: halt.child_token(),
            patience: PHASE_PATIENCE,
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
        let answering = Arc::new(AtomicBool::new(true));
        let (orders, inbox) = mpsc::unbounded_channel();
        let sender = Sender {
            http,
            job: format!("/v1/projects/{}/jobs/{id}", target.project),
            fresh: fresh.clone(),
            stop: stop.clone(),
            answering: answering.clone(),
            attempt: Value::Null,
            seq: 0,
        };
        let task = AbortOnDropHandle::new(tokio::spawn(sender.run(creation, inbox)));
        let link = Link {
            orders,
            fresh,
            answering,
            _task: task,
        };
        let this = Self {
            link: Some(link),
            halt: halt.clone(),
            stop,
            patience: target.patience,
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
        let answering = self
            .link
            .as_ref()
            .is_some_and(|link| link.answering.load(Ordering::Relaxed));
        let patience = if answering {
            PHASE_PATIENCE
        } else {
            Duration::ZERO
        };
        self.order(report, patience).await;
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
        let longest = if self.halt.is_cancelled() {
            PHASE_PATIENCE
        } else {
            self.patience
        };
        self.order(ending, longest).await;
    }

    /// Hands a report over, behind the progress that belongs before it, and waits for its answer.
    async fn order(&self, report: Value, patience: Duration) {
        let Some(link) = &self.link else { return };
        let (done, wait) = oneshot::channel();
        {
            // Under the lock, so that no tick of a new phase gets ahead of its announcement.
            let mut fresh = link.fresh.lock().unwrap_or_else(PoisonError::into_inner);
            // Notices that still wait go out before an ending, at their own pace.
            let notices = if is_ending(&report) {
                0
            } else {
                NOTICES_PER_TICK
            };
            let mut items = fresh.take(notices);
            items.push(report);
            let _ = link.orders.send((items, done));
        }
        let _ = timeout(patience, wait).await;
    }
}
