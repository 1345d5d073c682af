//! The feed sync: counts against an independent reading, broken rules, broken archives.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use tokio_postgres::{Config, NoTls};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    difference::Summary,
    folder::{Folder, large, plain, sample},
    recorder::Recorder,
    sync::{Sync, SyncError},
};
use crate::support::database;

async fn run(source: PathBuf, database: &Config, service: &Recorder) -> Result<Summary, SyncError> {
    let sync = Sync {
        feed: "sigma".into(),
        title: "Sigma".into(),
        source,
        every: 10,
        pace: 0.0,
        halt: CancellationToken::new(),
    };
    let id = Uuid::now_v7().to_string();
    sync.begin(&id, &service.reporter()).finish(database).await
}

async fn rules(database: &Config) -> i64 {
    let (client, connection) = database.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    let count = "select count(*) from examples.rule where feed = 'sigma'";
    client.query_one(count, &[]).await.unwrap().get(0)
}

/// Identifier and text of every rule of an archive, read without any YAML.
fn by_id(archive: &Path) -> HashMap<String, String> {
    let bytes = plain(archive);
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut found = HashMap::new();
    for entry in archive.entries().unwrap() {
        let text = std::io::read_to_string(entry.unwrap()).unwrap();
        if let Some(id) = text.lines().find_map(|line| line.strip_prefix("id: ")) {
            found.insert(id.trim().to_owned(), text);
        }
    }
    found
}

#[tokio::test]
async fn the_second_sync_counts_what_an_independent_reading_counts() {
    let (database, service) = (database().await, Recorder::start().await);
    let (old, new) = (
        sample("sigma-rules-r2026-01-01.tar.zst"),
        sample("sigma-rules-2026-08-05.tar.zst"),
    );
    let (before, after) = (by_id(&old), by_id(&new));
    let first = run(old, &database, &service).await.unwrap();
    let total = before.len() as u64;
    assert_eq!(
        first,
        Summary {
            added: total,
            total,
            ..Summary::default()
        }
    );
    let second = run(new, &database, &service).await.unwrap();
    let kept = || {
        after
            .iter()
            .filter_map(|(id, text)| Some((text, before.get(id)?)))
    };
    let expected = Summary {
        added: after.keys().filter(|id| !before.contains_key(*id)).count() as u64,
        removed: before.keys().filter(|id| !after.contains_key(*id)).count() as u64,
        updated: kept().filter(|(new, old)| new != old).count() as u64,
        unchanged: kept().filter(|(new, old)| new == old).count() as u64,
        invalid: 0,
        total: after.len() as u64,
    };
    assert_eq!(second, expected);
    assert!(expected.added > 0 && expected.removed > 0 && expected.updated > 0);
    assert_eq!(rules(&database).await as usize, after.len());
    assert_eq!(service.counter("updated"), Some(expected.updated));
    assert_eq!(
        service.reports("completed")[1]["result"]["removed"],
        expected.removed
    );
}

#[tokio::test]
async fn half_a_year_of_all_rules_is_44_added_10_removed_1514_changed() {
    let (Some(old), Some(new)) = (
        large("sigma/sigma-rules-r2026-01-01.tar.zst"),
        large("sigma/sigma-rules-2026-08-05.tar.zst"),
    ) else {
        return;
    };
    let (database, service) = (database().await, Recorder::start().await);
    assert_eq!(run(old, &database, &service).await.unwrap().added, 3107);
    let expected = Summary {
        added: 44,
        updated: 1514,
        removed: 10,
        invalid: 0,
        unchanged: 1583,
        total: 3141,
    };
    assert_eq!(
        run(new.clone(), &database, &service).await.unwrap(),
        expected
    );
    let again = Summary {
        unchanged: 3141,
        total: 3141,
        ..Summary::default()
    };
    assert_eq!(run(new, &database, &service).await.unwrap(), again);
}

#[tokio::test]
async fn an_archive_that_is_cut_off_anywhere_fails_and_writes_nothing() {
    let (folder, database) = (Folder::new(), database().await);
    let whole = fs::read(sample("sigma-rules-2026-08-05.tar.zst")).unwrap();
    for cut in [
        0,
        3,
        10,
        whole.len() / 2,
        whole.len() - 100,
        whole.len() - 5,
    ] {
        let service = Recorder::start().await;
        let error = run(
            folder.file("cut.tar.zst", &whole[..cut]),
            &database,
            &service,
        )
        .await
        .unwrap_err();
        assert_eq!(
            error.code(),
            ("truncated_archive", true),
            "cut at {cut}: {error}"
        );
        assert_eq!(
            service.reports("failed")[0]["error"]["code"],
            "truncated_archive"
        );
    }
    assert_eq!(rules(&database).await, 0);
}

const RULE: &str = "title: T\nid: 8a3f\nlogsource: {product: linux}\ndetection: {condition: a}\n";

#[tokio::test]
async fn a_broken_rule_is_a_notice_and_does_not_remove_what_it_was() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    folder.file("rules/a.yml", RULE);
    folder.file("rules/b.yaml", RULE.replace("8a3f", "9b4e"));
    folder.file("rules/readme.md", "not a rule");
    let source = folder.0.join("rules");
    assert_eq!(
        run(source.clone(), &database, &service)
            .await
            .unwrap()
            .added,
        2
    );
    for broken in [
        "title: [",
        "title: T\nid: 8a3f\nlogsource: {}\n",
        "- a list",
        "title: \"\\xff",
        "a: b: c",
    ] {
        folder.file("rules/a.yml", broken);
        let done = run(source.clone(), &database, &service).await.unwrap();
        assert_eq!(
            (done.invalid, done.removed, done.unchanged),
            (1, 0, 1),
            "{broken}"
        );
        let notice = service.reports("notice").pop().unwrap();
        assert_eq!(
            (notice["code"].as_str(), notice["data"]["path"].as_str()),
            (Some("bad_rule"), Some("a.yml"))
        );
    }
    assert_eq!(rules(&database).await, 2);
    fs::remove_file(folder.0.join("rules/a.yml")).unwrap();
    assert_eq!(run(source, &database, &service).await.unwrap().removed, 1);
}

#[tokio::test]
async fn a_collection_of_documents_is_one_rule_and_a_second_owner_of_an_id_is_refused() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let collection =
        "---\naction: global\ntitle: T\nid: 1c5d\n---\nlogsource: {}\ndetection: {}\n---\n";
    folder.file("rules/a.yml", collection);
    folder.file("rules/b.yml", RULE);
    folder.file("rules/c.yml", RULE);
    let done = run(folder.0.join("rules"), &database, &service)
        .await
        .unwrap();
    assert_eq!((done.added, done.invalid), (2, 1));
    assert_eq!(service.reports("notice")[0]["code"], "duplicate_id");
}

#[tokio::test]
async fn syncs_of_one_feed_at_once_take_turns() {
    let (database, service) = (database().await, Recorder::start().await);
    let source = sample("sigma-rules-2026-08-05.tar.zst");
    let (a, b) = tokio::join!(
        run(source.clone(), &database, &service),
        run(source, &database, &service)
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.added + b.added, a.total);
    assert_eq!(a.unchanged + b.unchanged, a.total);
}
