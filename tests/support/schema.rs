//! The schemas of what streams carry: everything any test is given is held against them. Frames against the contract's,
//! all else against the AsyncAPI document.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use jsonschema::Validator;
use serde_json::{Value, json};

/// Panics where these bytes are no frame of the contract.
pub fn check(frame: &[u8]) {
    static SCHEMA: OnceLock<Validator> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let text = include_str!("../../src/wire/frame.schema.json");
        let schema = serde_json::from_str(text).expect("the schema is JSON");
        jsonschema::validator_for(&schema).expect("the schema is one")
    });
    let value = serde_json::from_slice(frame).expect("a frame is JSON");
    let errors: Vec<String> = schema
        .iter_errors(&value)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "{errors:?} in {}",
        String::from_utf8_lossy(frame)
    );
    assert!(frame.len() <= 65_536, "a frame of {} bytes", frame.len());
}

/// A validator for each message of each channel of the AsyncAPI document.
static MESSAGES: LazyLock<BTreeMap<(String, String), Validator>> = LazyLock::new(|| {
    let document = milepost::api::asyncapi::document();
    let mut all = BTreeMap::new();
    for (channel, described) in document["channels"].as_object().expect("channels") {
        for (name, message) in described["messages"].as_object().expect("messages") {
            let whole =
                json!({ "components": document["components"], "allOf": [message["payload"]] });
            let validator = jsonschema::draft7::new(&whole).expect("a schema");
            all.insert((channel.clone(), name.clone()), validator);
        }
    }
    all
});

/// Panics where the document's `channel` (`socket`, `events`) does not say so of a message of this name.
pub fn check_message(channel: &str, name: &str, value: &Value) {
    let validator = MESSAGES
        .get(&(channel.to_owned(), name.to_owned()))
        .unwrap_or_else(|| panic!("{name} over {channel} is in no document: {value}"));
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?} in {value}");
}
