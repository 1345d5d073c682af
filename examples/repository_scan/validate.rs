//! The rules that one file can break by itself.

use std::collections::HashSet;

use jiff::civil::Date;
use serde_yaml_ng::Value;

use super::{
    document::Facts,
    finding::{Finding, plain},
    front_matter::FrontMatter,
    process::{CATEGORIES, FIELDS, SECTIONS, STANDARD, STATUSES, TITLE, TYPES},
    rule::{self, Rule},
};

/// Checks a file, and says what is known of it.
pub fn validate(path: &str, front: &FrontMatter) -> (Facts, Vec<Finding>) {
    let mut check = Check {
        path,
        front,
        facts: Facts::default(),
        findings: Vec::new(),
    };
    check.identifier();
    check.status();
    check.heads();
    check.kind();
    check.created();
    check.requires();
    check.sections();
    for name in front.names().filter(|name| !FIELDS.contains(name)) {
        let text = format!("the field `{}` is not known: remove it", plain(name, 60));
        let finding =
            Finding::new(&rule::FIELD_UNKNOWN, (path, front.line(name)), text).about(name);
        check.findings.push(finding);
    }
    let mut seen = HashSet::new();
    check
        .findings
        .retain(|finding| seen.insert((finding.rule.id, finding.subject.clone())));
    (check.facts, check.findings)
}

/// The number in a file's name: 20 in `EIPS/eip-20.md`.
pub fn number(path: &str) -> Option<u64> {
    let name = path.rsplit('/').next()?.strip_suffix(".md")?;
    let (word, number) = name.rsplit_once('-')?;
    let named = !word.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| named)
}

struct Check<'a> {
    path: &'a str,
    front: &'a FrontMatter,
    facts: Facts,
    findings: Vec<Finding>,
}

