//! The files of a feed, one after the other: from a `.tar.zst` archive, as a stream, or a folder.
//!
//! Reading is blocking, so it has a thread of its own and hands the files over a short queue.
//! Nothing here knows what a rule is.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ruzstd::decoding::StreamingDecoder;
use tokio::sync::mpsc;

use super::sync::SyncError;

/// A larger file is cut here and then no rule any more; in bytes.
const FILE_LIMIT: u64 = 1 << 20;

/// One rule file.
pub struct Entry {
    /// Its path inside the feed.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// How much of the source was read so far, in bytes.
    pub position: u64,
}

type Outbox = mpsc::Sender<Result<Entry, SyncError>>;

/// Reads every `.yml` and `.yaml` file of `source`. Dropping the receiver ends the reading.
pub fn entries(source: &Path) -> mpsc::Receiver<Result<Entry, SyncError>> {
    let (outbox, inbox) = mpsc::channel(64);
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

/// How many bytes [`entries`] will have read at the end.
pub fn size(source: &Path) -> Result<u64, SyncError> {
    if !source.is_dir() {
        return Ok(fs::metadata(source)?.len());
    }
    let sizes = rule_files(source)?
        .into_iter()
        .map(|path| Ok(fs::metadata(path)?.len()));
    sizes.sum()
}

fn archive(source: &Path, outbox: &Outbox) -> Result<(), SyncError> {
    let position = Arc::<AtomicU64>::default();
    let file = Counted {
        file: BufReader::new(File::open(source)?),
        position: position.clone(),
    };
    let decoder = StreamingDecoder::new(file).map_err(broken)?;
    let mut archive = tar::Archive::new(decoder);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        if !entry.header().entry_type().is_file() || !is_rule(&path) {
            continue;
        }
        let mut bytes = Vec::new();
        entry
            .by_ref()
            .take(FILE_LIMIT)
            .read_to_end(&mut bytes)
            .map_err(broken)?;
        let path = path.to_string_lossy().into_owned();
        let entry = Entry {
            path,
            bytes,
            position: position.load(Ordering::Relaxed),
        };
        if outbox.blocking_send(Ok(entry)).is_err() {
            return Ok(());
        }
    }
    // A tar may end before its file does: only the end of the stream proves that it is whole.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    Ok(())
}

/// Whatever goes wrong inside an archive, it is not whole.
fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SyncError {
    SyncError::TruncatedArchive(error.into())
}

fn folder(source: &Path, outbox: &Outbox) -> Result<(), SyncError> {
    let mut position = 0;
    for path in rule_files(source)? {
        let mut bytes = Vec::new();
        File::open(&path)?
            .take(FILE_LIMIT)
            .read_to_end(&mut bytes)?;
        position += bytes.len() as u64;
        let path = path
            .strip_prefix(source)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        if outbox
            .blocking_send(Ok(Entry {
                path,
                bytes,
                position,
            }))
            .is_err()
        {
            return Ok(());
        }
    }
    Ok(())
}

/// The rule files below a folder, in the order of their names. Links are not followed.
fn rule_files(folder: &Path) -> Result<Vec<PathBuf>, SyncError> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() && is_rule(&entry.path()) => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_rule(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yml" || extension == "yaml")
}

struct Counted<R> {
    file: R,
    position: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
