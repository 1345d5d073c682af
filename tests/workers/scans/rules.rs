//! Every rule: a document that follows it, and one that breaks it, with the line that is named.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::workers::scan::{
    collection::{self, Surroundings},
    document::Facts,
    finding::Finding,
    front_matter::FrontMatter,
    rule::RULES,
    validate::validate,
};

pub const GOOD: &str = "---
eip: 20
title: Token Standard
description: A standard interface for tokens
author: A. Author (@author)
discussions-to: https://example.com/20
status: Final
type: Standards Track
category: ERC
created: 2015-11-19
requires: 7, 8
---

## Abstract
## Specification
### Methods
## Rationale
## Security Considerations
## Copyright
";

/// Rule and line of everything found in a file.
fn found(path: &str, bytes: impl AsRef<[u8]>) -> Vec<(&'static str, u32)> {
    let findings = match FrontMatter::read(path, bytes.as_ref()) {
        Ok(front) => validate(path, &front).1,
        Err(finding) => vec![finding],
    };
    for finding in &findings {
        let place = format!("{path}:{}: ", finding.line);
        assert!(finding.message().starts_with(&place), "{finding:?}");
    }
    findings
        .iter()
        .map(|finding| (finding.rule.id, finding.line))
        .collect()
}

/// The good document with one line in place of another.
fn with(line: &str, instead: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    GOOD.replacen(line, instead, 1)
}

