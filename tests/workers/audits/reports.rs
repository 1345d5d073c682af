//! The reports of scanners: every entry is a finding or a word on why not, counted a second time by a script of another
//! language; what is damaged is refused, what is empty proves nothing.

use std::{collections::BTreeMap, path::PathBuf, process::Command};

use serde_json::Value;

use super::rules::unpacked;
use crate::workers::{
    audit::{
        cvss,
        finding::{Finding, Kind, Severity},
        lockfile,
        ranges::Range,
        report::{Refusal, Report},
        xml,
    },
    folder::{Folder, large},
};

const REPORTS: &str = "vulnscan/scanner-reports.tar.zst";

fn read(text: &str) -> Report {
    Report::read(text.as_bytes()).unwrap()
}

fn refusal(bytes: impl AsRef<[u8]>) -> Refusal {
    Report::read(bytes.as_ref()).unwrap_err()
}

fn findings(report: Report) -> Vec<Finding> {
    report.entries.into_iter().map(Result::unwrap).collect()
}

fn severities(report: &Report) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for finding in report.entries.iter().flatten() {
        *counts
            .entry(finding.severity.name().to_owned())
            .or_default() += 1;
    }
    counts
}

/// What the script counts; `None`, said in one line, where there is no Python.
fn counted(files: &[PathBuf]) -> Option<Value> {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/workers/audits/count_reports.py"
    );
    let Ok(output) = Command::new("python3").arg(script).args(files).output() else {
        eprintln!("passed over: the second way of counting needs python3");
        return None;
    };
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problems}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn every_entry_of_every_report_is_counted_as_a_second_program_counts_it() {
    let Some(archive) = large(REPORTS) else {
        return;
    };
    let folder = Folder::new();
    let reports = unpacked(&archive);
    assert_eq!(reports.len(), 73);
    let files: Vec<PathBuf> = reports
        .iter()
        .map(|(path, bytes)| folder.file(path.to_str().unwrap(), bytes))
        .collect();
    let Some(counted) = counted(&files) else {
        return;
    };
    let (mut all, mut bad) = (0, Vec::new());
    for ((path, bytes), file) in reports.iter().zip(&files) {
        let second = &counted["files"][file.to_str().unwrap()];
        let report = Report::read(bytes).unwrap_or_else(|refusal| panic!("{path:?}: {refusal:?}"));
        assert_eq!(report.entries.len() as u64, second["entries"], "{path:?}");
        bad.extend(
            report
                .entries
                .iter()
                .filter_map(|entry| entry.clone().err()),
        );
        if report.entries.iter().all(Result::is_ok) && second["severities"].is_object() {
            let severities = serde_json::to_value(severities(&report)).unwrap();
            assert_eq!(severities, second["severities"], "{path:?}");
        }
        assert_eq!(
            report.conclusive,
            !bytes.is_empty() && bytes != b"null",
            "{path:?}"
        );
        all += report.entries.len();
    }
    assert_eq!(all, 1151);
    assert_eq!(
        bad,
        ["simplito/elliptic-php: an entry without the name of its rule"]
    );
}

#[test]
fn scores_are_those_that_the_scanners_give_for_the_same_vectors() {
    let Some(archive) = large(REPORTS) else {
        return;
    };
    let folder = Folder::new();
    let reports = unpacked(&archive);
    let files: Vec<PathBuf> = reports
        .iter()
        .map(|(path, bytes)| folder.file(path.to_str().unwrap(), bytes))
        .collect();
    let Some(counted) = counted(&files) else {
        return;
    };
    let pairs = counted["pairs"].as_array().unwrap();
    assert!(pairs.len() > 150, "{}", pairs.len());
    for pair in pairs {
        let vector = pair[0].as_str().unwrap();
        assert_eq!(cvss::base_score(vector), pair[1].as_f64(), "{vector}");
    }
}

