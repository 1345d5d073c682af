//! The markdown files of a repository, one after the other: from a `.tar.zst` archive, as a
//! stream, or a folder.
//!
//! Reading is blocking, so it has a thread of its own and hands the files over a short queue.
//! A file that cannot be read is handed over, too: nothing is passed over. What stands in a file
//! is not known here.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{Context, SHA256};
use ruzstd::decoding::StreamingDecoder;
use tokio::sync::mpsc;

use super::{
    ScanError,
    finding::Finding,
    rule::{TOO_LARGE, UNREADABLE},
};

/// The largest file that is read; of a larger one only the digest is taken. In bytes.
pub const FILE_LIMIT: usize = 1 << 20;
/// The longest path that is kept, in characters: its end says more than its start, and an index
/// takes no longer one.
const PATH_LIMIT: usize = 250;

/// One markdown file.
pub struct Entry {
    /// Its path inside the repository.
    pub path: String,
    /// SHA-256 of the file.
    pub hash: Vec<u8>,
    /// What it holds, or why that is not known.
    pub content: Result<Vec<u8>, Unread>,
}

/// Why it is not known what a file holds.
#[derive(Debug)]
pub enum Unread {
    /// It has so many bytes.
    TooLarge(u64),
    /// It is no file of its own, or the system did not give it out.
    Unreadable(String),
}

impl Unread {
    /// The finding that says so.
    pub fn finding(self, path: &str) -> Finding {
        match self {
            Self::TooLarge(size) => {
                let text = format!("{size} bytes are more than {FILE_LIMIT}: split the document");
                Finding::new(&TOO_LARGE, (path, 1), text)
            }
            Self::Unreadable(why) => {
                Finding::new(&UNREADABLE, (path, 1), format!("cannot be read: {why}"))
            }
        }
    }
}

type Outbox = mpsc::Sender<Result<Entry, ScanError>>;

/// Reads every `.md` file of `source`. Dropping the receiver ends the reading.
pub fn entries(source: &Path) -> mpsc::Receiver<Result<Entry, ScanError>> {
    let (outbox, inbox) = mpsc::channel(16);
    let source = source.to_owned();
    tokio::task::spawn_blocking(move || {
        let send = |entry| outbox.blocking_send(Ok(entry)).is_ok();
        let read = if source.is_dir() {
            folder(&source, send)
        } else {
            archive(&source, send)
        };
        if let Err(error) = read {
            let _ = Outbox::blocking_send(&outbox, Err(error));
        }
    });
    inbox
}

fn archive(source: &Path, send: impl Fn(Entry) -> bool) -> Result<(), ScanError> {
    let file = io::BufReader::new(File::open(source)?);
    let mut archive = tar::Archive::new(StreamingDecoder::new(file).map_err(broken)?);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() || !is_document(&path) {
            continue;
        }
        let entry = if kind.is_file() {
            read(&path, &mut entry).map_err(broken)?
        } else {
            unreadable(&path, "a link or a special file, not a file of its own")
        };
        if !send(entry) {
            return Ok(());
        }
    }
    // A tar may end before its file does: only the end of the stream proves that it is whole.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    Ok(())
}

/// Whatever goes wrong inside an archive, it is not whole.
fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ScanError {
    ScanError::TruncatedArchive(error.into())
}

/// The files below a folder, in the order of their names. Links are not followed.
fn folder(source: &Path, send: impl Fn(Entry) -> bool) -> Result<(), ScanError> {
    let (mut folders, mut found) = (vec![source.to_owned()], Vec::<(PathBuf, bool)>::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if is_document(&entry.path()) => found.push((entry.path(), kind.is_file())),
                _ => {}
            }
        }
    }
    found.sort();
    for (path, is_file) in found {
        let inside = path.strip_prefix(source).unwrap_or(&path);
        let entry = match is_file {
            true => File::open(&path)
                .and_then(|mut file| read(inside, &mut file))
                .unwrap_or_else(|error| unreadable(inside, &error.to_string())),
            false => unreadable(inside, "a link or a special file, not a file of its own"),
        };
        if !send(entry) {
            break;
        }
    }
    Ok(())
}

fn read(path: &Path, file: &mut impl Read) -> io::Result<Entry> {
    let (mut digest, mut bytes, mut size) = (Context::new(&SHA256), Vec::new(), 0);
    let mut buffer = [0; 16 << 10];
    loop {
        let part = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => buffer.split_at(read).0,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(part);
        size += part.len();
        if size <= FILE_LIMIT {
            bytes.extend_from_slice(part);
        }
    }
    Ok(Entry {
        path: name(path),
        hash: digest.finish().as_ref().to_vec(),
        content: if size > FILE_LIMIT {
            Err(Unread::TooLarge(size as u64))
        } else {
            Ok(bytes)
        },
    })
}

fn unreadable(path: &Path, why: &str) -> Entry {
    let content = Err(Unread::Unreadable(why.into()));
    Entry {
        path: name(path),
        hash: Vec::new(),
        content,
    }
}

/// The path as it is kept.
fn name(path: &Path) -> String {
    let name = path.to_string_lossy();
    let name = name.strip_prefix("./").unwrap_or(&name);
    let surplus = name.chars().count().saturating_sub(PATH_LIMIT);
    name.chars().skip(surplus).collect()
}

fn is_document(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}