fn breaks(line: &str, instead: &str, expected: &[(&'static str, u32)]) {
    assert_eq!(
        found("EIPS/eip-20.md", with(line, instead)),
        expected,
        "{line:?} as {instead:?}"
    );
}

#[test]
fn a_good_document_breaks_no_rule() {
    assert_eq!(found("EIPS/eip-20.md", GOOD), []);
    assert_eq!(found("eip-20.md", GOOD.replace('\n', "\r\n")), []);
    assert_eq!(found("eip-20.md", format!("\u{feff}{GOOD}")), []);
}

#[test]
fn what_cannot_be_read_is_one_critical_finding_that_names_the_line() {
    let cases: [(&[u8], &str, u32); 12] = [
        (b"", "front_matter_missing", 1),
        (b"# No front matter\n", "front_matter_missing", 1),
        (b"\n---\neip: 20\n---\n", "front_matter_missing", 1),
        (b"---\neip: 20\ntitle: T\n", "front_matter_open", 1),
        (b"---", "front_matter_open", 1),
        (b"---\neip: 20\ntitle: caf\xe9\n---\n", "not_utf8", 3),
        (b"\xff\xfe-\0-\0-\0", "not_utf8", 1),
        (
            b"---\neip: 20\ntitle: [\nstatus: x\n---\n",
            "yaml_broken",
            5,
        ),
        (b"---\neip: 20\ntitle: a: b: c\n---\n", "yaml_broken", 3),
        (b"---\n- a\n- list\n---\n", "yaml_broken", 2),
        (b"---\neip: 20\neip: 21\n---\n", "yaml_broken", 2),
        (b"---\neip: 20\ntitle: \0\n---\n", "yaml_broken", 1),
    ];
    for (bytes, rule, line) in cases {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(found("eip-20.md", bytes), [(rule, line)], "{text}");
    }
}

#[test]
fn an_alias_bomb_is_broken_yaml() {
    let mut bomb = String::from("---\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for at in 1..12 {
        let before = at - 1;
        let list = vec![format!("*a{before}"); 9].join(", ");
        bomb += &format!("a{at}: &a{at} [{list}]\n");
    }
    assert_eq!(found("eip-20.md", bomb + "---\n")[0].0, "yaml_broken");
    for depth in [200, 10_000, 1_000_000] {
        let deep = format!("---\neip: {}\n---\n", "[".repeat(depth));
        assert_eq!(found("eip-20.md", deep)[0].0, "yaml_broken", "{depth}");
    }
}

#[test]
fn the_identifier_is_that_of_the_file() {
    breaks("eip: 20", "eip: 21", &[("identifier_mismatch", 2)]);
    breaks("eip: 20", "eip: twenty", &[("identifier_missing", 2)]);
    breaks("eip: 20", "eip: -20", &[("identifier_missing", 2)]);
    breaks("eip: 20", "eip: 20.5", &[("identifier_missing", 2)]);
    breaks("eip: 20\n", "", &[("identifier_missing", 11)]);
    assert_eq!(found("readme.md", GOOD), [("file_name", 2)]);
    assert_eq!(found("eip-.md", GOOD), [("file_name", 2)]);
    assert_eq!(found("-20.md", GOOD), [("file_name", 2)]);
    assert_eq!(
        found("eip-99999999999999999999.md", GOOD),
        [("file_name", 2)]
    );
}

#[test]
fn what_must_be_said_is_said() {
    for (line, rule) in [
        ("title: Token Standard", "title_missing"),
        (
            "description: A standard interface for tokens",
            "description_missing",
        ),
        ("author: A. Author (@author)", "author_missing"),
        (
            "discussions-to: https://example.com/20",
            "discussion_missing",
        ),
        ("created: 2015-11-19", "created_missing"),
        ("category: ERC", "category_missing"),
        ("status: Final", "status_missing"),
    ] {
        let name = line.split_once(':').unwrap().0;
        let at = 1 + GOOD.lines().position(|other| other == line).unwrap() as u32;
        breaks(&format!("{line}\n"), "", &[(rule, 11)]);
        breaks(line, &format!("{name}:"), &[(rule, at)]);
        breaks(line, &format!("{name}: '  '"), &[(rule, at)]);
    }
    breaks("type: Standards Track\n", "", &[("type_missing", 11)]);
}

#[test]
fn status_type_and_category_are_of_the_lists_and_fit_each_other() {
    breaks("status: Final", "status: final", &[("status_unknown", 7)]);
    breaks(
        "status: Final",
        "status: Accepted",
        &[("status_unknown", 7)],
    );
    breaks(
        "type: Standards Track",
        "type: Standard",
        &[("type_unknown", 8)],
    );
    breaks("category: ERC", "category: Erc", &[("category_unknown", 9)]);
    breaks(
        "type: Standards Track",
        "type: Meta",
        &[("category_unexpected", 9)],
    );
    breaks("type: Standards Track\ncategory: ERC", "type: Meta", &[]);
    breaks(
        "type: Standards Track\ncategory: ERC",
        "type: Informational",
        &[],
    );
}

#[test]
fn a_status_demands_what_belongs_to_it() {
    breaks(
        "status: Final",
        "status: Withdrawn",
        &[("reason_missing", 7)],
    );
    breaks(
        "status: Final",
        "status: Withdrawn\nwithdrawal-reason: superseded",
        &[],
    );
    breaks(
        "status: Final",
        "status: Last Call",
        &[("deadline_missing", 12)],
    );
    let line = "status: Last Call\nlast-call-deadline: ";
    breaks(
        "status: Final",
        &format!("{line}2026-02-30"),
        &[("deadline_missing", 8)],
    );
    breaks("status: Final", &format!("{line}2026-02-28"), &[]);
}

#[test]
fn a_stub_that_says_where_to_is_told_apart_and_still_fails_strictly() {
    let fails = [
        ("title_missing", 5),
        ("author_missing", 5),
        ("type_missing", 5),
        ("created_missing", 5),
    ];
    let stub = "---\neip: 20\ncategory: ERC\nstatus: Moved\n---\n\n";
    let target = "This file was moved to https://example.com/ERCS/erc-20.md\n";
    assert_eq!(found("eip-20.md", format!("{stub}{target}")), fails);
    for body in [
        "",
        "This file was moved.\n",
        "This file was moved to another place\n",
    ] {
        let mut fails = fails.to_vec();
        fails.insert(0, ("moved_nowhere", 4));
        assert_eq!(found("eip-20.md", format!("{stub}{body}")), fails, "{body}");
    }
}

#[test]
fn a_date_is_a_day_of_the_calendar() {
    for day in [
        "2015-02-29",
        "0000-01-01",
        "2015-13-01",
        "19-11-2015",
        "2015-11-19T00:00:00Z",
        "20151119",
        "soon",
        "2015",
    ] {
        breaks("2015-11-19", day, &[("created_invalid", 10)]);
    }
    breaks("2015-11-19", "2016-02-29", &[]);
    breaks("2015-11-19", "'2015-11-19'", &[]);
}

#[test]
fn what_is_required_are_numbers() {
    breaks(
        "requires: 7, 8",
        "requires: EIP-7",
        &[("requires_invalid", 11)],
    );
    breaks(
        "requires: 7, 8",
        "requires: 7, seven, seven, eight",
        &[("requires_invalid", 11); 2],
    );
    breaks("requires: 7, 8", "requires: [7, 8]", &[("field_type", 11)]);
    breaks("requires: 7, 8", "requires: 7", &[]);
    breaks("requires: 7, 8", "requires: 7, 7, 8,", &[]);
}

#[test]
fn sections_are_headings_outside_of_code() {
    breaks("## Rationale", "", &[("section_missing", 12)]);
    breaks("## Rationale", "Rationale", &[("section_missing", 12)]);
    breaks("## Rationale", "##Rationale", &[("section_missing", 12)]);
    breaks(
        "## Rationale",
        "```\n## Rationale\n```",
        &[("section_missing", 12)],
    );
    breaks(
        "## Rationale",
        "~~~md\n```\n## Rationale\n~~~",
        &[("section_missing", 12)],
    );
    breaks(
        "## Rationale",
        "1. ```\n## Rationale\n   ```",
        &[("section_missing", 12)],
    );
    breaks(
        "## Rationale",
        "````\n```\n## Rationale\n````",
        &[("section_missing", 12)],
    );
    breaks(
        "## Rationale",
        "    ## Rationale",
        &[("section_missing", 12)],
    );
    breaks(
        "## Rationale",
        "10. ```\n    code\n    ```\n## Rationale",
        &[],
    );
    breaks("## Rationale", "`````\n```\n`````\n## Rationale", &[]);
    breaks(
        "## Rationale",
        "         ```js\n         code\n## Rationale",
        &[],
    );
    breaks("## Rationale", "```code``` in a line\n## Rationale", &[]);
    let gone = [("section_missing", 12)];
    breaks("## Rationale", "<!-- ## Rationale -->", &gone);
    breaks("## Rationale", "<!--\n## Rationale\n```\n-->", &gone);
    breaks("## Rationale", "<!-- a -->\n## Rationale", &[]);
    breaks("## Rationale", "Rationale\n=====", &[]);
    breaks("## Rationale", "Rationale\n-", &[]);
    breaks("## Rationale", "Rationale\n\n---", &gone);
    breaks("## Rationale", "## Rationale ##", &[]);
    breaks("## Rationale", "# RATIONALE", &[]);
    breaks("## Rationale", "## **Rationale**", &[]);
    breaks("## Abstract", "## Simple Summary", &[]);
    breaks(
        "## Abstract\n## Specification",
        "",
        &[("section_missing", 12); 2],
    );
}

#[test]
fn what_is_only_untidy_is_minor() {
    let long = format!("title: {}", "x".repeat(45));
    breaks("title: Token Standard", &long, &[("title_long", 3)]);
    breaks("title: Token Standard", &long[..long.len() - 1], &[]);
    breaks("(@author)", "", &[("author_contact", 5)]);
    breaks("(@author)", "<a@example.com>", &[]);
    breaks(
        "category: ERC",
        "category: ERC\nowner: me",
        &[("field_unknown", 10)],
    );
    breaks(
        "title: Token Standard",
        "title: [Token, Standard]",
        &[("field_type", 3)],
    );
}

#[test]
fn a_message_stays_short_and_on_one_line_whatever_stands_in_the_file() {
    let path = format!("{}/eip-20.md", "x".repeat(3000));
    let bad = with(
        "status: Final",
        &format!("status: \"\\0\\n{}\"", "y".repeat(5000)),
    );
    let front = FrontMatter::read(&path, bad.as_bytes()).unwrap();
    let (facts, findings) = validate(&path, &front);
    let message = findings[0].message();
    assert!(
        message.chars().count() <= 500 && !message.contains(['\n', '\0']),
        "{message}"
    );
    assert!(!facts.status.contains('\0') && facts.status.chars().count() <= 100);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn whatever_stands_in_a_file_it_is_read_to_its_end(
        front in "(eip|title|author|status|type|created|requires)?[:\\-# \\[\\]{}&*!|>'\"%@`a-z0-9\n\u{e9}\u{0}]{0,200}",
        body in "[#`~<!>\\-= a-z0-9.\n]{0,200}",
        bytes in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut file = format!("---\n{front}\n---\n{body}").into_bytes();
        let lines = 1 + file.iter().filter(|byte| **byte == b'\n').count() as u32;
        prop_assert!(found("eip-20.md", &file).iter().all(|(_, line)| (1..=lines).contains(line)));
        let at = file.len() / 2;
        file.splice(at..at, bytes);
        found("eip-20.md", &file);
    }
}

fn facts(identifier: u64, status: &str, requires: &[u64]) -> Facts {
    Facts {
        identifier: Some((identifier, 2)),
        status: status.into(),
        requires: requires.iter().map(|number| (*number, 9)).collect(),
        ..Facts::default()
    }
}

fn together(
    documents: &[(&str, Facts)],
    around: &Surroundings,
) -> Vec<(String, &'static str, String)> {
    let documents: BTreeMap<String, Facts> = documents
        .iter()
        .map(|(path, facts)| ((*path).to_owned(), facts.clone()))
        .collect();
    let told = |one: Finding| (one.path.clone(), one.rule.id, one.subject.clone());
    collection::check(&documents, around)
        .into_iter()
        .map(told)
        .collect()
}

fn finding(path: &str, rule: &'static str, subject: &str) -> (String, &'static str, String) {
    (path.into(), rule, subject.into())
}

#[test]
fn an_identifier_belongs_to_one_document() {
    let documents = [
        ("eip-1.md", facts(1, "Final", &[])),
        ("old/eip-1.md", facts(1, "Final", &[])),
    ];
    let expected = documents
        .clone()
        .map(|(path, _)| finding(path, "identifier_duplicate", ""));
    assert_eq!(together(&documents, &Surroundings::default()), expected);
}

#[test]
fn what_is_required_exists_here_or_in_a_companion() {
    let documents = [
        ("eip-1.md", facts(1, "Final", &[2, 3, 4, 5])),
        ("eip-2.md", facts(2, "Draft", &[1])),
        ("eip-5.md", Facts::default()), // damaged, but there
    ];
    let mut around = Surroundings::default();
    let immature = finding("eip-1.md", "reference_immature", "2");
    let missing = |number| finding("eip-1.md", "reference_missing", number);
    let expected = [immature.clone(), missing("3"), missing("4")];
    assert_eq!(together(&documents, &around), expected);
    around.companion = Some(["erc-4.md".to_owned()].into());
    assert_eq!(together(&documents, &around), [immature, missing("3")]);
}

#[test]
fn what_a_stub_was_moved_to_exists_where_the_other_repository_is_known() {
    let moved = |to: &str| Facts {
        moved_to: Some(format!("https://example.com/ERCS/{to}")),
        ..facts(1, "Moved", &[])
    };
    let mut around = Surroundings::default();
    assert_eq!(together(&[("eip-1.md", moved("erc-1.md"))], &around), []);
    around.companion = Some(BTreeSet::from(["erc-1.md".to_owned()]));
    assert_eq!(together(&[("eip-1.md", moved("erc-1.md"))], &around), []);
    let expected = [finding("eip-1.md", "target_missing", "")];
    assert_eq!(
        together(&[("eip-1.md", moved("erc-2.md"))], &around),
        expected
    );
}

#[test]
fn today_decides_about_days() {
    let around = Surroundings {
        today: "2026-11-20".into(),
        twice: ["eip-3.md".to_owned()].into(),
        companion: None,
    };
    let created = |day: &str| Facts {
        created: Some((day.into(), 3)),
        ..facts(1, "Draft", &[])
    };
    assert_eq!(
        together(&[("eip-1.md", created("2026-11-20"))], &around),
        []
    );
    let expected = [finding("eip-1.md", "created_future", "")];
    assert_eq!(
        together(&[("eip-1.md", created("2026-11-21"))], &around),
        expected
    );
    let call = |day: &str| Facts {
        deadline: Some((day.into(), 3)),
        ..facts(3, "Last Call", &[])
    };
    assert_eq!(together(&[("eip-2.md", call("2026-11-20"))], &around), []);
    let expected = [
        finding("eip-3.md", "file_twice", ""),
        finding("eip-3.md", "deadline_over", ""),
    ];
    assert_eq!(
        together(&[("eip-3.md", call("2026-11-19"))], &around),
        expected
    );
}

#[test]
fn every_rule_has_a_name_of_its_own_that_fits_a_notice() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(names.len(), RULES.len());
    let fits = |name: &&str| {
        name.len() <= 64
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'8')
    };
    assert!(names.iter().all(fits));
}