#[test]
fn a_report_that_breaks_off_is_refused_wherever_that_is() {
    let Some(archive) = large(REPORTS) else {
        return;
    };
    for (path, bytes) in unpacked(&archive) {
        let whole = bytes.trim_ascii().len();
        for part in [1, 2, 3, 7]
            .map(|part| whole * part / 8)
            .into_iter()
            .filter(|part| *part > 0)
        {
            match Report::read(&bytes[..part]) {
                Err(refusal) => {
                    let code = refusal.code;
                    assert!(
                        ["malformed", "not_utf8"].contains(&code),
                        "{path:?}: {refusal:?}"
                    );
                }
                // Of one document to a line, the whole ones are kept, and the last one is told.
                Ok(report) => assert!(
                    report.entries.last().unwrap().is_err(),
                    "{path:?} at {part}"
                ),
            }
        }
    }
}

#[test]
fn a_line_that_cannot_be_read_costs_only_itself() {
    let good = r#"{"template-id":"a","info":{"name":"A","severity":"high"},"host":"h"}"#;
    let lines =
        format!("{good}\nnot json\n\n{{\"template-id\":\"b\"\n7\n{good}\n{{\"other\":1}}\n");
    let report = read(&lines);
    assert_eq!((report.scanner, report.entries.len()), ("nuclei", 6));
    let bad: Vec<String> = report.entries.into_iter().filter_map(Result::err).collect();
    let starts = [
        "line 2: expected",
        "line 4: EOF",
        "line 5: no object",
        "document 6: not one of nuclei",
    ];
    for (bad, start) in bad.iter().zip(starts) {
        assert!(bad.starts_with(start), "{bad}");
    }
    assert_eq!(bad.len(), starts.len());
}

#[test]
fn an_empty_file_proves_nothing_and_an_empty_report_does() {
    for text in ["", "\n", "null", "[]", "\u{feff} "] {
        let report = read(text);
        assert!(report.entries.is_empty() && !report.conclusive, "{text:?}");
    }
    for text in [
        "<niktoscan/>",
        r#"{"SchemaVersion": 2, "ArtifactName": "a"}"#,
        "<?xml version=\"1.0\"?><!-- x --><OWASPZAPReport><site><alerts></alerts></site></OWASPZAPReport>",
    ] {
        let report = read(text);
        assert!(report.entries.is_empty() && report.conclusive, "{text}");
    }
}

#[test]
fn what_is_no_report_says_so() {
    for text in [
        "<html><body>404</body></html>",
        r#"{"error": "denied"}"#,
        "42",
        "[3]",
        "\"text\"",
    ] {
        assert_eq!(refusal(text).code, "unknown_format", "{text}");
    }
    for text in [
        "404 not found",
        "<niktoscan><item></niktoscan>",
        "<a></a><b></b>",
        "<niktoscan",
        "{",
        "[{},",
    ] {
        let refusal = refusal(text);
        assert_eq!(refusal.code, "malformed", "{text}: {refusal:?}");
    }
    assert_eq!(refusal(b"{\"a\": \"\xFF\"}").code, "not_utf8");
    let refusal = refusal("<niktoscan>\n<item>\n</nikto>");
    assert!(
        refusal.message.starts_with("cut off or damaged: line 3: "),
        "{refusal:?}"
    );
}

#[test]
fn xml_neither_grows_nor_digs_while_it_is_read() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c SYSTEM \"file:///etc/passwd\">]>\
                <a x=\"&amp;&#65;\">&b;&c;&lt;&#x42;<![CDATA[<&b;>]]></a>";
    let root = xml::parse(bomb).unwrap();
    assert_eq!((root.text(), root.attribute("x")), ("&b;&c;<B<&b;>", "&A"));
    let deep = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert!(xml::parse(&deep(64)).is_ok());
    assert!(xml::parse(&deep(65)).unwrap_err().contains("none may be"));
}

