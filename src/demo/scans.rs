//! The repositories of the demonstration, and `POST /demo/scans?repository=ID`, which starts a scan of one.
//!
//! Each scan takes the next of its repository's sources, round and round, so that there is something to find: stubs
//! that are cleared away and come back, files that are damaged and mended. What does not change is not checked again.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    sync::atomic::Ordering,
};

use axum::{extract::State, response::Response};
use ruzstd::decoding::StreamingDecoder;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    Demo, PATIENCE,
    front::{Front, accepted},
    scan::Scan,
};
use crate::http::{Problem, query::Query};

const EIPS: &[u8] = include_bytes!("../../examples/data/ethereum-eips-2026-08-22.tar.zst");
const ERCS: &[u8] = include_bytes!("../../examples/data/ethereum-ercs-2026-08-22.tar.zst");

/// A repository of specifications.
pub struct Repository {
    /// Its name in a query.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// How many documents there are where nothing is cleared away.
    pub files: u64,
    sources: &'static [&'static str],
    companion: &'static str,
}

/// The repositories.
pub const REPOSITORIES: [Repository; 3] = [
    Repository {
        id: "eips",
        title: "Ethereum EIPs",
        files: 40,
        sources: &["ethereum-eips.tar.zst", "eips-without-stubs"],
        companion: "ethereum-ercs.tar.zst",
    },
    Repository {
        id: "ercs",
        title: "Ethereum ERCs",
        files: 28,
        sources: &["ethereum-ercs.tar.zst"],
        companion: "ethereum-eips.tar.zst",
    },
    Repository {
        id: "eips-checkout",
        title: "EIPs checkout, some files damaged",
        files: 40,
        sources: &["eips-damaged", "ethereum-eips.tar.zst"],
        companion: "ethereum-ercs.tar.zst",
    },
];

/// For `GET /demo`.
pub fn list() -> Vec<Value> {
    let one = |repository: &Repository| json!({"id": repository.id, "title": repository.title, "files": repository.files});
    REPOSITORIES.iter().map(one).collect()
}

/// Writes the repositories into a folder.
pub fn unpack(folder: &Path) -> io::Result<()> {
    fs::write(folder.join("ethereum-eips.tar.zst"), EIPS)?;
    fs::write(folder.join("ethereum-ercs.tar.zst"), ERCS)?;
    checkout(&folder.join("eips-without-stubs"), |_, text| {
        (!text.contains("\nstatus: Moved\n")).then(|| text.into_bytes())
    })?;
    checkout(&folder.join("eips-damaged"), |number, text| {
        Some(damage(number, text))
    })
}

/// Unpacks the specifications into a folder, each as `change` makes it.
fn checkout(folder: &Path, change: impl Fn(usize, String) -> Option<Vec<u8>>) -> io::Result<()> {
    let decoder = StreamingDecoder::new(EIPS).map_err(io::Error::other)?;
    for (number, entry) in tar::Archive::new(decoder).entries()?.enumerate() {
        let mut entry = entry?;
        let (path, mut text) = (entry.path()?.into_owned(), String::new());
        entry.read_to_string(&mut text)?;
        let (place, path) = (
            folder.join(path.parent().unwrap_or(&path)),
            folder.join(&path),
        );
        fs::create_dir_all(place)?;
        if let Some(bytes) = change(number, text) {
            fs::write(path, bytes)?;
        }
    }
    Ok(())
}

/// Every sixth file is damaged as files are in real life.
fn damage(number: usize, text: String) -> Vec<u8> {
    match number {
        3 => text.chars().take(30).collect::<String>().into_bytes(), // within the front matter
        9 => {
            let latin = text.replacen("status: ", "description: Caf\u{e9}\nstatus: ", 1);
            latin
                .chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                .collect()
        }
        15 => text.replacen("status: ", "status: [", 1).into_bytes(),
        21 => text.trim_start_matches("---\n").into(),
        27 => text.replacen("eip: ", "eip: 9", 1).into_bytes(),
        33 => format!("{text}{}", "\n".repeat(2 << 20)).into_bytes(),
        _ => text.into_bytes(),
    }
}

impl Demo {
    /// The scan number `turn` of a repository.
    pub(super) fn scan(
        &self,
        repository: &Repository,
        turn: usize,
        halt: &CancellationToken,
    ) -> Scan {
        let folder = super::samples::folder(&self.data);
        let source = repository
            .sources
            .get(turn % repository.sources.len().max(1));
        Scan {
            repository: repository.id.into(),
            title: repository.title.into(),
            source: folder.join(source.copied().unwrap_or_default()),
            companions: vec![folder.join(repository.companion)],
            pace: self.pace,
            halt: halt.clone(),
        }
    }

    /// Runs one scan to its end. How it ended is seen in the job.
    pub(super) async fn run_scan(&self, scan: Scan) {
        let begun = scan.begin(&self.reporter);
        super::log(begun.finish(&self.database).await);
    }
}

/// Starts a scan: 202 as soon as its job exists.
pub async fn start(State(front): State<Front>, mut query: Query) -> Result<Response, Problem> {
    let find = |id: &str| REPOSITORIES.iter().find(|repository| repository.id == id);
    let known = REPOSITORIES.map(|repository| repository.id).join(", ");
    let repository = query.parsed("repository", &format!("one of {known}"), find)?;
    query.done()?;
    let Some(repository) = repository else {
        return Err(Problem::malformed(format!(
            "say which repository: one of {known}"
        )));
    };
    let permit = front.permit()?;
    let turn = front.turns.fetch_add(1, Ordering::Relaxed);
    let scan = front.demo.scan(repository, turn, &front.stop);
    let begun = scan.begin(&front.demo.reporter);
    let id = begun.job.id().to_owned();
    begun.job.known(PATIENCE).await;
    let database = front.demo.database.clone();
    front.tasks.spawn(async move {
        super::log(begun.finish(&database).await);
        drop(permit);
    });
    Ok(accepted(&id))
}
