//! What the tests of the scan stand on: a repository that a test writes, the real service beside the real database, and
//! what a scan left in either.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use milepost::worker::Reporter;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    support::{http::Client, postgres::TestDatabase, service::Service},
    workers::scan::{Scan, ScanError, summary::Summary},
};

/// A service on a database of its own, and a reporter to it.
pub struct Rig {
    pub database: TestDatabase,
    pub service: Service,
    pub reporter: Reporter,
}

impl Rig {
    pub async fn start() -> Self {
        let database = crate::support::postgres::database().await;
        let service = Service::on(&database);
        let url = format!("http://{}", service.client.address);
        let reporter = Reporter::builder(&url).project("acme").build().unwrap();
        Self {
            database,
            service,
            reporter,
        }
    }

    /// Scans, and answers how it ended and the state of the job.
    pub async fn scan(&self, scan: Scan) -> (Result<Summary, ScanError>, Value) {
        let begun = scan.begin(&self.reporter);
        let id = begun.job.id().to_owned();
        let outcome = begun.finish(&self.database.config()).await;
        let path = self.service.client.path(&format!("jobs/{id}"));
        let state = self.service.client.get(&path).await.expect(200).json();
        (outcome, state["data"].clone())
    }

    /// The notices of a job.
    pub async fn notices(&self, job: &Value) -> Vec<Value> {
        let (mut notices, mut after) = (Vec::new(), 0);
        loop {
            let path = format!(
                "jobs/{}/history?after={after}&limit=500",
                job["id"].as_str().unwrap()
            );
            let page = self
                .service
                .client
                .get(&self.service.client.path(&path))
                .await
                .expect(200)
                .json();
            let items = page["items"].as_array().unwrap();
            let those = items
                .iter()
                .filter(|item| item["type"].as_str().unwrap().ends_with(":notice"));
            notices.extend(those.map(|item| item["data"].clone()));
            match page["next"].as_u64() {
                Some(next) => after = next,
                None => return notices,
            }
        }
    }
}

/// The state of a job as soon as it is as it should be.
pub async fn until(client: &Client, job: &str, there: impl Fn(&Value) -> bool) -> Value {
    let mut cursor = String::new();
    loop {
        let path = client.path(&format!("progress?job={job}&wait=25{cursor}"));
        let page = client.get(&path).await.expect(200).json();
        let states = page["items"].as_array().unwrap();
        let newest = states.last().map(|frame| &frame["data"]);
        if let Some(state) = newest.filter(|state| there(state)) {
            return state.clone();
        }
        cursor = format!("&cursor={}", page["cursor"].as_str().unwrap());
    }
}

/// A scan that is as fast as it can be.
pub fn scan(repository: &str, source: &Path) -> Scan {
    Scan {
        repository: repository.into(),
        title: repository.to_uppercase(),
        source: source.to_owned(),
        companions: Vec::new(),
        pace: 0.0,
        halt: CancellationToken::new(),
    }
}

/// Scans without telling anybody.
pub async fn silent(scan: Scan, database: &TestDatabase) -> Result<Summary, ScanError> {
    scan.begin(&Reporter::off())
        .finish(&database.config())
        .await
}

/// Path and rule of every finding in the tables.
pub async fn findings(client: &tokio_postgres::Client, repository: &str) -> Vec<(String, String)> {
    let select =
        "select path, rule from examples.scanned_finding where repository = $1 order by 1, 2";
    let rows = client.query(select, &[&repository]).await.unwrap();
    rows.into_iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect()
}

/// How often each rule is broken, by the tables.
pub async fn by_rule(client: &tokio_postgres::Client, repository: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (_, rule) in findings(client, repository).await {
        *counts.entry(rule).or_default() += 1;
    }
    counts
}

/// The paths of the documents in the tables.
pub async fn documents(client: &tokio_postgres::Client, repository: &str) -> Vec<String> {
    let select = "select path from examples.scanned_document where repository = $1 order by 1";
    let rows = client.query(select, &[&repository]).await.unwrap();
    rows.into_iter().map(|row| row.get(0)).collect()
}

/// Unpacks an archive below `folder`.
pub fn unpack(archive: &Path, folder: &Path) -> PathBuf {
    let bytes = super::super::folder::plain(archive);
    tar::Archive::new(bytes.as_slice()).unpack(folder).unwrap();
    folder.to_owned()
}
