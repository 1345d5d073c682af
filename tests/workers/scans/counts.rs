//! The counts of whole repositories, against a second and independent count: `count.py` beside this file, which reads the
//! unpacked files with Python's standard library and knows nothing of YAML or of the code under test; and against SQL
//! over what was stored.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::{Value, json};

use super::rig::{Rig, by_rule, scan, silent, unpack};
use crate::{
    support::postgres::database,
    workers::{
        folder::{Folder, large, sample},
        scan::{rule::RULES, summary::Summary},
    },
};

/// What Python counts in a folder.
fn independent(folder: &Path, companion: Option<&Path>) -> Value {
    let severity: BTreeMap<&str, &str> = RULES
        .iter()
        .map(|rule| (rule.id, rule.severity.name()))
        .collect();
    let today = jiff::Timestamp::now().strftime("%F").to_string();
    let place = Folder::new();
    let rules = place.file(
        "rules.json",
        json!({"severity": severity, "today": today}).to_string(),
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workers/scans/count.py");
    let mut python = Command::new("python3");
    let output = python
        .arg(script)
        .arg(folder)
        .arg(rules)
        .args(companion)
        .output()
        .expect("python3 is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn agrees(archive: &Path, companion: Option<&Path>) -> Summary {
    let (database, place) = (database().await, Folder::new());
    let folder = unpack(archive, &place.0.join("whole"));
    let beside = companion.map(|archive| unpack(archive, &place.0.join("beside")));
    let expected = independent(&folder, beside.as_deref());
    let mut whole = scan("whole", archive);
    whole.companions = companion.map(Path::to_owned).into_iter().collect();
    let summary = silent(whole, &database).await.unwrap();
    let client = database.connect().await;
    let counted: BTreeMap<String, u64> =
        serde_json::from_value(expected["findings"].clone()).unwrap();
    assert_eq!(by_rule(&client, "whole").await, counted);
    assert_eq!(summary.documents, expected["documents"].as_u64().unwrap());
    assert_eq!(summary.invalid, expected["invalid"].as_u64().unwrap());
    assert_eq!(summary.valid + summary.invalid, summary.documents);
    assert_eq!(
        summary.findings.iter().sum::<u64>(),
        counted.values().sum::<u64>()
    );
    assert_eq!(
        (summary.added, summary.opened),
        (summary.documents, counted.values().sum())
    );
    summary
}

#[tokio::test]
async fn the_samples_are_counted_as_an_independent_reading_counts_them() {
    let (eips, ercs) = (
        sample("ethereum-eips-2026-08-22.tar.zst"),
        sample("ethereum-ercs-2026-08-22.tar.zst"),
    );
    let alone = agrees(&ercs, None).await;
    let beside = agrees(&ercs, Some(&eips)).await;
    assert!(
        alone.findings[1] > beside.findings[1],
        "what is required of a companion exists with it"
    );
    agrees(&eips, Some(&ercs)).await;
}

#[tokio::test]
async fn the_whole_repositories_are_counted_as_an_independent_reading_counts_them() {
    let (Some(eips), Some(ercs)) = (
        large("markdown/ethereum-eips.tar.zst"),
        large("markdown/ethereum-ercs.tar.zst"),
    ) else {
        return;
    };
    agrees(&eips, None).await;
    agrees(&ercs, None).await;
    agrees(&ercs, Some(&eips)).await;
}

#[tokio::test]
async fn tables_counters_notices_and_result_say_the_same() {
    let rig = Rig::start().await;
    let (outcome, job) = rig
        .scan(scan("eips", &sample("ethereum-eips-2026-08-22.tar.zst")))
        .await;
    let summary = outcome.unwrap();
    assert_eq!(
        (job["status"].as_str(), job["subject"].as_str()),
        (Some("completed"), Some("eips"))
    );
    for (name, count) in summary.counts() {
        assert_eq!(
            (&job["result"][name], &job["counters"][name]),
            (&json!(count), &json!(count)),
            "{name}"
        );
    }
    let phases = job["phases"].as_array().unwrap().iter();
    let phases: Vec<_> = phases
        .map(|phase| {
            (
                phase["name"].as_str().unwrap(),
                phase["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        phases,
        ["discovery", "fetch", "parse", "validate", "persist"].map(|name| (name, "completed"))
    );
    let mut noticed = BTreeMap::<String, u64>::new();
    for notice in rig.notices(&job).await {
        *noticed
            .entry(notice["code"].as_str().unwrap().to_owned())
            .or_default() += 1;
        let place = format!(
            "{}:{}: ",
            notice["data"]["file"].as_str().unwrap(),
            notice["data"]["line"]
        );
        assert!(
            notice["message"].as_str().unwrap().starts_with(&place),
            "{notice}"
        );
    }
    let client = rig.database.connect().await;
    assert_eq!(by_rule(&client, "eips").await, noticed);
    let stored = "select severity, count(*) from examples.scanned_finding group by 1";
    for row in client.query(stored, &[]).await.unwrap() {
        assert_eq!(
            job["counters"][row.get::<_, &str>(0)],
            json!(row.get::<_, i64>(1))
        );
    }
    let worst = job["result"]["worst"].as_array().unwrap();
    assert!(
        worst.len() == 5 && worst[0]["findings"].as_u64() >= worst[4]["findings"].as_u64(),
        "{worst:?}"
    );
}