#[test]
fn a_finding_of_trivy_has_versions_and_a_score() {
    let report = read(
        r#"{"Results": [{"Target": "Cargo.lock", "Vulnerabilities": [{
            "VulnerabilityID": "CVE-2020-26235", "PkgName": "time", "InstalledVersion": "0.1.42",
            "FixedVersion": "0.2.23, 0.3.0", "Title": "time: segfault", "Severity": "HIGH", "SeveritySource": "nvd",
            "PrimaryURL": "https://avd.aquasec.com/nvd/cve-2020-26235",
            "CVSS": {"ghsa": {"V3Score": 6.2}, "nvd": {"V2Score": 5.0, "V3Score": 7.5}}}],
            "Secrets": [{"RuleID": "github-pat", "Severity": "CRITICAL", "Title": "A token", "StartLine": 3}],
            "Licenses": [{"Severity": "LOW", "Category": "notice", "PkgName": "", "FilePath": "LICENSE", "Name": "MIT"}],
            "Misconfigurations": [{"ID": "DS002", "Title": "root", "Severity": "HIGH", "Status": "FAIL"},
                {"ID": "DS001", "Title": "latest", "Severity": "LOW", "Status": "PASS"}]}]}"#,
    );
    let found = findings(report);
    let time = &found[0];
    assert_eq!(
        (time.severity, time.score, &*time.version),
        (Severity::High, Some(7.5), "0.1.42")
    );
    assert_eq!(time.patched, ["0.2.23", "0.3.0"]);
    let rest: Vec<_> = found[1..]
        .iter()
        .map(|f| (f.kind, &*f.advisory, &*f.package))
        .collect();
    let expected = [
        (Kind::Secret, "github-pat", "Cargo.lock:3"),
        (Kind::License, "MIT", "LICENSE"),
        (Kind::Misconfiguration, "DS002", "Cargo.lock"),
    ];
    assert_eq!(rest, expected);
}

#[test]
fn what_is_only_said_for_information_is_an_observation() {
    let item = |severity| {
        format!(
            "<NessusClientData_v2><Report><ReportHost name=\"h\"><ReportItem port=\"80\" severity=\"{severity}\" \
             pluginID=\"1\" pluginName=\"P\"><cvss3_base_score>5.3</cvss3_base_score></ReportItem></ReportHost></Report>\
             </NessusClientData_v2>"
        )
    };
    let kind = |severity| findings(read(&item(severity)))[0].kind;
    assert_eq!(
        (kind("0"), kind("1")),
        (Kind::Observation, Kind::Vulnerability)
    );
    let graded = findings(read(&item("x"))).remove(0);
    assert_eq!(
        (graded.severity, &*graded.package),
        (Severity::Medium, "h:80"),
        "by its score"
    );
}

/// Whatever is in a file, reading it comes to an end that can be told.
#[test]
fn no_file_brings_the_reading_down() {
    use proptest::prelude::*;
    let seeds: [&[u8]; 4] = [
        br#"{"Results":[{"Target":"t","Vulnerabilities":[{"VulnerabilityID":"C","CVSS":{"a":{"V3Score":1e300}}}]}]}"#,
        br#"{"template-id":"a","info":{"name":"A","severity":["high"]}}"#,
        b"<nmaprun><host><address addr=\"&#x41;\"/><port portid='1'><state state='open'/></port></host></nmaprun>",
        b"[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n",
    ];
    let seed = prop::sample::select(seeds.map(<[u8]>::to_vec).to_vec());
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let mutated = (seed, prop::collection::vec(change, 0..4)).prop_map(|(mut bytes, changes)| {
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes
    });
    let bytes = prop_oneof![mutated, prop::collection::vec(any::<u8>(), 0..200)];
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }, |(bytes in bytes)| {
        let _ = Report::read(&bytes);
        if let Ok(text) = str::from_utf8(&bytes) {
            let _ = lockfile::packages(text);
            let _ = Range::parse(text);
        }
    });
    let _ = Range::parse("^0.0.18446744073709551615");
}
