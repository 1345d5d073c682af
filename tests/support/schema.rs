//! The contract's schema of a frame: everything any test is given is held against it.

use std::sync::OnceLock;

use jsonschema::Validator;

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
