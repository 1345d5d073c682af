//! All tables of the large data set, the messy ones included, through the import; and their rows counted a second time,
//! by Python's csv module (`csv/count.py`), which knows nothing of the code under test.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use milepost::worker::Reporter;
use ruzstd::decoding::StreamingDecoder;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    folder::{Folder, large},
    import::Import,
    outcome::{ImportError, Summary},
};
use crate::support::database;

/// What Python says of each file. Those in `bare` have no header.
fn independent(named: &[PathBuf], bare: &[PathBuf]) -> BTreeMap<String, Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workers/csv/count.py");
    let mut python = Command::new("python3");
    python.arg(script).args(named).arg("--bare").args(bare);
    let output = python.output().expect("python3 is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every `.csv` below a folder, in order.
fn tables(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| match path.is_dir() {
            true => tables(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|end| end == "csv"))
        .collect();
    found.sort();
    found
}

async fn imported(
    file: &Path,
    header: bool,
    database: &tokio_postgres::Config,
) -> Result<Summary, ImportError> {
    let import = Import {
        title: "table".into(),
        file: file.to_owned(),
        mapping: None,
        header,
        every: 100,
        pace: 0.0,
        halt: CancellationToken::new(),
    };
    let id = Uuid::now_v7().to_string();
    let begun = import.begin(&id, database, &Reporter::off()).await;
    begun.finish().await
}

#[tokio::test]
async fn every_messy_table_ends_with_all_its_rows_or_a_refusal() {
    let Some(packed) = large("csv/messy-csv.tar.zst") else {
        return;
    };
    let (folder, database) = (Folder::new(), database().await);
    let archive = StreamingDecoder::new(File::open(packed).unwrap()).unwrap();
    tar::Archive::new(archive).unpack(&folder.0).unwrap();
    let files = tables(&folder.0);
    assert_eq!(files.len(), 41);
    let expected = independent(&files, &[]);
    for file in files {
        let counted = &expected[file.to_str().unwrap()];
        match imported(&file, true, &database).await {
            Ok(done) => {
                let counts = (counted["rows"].as_u64(), counted["invalid"].as_u64());
                assert_eq!(
                    (Some(done.rows), Some(done.invalid)),
                    counts,
                    "{}",
                    file.display()
                );
                assert_eq!(done.added, done.rows - done.invalid, "{}", file.display());
            }
            Err(error) => assert_eq!(counted["refused"], error.code().0, "{}", file.display()),
        }
    }
}

#[tokio::test]
async fn the_published_tables_have_the_rows_that_are_counted_in_them() {
    let names = [
        (
            "csv/known_exploited_vulnerabilities-2025-02-26.csv.zst",
            true,
        ),
        (
            "csv/known_exploited_vulnerabilities-2025-08-25.csv.zst",
            true,
        ),
        ("csv/epss-2026-08-16.csv.zst", false),
    ];
    let (folder, database) = (Folder::new(), database().await);
    let (mut named, mut bare) = (Vec::new(), Vec::new());
    for (name, header) in names {
        let Some(packed) = large(name) else { return };
        let files = if header { &mut named } else { &mut bare };
        files.push(folder.unpacked(&packed));
    }
    let Some(packed) = large("csv/epss_scores-2022-04-17.csv.gz") else {
        return;
    };
    let unpacked = Command::new("gzip")
        .arg("-dc")
        .arg(packed)
        .output()
        .unwrap();
    named.push(folder.file("epss_scores-2022-04-17.csv", unpacked.stdout));
    let expected = independent(&named, &bare);
    for file in named.iter().chain(&bare) {
        let done = imported(file, !bare.contains(file), &database)
            .await
            .unwrap();
        let counted = &expected[file.to_str().unwrap()];
        assert_eq!(
            Some(done.rows),
            counted["rows"].as_u64(),
            "{}",
            file.display()
        );
        assert_eq!(
            (done.invalid, &counted["invalid"]),
            (0, &Value::from(0)),
            "{}",
            file.display()
        );
    }
}
