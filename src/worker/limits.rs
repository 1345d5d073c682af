//! What the service takes, and how what a program says is brought within it: a report that is too long must not be
//! refused, because nobody would be there to mend it. Texts are cut, codes spelt as codes, objects left out with a
//! word that they were.
//!
//! The figures stand in the service's own code as well; a test compares them.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// Characters of a title.
pub const TITLE: usize = 200;
/// Characters of a message.
pub const MESSAGE: usize = 1000;
/// Characters of a notice's message.
pub const NOTICE: usize = 500;
/// Characters of the name of a phase.
pub const PHASE: usize = 64;
/// Characters of a unit.
pub const UNIT: usize = 32;
/// Characters of a code.
pub const CODE: usize = 64;
/// Characters of the name of a worker.
pub const WORKER: usize = 255;
/// Bytes of a notice's data.
pub const DATA: usize = 1024;
/// Bytes of a job's metadata.
pub const METADATA: usize = 4096;
/// Bytes of a result, and of the details of an error.
pub const RESULT: usize = 16 * 1024;
/// Phases of a job.
pub const PHASES: usize = 32;
/// Counters of a job.
pub const COUNTERS: usize = 32;
/// The largest count.
pub const COUNT: u64 = (1 << 53) - 1;
/// Levels of JSON below which an object may not go: the service counts its own around it.
const DEPTH: usize = 24;

/// The text without control characters (but for line breaks and tabs) and with so many characters at most.
pub fn text(text: &str, most: usize) -> String {
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().filter(kept).take(most).collect()
}

/// The same, and never empty.
pub fn word(said: &str, most: usize) -> String {
    let word = text(said, most);
    if word.is_empty() { "-".into() } else { word }
}

/// The code of a failure: lower case, digits and `_`, beginning with a letter.
pub fn code(said: &str) -> String {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_lowercase() || c.is_ascii_digit() => c,
        _ => '_',
    };
    let code: String = said.chars().map(plain).take(CODE).collect();
    if code.starts_with(|c: char| c.is_ascii_lowercase()) {
        code
    } else {
        let code: String = code.chars().take(CODE - 2).collect();
        format!("e_{code}")
    }
}

/// What was said, as an object of so many bytes at most. Another value becomes `{"value": …}`; nothing at all becomes
/// no object; what is too large or too deep is replaced by the number of its bytes.
pub fn object(said: impl Serialize, most: usize) -> Option<Map<String, Value>> {
    let object = match serde_json::to_value(said) {
        Ok(Value::Null) => return None,
        Ok(Value::Object(object)) => object,
        Ok(value) => entries(json!({ "value": value })),
        Err(error) => entries(json!({"unreadable": text(&error.to_string(), 200)})),
    };
    let size = size(&object);
    let fits = size <= most && object.values().all(|value| is_flat(value, DEPTH));
    Some(if fits {
        object
    } else {
        entries(json!({ "omitted_bytes": size }))
    })
}

/// How many bytes an object takes.
pub fn size(object: &Map<String, Value>) -> usize {
    serde_json::to_string(object).map_or(0, |text| text.len())
}

fn entries(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Whether a value has so many levels at most, and no text in it holds U+0000.
fn is_flat(value: &Value, levels: usize) -> bool {
    let deeper = |value| levels > 0 && is_flat(value, levels - 1);
    match value {
        Value::Array(values) => values.iter().all(deeper),
        Value::Object(values) => values
            .iter()
            .all(|(name, value)| !name.contains('\0') && deeper(value)),
        Value::String(text) => !text.contains('\0'),
        _ => true,
    }
}
