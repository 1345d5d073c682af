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

/// The headings with a number sign, outside of code.
fn headings(body: &str) -> Vec<String> {
    let (mut code, mut found) = (None, Vec::new());
    for line in body.lines() {
        let line = line
            .strip_prefix("   ")
            .unwrap_or(line)
            .trim_start_matches(' ');
        let fence = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.starts_with(mark));
        match (code, fence) {
            (None, Some(_)) => code = fence,
            (Some(open), Some(mark)) if open == mark => code = None,
            (None, None) => found.extend(heading(line)),
            _ => {}
        }
    }
    found
}

fn heading(line: &str) -> Option<String> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let is_heading = (1..=6).contains(&level) && text.starts_with([' ', '\t']);
    let text = text.trim().trim_end_matches('#').trim();
    is_heading.then(|| text.trim_matches(['*', '_', ':', ' ']).to_lowercase())
}

/// Where a stub says that its document was moved to.
fn moved_to(body: &str) -> Option<String> {
    let after = body.split_once("moved to")?.1;
    let mut words = after.split(|c: char| c.is_whitespace() || "()[]<>\"".contains(c));
    let target = words.find(|word| word.contains('/') || word.contains(".md"))?;
    Some(plain(target.trim_end_matches(['.', ',']), 300))
}
