//! A real service with a database of its own, and a reporter for it.

use std::time::Duration;

use milepost::worker::{Builder, Reporter};
use serde_json::Value;

use crate::support::http::Client;
use crate::support::postgres::{self, TestDatabase};
use crate::support::service::Service;

/// Long enough for any noisy machine; a test that waits so long has failed.
pub const LONG: Duration = Duration::from_secs(60);

/// A service at work.
pub struct Rig {
    pub service: Service,
    /// Lasts as long as the service.
    _database: TestDatabase,
}

impl Rig {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with these arguments.
    pub async fn with(more: &[&str]) -> Self {
        let database = postgres::database().await;
        let url = database.url();
        let service = Service::serve(&[&["--database-url", url.as_str()], more].concat());
        Self {
            service,
            _database: database,
        }
    }

    pub fn client(&self) -> &Client {
        &self.service.client
    }

    /// What reports to it.
    pub fn builder(&self) -> Builder {
        builder(&self.client().address)
    }

    pub fn reporter(&self) -> Reporter {
        self.builder().build().expect("a reporter")
    }

    /// The state of a job.
    pub async fn state(&self, id: &str) -> Value {
        state(self.client(), id).await
    }

    /// The state of a job, once it is as it should be.
    pub async fn until(&self, id: &str, there: impl Fn(&Value) -> bool) -> Value {
        until(self.client(), id, there).await
    }

    /// The kept happenings of a job: `type` without the kind, and `data`.
    pub async fn history(&self, id: &str) -> Vec<(String, Value)> {
        let path = self.client().path(&format!("jobs/{id}/history?limit=1000"));
        let history = self.client().get(&path).await.expect(200).json();
        let items = history["items"].as_array().expect("items").iter();
        items
            .map(|item| {
                let what = item["type"].as_str().expect("a type");
                let what = what.rsplit(':').next().unwrap_or_default();
                (what.to_owned(), item["data"].clone())
            })
            .collect()
    }
}

/// What reports to the service at this address, on project `acme`.
pub fn builder(address: &str) -> Builder {
    Reporter::builder(&format!("http://{address}")).project("acme")
}

/// The state of a job.
pub async fn state(client: &Client, id: &str) -> Value {
    let path = client.path(&format!("jobs/{id}"));
    client.get(&path).await.expect(200).json()["data"].clone()
}

/// The state of a job, once there is one that is as it should be.
pub async fn until(client: &Client, id: &str, there: impl Fn(&Value) -> bool) -> Value {
    let path = client.path(&format!("jobs/{id}"));
    let wait = async {
        loop {
            let answer = client.try_send("GET", &path, &[], b"").await;
            if let Ok(answer) = answer
                .map_err(drop)
                .and_then(|a| (a.status == 200).then_some(a).ok_or(()))
                && let state = answer.json()["data"].clone()
                && there(&state)
            {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(LONG, wait).await;
    match waited {
        Ok(state) => state,
        Err(_) => panic!("waited in vain; it is {}", state(client, id).await),
    }
}

/// What the service counts, as Prometheus reads it.
pub async fn metrics(client: &Client) -> String {
    let text = client.get("/metrics").await.expect(200).body;
    String::from_utf8(text.to_vec()).expect("text")
}

/// Waits until the service has counted something like this.
pub async fn counted(client: &Client, what: &str) {
    let counted = async {
        while !metrics(client).await.contains(what) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(LONG, counted).await;
    waited.unwrap_or_else(|_| panic!("waited in vain for {what}"));
}
