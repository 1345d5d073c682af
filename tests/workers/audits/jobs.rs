//! Whole audits: every finding is told and kept, the next audit of a target says what is new and what is fixed, and
//! whatever cannot be audited says why and leaves nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    rig::{Rig, audit},
    rules::unpacked,
};
use crate::workers::{
    audit::outcome::AuditError,
    folder::{Folder, large, sample},
};

/// The known answer: for each target its findings, each as kind, advisory, package, version.
type Expected = BTreeMap<String, BTreeSet<Vec<String>>>;

/// Names and files.
type Targets = Vec<(String, PathBuf)>;

/// The advisories, the lockfiles unpacked, and the known answer.
fn known_answer(folder: &Folder) -> Option<(PathBuf, Targets, Expected)> {
    let names = [
        "rustsec-advisory-db.tar.zst",
        "cargo-lockfiles.tar.zst",
        "cargo-expected-findings.csv",
    ];
    let [advisories, lockfiles, expected] = names.map(|name| large(&format!("vulnscan/{name}")));
    let mut targets = Vec::new();
    for (path, bytes) in unpacked(&lockfiles?) {
        let target = path
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        targets.push((
            target.to_owned(),
            folder.file(path.to_str().unwrap(), bytes),
        ));
    }
    let mut by_target = Expected::new();
    for line in fs::read_to_string(expected?).unwrap().lines().skip(1) {
        let (target, finding) = line.split_once(',').unwrap();
        let finding = finding.split(',').map(str::to_owned).collect();
        by_target
            .entry(target.to_owned())
            .or_default()
            .insert(finding);
    }
    Some((advisories?, targets, by_target))
}

fn told(notices: &[Value]) -> BTreeSet<Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let finding = |notice: &Value| {
        let data = &notice["data"];
        [
            &notice["code"],
            &data["advisory"],
            &data["package"],
            &data["version"],
        ]
        .map(text)
        .to_vec()
    };
    notices.iter().map(finding).collect()
}

#[tokio::test]
async fn nineteen_lockfiles_at_once_tell_exactly_what_cargo_audit_tells_of_each() {
    let rig = Rig::start().await;
    let Some((advisories, targets, expected)) = known_answer(&rig.folder) else {
        return;
    };
    let audits = targets
        .iter()
        .map(|(target, file)| rig.audit(audit(target, file.clone(), Some(advisories.clone()))));
    let mut all = 0;
    for ((target, _), (outcome, job)) in targets.iter().zip(join_all(audits).await) {
        let summary = outcome.unwrap();
        assert_eq!(job["status"], "completed", "{job}");
        let notices = rig.notices(&job).await;
        let found = told(&notices);
        assert_eq!(
            found,
            expected.get(target).cloned().unwrap_or_default(),
            "{target}"
        );
        assert_eq!(notices.len(), found.len(), "{target}: each once");
        assert_eq!(summary.findings as usize, found.len());
        let counted = |kind: &str| found.iter().filter(|finding| finding[0] == kind).count();
        for (counter, kind) in [
            ("vulnerabilities", "vulnerability"),
            ("unmaintained", "unmaintained"),
            ("unsound", "unsound"),
        ] {
            let counter = job["counters"][counter].as_u64().unwrap_or(0);
            assert_eq!(counter as usize, counted(kind), "{target}: {kind}");
        }
        all += found.len();
    }
    assert_eq!(all, 458);
    let kept: i64 = rig.open("").await.values().sum();
    assert_eq!(kept, 458);
}

