//! The second scan: what did not change is not checked again, what went away is resolved, and the rules over all documents
//! hold all the same.

use std::fs;

use serde_json::json;

use super::{
    rig::{Rig, documents, findings, scan, silent},
    rules::GOOD,
};
use crate::{
    support::postgres::database,
    workers::folder::{Folder, sample},
};

/// A document that breaks no rule by itself.
fn document(number: u64) -> String {
    GOOD.replace("eip: 20", &format!("eip: {number}"))
        .replace("requires: 7, 8\n", "")
}

#[tokio::test]
async fn the_same_scan_again_changes_nothing_and_tells_nothing() {
    let rig = Rig::start().await;
    let source = sample("ethereum-ercs-2026-08-22.tar.zst");
    let (first, job) = rig.scan(scan("ercs", &source)).await;
    let first = first.unwrap();
    assert!(job["notices"]["total"].as_u64().unwrap() > 0);
    let client = rig.database.connect().await;
    let state = "select string_agg(s::text, ',' order by s::text) from
                 (select d, f from examples.scanned_document d left join examples.scanned_finding f using (repository, path)) s";
    let before: String = client.query_one(state, &[]).await.unwrap().get(0);
    let (second, job) = rig.scan(scan("ercs", &source)).await;
    let second = second.unwrap();
    assert_eq!(
        (second.unchanged, second.added, second.changed),
        (first.documents, 0, 0)
    );
    assert_eq!((second.opened, second.resolved), (0, 0));
    assert_eq!(
        (second.findings, second.valid),
        (first.findings, first.valid)
    );
    assert_eq!(job["notices"]["total"], json!(0));
    assert_eq!(job["counters"]["major"], json!(first.findings[1]));
    let after: String = client.query_one(state, &[]).await.unwrap().get(0);
    assert_eq!(before, after);
}

#[tokio::test]
async fn only_what_changed_is_checked_again() {
    let (rig, folder) = (Rig::start().await, Folder::new());
    for number in 1..=5 {
        folder.file(&format!("r/eip-{number}.md"), document(number));
    }
    folder.file(
        "r/eip-4.md",
        document(4).replace("title: Token Standard\n", ""),
    );
    let source = folder.0.join("r");
    let (first, _) = rig.scan(scan("r", &source)).await;
    assert_eq!(first.unwrap().findings, [0, 1, 0]);

    folder.file("r/eip-1.md", document(1).replace("Final", "Unheard"));
    folder.file("r/eip-4.md", document(4));
    folder.file("r/eip-6.md", document(6).replace("## Rationale", ""));
    fs::remove_file(source.join("eip-5.md")).unwrap();
    let (second, job) = rig.scan(scan("r", &source)).await;
    let second = second.unwrap();
    assert_eq!(
        (
            second.added,
            second.changed,
            second.removed,
            second.unchanged
        ),
        (1, 2, 1, 2)
    );
    assert_eq!(
        (second.opened, second.resolved, second.findings),
        (2, 1, [0, 2, 0])
    );
    let parse = &job["phases"][2];
    assert_eq!(
        (&parse["name"], &parse["current"], &parse["total"]),
        (&json!("parse"), &json!(3), &json!(3))
    );
    let codes: Vec<_> = rig
        .notices(&job)
        .await
        .into_iter()
        .map(|notice| notice["code"].clone())
        .collect();
    assert_eq!(codes, ["status_unknown", "section_missing"]);
    let client = rig.database.connect().await;
    assert_eq!(
        documents(&client, "r").await,
        [1, 2, 3, 4, 6].map(|number| format!("eip-{number}.md"))
    );
}

#[tokio::test]
async fn an_unchanged_document_is_blamed_for_what_others_do() {
    let (rig, folder) = (Rig::start().await, Folder::new());
    let source = folder.0.join("r");
    folder.file(
        "r/eip-1.md",
        document(1).replace("category: ERC", "category: ERC\nrequires: 2"),
    );
    folder.file("r/eip-2.md", document(2));
    let (first, _) = rig.scan(scan("r", &source)).await;
    assert_eq!(first.unwrap().findings, [0, 0, 0]);
    fs::remove_file(source.join("eip-2.md")).unwrap();
    let (second, job) = rig.scan(scan("r", &source)).await;
    let second = second.unwrap();
    assert_eq!((second.unchanged, second.removed, second.opened), (1, 1, 1));
    let notices = rig.notices(&job).await;
    assert_eq!(notices.len(), 1);
    assert_eq!(
        notices[0]["message"],
        "eip-1.md:10: requires 2, which does not exist"
    );
    let (third, job) = rig.scan(scan("r", &source)).await;
    assert_eq!(
        (third.unwrap().findings, &job["notices"]["total"]),
        ([0, 1, 0], &json!(0)),
        "told once"
    );
    folder.file("r/eip-2.md", document(2));
    let (last, _) = rig.scan(scan("r", &source)).await;
    let last = last.unwrap();
    assert_eq!((last.findings, last.resolved), ([0, 0, 0], 1));
}

#[tokio::test]
async fn what_was_checked_by_older_rules_is_checked_again() {
    let (database, folder) = (database().await, Folder::new());
    folder.file("r/eip-1.md", document(1));
    let source = folder.0.join("r");
    silent(scan("r", &source), &database).await.unwrap();
    let client = database.connect().await;
    client
        .execute("update examples.scanned_document set rules = 0", &[])
        .await
        .unwrap();
    let second = silent(scan("r", &source), &database).await.unwrap();
    assert_eq!((second.changed, second.unchanged), (1, 0));
    let third = silent(scan("r", &source), &database).await.unwrap();
    assert_eq!((third.changed, third.unchanged), (0, 1));
}

#[tokio::test]
async fn a_finding_that_stays_keeps_its_first_day_though_it_moves() {
    let (database, folder) = (database().await, Folder::new());
    let bad = document(1).replace("status: Final", "status: Unheard");
    folder.file("r/eip-1.md", &bad);
    let source = folder.0.join("r");
    silent(scan("r", &source), &database).await.unwrap();
    let client = database.connect().await;
    let select = "select found_at, line from examples.scanned_finding";
    let before = client
        .query_one(
            "select found_at::text, line from examples.scanned_finding",
            &[],
        )
        .await
        .unwrap();
    folder.file(
        "r/eip-1.md",
        bad.replace("title:", "updated: 2020-01-01\ntitle:"),
    );
    let second = silent(scan("r", &source), &database).await.unwrap();
    assert_eq!((second.opened, second.resolved), (0, 0), "{select}");
    let after = client
        .query_one(
            "select found_at::text, line from examples.scanned_finding",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(before.get::<_, String>(0), after.get::<_, String>(0));
    assert_eq!((before.get::<_, i64>(1), after.get::<_, i64>(1)), (7, 8));
    assert_eq!(findings(&client, "r").await.len(), 1);
}
