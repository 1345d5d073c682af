//! The rules of the audit: which version an advisory is about, what a lockfile lists, how bad a vector is; and all of
//! it against what cargo-audit says of the same files.

use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use ruzstd::decoding::StreamingDecoder;
use semver::Version;

use crate::workers::{
    audit::{
        cvss::{base_score, severity},
        database::{Database, entries},
        finding::{Finding, Kind, Severity},
        lockfile::{self, Packages, packages},
        ranges::Range,
    },
    folder::{Folder, large},
};

/// The files of a `.tar.zst` archive.
pub fn unpacked(archive: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let decoder = StreamingDecoder::new(fs::File::open(archive).unwrap()).unwrap();
    let mut files = Vec::new();
    for entry in tar::Archive::new(decoder).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if entry.header().entry_type().is_file() {
            files.push((entry.path().unwrap().into_owned(), bytes));
        }
    }
    files
}

fn inside(range: &str, version: &str) -> bool {
    let version = Version::parse(version).unwrap();
    Range::parse(range).unwrap().contains(&version)
}

#[test]
fn a_range_is_an_interval_pre_releases_included() {
    for (range, within, without) in [
        (
            ">= 1.2.3",
            "1.2.3 1.2.4-alpha 2.0.0-rc.1 9.9.9",
            "1.2.3-rc.1 1.2.2 0.9.0",
        ),
        (
            "> 1.2.3",
            "1.2.4-0 1.2.4 2.0.0",
            "1.2.3 1.2.3+build 1.2.3-rc.1",
        ),
        ("< 1.2", "1.2.0-alpha 1.1.9 0.0.0", "1.2.0 1.2.1"),
        ("<= 1.2.0", "1.2.0 1.2.0+build 1.2.0-rc.1", "1.2.1-0 1.2.1"),
        ("= 1.2.3", "1.2.3 1.2.3+build", "1.2.4-0 1.2.3-rc.1"),
        (">= 1, < 2", "1.0.0 1.9.9 2.0.0-alpha", "2.0.0 0.9.9"),
        ("< 2, >= 1.5", "1.5.0", "1.4.9 2.0.0"),
        (
            "^1.2.3",
            "1.2.3 1.9.0 1.3.0-alpha",
            "1.2.2 2.0.0-alpha 2.0.0",
        ),
        ("^ 0.2.3", "0.2.3 0.2.9", "0.3.0-0 0.3.0 0.2.2"),
        ("^0.0.3", "0.0.3", "0.0.4-0 0.0.4 0.0.2"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0-0 0.1.0"),
        ("^0", "0.0.0 0.9.9", "1.0.0-alpha 1.0.0"),
        ("1.2", "1.2.0 1.9.9", "1.1.9 2.0.0-0"),
        ("*", "0.0.0 0.1.0-alpha 9.9.9", ""),
        ("~1.2", "1.2.0 1.2.9", "1.3.0-0 1.1.9"),
        ("~1", "1.0.0 1.9.9", "2.0.0-0 0.9.9"),
    ] {
        for version in within.split(' ') {
            assert!(inside(range, version), "{version} is in {range}");
        }
        for version in without.split_whitespace() {
            assert!(!inside(range, version), "{version} is not in {range}");
        }
    }
}

/// For versions that are no pre-releases, and ranges that name all three numbers, Cargo's own reading is the same.
#[test]
fn without_pre_releases_a_range_is_what_cargo_reads() {
    use proptest::prelude::*;
    let numbers = || (0..4u64, 0..4u64, 0..4u64);
    let ranges = prop::sample::select(vec![">=", ">", "<", "<=", "=", "^", "~"]);
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) },
    |(range in ranges, (a, b, c) in numbers(), (x, y, z) in numbers())| {
        let text = format!("{range} {a}.{b}.{c}");
        let version = Version::new(x, y, z);
        let cargo = semver::VersionReq::parse(&text).unwrap().matches(&version);
        prop_assert_eq!(Range::parse(&text).unwrap().contains(&version), cargo, "{} in {}", version, text);
    });
}

#[test]
fn a_range_that_makes_no_sense_is_refused() {
    for range in [
        "",
        "one",
        "1.*",
        ">= 1, >= 2",
        "< 1, < 2",
        "= 1, < 2",
        "^1, ^2",
        "~1, < 3",
        ">= 2, < 1",
        "> 1, < 1",
        ">= 1, > 2, < 3",
        ">= 1.2.3.4",
    ] {
        assert!(Range::parse(range).is_err(), "{range:?}");
    }
}

