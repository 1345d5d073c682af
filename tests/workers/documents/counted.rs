//! All of the real documents, against what a Python script counts over the same archives in another way.

use std::{collections::BTreeMap, io::Read, path::Path, process::Command};

use serde::Deserialize;

use super::super::{
    folder::{Folder, large, plain},
    ingestion::{
        extract::{Extracted, Source, extract},
        parse::{Parsed, parse},
        resemblance::{NEAR, resemblance},
    },
};

/// The collections, and how many documents each has.
pub const COLLECTIONS: [(&str, usize); 2] = [
    ("documents/rfc-txt.tar.zst", 155),
    ("documents/gutenberg-txt.tar.zst", 16),
];

/// What the script says.
#[derive(Deserialize)]
pub struct Count {
    pub documents: BTreeMap<String, Document>,
    /// The exact resemblance of every pair of some, by both paths.
    pub pairs: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
pub struct Document {
    pub bytes: usize,
    pub sha256: String,
    pub pages: u32,
    pub words: usize,
    pub vocabulary: Vec<String>,
}

/// What the script says of an unpacked archive.
pub fn count(archive: &Path) -> Count {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workers/documents/count.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(archive)
        .output()
        .expect("Python 3");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every file of an unpacked archive.
fn files(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = std::fs::read(archive).unwrap();
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let (path, mut bytes) = (
                entry.path().unwrap().to_string_lossy().into_owned(),
                Vec::new(),
            );
            entry.read_to_end(&mut bytes).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

fn read(bytes: &[u8]) -> (Parsed, Extracted) {
    let parsed = parse(bytes).unwrap();
    let encoding = parsed.encoding.to_string();
    let extracted = extract(&Source {
        kind: parsed.kind,
        encoding: &encoding,
        head: &parsed.head,
        body: &parsed.body,
    });
    (parsed, extracted)
}

#[test]
fn pages_words_and_resemblances_of_all_documents_are_what_python_counts() {
    for (name, documents) in COLLECTIONS {
        let Some(packed) = large(name) else { return };
        let folder = Folder::new();
        let archive = folder.file("documents.tar", plain(&packed));
        let (count, files) = (count(&archive), files(&archive));
        assert_eq!((count.documents.len(), files.len()), (documents, documents));
        let mut sketches = BTreeMap::new();
        for (path, bytes) in &files {
            let (parsed, extracted) = read(bytes);
            let about = &extracted.about;
            let expected = &count.documents[path];
            assert_eq!(
                (about.words, parsed.pages),
                (expected.words, expected.pages),
                "{path}"
            );
            let cut: usize = extracted
                .chunks
                .iter()
                .map(|chunk| chunk.body.split_whitespace().count())
                .sum();
            assert_eq!(cut, expected.words, "{path}: the words of its chunks");
            assert!(
                about.number.is_some() && !about.authors.is_empty() && about.published.is_some(),
                "{path}"
            );
            let odd: Vec<&str> = parsed
                .remarks
                .iter()
                .chain(&extracted.remarks)
                .map(|remark| remark.code)
                .collect();
            assert_eq!(
                odd,
                if path.ends_with("19368.txt") {
                    vec!["encoding"]
                } else {
                    vec![]
                },
                "{path}"
            );
            sketches.insert(path.as_str(), extracted.sketch);
        }
        assert!(!count.pairs.is_empty());
        for (pair, exact) in &count.pairs {
            let (one, other) = pair.split_once(' ').unwrap();
            let estimate = resemblance(&sketches[one], &sketches[other]);
            assert!(
                (estimate - exact).abs() < 0.1,
                "{pair}: {estimate} for {exact}"
            );
            assert_eq!(estimate >= NEAR, *exact >= NEAR, "{pair}");
        }
    }
}
