//! The files of a collection, one after the other: from a `.tar.zst` archive, as a stream, or from a folder.
//!
//! Reading is blocking, so it has a thread of its own and hands the files over a short queue. Nothing here knows what a
//! document is: every file counts.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use ruzstd::decoding::StreamingDecoder;
use tokio::sync::mpsc;

use super::{outcome::IngestError, parse::LARGEST};

/// One file.
pub struct Entry {
    /// Its path in the collection.
    pub path: String,
    /// What it holds; of a file that is too large, only as much as shows that.
    pub bytes: Vec<u8>,
}

type Files = mpsc::Receiver<Result<Entry, IngestError>>;
type Outbox = mpsc::Sender<Result<Entry, IngestError>>;

/// Reads every file of `source`. Dropping the receiver ends the reading.
pub fn entries(source: &Path) -> Files {
    let (outbox, inbox) = mpsc::channel(4);
    let source = source.to_owned();
    tokio::task::spawn_blocking(move || {
        let read = if source.is_dir() {
            folder(&source, &outbox)
        } else {
            archive(&source, &outbox)
        };
        if let Err(error) = read {
            let _ = outbox.blocking_send(Err(error));
        }
    });
    inbox
}

/// How many files there are. Reads an archive to its end: a damaged one fails before anything is stored.
pub async fn count(source: &Path) -> Result<u64, IngestError> {
    let (mut files, mut count) = (entries(source), 0);
    while let Some(entry) = files.recv().await {
        entry?;
        count += 1;
    }
    if count == 0 {
        Err(IngestError::Empty)
    } else {
        Ok(count)
    }
}

fn archive(source: &Path, outbox: &Outbox) -> Result<(), IngestError> {
    let decoder = StreamingDecoder::new(BufReader::new(File::open(source)?)).map_err(broken)?;
    let mut archive = tar::Archive::new(decoder);
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let bytes = limited(entry).map_err(broken)?;
        if outbox.blocking_send(Ok(Entry { path, bytes })).is_err() {
            return Ok(());
        }
    }
    // A tar may end before its file does: only the end of the stream proves that it is whole.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    Ok(())
}

/// Whatever goes wrong inside an archive, it is not whole.
fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> IngestError {
    IngestError::TruncatedArchive(error.into())
}

fn folder(source: &Path, outbox: &Outbox) -> Result<(), IngestError> {
    for path in files(source)? {
        let bytes = limited(File::open(&path)?)?;
        let path = path
            .strip_prefix(source)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        if outbox.blocking_send(Ok(Entry { path, bytes })).is_err() {
            break;
        }
    }
    Ok(())
}

/// The files below a folder, in the order of their names. Links are not followed.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

fn limited(file: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