/// Worked out by hand where no published example has the metric; the reports of scanners bring hundreds more pairs.
#[test]
fn a_vector_has_the_score_of_the_specification() {
    for (vector, score) in [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H", 5.5),
        ("CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 1.8),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:C/C:H/I:H/A:H", 6.8),
        ("CVSS:3.1/AV:A/AC:H/PR:N/UI:N/S:U/C:N/I:L/A:N", 3.1),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O", 9.8),
    ] {
        assert_eq!(base_score(vector), Some(score), "{vector}");
    }
    for vector in [
        "",
        "CVSS:3.1/AV:N",
        "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "AV:N/AC:L/Au:N/C:P/I:P/A:P",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
    ] {
        assert_eq!(base_score(vector), None, "{vector}");
    }
    let words = [0.0, 0.1, 3.9, 4.0, 6.9, 7.0, 8.9, 9.0, 10.0].map(|score| severity(score).name());
    let expected = "none low low medium medium high high critical critical";
    assert_eq!(words.join(" "), expected);
}

const OLDEST: &str = r#"
[root]
name = "old"
version = "0.1.0"
dependencies = ["time 0.1.42 (registry+https://github.com/rust-lang/crates.io-index)"]

[[package]]
name = "time"
version = "0.1.42"
source = "registry+https://github.com/rust-lang/crates.io-index"

[metadata]
"checksum time 0.1.42 (registry+https://github.com/rust-lang/crates.io-index)" = "db8d"
"#;

const NEWEST: &str = r#"
# This file is automatically @generated by Cargo.
version = 4

[[package]]
name = "time"
version = "0.1.42"
source = "sparse+https://index.crates.io/"
checksum = "db8d"

[[package]]
name = "time"
version = "0.1.42"
source = "git+https://github.com/time-rs/time?branch=fix#c61b1bd"

[[package]]
name = "time"
version = "0.1"

[[package]]
name = "mine"
version = "0.1.0"
"#;

fn names(packages: &Packages) -> Vec<String> {
    let name = |package: &Result<_, _>| match package {
        Ok(lockfile::Package { name, version, .. }) => format!("{name} {version}"),
        Err(problem) => format!("! {problem}"),
    };
    packages.iter().map(name).collect()
}

#[test]
fn a_lockfile_of_any_age_is_read() {
    assert_eq!(
        names(&packages(OLDEST).unwrap()),
        ["old 0.1.0", "time 0.1.42"]
    );
    let newest = packages(NEWEST).unwrap();
    let bad = "! time 0.1: unexpected end of input while parsing minor version number";
    assert_eq!(
        names(&newest),
        ["time 0.1.42", "time 0.1.42", bad, "mine 0.1.0"]
    );
    let public: Vec<bool> = newest
        .iter()
        .flatten()
        .map(|package| package.is_public())
        .collect();
    assert_eq!(public, [true, false, true], "a fork is another package");
}

#[test]
fn what_is_no_lockfile_is_refused_with_its_line() {
    let cut = NEWEST.split_at(NEWEST.find("checksum").unwrap() + 14).0;
    assert!(
        packages(cut).unwrap_err().starts_with("line 9: "),
        "{:?}",
        packages(cut)
    );
    assert_eq!(packages("").unwrap_err(), "it lists no package");
    assert_eq!(
        packages("version = 3\n").unwrap_err(),
        "it lists no package"
    );
    assert!(
        packages("[[package]]\nversion = \"1.0.0\"")
            .unwrap_err()
            .contains("name")
    );
    assert!(packages("{\"package\": []}").is_err());
}

fn advisory(more: &str) -> String {
    let head =
        "[advisory]\nid = \"RUSTSEC-2020-0071\"\npackage = \"time\"\ndate = \"2020-11-18\"\n";
    format!("```toml\n{head}{more}\n```\n\nText.\n\n# A segfault\n\n# Not this\n")
}

fn database(files: &[String]) -> (Database, Vec<String>) {
    let mut database = Database::default();
    let files = files
        .iter()
        .map(|text| (PathBuf::new(), text.clone().into_bytes()));
    let bad = files
        .filter_map(|file| database.take(&file).err())
        .collect();
    (database, bad)
}

fn found(advisory: String, lockfile: &str) -> Vec<Finding> {
    let (database, bad) = database(&[advisory]);
    assert_eq!(bad, [""; 0]);
    let packages = packages(lockfile).unwrap();
    packages
        .iter()
        .flatten()
        .flat_map(|package| database.findings(package))
        .collect()
}

#[test]
fn an_advisory_becomes_a_finding_with_all_that_is_known() {
    let vector = "cvss = \"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H\"\n";
    let ranges = "[versions]\npatched = [\">= 0.2.23\"]\nunaffected = [\"< 0.1\"]";
    let findings = found(advisory(&format!("{vector}{ranges}")), OLDEST);
    assert_eq!(
        findings,
        [Finding {
            kind: Kind::Vulnerability,
            severity: Severity::Medium,
            score: Some(5.5),
            advisory: "RUSTSEC-2020-0071".into(),
            package: "time".into(),
            version: "0.1.42".into(),
            title: "A segfault".into(),
            patched: vec![">= 0.2.23".into()],
            url: Some("https://rustsec.org/advisories/RUSTSEC-2020-0071.html".into()),
        }]
    );
    assert_eq!(
        findings[0].line(),
        "time 0.1.42: A segfault (RUSTSEC-2020-0071)"
    );
    assert!(
        serde_json::to_string(&findings[0].data("new"))
            .unwrap()
            .len()
            <= 1024
    );
}

