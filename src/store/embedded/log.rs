//! The server's log file: bounded at every start, and read for the reason of an end.
//!
//! Knows nothing of processes.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::directory::{self, Directory};
use super::error::Error;

/// Above this size the log is set aside at a start; one such file is kept.
const LIMIT: u64 = 10 << 20;

/// How much of the end of a log is read for the reason.
const TAIL: u64 = 64 << 10;

/// Opens the log for appending, setting a large one aside. Also returns where the new part begins.
pub(super) fn open(directory: &Directory) -> Result<(File, u64), Error> {
    let path = directory.log();
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > LIMIT) {
        let kept = directory.root.join("postgres.log.old");
        fs::rename(&path, &kept).map_err(|source| Error::io("rename", &path, source))?;
    }
    let file = directory::open_file(&path, &directory.root)?;
    let begin = file
        .metadata()
        .map_err(|source| Error::io("examine", &path, source))?
        .len();
    Ok((file, begin))
}

/// The gravest of the last lines since `begin`, without its time and process.
pub(super) fn reason(path: &Path, begin: u64) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let end = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(begin.max(end.saturating_sub(TAIL))))
        .ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text
        .lines()
        .rfind(|line| line.contains("PANIC:"))
        .or_else(|| text.lines().rfind(|line| line.contains("FATAL:")))
        .or_else(|| text.lines().rfind(|line| !line.trim().is_empty()))?;
    Some(
        line.split_once("] ")
            .map_or(line, |(_, rest)| rest)
            .trim()
            .to_owned(),
    )
}