impl Check<'_> {
    /// A finding at a field, or where it should be.
    fn found(&mut self, rule: &'static Rule, field: &str, text: impl Into<String>) {
        let at = (self.path, self.front.line(field));
        self.findings.push(Finding::new(rule, at, text));
    }

    /// A field as text; one that is not is a finding.
    fn text(&mut self, field: &str) -> Option<String> {
        let text = match self.front.get(field)? {
            Value::String(text) => text.trim().replace('\0', ""),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => {
                let text = format!("`{field}` is not text: write it on one line");
                let at = (self.path, self.front.line(field));
                self.findings
                    .push(Finding::new(&rule::FIELD_TYPE, at, text).about(field));
                return None;
            }
        };
        Some(text)
    }

    /// A field as text that must be there; its absence is a finding.
    fn required(&mut self, field: &str, rule: &'static Rule) -> Option<String> {
        if self.front.get(field).is_none() {
            let name = match field {
                "created" => "date of creation",
                "discussions-to" => "place for discussion",
                other => other,
            };
            let text = format!("no {name}: add `{field}:` to the front matter");
            self.found(rule, field, text);
        }
        self.text(field)
    }

    fn identifier(&mut self) {
        let named = number(self.path);
        if named.is_none() {
            self.found(
                &rule::FILE_NAME,
                "eip",
                "the file's name has no number: name it like eip-20.md",
            );
        }
        let Some(identifier) = self.front.get("eip").and_then(Value::as_u64) else {
            let text = match self.front.get("eip") {
                None => "no identifier: add `eip:` and a number",
                Some(_) => "the identifier is not a whole number",
            };
            return self.found(&rule::IDENTIFIER_MISSING, "eip", text);
        };
        self.facts.identifier = Some((identifier, self.front.line("eip")));
        if let Some(named) = named.filter(|named| *named != identifier) {
            let text = format!("the identifier is {identifier}, but the file's name says {named}");
            self.found(&rule::IDENTIFIER_MISMATCH, "eip", text);
        }
    }

    fn status(&mut self) {
        let Some(status) = self.required("status", &rule::STATUS_MISSING) else {
            return;
        };
        match status.as_str() {
            "Moved" => {
                self.facts.moved_to.clone_from(&self.front.moved_to);
                if self.facts.moved_to.is_none() {
                    let text = "moved, but not said where to: write `moved to` and the address";
                    self.found(&rule::MOVED_NOWHERE, "status", text);
                }
            }
            "Withdrawn" if self.front.get("withdrawal-reason").is_none() => {
                let text = "withdrawn without a reason: add `withdrawal-reason:`";
                self.found(&rule::REASON_MISSING, "status", text);
            }
            "Last Call" => self.deadline(),
            known if STATUSES.contains(&known) => {}
            _ => {
                let known = STATUSES.join(", ");
                let text = format!("no such status: {}; there are {known}", plain(&status, 40));
                self.found(&rule::STATUS_UNKNOWN, "status", text);
            }
        }
        self.facts.status = plain(&status, 100);
    }

    fn deadline(&mut self) {
        const FIELD: &str = "last-call-deadline";
        let line = self.front.line(FIELD);
        self.facts.deadline = self
            .text(FIELD)
            .filter(|day| is_day(day))
            .map(|day| (day, line));
        if self.facts.deadline.is_none() {
            let text = "in last call without an end: add `last-call-deadline:` as YYYY-MM-DD";
            self.found(&rule::DEADLINE_MISSING, FIELD, text);
        }
    }

    /// Title, author, and what is only told about documents that are still here.
    fn heads(&mut self) {
        if let Some(title) = self.required("title", &rule::TITLE_MISSING) {
            let length = title.chars().count();
            if length > TITLE {
                let text = format!("the title has {length} characters: {TITLE} are enough");
                self.found(&rule::TITLE_LONG, "title", text);
            }
            self.facts.title = plain(&title, 300);
        }
        if let Some(author) = self.required("author", &rule::AUTHOR_MISSING)
            && !author.contains("(@")
            && !(author.contains('<') && author.contains('@'))
        {
            let text = "no author can be reached: add (@name) or <address> to one of them";
            self.found(&rule::AUTHOR_CONTACT, "author", text);
        }
        if self.facts.status != "Moved" {
            self.required("description", &rule::DESCRIPTION_MISSING);
            self.required("discussions-to", &rule::DISCUSSION_MISSING);
        }
    }

    fn kind(&mut self) {
        let kind = self
            .required("type", &rule::TYPE_MISSING)
            .unwrap_or_default();
        let category = self.text("category").unwrap_or_default();
        if !kind.is_empty() && !TYPES.contains(&kind.as_str()) {
            let text = format!(
                "no such type: {}; there are {}",
                plain(&kind, 40),
                TYPES.join(", ")
            );
            self.found(&rule::TYPE_UNKNOWN, "type", text);
        }
        match (kind.as_str(), category.as_str()) {
            (STANDARD, "") => {
                let text = format!("no category: say which of {}", CATEGORIES.join(", "));
                self.found(&rule::CATEGORY_MISSING, "category", text);
            }
            ("Meta" | "Informational", category) if !category.is_empty() => {
                let text = format!("a document of type {kind} has no category: remove it");
                self.found(&rule::CATEGORY_UNEXPECTED, "category", text);
            }
            (_, "") => {}
            (_, category) if CATEGORIES.contains(&category) => {}
            _ => {
                let text = format!("no such category: {}", plain(&category, 40));
                self.found(&rule::CATEGORY_UNKNOWN, "category", text);
            }
        }
        (self.facts.kind, self.facts.category) = (plain(&kind, 100), plain(&category, 100));
    }

    fn created(&mut self) {
        let line = self.front.line("created");
        match self.required("created", &rule::CREATED_MISSING) {
            Some(day) if is_day(&day) => self.facts.created = Some((day, line)),
            Some(day) => {
                let text = format!(
                    "{} is no day of the calendar as YYYY-MM-DD",
                    plain(&day, 40)
                );
                self.found(&rule::CREATED_INVALID, "created", text);
            }
            None => {}
        }
    }

    fn requires(&mut self) {
        let line = self.front.line("requires");
        for part in self.text("requires").unwrap_or_default().split(',') {
            match part.trim().parse() {
                Ok(number) if self.facts.requires.contains(&(number, line)) => {}
                Ok(number) => self.facts.requires.push((number, line)),
                Err(_) if part.trim().is_empty() => {}
                Err(_) => {
                    let text = format!("{} is no number of a document", plain(part.trim(), 40));
                    let finding = Finding::new(&rule::REQUIRES_INVALID, (self.path, line), text);
                    self.findings.push(finding.about(part.trim()));
                }
            }
        }
    }

    fn sections(&mut self) {
        let demanded = SECTIONS.iter().find(|(kind, _)| *kind == self.facts.kind);
        for names in demanded.map(|(_, sections)| *sections).unwrap_or_default() {
            let there = |name: &&str| self.front.headings.contains(&name.to_lowercase());
            if let (false, Some(name)) = (names.iter().any(there), names.first()) {
                let text = format!(
                    "no section {name}: a document of type {} has one",
                    self.facts.kind
                );
                let at = (self.path, self.front.end);
                self.findings
                    .push(Finding::new(&rule::SECTION_MISSING, at, text).about(*name));
            }
        }
    }
}

/// Whether it is a day of the calendar, written YYYY-MM-DD. Such texts sort as the days do.
fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok_and(|day| day.year() > 0)
}