#[tokio::test]
async fn a_newer_lockfile_of_the_same_target_says_what_is_new_still_there_and_fixed() {
    let rig = Rig::start().await;
    let Some((advisories, targets, expected)) = known_answer(&rig.folder) else {
        return;
    };
    let mut before = BTreeSet::new();
    let of_rustup = targets
        .iter()
        .filter(|(target, _)| target.starts_with("rustup"));
    for (target, file) in of_rustup {
        let (outcome, job) = rig
            .audit(audit("rustup", file.clone(), Some(advisories.clone())))
            .await;
        let summary = outcome.unwrap();
        // Of a finding, kind, advisory and package stay when the version moves on.
        let findings = &expected[target];
        let keys: BTreeSet<Vec<String>> = findings
            .iter()
            .map(|finding| finding[..3].to_vec())
            .collect();
        let known = findings
            .iter()
            .filter(|finding| before.contains(&finding[..3]))
            .count();
        let fixed: BTreeSet<_> = before.difference(&keys).cloned().collect();
        assert_eq!(summary.known as usize, known, "{target}");
        assert_eq!(summary.new as usize, findings.len() - known, "{target}");
        assert_eq!(summary.fixed as usize, fixed.len(), "{target}");
        let notices = rig.notices(&job).await;
        let state = |state: &str| {
            notices
                .iter()
                .filter(|notice| notice["data"]["state"] == state)
                .count()
        };
        assert_eq!(
            (state("known"), state("new")),
            (known, findings.len() - known),
            "{target}"
        );
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let told = notices.iter().filter(|notice| notice["code"] == "fixed");
        let told = told.map(|notice| {
            ["kind", "advisory", "package"]
                .map(|name| text(&notice["data"][name]))
                .to_vec()
        });
        assert_eq!(told.collect::<BTreeSet<_>>(), fixed, "{target}");
        before = keys;
    }
    let select =
        "select count(*), count(*) filter (where fixed_at is not null) from examples.audit_finding";
    let row = rig.connect().await.query_one(select, &[]).await.unwrap();
    assert_eq!(
        row.get::<_, i64>(0) - row.get::<_, i64>(1),
        before.len() as i64
    );
}

#[tokio::test]
async fn first_and_last_sight_of_a_finding_are_kept() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&["a", "b"]);
    let select = "select versions, last_audit, first_seen < last_seen, fixed_at is null \
                  from examples.audit_finding where package = 'a'";
    let client = rig.connect().await;
    let mut seen = Vec::new();
    for packages in [
        &["a 1.0.0", "a 1.1.0", "b 1.0.0"][..],
        &["a 1.2.0"],
        &["a 2.0.0"],
        &["a 1.0.0"],
    ] {
        let file = rig.lockfile("target", packages);
        let (outcome, job) = rig
            .audit(audit("target", file, Some(advisories.clone())))
            .await;
        let summary = outcome.unwrap();
        let row = client.query_one(select, &[]).await.unwrap();
        let versions: Vec<String> = row.get(0);
        let of_this = row.get::<_, String>(1) == job["id"].as_str().unwrap();
        let counts = (summary.new, summary.known, summary.fixed);
        seen.push((counts, versions.join(" "), of_this, row.get(2), row.get(3)));
    }
    let versions = |text: &str| text.to_owned();
    assert_eq!(
        seen,
        [
            ((3, 0, 0), versions("1.0.0 1.1.0"), true, false, true),
            ((0, 1, 1), versions("1.2.0"), true, true, true),
            ((0, 0, 1), versions("1.2.0"), false, true, false),
            ((1, 0, 0), versions("1.0.0"), true, false, true),
        ]
    );
    let counted = client
        .query_one(
            "select count(*), sum(findings)::bigint from examples.audit",
            &[],
        )
        .await
        .unwrap();
    assert_eq!((counted.get::<_, i64>(0), counted.get::<_, i64>(1)), (4, 5));
}

#[tokio::test]
async fn a_job_goes_through_its_phases_and_ends_with_its_counts() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&["a", "b"]);
    rig.folder.file("db/crates/broken/1.md", "no advisory");
    let file = rig.lockfile("target", &["a 1.0.0", "b 2.0.0", "c 1.0.0"]);
    let (outcome, job) = rig.audit(audit("target", file, Some(advisories))).await;
    let expected = json!({
        "checked": 3, "findings": 1, "new": 1, "known": 0, "fixed": 0, "bad": 1,
    });
    assert_eq!(
        (&job["result"], outcome.unwrap().json()),
        (&expected, expected.clone())
    );
    let phases: Vec<_> = job["phases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|phase| {
            let [name, status] = ["name", "status"].map(|field| phase[field].as_str().unwrap());
            (
                name,
                status,
                phase["current"].as_u64().unwrap(),
                phase["total"].as_u64().unwrap(),
            )
        })
        .collect();
    let done = "completed";
    assert_eq!(
        phases,
        [
            ("load", done, 3, 3),
            ("read", done, 1, 1),
            ("match", done, 3, 3),
            ("store", done, 1, 1)
        ]
    );
    let counters = json!({
        "vulnerabilities": 1, "critical": 1, "high": 0, "medium": 0, "low": 0, "new": 1, "fixed": 0, "bad": 1,
    });
    assert_eq!(job["counters"], counters);
    let notices = rig.notices(&job).await;
    let lines: Vec<_> = notices
        .iter()
        .map(|n| (n["level"].as_str().unwrap(), n["code"].as_str().unwrap()))
        .collect();
    assert_eq!(
        lines,
        [("warning", "bad_advisory"), ("error", "vulnerability")]
    );
    assert_eq!(
        notices[1]["message"],
        "a 1.0.0: a is flawed (RUSTSEC-2020-0000)"
    );
    let data = json!({
        "severity": "critical", "score": 9.8, "advisory": "RUSTSEC-2020-0000", "package": "a", "version": "1.0.0",
        "title": "a is flawed", "patched": [">= 2"], "state": "new",
        "url": "https://rustsec.org/advisories/RUSTSEC-2020-0000.html",
    });
    assert_eq!(notices[1]["data"], data);
}

