//! A hundred workers that write down what they were promised, and a watcher that writes down what it saw.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::task::JoinHandle;

use super::begin;
use crate::support::http::Client;
use crate::support::watch::{Given, Transport, Watch};

/// How many jobs.
pub const JOBS: usize = 100;

/// What was promised and seen.
#[derive(Default)]
pub struct Record {
    /// For each job the `seq` of every notice that was answered 200.
    pub acked: Mutex<BTreeMap<String, BTreeSet<u64>>>,
    /// For each job and version the bytes that a watcher saw.
    pub seen: Mutex<BTreeMap<(String, u64), Bytes>>,
    /// How many answers of 200 there were.
    pub answers: AtomicU64,
}

/// Workers and watchers at it.
pub struct Load {
    pub record: Arc<Record>,
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<()>>,
    watchers: Vec<JoinHandle<()>>,
}

impl Load {
    /// Makes the jobs and begins.
    pub async fn begin(client: &Client) -> Self {
        for job in 0..JOBS {
            begin(client, &format!("j{job}")).await;
        }
        let (record, stop) = (
            Arc::new(Record::default()),
            Arc::new(AtomicBool::new(false)),
        );
        let mut load = Self {
            record,
            stop,
            workers: Vec::new(),
            watchers: Vec::new(),
        };
        for transport in [Transport::Events, Transport::WebSocket] {
            let watch = Watch::open(client, transport, "kind=scan", None)
                .await
                .expect("a stream");
            load.watchers
                .push(tokio::spawn(watch_all(watch, load.record.clone())));
        }
        for job in 0..JOBS {
            let worker = work(
                client.clone(),
                format!("j{job}"),
                load.record.clone(),
                load.stop.clone(),
            );
            load.workers.push(tokio::spawn(worker));
        }
        load
    }

    /// Waits until so many more reports were answered.
    pub async fn answers(&self, more: u64) {
        let goal = self.record.answers.load(Ordering::Relaxed) + more;
        while self.record.answers.load(Ordering::Relaxed) < goal {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends it. Workers end with the report they are at, if they can be answered at all.
    pub async fn end(self, answered: bool) -> Arc<Record> {
        self.stop.store(true, Ordering::Relaxed);
        for worker in self.workers {
            if answered {
                worker.await.expect("no panic");
            } else {
                worker.abort();
            }
        }
        for watcher in self.watchers {
            watcher.abort();
        }
        self.record
    }
}

/// One worker: a notice after the other, each repeated until it is answered.
async fn work(client: Client, id: String, record: Arc<Record>, stop: Arc<AtomicBool>) {
    let path = format!("/v1/projects/acme/jobs/{id}/reports");
    let mut seq = 1;
    while !stop.load(Ordering::Relaxed) {
        seq += 1;
        let body =
            json!({"type": "notice", "level": "info", "seq": seq, "message": seq.to_string()})
                .to_string();
        loop {
            let headers = [("content-type", "application/json")];
            match client
                .try_send("POST", &path, &headers, body.as_bytes())
                .await
            {
                Ok(answer) if answer.status == 200 => break,
                Ok(answer) => assert!(matches!(answer.status, 429 | 503), "{answer:?}"),
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        record
            .acked
            .lock()
            .unwrap()
            .entry(id.clone())
            .or_default()
            .insert(seq);
        record.answers.fetch_add(1, Ordering::Relaxed);
        // At most 50 notices a second on one job.
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}

async fn watch_all(mut watch: Watch, record: Arc<Record>) {
    loop {
        let given = watch.next().await;
        if let (Given::Frame(bytes), Some(state)) = (&given, given.state()) {
            let key = (
                state["id"].as_str().unwrap().to_owned(),
                state["version"].as_u64().unwrap(),
            );
            let mut seen = record.seen.lock().unwrap();
            let first = seen.entry(key.clone()).or_insert_with(|| bytes.clone());
            assert_eq!(first, bytes, "P3: one version, two states: {key:?}");
        }
        if matches!(given, Given::Closed(_)) {
            return;
        }
    }
}

/// Everything that was promised and seen is there, once.
pub async fn check(client: &Client, record: &Record) {
    let acked = record.acked.lock().unwrap().clone();
    let seen = record.seen.lock().unwrap().clone();
    assert!(!acked.is_empty() && !seen.is_empty());
    for (id, seqs) in &acked {
        let kept = history(client, id).await;
        let distinct: BTreeSet<u64> = kept.iter().copied().collect();
        assert_eq!(distinct.len(), kept.len(), "P2: {id} holds a notice twice");
        let lost: Vec<&u64> = seqs.difference(&distinct).collect();
        assert!(lost.is_empty(), "P1: {id} lost {lost:?}");
    }
    for ((id, version), bytes) in &seen {
        let now = client
            .get(&format!("/v1/projects/acme/jobs/{id}"))
            .await
            .expect(200);
        let stored = now.json()["data"]["version"].as_u64().unwrap();
        assert!(
            stored >= *version,
            "P3: {id} was shown version {version}, stored is {stored}"
        );
        if stored == *version {
            assert_eq!(&now.body, bytes, "P3: {id} version {version}");
        }
    }
}

/// The numbers in the messages of a job's notices.
async fn history(client: &Client, id: &str) -> Vec<u64> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("/v1/projects/acme/jobs/{id}/history?after={after}&limit=500");
        let page = client.get(&path).await.expect(200).json();
        for line in page["items"].as_array().unwrap() {
            let message = line["data"]["message"].as_str().unwrap_or_default();
            if line["type"].as_str().unwrap().ends_with(":notice") {
                all.push(message.parse().unwrap());
            }
        }
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => return all,
        }
    }
}
