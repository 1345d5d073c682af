//! What the tests of whole ingestions stand on: a service, a database of their own beside it, and folders of documents.

use std::{path::PathBuf, time::Duration};

use milepost::worker::Reporter;
use serde_json::Value;
use tokio_postgres::{Client, types::ToSql};
use tokio_util::sync::CancellationToken;

use super::super::{
    folder::Folder,
    ingestion::{
        ingestion::{Begun, Ingestion},
        outcome::{IngestError, Summary},
        search::{Found, search},
        store::Store,
    },
};
use crate::support::{http, postgres, service::Service};

pub struct Rig {
    pub service: Service,
    /// The service's database.
    _own: postgres::TestDatabase,
    pub reporter: Reporter,
    pub database: postgres::TestDatabase,
    pub store: Store,
    pub folder: Folder,
}

impl Rig {
    pub async fn start() -> Self {
        let own = postgres::database().await;
        let service = Service::on(&own);
        let url = format!("http://{}", service.client.address);
        let database = postgres::database().await;
        Self {
            reporter: Reporter::builder(&url).project("acme").build().unwrap(),
            store: Store::new(&database.config(), 4).unwrap(),
            service,
            _own: own,
            database,
            folder: Folder::new(),
        }
    }

    pub fn begin(&self, source: PathBuf) -> Begun {
        ingestion(source).begin(&self.reporter, None)
    }

    /// Ingests a source; the state of its job, and how it ended.
    pub async fn ingest(&self, source: PathBuf) -> (Value, Result<Summary, IngestError>) {
        let begun = self.begin(source);
        let job = begun.job.clone();
        let outcome = begun.finish(&self.store).await;
        (self.state(job.id()).await, outcome)
    }

    pub fn client(&self) -> &http::Client {
        &self.service.client
    }

    pub async fn state(&self, job: &str) -> Value {
        let path = self.client().path(&format!("jobs/{job}"));
        self.client().get(&path).await.expect(200).json()["data"].clone()
    }

    /// The kept happenings of a job: type without the kind, and data.
    pub async fn history(&self, job: &str) -> Vec<(String, Value)> {
        let path = self
            .client()
            .path(&format!("jobs/{job}/history?limit=1000"));
        let history = self.client().get(&path).await.expect(200).json();
        let kind = |item: &Value| {
            item["type"]
                .as_str()
                .unwrap()
                .rsplit(':')
                .next()
                .unwrap()
                .to_owned()
        };
        let items = history["items"].as_array().unwrap().iter();
        items
            .map(|item| (kind(item), item["data"].clone()))
            .collect()
    }

    /// Codes and paths of the notices of a job, in order of paths.
    pub async fn notices(&self, job: &Value) -> Vec<(String, String)> {
        let history = self.history(job["id"].as_str().unwrap()).await;
        let notices = history.into_iter().filter(|(kind, _)| kind == "notice");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut all: Vec<_> = notices
            .map(|(_, data)| (text(&data["data"]["path"]), text(&data["code"])))
            .collect();
        all.sort();
        all
    }

    pub async fn search(&self, query: &str) -> Found {
        search(&self.store, query, None, 1_000).await.unwrap()
    }

    pub async fn sql(&self) -> Client {
        self.database.connect().await
    }

    /// A number out of the database.
    pub async fn number(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> i64 {
        self.sql()
            .await
            .query_one(sql, values)
            .await
            .unwrap()
            .get(0)
    }
}

pub fn ingestion(source: PathBuf) -> Ingestion {
    Ingestion {
        collection: "test".into(),
        title: "Test".into(),
        source,
        anew: false,
        pace: 0.0,
        wait: Duration::from_millis(20),
        halt: CancellationToken::new(),
    }
}