#[tokio::test]
async fn what_could_not_be_read_is_not_taken_for_fixed() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&["a"]);
    let run = async |file: PathBuf| {
        rig.audit(audit("target", file, Some(advisories.clone())))
            .await
    };
    let first = run(rig.lockfile("target", &["a 1.0.0"])).await.0.unwrap();
    assert_eq!((first.new, first.fixed), (1, 0));
    let (damaged, job) = run(rig.lockfile("target", &["a one", "b 1.0.0"])).await;
    let damaged = damaged.unwrap();
    assert_eq!((damaged.bad, damaged.fixed), (1, 0));
    assert_eq!(rig.notices(&job).await[0]["code"], "bad_entry");
    let (empty, job) = run(rig.folder.file("empty.jsonl", "")).await;
    assert_eq!(
        (empty.unwrap().fixed, job["status"].as_str()),
        (0, Some("completed"))
    );
    assert_eq!(rig.notices(&job).await[0]["code"], "empty_report");
    let whole = run(rig.lockfile("target", &["b 1.0.0"])).await.0.unwrap();
    assert_eq!(whole.fixed, 1);
}

#[tokio::test]
async fn what_cannot_be_audited_says_why_and_leaves_nothing() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&["a"]);
    let lockfile = rig.lockfile("good", &["a 1.0.0"]);
    let text = fs::read_to_string(&lockfile).unwrap();
    let file = |name: &str, text: &[u8]| rig.folder.file(name, text);
    let none = rig.folder.0.join("none");
    let nothing = rig.folder.0.join("nothing");
    fs::create_dir_all(&nothing).unwrap();
    let cut = fs::read(sample("rustsec-advisories-2025-02-24.tar.zst")).unwrap();
    let cut = file("cut.tar.zst", &cut[..cut.len() / 2]);
    let cases = [
        (
            "bad_lockfile",
            false,
            file("cut/Cargo.lock", &text.as_bytes()[..text.len() - 30]),
            Some(&advisories),
        ),
        (
            "bad_lockfile",
            false,
            file("latin/Cargo.lock", b"[[package]]\nname = \"\xE9\""),
            Some(&advisories),
        ),
        (
            "malformed",
            false,
            file("cut.xml", b"<niktoscan><item>"),
            None,
        ),
        (
            "not_utf8",
            false,
            file("latin.json", b"{\"a\": \"\xE9\"}"),
            None,
        ),
        (
            "unknown_format",
            false,
            file("page.html", b"<html></html>"),
            None,
        ),
        ("no_database", false, lockfile.clone(), None),
        ("no_advisories", false, lockfile.clone(), Some(&nothing)),
        ("bad_database", true, lockfile.clone(), Some(&none)),
        ("bad_database", true, lockfile.clone(), Some(&cut)),
        ("unreadable", true, none.clone(), Some(&advisories)),
    ];
    for (code, retryable, source, advisories) in cases {
        let shown = source.display().to_string();
        let (outcome, job) = rig
            .audit(audit("target", source, advisories.cloned()))
            .await;
        assert_eq!(outcome.unwrap_err().code(), (code, retryable), "{shown}");
        assert_eq!(
            (&job["status"], &job["error"]["code"]),
            (&json!("failed"), &json!(code)),
            "{shown}"
        );
        assert_eq!(job["error"]["retryable"], retryable);
    }
    assert!(rig.open("").await.is_empty());
}

