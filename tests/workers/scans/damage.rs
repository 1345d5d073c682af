//! Damaged files and archives: each a clear finding or failure, nothing lost, and the scan goes on.

use std::{fs, os::unix::fs::symlink};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::json;

use super::{
    rig::{Rig, documents, findings, scan, silent, until},
    rules::GOOD,
};
use crate::{
    support::postgres::database,
    workers::{
        folder::{Folder, plain, sample},
        scan::{Scan, ScanError},
    },
};

/// Damaged files, and the rule that each breaks.
fn damaged(folder: &Folder) -> Vec<(String, String)> {
    let numbered = |number: u64| {
        GOOD.replace("eip: 20", &format!("eip: {number}"))
            .replace("requires: 7, 8\n", "")
    };
    let huge = format!("{}{}", numbered(7), "x".repeat(2 << 20));
    let latin: Vec<u8> = numbered(1)
        .replace("Token", "Tok\u{e9}n")
        .chars()
        .map(|c| c as u8)
        .collect();
    let cases: [(u64, &str, Vec<u8>); 7] = [
        (1, "not_utf8", latin),
        (2, "front_matter_missing", b"# Only a text\n".to_vec()),
        (
            3,
            "yaml_broken",
            numbered(3).replace("title: ", "title: [").into_bytes(),
        ),
        (4, "front_matter_missing", Vec::new()),
        (
            5,
            "front_matter_open",
            numbered(5)
                .split("\n---\n")
                .next()
                .unwrap()
                .as_bytes()
                .to_vec(),
        ),
        (
            6,
            "yaml_broken",
            numbered(6).replace("title:", "eip: 6\ntitle:").into_bytes(),
        ),
        (7, "too_large", huge.into_bytes()),
    ];
    folder.file("r/eip-20.md", numbered(20));
    folder.file("r/notes.txt", "no document");
    let write = |(number, rule, bytes): (u64, &str, Vec<u8>)| {
        folder.file(&format!("r/eip-{number}.md"), bytes);
        (format!("eip-{number}.md"), rule.to_owned())
    };
    let mut expected: Vec<_> = cases.into_iter().map(write).collect();
    symlink("eip-20.md", folder.0.join("r/eip-8.md")).unwrap();
    symlink("nowhere", folder.0.join("r/eip-9.md")).unwrap();
    expected.extend([8, 9].map(|number| (format!("eip-{number}.md"), "unreadable".to_owned())));
    expected
}

#[tokio::test]
async fn each_damaged_file_is_one_clear_finding_and_the_others_are_checked() {
    let (rig, folder) = (Rig::start().await, Folder::new());
    let expected = damaged(&folder);
    let (outcome, job) = rig.scan(scan("r", &folder.0.join("r"))).await;
    let summary = outcome.unwrap();
    assert_eq!(
        (summary.documents, summary.valid, summary.findings),
        (10, 1, [9, 0, 0])
    );
    let client = rig.database.connect().await;
    assert_eq!(findings(&client, "r").await, expected);
    assert_eq!(documents(&client, "r").await.len(), 10);
    let notices = rig.notices(&job).await;
    assert_eq!(notices.len(), expected.len());
    assert!(
        notices
            .iter()
            .all(|notice| notice["level"] == "error" && notice["data"]["severity"] == "critical")
    );

    // Mended, it is as if it had never been; what cannot be read is tried again.
    folder.file(
        "r/eip-1.md",
        GOOD.replace("eip: 20", "eip: 1")
            .replace("requires: 7, 8\n", ""),
    );
    fs::remove_file(folder.0.join("r/eip-9.md")).unwrap();
    let (outcome, job) = rig.scan(scan("r", &folder.0.join("r"))).await;
    let summary = outcome.unwrap();
    assert_eq!(
        (summary.changed, summary.removed, summary.unchanged),
        (2, 1, 7)
    );
    assert_eq!(
        (summary.resolved, summary.opened, summary.findings),
        (2, 0, [7, 0, 0])
    );
    assert_eq!(
        job["notices"]["total"],
        json!(1),
        "the link that is still there"
    );
}

#[tokio::test]
async fn an_archive_with_damaged_files_is_scanned_as_the_folder_is() {
    let (database, folder) = (database().await, Folder::new());
    let expected = damaged(&folder);
    let mut builder = tar::Builder::new(Vec::new());
    builder.follow_symlinks(false);
    builder.append_dir_all(".", folder.0.join("r")).unwrap();
    // The same path twice, and one longer than any index takes.
    builder
        .append_path_with_name(folder.0.join("r/eip-20.md"), "eip-20.md")
        .unwrap();
    let long = format!("{}/eip-20.md", vec!["x".repeat(200); 30].join("/"));
    builder
        .append_path_with_name(folder.0.join("r/eip-20.md"), &long)
        .unwrap();
    let tar = builder.into_inner().unwrap();
    let packed = folder.file(
        "r.tar.zst",
        compress_to_vec(tar.as_slice(), CompressionLevel::Fastest),
    );
    let summary = silent(scan("r", &packed), &database).await.unwrap();
    assert_eq!((summary.documents, summary.findings), (11, [12, 0, 0]));
    let client = database.connect().await;
    let found = findings(&client, "r").await;
    assert!(
        expected.iter().all(|finding| found.contains(finding)),
        "{found:?}"
    );
    let more: Vec<_> = found
        .iter()
        .filter(|finding| !expected.contains(finding))
        .map(|(_, rule)| rule.as_str())
        .collect();
    assert_eq!(
        more,
        ["file_twice", "identifier_duplicate", "identifier_duplicate"]
    );
}