#[test]
fn what_does_not_apply_is_not_found() {
    let versions = |ranges: &str| advisory(&format!("[versions]\n{ranges}"));
    assert_eq!(
        found(versions("patched = []"), OLDEST).len(),
        1,
        "nothing is patched"
    );
    assert_eq!(found(versions("patched = [\"^0.1.42\"]"), OLDEST), []);
    assert_eq!(
        found(versions("patched = []\nunaffected = [\"< 0.2\"]"), OLDEST),
        []
    );
    let withdrawn = "withdrawn = \"2021-01-01\"\n[versions]\npatched = []";
    assert_eq!(found(advisory(withdrawn), OLDEST), []);
    // The registry's one is affected, the fork is not; the third cannot be read.
    assert_eq!(found(versions("patched = []"), NEWEST).len(), 1);
}

#[test]
fn an_informational_advisory_has_its_kind_and_no_severity() {
    for (word, kind) in [
        ("unmaintained", Kind::Unmaintained),
        ("unsound", Kind::Unsound),
        ("notice", Kind::Notice),
    ] {
        let vector = "cvss = \"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H\"";
        let text = format!("informational = \"{word}\"\n{vector}\n[versions]\npatched = []");
        let finding = found(advisory(&text), OLDEST).remove(0);
        assert_eq!(
            (finding.kind, finding.severity, finding.score),
            (kind, Severity::Unknown, None)
        );
    }
}

#[test]
fn a_file_that_is_no_advisory_says_why_and_costs_only_itself() {
    let good = advisory("[versions]\npatched = []");
    let files = [
        String::new(),
        "# Title only".into(),
        "```toml\n[advisory]\nid = \"x\"".into(),
        advisory("informational = \"joke\"\n[versions]\npatched = []"),
        advisory("[versions]\npatched = [\"newer\"]"),
        advisory("[versions]\nunaffected = []"),
        advisory(""),
        good.clone(),
        good.replace('\n', "\r\n"),
    ];
    let (database, bad) = database(&files);
    assert_eq!(bad.len(), 7, "{bad:#?}");
    assert!(
        bad[3].contains("joke") && bad[4].contains("newer"),
        "{bad:#?}"
    );
    let package = packages(OLDEST).unwrap().remove(1).unwrap();
    assert_eq!(database.findings(&package).count(), 2);
}

/// What the advisories say of a lockfile, as the lines of the expected file.
fn lines(database: &Database, target: &str, lockfile: &str) -> BTreeSet<String> {
    let packages = packages(lockfile).unwrap();
    let findings = packages
        .iter()
        .flatten()
        .flat_map(|package| database.findings(package));
    let line = |finding: Finding| {
        let Finding {
            kind,
            advisory,
            package,
            version,
            ..
        } = finding;
        format!("{target},{},{advisory},{package},{version}", kind.name())
    };
    findings.map(line).collect()
}

#[test]
fn the_findings_are_exactly_those_of_cargo_audit() {
    let names = [
        "rustsec-advisory-db.tar.zst",
        "cargo-lockfiles.tar.zst",
        "cargo-expected-findings.csv",
    ];
    let [Some(advisories), Some(lockfiles), Some(expected)] =
        names.map(|name| large(&format!("vulnscan/{name}")))
    else {
        return;
    };
    let mut database = Database::default();
    let entries = entries(&advisories).unwrap();
    assert_eq!(entries.len(), 714);
    for entry in &entries {
        database.take(entry).unwrap();
    }
    let mut found = BTreeSet::new();
    for (path, bytes) in unpacked(&lockfiles) {
        let target = path
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        found.extend(lines(
            &database,
            target,
            std::str::from_utf8(&bytes).unwrap(),
        ));
    }
    let expected = fs::read_to_string(expected).unwrap();
    let expected: BTreeSet<String> = expected.lines().skip(1).map(str::to_owned).collect();
    assert_eq!(expected.len(), 458);
    assert_eq!(
        found.difference(&expected).collect::<Vec<_>>(),
        [""; 0],
        "too many"
    );
    assert_eq!(
        expected.difference(&found).collect::<Vec<_>>(),
        [""; 0],
        "too few"
    );
}

#[test]
fn a_folder_of_advisories_is_as_good_as_an_archive() {
    let folder = Folder::new();
    let good = advisory("[versions]\npatched = []");
    folder.file("db/crates/time/RUSTSEC-2020-0071.md", &good);
    folder.file("db/rust/std/CVE-2018-1000810.md", &good);
    folder.file("db/README.md", "# Not one");
    let entries = entries(&folder.0).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].1, good.as_bytes());
}