#[tokio::test]
async fn every_report_of_the_large_data_set_is_taken_in_whole() {
    let rig = Rig::start().await;
    let Some(archive) = large("vulnscan/scanner-reports.tar.zst") else {
        return;
    };
    let reports = unpacked(&archive);
    let name = |path: &Path| {
        path.iter()
            .skip(1)
            .map(|part| part.to_string_lossy())
            .collect::<Vec<_>>()
            .join("-")
    };
    let audits = reports.iter().map(|(path, bytes)| {
        let file = rig.folder.file(path.to_str().unwrap(), bytes);
        rig.audit(audit(&name(path), file, None))
    });
    let (mut findings, mut bad, mut empty) = (0, 0, 0);
    for ((path, _), (outcome, job)) in reports.iter().zip(join_all(audits).await) {
        let summary = outcome.unwrap();
        let notices = rig.notices(&job).await;
        let of = |code: &str| {
            notices
                .iter()
                .filter(|notice| notice["code"] == code)
                .count() as u64
        };
        assert_eq!(
            notices.len() as u64,
            summary.checked + of("empty_report"),
            "{path:?}"
        );
        assert_eq!(summary.checked, summary.findings + summary.bad, "{path:?}");
        assert_eq!(of("bad_entry"), summary.bad, "{path:?}");
        findings += summary.findings;
        bad += summary.bad;
        empty += of("empty_report");
    }
    assert_eq!((findings, bad, empty), (1150, 1, 3));
    let kept: i64 = rig.open("").await.values().sum();
    assert_eq!(kept, 1150);
}

#[tokio::test]
async fn a_cancel_in_the_middle_keeps_nothing() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&["a"]);
    let packages: Vec<String> = (0..500).map(|number| format!("a 1.0.{number}")).collect();
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    let mut slow = audit(
        "target",
        rig.lockfile("target", &packages),
        Some(advisories),
    );
    slow.pace = 1.0;
    let begun = slow.begin(&rig.reporter);
    let (job, database) = (begun.job.clone(), rig.database.config());
    let running = tokio::spawn(async move { begun.finish(&database).await });
    assert!(job.known(std::time::Duration::from_secs(60)).await);
    while rig.state(job.id()).await["counters"]["vulnerabilities"].as_u64() < Some(1) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let client = &rig.service.client;
    client
        .post(
            &client.path(&format!("jobs/{}/cancel", job.id())),
            &json!({}),
        )
        .await
        .expect(200);
    let outcome = running.await.unwrap();
    assert!(matches!(outcome, Err(AuditError::Cancelled)), "{outcome:?}");
    assert_eq!(rig.state(job.id()).await["status"], "cancelled");
    assert!(rig.open("").await.is_empty());
}

#[tokio::test]
async fn without_a_service_the_audit_is_done_all_the_same() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&["a"]);
    let audit = audit(
        "target",
        rig.lockfile("target", &["a 1.0.0"]),
        Some(advisories),
    );
    let begun = audit.begin(&milepost::worker::Reporter::off());
    assert_eq!(begun.finish(&rig.database.config()).await.unwrap().new, 1);
}

#[tokio::test]
async fn what_a_report_says_is_kept_however_strange_it_is() {
    let rig = Rig::start().await;
    let long = "\\\"\u{1f980}".repeat(2000);
    let strange = "a\u{0}b\u{7}\u{2028}\r\n'); drop table x; --";
    let entry = |text: &str| {
        json!({"VulnerabilityID": text, "PkgName": text, "InstalledVersion": text, "FixedVersion": text,
            "Title": text, "Severity": text, "PrimaryURL": text, "CVSS": {"nvd": {"V3Score": 1e300}}})
    };
    let report = json!({"Results": [{"Target": "t", "Vulnerabilities": [entry(&long), entry(strange), entry("\u{0}")]}]});
    let file = rig.folder.file("strange.json", report.to_string());
    let (outcome, job) = rig.audit(audit("target", file, None)).await;
    let summary = outcome.unwrap();
    assert_eq!((summary.findings, summary.bad), (2, 1), "{job}");
    let notices = rig.notices(&job).await;
    assert_eq!(notices[1]["data"]["package"], "a b '); drop table x; --");
    assert_eq!(notices[0]["data"]["severity"], "unknown");
    assert_eq!(rig.open("").await["target"], 2);
}
