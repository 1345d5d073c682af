//! One Sigma rule file: whether it is a rule, and which.

use serde::Deserialize;
use serde_yaml_ng::{Deserializer, Mapping, Value};
use sha1::{Digest, Sha1};

/// The fields that every rule has.
const REQUIRED: [&str; 4] = ["title", "id", "logsource", "detection"];

/// What is kept of a rule.
pub struct Rule {
    /// Its `id`, the same over all versions of the rule.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How bad it is when the rule matches: `informational` to `critical`; empty if not said.
    pub level: String,
    /// Who wrote it, as the rule says.
    pub author: String,
    /// SHA-1 of the file: another hash is another version.
    pub hash: Vec<u8>,
}

impl Rule {
    /// Reads a rule file. The error says what is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
        let fields = fields(text)?;
        for name in REQUIRED {
            if fields.get(name).is_none_or(Value::is_null) {
                return Err(format!("no {name}"));
            }
        }
        let line = |name: &str| match fields.get(name) {
            Some(Value::String(text)) => text.replace('\0', ""),
            _ => String::new(),
        };
        if line("id").is_empty() {
            return Err("the id is not a text".into());
        }
        Ok(Self {
            id: line("id"),
            title: line("title"),
            level: line("level"),
            author: line("author"),
            hash: Sha1::digest(bytes).to_vec(),
        })
    }
}

/// The fields of all documents of a file. A collection says common fields in its first document;
/// the file counts as one rule.
fn fields(text: &str) -> Result<Mapping, String> {
    let mut fields = Mapping::new();
    for document in Deserializer::from_str(text) {
        match Value::deserialize(document).map_err(|error| error.to_string())? {
            Value::Mapping(mapping) => fields.extend(mapping),
            Value::Null => {}
            _ => return Err("not a mapping".into()),
        }
    }
    Ok(fields)
}
