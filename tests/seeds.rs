//! The seeds of the fuzz targets, through the same checks: what was once found stays found.

use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod targets;

fn seeds(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut checked = 0;
    for entry in fs::read_dir(folder.join(target)).unwrap().flatten() {
        // A check that fails says what is wrong, not with which seed.
        eprintln!("{}", entry.path().display());
        check(&fs::read(entry.path()).unwrap());
        checked += 1;
    }
    assert!(checked > 0, "no seeds of {target}");
}

#[test]
fn of_frames() {
    seeds("frames", targets::frames::check);
}

#[test]
fn of_heads() {
    seeds("head", targets::head::check);
}

#[test]
fn of_bodies() {
    seeds("body", targets::body::check);
}

#[test]
fn of_queries() {
    seeds("query", targets::query::check);
}

#[test]
fn of_tokens() {
    seeds("token", targets::token::check);
}

#[test]
fn of_hints() {
    seeds("hint", targets::hint::check);
}

#[test]
fn of_outputs() {
    seeds("output", targets::output::check);
}
