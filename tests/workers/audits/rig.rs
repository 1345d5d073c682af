//! What the tests of whole audits stand on: the service and the database, targets that a test writes, and what an audit
//! left in either.

use std::{collections::BTreeMap, path::PathBuf};

use milepost::worker::Reporter;
use serde_json::Value;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use crate::support::{postgres::TestDatabase, service::Service};
use crate::workers::{
    audit::{Audit, outcome::AuditError, tally::Summary},
    folder::Folder,
};

/// A service on a database of its own, a reporter to it, and a folder.
pub struct Rig {
    pub database: TestDatabase,
    pub service: Service,
    pub reporter: Reporter,
    pub folder: Folder,
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
            folder: Folder::new(),
        }
    }

    /// Audits; how it ended, and the state of its job.
    pub async fn audit(&self, audit: Audit) -> (Result<Summary, AuditError>, Value) {
        let begun = audit.begin(&self.reporter);
        let id = begun.job.id().to_owned();
        let outcome = begun.finish(&self.database.config()).await;
        (outcome, self.state(&id).await)
    }

    /// The state of a job.
    pub async fn state(&self, id: &str) -> Value {
        let client = &self.service.client;
        let path = client.path(&format!("jobs/{id}"));
        client.get(&path).await.expect(200).json()["data"].clone()
    }

    /// The notices of a job, oldest first.
    pub async fn notices(&self, job: &Value) -> Vec<Value> {
        let (mut notices, mut after) = (Vec::new(), 0);
        let (client, id) = (&self.service.client, job["id"].as_str().unwrap());
        loop {
            let path = client.path(&format!("jobs/{id}/history?after={after}&limit=500"));
            let page = client.get(&path).await.expect(200).json();
            for item in page["items"].as_array().unwrap() {
                if item["type"].as_str().unwrap().ends_with(":notice") {
                    notices.push(item["data"].clone());
                }
            }
            match page["next"].as_u64() {
                Some(next) => after = next,
                None => return notices,
            }
        }
    }

    /// A lockfile with these packages, and an advisory on each of `flawed`, which nothing mends.
    pub fn lockfile(&self, name: &str, packages: &[&str]) -> PathBuf {
        let package = |package: &&str| {
            let (name, version) = package.split_once(' ').unwrap();
            let source = "registry+https://github.com/rust-lang/crates.io-index";
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"{source}\"\n"
            )
        };
        let text: Vec<String> = packages.iter().map(package).collect();
        self.folder
            .file(&format!("{name}/Cargo.lock"), text.join("\n"))
    }

    /// A database with an advisory on each of these packages, mended by version 2.
    pub fn advisories(&self, packages: &[&str]) -> PathBuf {
        for (number, package) in packages.iter().enumerate() {
            let text = format!(
                "```toml\n[advisory]\nid = \"RUSTSEC-2020-{number:04}\"\npackage = \"{package}\"\n\
                 cvss = \"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"\n\n[versions]\npatched = [\">= 2\"]\n```\n\n\
                 # {package} is flawed\n"
            );
            self.folder
                .file(&format!("db/crates/{package}/{number}.md"), text);
        }
        self.folder.0.join("db")
    }

    /// How many findings are open in the tables, by target.
    pub async fn open(&self, owner: &str) -> BTreeMap<String, i64> {
        let select = "select target, sum(occurrences)::bigint from examples.audit_finding \
                      where owner = $1 and fixed_at is null group by 1";
        let rows = self.connect().await.query(select, &[&owner]).await.unwrap();
        rows.into_iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect()
    }

    pub async fn connect(&self) -> Client {
        self.database.connect().await
    }
}

/// An audit for nobody in particular that is as fast as it can be.
pub fn audit(target: &str, source: PathBuf, advisories: Option<PathBuf>) -> Audit {
    Audit {
        target: target.into(),
        title: format!("Audit of {target}"),
        source,
        advisories,
        owner: None,
        pace: 0.0,
        halt: CancellationToken::new(),
    }
}

/// The same for a person.
pub fn audit_for(owner: &str, audit: Audit) -> Audit {
    Audit {
        owner: Some(owner.into()),
        ..audit
    }
}