#[tokio::test]
async fn a_damaged_archive_fails_and_leaves_what_was() {
    let (rig, folder) = (Rig::start().await, Folder::new());
    let whole = sample("ethereum-ercs-2026-08-22.tar.zst");
    let (first, _) = rig.scan(scan("r", &whole)).await;
    let bytes = fs::read(&whole).unwrap();
    let cut = folder.file("cut.tar.zst", &bytes[..bytes.len() / 2]);
    let (outcome, job) = rig.scan(scan("r", &cut)).await;
    assert!(
        matches!(outcome, Err(ScanError::TruncatedArchive(_))),
        "{outcome:?}"
    );
    let error = &job["error"];
    assert_eq!(
        (&job["status"], &error["code"], &error["retryable"]),
        (&json!("failed"), &json!("truncated_archive"), &json!(true))
    );
    assert_eq!(error["phase"], "discovery");
    let client = rig.database.connect().await;
    assert_eq!(
        documents(&client, "r").await.len() as u64,
        first.unwrap().documents
    );
    // Not an archive at all, and nothing in it.
    let tar = folder.file("plain.tar.zst", plain(&whole));
    assert!(matches!(
        silent(scan("r", &tar), &rig.database).await,
        Err(ScanError::TruncatedArchive(_))
    ));
    folder.file("empty/readme.txt", "nothing");
    let (outcome, job) = rig.scan(scan("r", &folder.0.join("empty"))).await;
    assert!(matches!(outcome, Err(ScanError::Empty)), "{outcome:?}");
    assert_eq!(
        (&job["error"]["code"], &job["error"]["retryable"]),
        (&json!("empty"), &json!(false))
    );
    let gone = silent(scan("r", &folder.0.join("gone")), &rig.database).await;
    assert!(matches!(gone, Err(ScanError::Read(_))), "{gone:?}");
}

#[tokio::test]
async fn cancelled_it_has_written_nothing() {
    let rig = Rig::start().await;
    let slow = Scan {
        pace: 1.0,
        ..scan("r", &sample("ethereum-eips-2026-08-22.tar.zst"))
    };
    let begun = slow.begin(&rig.reporter);
    let job = begun.job.clone();
    assert!(job.known(std::time::Duration::from_secs(30)).await);
    let path = rig.service.client.path(&format!("jobs/{}", job.id()));
    let config = rig.database.config();
    let running = tokio::spawn(async move { begun.finish(&config).await });
    let in_fetch = |state: &serde_json::Value| state["phase"] == "fetch";
    until(&rig.service.client, job.id(), in_fetch).await;
    rig.service
        .client
        .post(&format!("{path}/cancel"), &json!({"reason": "not now"}))
        .await
        .expect(200);
    let outcome = running.await.unwrap();
    assert!(
        matches!(outcome, Err(ScanError::Cancelled(_))),
        "{outcome:?}"
    );
    let state = rig.service.client.get(&path).await.expect(200).json();
    assert_eq!(state["data"]["status"], "cancelled");
    assert!(
        documents(&rig.database.connect().await, "r")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn nothing_that_stands_in_a_file_keeps_the_others_from_being_stored() {
    let (database, folder) = (database().await, Folder::new());
    let most = u64::MAX;
    let fields = (0..2000).map(|at| format!("f{at}:\n")).collect::<String>();
    let long = format!("\"{}\": x", "\u{1f4dc}".repeat(3000));
    let files = [
        (
            format!("eip-{most}.md"),
            format!("eip: {most}\nrequires: {most}, 1{most}"),
        ),
        (
            "eip-1.md".into(),
            "eip: 1\ntitle: \"\\0\\x01\\ud83d\"\ncreated: 0000-01-01".into(),
        ),
        ("eip-2.md".into(), format!("eip: 2\n{long}")),
        ("eip-3.md".into(), format!("eip: 3\n{fields}")),
        (
            "eip-4.md".into(),
            "eip: 4\n? [a, b]\n: c\n1: d\n~: e\ntype: !!binary x".into(),
        ),
        ("eip-5.md".into(), "eip: 5\nstatus: Moved".into()),
        (
            format!("{0}/{0}/{0}/{0}/{0}/eip-6.md", "\u{1f4dc}".repeat(60)),
            "eip: 6".into(),
        ),
    ];
    for (path, front) in &files {
        folder.file(
            &format!("r/{path}"),
            format!("---\n{front}\n---\nmoved to \0/\n"),
        );
    }
    folder.file("r/eip-20.md", GOOD.replace("requires: 7, 8\n", ""));
    let summary = silent(scan("r", &folder.0.join("r")), &database)
        .await
        .unwrap();
    assert_eq!((summary.documents, summary.valid), (8, 1));
    let second = silent(scan("r", &folder.0.join("r")), &database)
        .await
        .unwrap();
    assert_eq!(
        (second.unchanged, second.opened, second.findings),
        (8, 0, summary.findings)
    );
}
