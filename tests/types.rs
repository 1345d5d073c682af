//! The types of the contract for TypeScript and Python, made from the schemas that the service publishes: the files in
//! the packages are current. After a change of a schema: `UPDATE_TYPES=1 cargo test types::` writes them anew.

mod model;
mod python;
mod typescript;

use std::fs;
use std::path::Path;

use model::Model;

/// Compares a file of the repository with what it should be, or writes it.
fn is_current(path: &str, wanted: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_TYPES").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, wanted).unwrap();
    }
    let held = fs::read_to_string(&file).unwrap_or_default();
    let differs = held.lines().zip(wanted.lines()).find(|(a, b)| a != b);
    assert!(
        held == wanted,
        "{path} is not what the schemas say (first: {differs:?}): run UPDATE_TYPES=1 cargo test types::"
    );
}

#[test]
fn of_typescript_are_current() {
    is_current("web/src/contract.ts", &typescript::write(&Model::read()));
}

#[test]
fn of_python_are_current() {
    let path = "clients/python/src/milepost/types.py";
    is_current(path, &python::write(&Model::read()));
}

/// A new schema gets a type, or stands among those that need none.
#[test]
fn every_schema_has_a_type_or_needs_none() {
    let model = Model::read();
    let missing: Vec<&String> = model
        .schemas
        .keys()
        .filter(|name| !model::is_typed(name) && !model::needs_no_type(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
