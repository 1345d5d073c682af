//! One list of expectations, run over polling, server-sent events and WebSocket against the real binary on a real
//! Postgres (contract, sections 3, 4, 6 and 7).

mod endings;
mod resume;
mod select;

use serde_json::{Value, json};

use crate::support::postgres::{self, TestDatabase};
use crate::support::service::Service;
use crate::support::watch::{Given, Transport, Watch};

/// A service on a database of its own.
pub struct Site {
    pub service: Service,
    _database: TestDatabase,
}

impl Site {
    pub async fn new() -> Self {
        let database = postgres::database().await;
        let service = Service::on(&database);
        Self {
            service,
            _database: database,
        }
    }

    /// Begins to watch.
    pub async fn watch(&self, transport: Transport, query: &str) -> Watch {
        let opened = Watch::open(&self.service.client, transport, query, None).await;
        opened.unwrap_or_else(|status| panic!("{transport:?} {query}: {status}"))
    }

    /// Begins to watch from a cursor.
    pub async fn resume(&self, transport: Transport, query: &str, cursor: &str) -> Watch {
        let opened = Watch::open(&self.service.client, transport, query, Some(cursor)).await;
        opened.unwrap_or_else(|status| panic!("{transport:?} {query}: {status}"))
    }

    /// Makes a job of kind `scan`.
    pub async fn create(&self, id: &str) {
        self.service
            .client
            .create(id, &json!({"kind": "scan", "total": 100, "unit": "files"}))
            .await;
    }

    /// Reports, and expects this to be taken.
    pub async fn report(&self, id: &str, body: Value) -> Value {
        let answer = self.service.client.report(id, &body).await;
        assert!(
            answer.status < 300,
            "{body}: {} {:?}",
            answer.status,
            answer.body
        );
        answer.json()
    }

    /// The bytes of one job's frame.
    pub async fn frame(&self, id: &str) -> bytes::Bytes {
        self.service
            .client
            .get(&format!("/v1/projects/acme/jobs/{id}"))
            .await
            .expect(200)
            .body
    }
}

/// The frames among what was given.
pub fn frames(all: &[Given]) -> Vec<Value> {
    all.iter().filter_map(Given::state).collect()
}

/// The ids of the jobs in frames, sorted.
pub fn ids(states: &[Value]) -> Vec<String> {
    let mut ids: Vec<String> = states
        .iter()
        .map(|s| s["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}
