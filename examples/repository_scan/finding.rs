//! One finding: which rule a file breaks, where, and in what words.

use super::rule::{Rule, Severity};

/// The longest text of a finding, in characters: a notice takes 500 with its path.
const TEXT: usize = 240;
/// The longest subject, in characters.
const SUBJECT: usize = 100;
/// The longest path in a message, in characters.
const PATH: usize = 200;

/// A broken rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The file, as a path inside its repository.
    pub path: String,
    /// The rule that it breaks.
    pub rule: &'static Rule,
    /// What it is about where a rule can be broken more than once in a file; else empty.
    /// Path, rule and subject are the identity of a finding over scans.
    pub subject: String,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong, and how to mend it.
    pub text: String,
}

impl Finding {
    /// A finding in a line of a file.
    pub fn new(rule: &'static Rule, (path, line): (&str, u32), text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            rule,
            subject: String::new(),
            line,
            text: plain(&text.into(), TEXT),
        }
    }

    /// The same about one of several things.
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = plain(&subject.into(), SUBJECT);
        self
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }

    /// The message for a person: names the file and the line.
    pub fn message(&self) -> String {
        format!("{}:{}: {}", plain(&self.path, PATH), self.line, self.text)
    }
}

/// The text without control characters, cut at `most` characters.
pub fn plain(text: &str, most: usize) -> String {
    let mut kept: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(most + 1)
        .collect();
    if let Some((at, _)) = kept.char_indices().nth(most) {
        kept.truncate(at);
        kept.pop();
        kept.push('…');
    }
    kept
}
