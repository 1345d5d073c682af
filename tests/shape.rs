//! The shape of the tree: imports never turn back, every file says what it owns, no file grows without a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each part may use of the others. Reading order: lowest first.
const MAY_USE: [(&str, &[&str]); 22] = [
    ("progress", &[]),
    ("wire", &["progress"]),
    ("hub", &["progress", "wire"]),
    ("store", &["progress", "wire"]),
    ("auth", &["progress", "random"]),
    ("limit", &["auth"]),
    ("bus", &["progress", "store"]),
    (
        "tracker",
        &["progress", "auth", "wire", "hub", "store", "bus"],
    ),
    (
        "http",
        &["progress", "auth", "wire", "tracker", "limit", "random"],
    ),
    ("random", &[]),
    ("server", &["limit", "random"]),
    (
        "transport",
        &[
            "progress", "auth", "wire", "hub", "tracker", "limit", "http", "server", "random",
        ],
    ),
    ("metrics", &[]),
    ("config", &["store", "auth", "limit"]),
    (
        "api",
        &[
            "progress",
            "auth",
            "wire",
            "tracker",
            "limit",
            "http",
            "transport",
            "server",
            "config",
            "metrics",
        ],
    ),
    // What a program links that reports on its jobs: nothing of the service.
    ("worker", &[]),
    ("demo", &["http", "worker"]),
    ("telemetry", &["config"]),
    ("shutdown", &[]),
    (
        "cli",
        &[
            "progress",
            "auth",
            "api",
            "config",
            "demo",
            "limit",
            "metrics",
            "server",
            "shutdown",
            "store",
            "telemetry",
            "tracker",
            "transport",
            "worker",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

/// The top-level module a file belongs to.
fn part(path: &Path) -> String {
    let inside = path
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap();
    let first = inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The parts named by `crate::…` (or, as the examples say it, `milepost::…`) in a file, tests of its own included.
fn used(text: &str) -> BTreeSet<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mut all = BTreeSet::new();
    for line in code {
        let line = line.replace("milepost::", "crate::");
        for after in line.split("crate::").skip(1) {
            let names = after.trim_start_matches('{');
            let name: String = names
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            all.insert(name);
        }
    }
    all
}

#[test]
fn imports_never_turn_back() {
    let rules: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let part = part(&path);
        let Some(allowed) = rules.get(part.as_str()) else {
            wrong.push(format!("{}: a part that no rule speaks of", path.display()));
            continue;
        };
        for name in used(&text) {
            if name != part && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{} uses {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_says_what_it_owns_and_stays_short() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{} has no head", path.display()));
        }
        let code = text
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .count();
        let reason = text
            .lines()
            .take(12)
            .any(|line| line.starts_with("//!") && line.contains("Long because"));
        if code > 300 && !reason {
            wrong.push(format!(
                "{} has {code} lines and no reason (`Long because …` in its head)",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_statement_is_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/query");
    let code: String = sources().into_iter().map(|(_, text)| text).collect();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(
            code.contains(&format!("sql/query/{name}")),
            "{name} is not used"
        );
    }
}
