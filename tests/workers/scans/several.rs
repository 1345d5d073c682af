//! Several repositories at once, in one database and under one reporter: never mixed up, though their files have the same
//! names.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::rig::{Rig, by_rule, documents, findings, scan, silent, unpack};
use crate::{
    support::postgres::database,
    workers::folder::{Folder, large, sample},
};

#[tokio::test]
async fn scans_side_by_side_find_what_each_finds_alone() {
    let (rig, alone) = (Rig::start().await, database().await);
    let place = Folder::new();
    let (eips, ercs) = (
        sample("ethereum-eips-2026-08-22.tar.zst"),
        sample("ethereum-ercs-2026-08-22.tar.zst"),
    );
    // The same files under another name, some of them damaged: same paths, other contents.
    let copy = unpack(&eips, &place.0.join("copy"));
    place.file("copy/EIPS/eip-1.md", "damaged");
    let sources = [("eips", &eips), ("ercs", &ercs), ("copy", &copy)];
    let runs = sources.map(|(name, source)| rig.scan(scan(name, source)));
    let ended = futures_util::future::join_all(runs).await;
    let (client, other) = (rig.database.connect().await, alone.connect().await);
    for ((name, source), (outcome, job)) in sources.into_iter().zip(ended) {
        let summary = outcome.unwrap();
        assert_eq!(
            summary,
            silent(scan(name, source), &alone).await.unwrap(),
            "{name}"
        );
        assert_eq!(
            (job["subject"].as_str(), job["result"]["documents"].as_u64()),
            (Some(name), Some(summary.documents))
        );
        assert_eq!(findings(&client, name).await, findings(&other, name).await);
        assert_eq!(
            documents(&client, name).await,
            documents(&other, name).await
        );
        let told = rig.notices(&job).await;
        let counts: u64 = by_rule(&client, name).await.values().sum();
        assert_eq!(json!(told.len()), json!(counts), "{name}");
        let own: BTreeSet<String> = documents(&client, name).await.into_iter().collect();
        assert!(
            told.iter()
                .all(|notice| own.contains(notice["data"]["file"].as_str().unwrap()))
        );
    }
}

#[tokio::test]
async fn of_the_whole_repositories_every_finding_is_told_once_and_under_its_own_job() {
    let names = ["ethereum-eips", "ethereum-ercs"];
    let Some(sources) = names
        .map(|name| large(&format!("markdown/{name}.tar.zst")))
        .into_iter()
        .collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let rig = Rig::start().await;
    let runs = names
        .iter()
        .zip(&sources)
        .map(|(name, source)| rig.scan(scan(name, source)));
    let client = rig.database.connect().await;
    for (name, (outcome, job)) in names.iter().zip(futures_util::future::join_all(runs).await) {
        let summary = outcome.unwrap();
        let mut told: Vec<_> = rig.notices(&job).await.iter().map(place_and_code).collect();
        told.sort();
        assert_eq!(told, findings(&client, name).await, "{name}");
        assert_eq!(told.len() as u64, summary.findings.iter().sum::<u64>());
    }
}

fn place_and_code(notice: &Value) -> (String, String) {
    let text = |value: &Value| {
        value
            .as_str()
            .unwrap_or_else(|| panic!("{notice}"))
            .to_owned()
    };
    (text(&notice["data"]["file"]), text(&notice["code"]))
}

#[tokio::test]
async fn scans_of_one_repository_at_once_take_turns() {
    let database = database().await;
    let source = sample("ethereum-ercs-2026-08-22.tar.zst");
    let (a, b) = tokio::join!(
        silent(scan("r", &source), &database),
        silent(scan("r", &source), &database)
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(
        (a.added + b.added, a.unchanged + b.unchanged),
        (a.documents, a.documents)
    );
    assert_eq!(a.findings, b.findings);
}
