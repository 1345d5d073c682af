//! Reads a markdown file apart: its front matter with the line of each field, its headings, and
//! what it was moved to. Whatever keeps it from being read is a finding.
//!
//! Nothing here knows what the fields mean.

use std::collections::HashMap;

use serde_yaml_ng::{Mapping, Value};

use super::{
    finding::{Finding, plain},
    rule::{FRONT_MATTER_MISSING, FRONT_MATTER_OPEN, NOT_UTF8, Rule, YAML_BROKEN},
};

const FENCE: &str = "---";
/// The longest front matter, in bytes: YAML can be written so that reading it takes for ever.
const LIMIT: usize = 16 << 10;

/// What is kept of a file.
#[derive(Debug)]
pub struct FrontMatter {
    fields: Mapping,
    lines: HashMap<String, u32>,
    /// The line that ends the front matter.
    pub end: u32,
    /// The headings of the body, in lower case and without marks.
    pub headings: Vec<String>,
    /// The first address after "moved to" in the body.
    pub moved_to: Option<String>,
}

impl FrontMatter {
    /// Reads a file. The finding says why it cannot be read.
    pub fn read(path: &str, bytes: &[u8]) -> Result<Self, Finding> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.split_at(error.valid_up_to()).0;
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            let text = format!(
                "byte {} is not UTF-8: save the file in that encoding",
                before.len() + 1
            );
            Finding::new(&NOT_UTF8, (path, line as u32), text)
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (front, body) =
            split(text).map_err(|(rule, text)| Finding::new(rule, (path, 1), text))?;
        let fields =
            fields(front).map_err(|(line, text)| Finding::new(&YAML_BROKEN, (path, line), text))?;
        Ok(Self {
            fields,
            lines: lines(front),
            end: front.lines().count() as u32 + 1,
            headings: headings(body),
            moved_to: moved_to(body),
        })
    }

    /// What a field holds; an empty one does not count.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let value = self.fields.get(name)?;
        let empty = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
        (!empty).then_some(value)
    }

    /// The line of a field; where there is none, the line that ends the front matter.
    pub fn line(&self, name: &str) -> u32 {
        self.lines.get(name).copied().unwrap_or(self.end)
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(|name| name.as_str().unwrap_or("?"))
    }
}

/// Front matter, with the line that opens it, and body.
fn split(text: &str) -> Result<(&str, &str), (&'static Rule, String)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if first.trim_end() != FENCE {
        let text = "no front matter: the first line must be ---";
        return Err((&FRONT_MATTER_MISSING, text.into()));
    }
    let mut end = first.len();
    for line in lines {
        if line.trim_end() == FENCE {
            let front = text.get(..end).unwrap_or_default();
            let body = text.get(end + line.len()..).unwrap_or_default();
            return Ok((front, body));
        }
        end += line.len();
    }
    let text = "the front matter does not end: close it with a line ---";
    Err((&FRONT_MATTER_OPEN, text.into()))
}

/// The fields; or the line, and what is wrong there.
fn fields(front: &str) -> Result<Mapping, (u32, String)> {
    if front.len() > LIMIT {
        let text = format!(
            "the front matter has {} bytes: {LIMIT} are enough",
            front.len()
        );
        return Err((1, text));
    }
    match serde_yaml_ng::from_str(front) {
        Ok(Value::Mapping(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Mapping::new()),
        Ok(_) => Err((
            2,
            "the front matter is not a mapping: write `field: value`".into(),
        )),
        Err(error) => {
            let line = error.location().map_or(1, |at| at.line().max(1)) as u32;
            Err((line, format!("broken YAML in the front matter: {error}")))
        }
    }
}

/// The line of each field, as the file counts.
fn lines(front: &str) -> HashMap<String, u32> {
    let mut lines = HashMap::new();
    for (at, line) in (1..).zip(front.lines()) {
        let name = line.split(':').next().unwrap_or_default().trim_end();
        if line.contains(':') && !name.starts_with([' ', '\t', '#', '-']) {
            let name = name.trim_matches(['"', '\'']);
            lines.entry(name.to_owned()).or_insert(at);
        }
    }
    lines
}

/// What a line of the body stands in.
enum Inside {
    Text,
    Comment,
    Code(char, usize),
}

/// The headings, outside of code and comments: with number signs before, or a line below.
fn headings(body: &str) -> Vec<String> {
    let (mut inside, mut found, mut before) = (Inside::Text, Vec::new(), "");
    for line in body.lines() {
        match inside {
            Inside::Code(mark, least) if closes(line, (mark, least)) => inside = Inside::Text,
            Inside::Comment if line.contains("-->") => inside = Inside::Text,
            Inside::Text => {
                found.extend(heading(line).or_else(|| underlined(before, line)));
                inside = opened(line);
            }
            _ => {}
        }
        before = line;
    }
    found
}

fn opened(line: &str) -> Inside {
    let comment = inner(line).and_then(|line| line.strip_prefix("<!--"));
    match (comment, fence(item(line))) {
        (Some(comment), _) if !comment.contains("-->") => Inside::Comment,
        (None, Some((mark, length))) => Inside::Code(mark, length),
        _ => Inside::Text,
    }
}

/// The fence that opens a block of code: its character, and how many of them.
fn fence(line: &str) -> Option<(char, usize)> {
    let line = inner(line)?;
    let mark = line.chars().next().filter(|c| ['`', '~'].contains(c))?;
    let after = line.trim_start_matches(mark);
    let length = line.len() - after.len();
    (length >= 3 && !(mark == '`' && after.contains(mark))).then_some((mark, length))
}

/// Whether a line ends a block of code: a fence as long as the one that opened it, and nothing else.
fn closes(line: &str, (mark, least): (char, usize)) -> bool {
    let line = line.trim();
    line.len() >= least && line.chars().all(|c| c == mark)
}

/// What follows the mark of a list item; a line without one as it is. A fence may open there.
fn item(line: &str) -> &str {
    let Some((mark, rest)) = inner(line).and_then(|line| line.split_once(' ')) else {
        return line;
    };
    let number = mark.strip_suffix(['.', ')']).unwrap_or_default();
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match numbered || ["-", "*", "+"].contains(&mark) {
        true => rest.trim_start(),
        false => line,
    }
}

/// A line without the spaces that it may begin with: with more than three it is code.
fn inner(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len() <= 3).then_some(text)
}

fn heading(line: &str) -> Option<String> {
    let line = inner(line)?;
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let is_heading = (1..=6).contains(&level) && text.starts_with([' ', '\t']);
    is_heading.then(|| bare(text.trim().trim_end_matches('#')))
}

/// A heading as two lines: its text, and a line of = or - below.
fn underlined(text: &str, line: &str) -> Option<String> {
    let line = inner(line)?.trim_end();
    let only = |mark: char| !line.is_empty() && line.chars().all(|c| c == mark);
    let text = inner(text)?.trim();
    (!text.is_empty() && (only('=') || only('-'))).then(|| bare(text))
}

/// The text of a heading without marks.
fn bare(text: &str) -> String {
    text.trim()
        .trim_matches(['*', '_', ':', ' '])
        .to_lowercase()
}

/// Where a stub says that its document was moved to.
fn moved_to(body: &str) -> Option<String> {
    let after = body.split_once("moved to")?.1;
    let mut words = after.split(|c: char| c.is_whitespace() || "()[]<>\"".contains(c));
    let target = words.find(|word| word.contains('/') || word.contains(".md"))?;
    Some(plain(target.trim_end_matches(['.', ',']), 300))
}
