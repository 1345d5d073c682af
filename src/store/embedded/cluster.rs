//! The database files: which version made them, and making them.
//!
//! Knows nothing of running servers.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::binaries::{self, Binaries};
use super::directory::Directory;
use super::error::{self, Error};
use super::{process, system};

/// What half-made database directories are called, before a suffix of their own.
const UNFINISHED: &str = "pg.new.";

/// The major version that made `data`; none when there is nothing yet.
pub(super) fn version(data: &Path) -> Result<Option<u32>, Error> {
    let file = data.join("PG_VERSION");
    match fs::read_to_string(&file) {
        Ok(text) => binaries::major(text.trim())
            .map(Some)
            .ok_or_else(|| Error::NotCluster {
                data: data.to_owned(),
            }),
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_vacant(data) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::NotCluster {
            data: data.to_owned(),
        }),
        Err(source) => Err(Error::io("read", &file, source)),
    }
}

/// Whether `data` is missing or an empty directory.
fn is_vacant(data: &Path) -> bool {
    !data.exists() || fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_none())
}

/// Runs `initdb` beside the final place, then renames: `PG_VERSION` is written early, so a killed
/// `initdb` would otherwise look complete.
pub(super) fn create(directory: &Directory, binaries: &Binaries, fsync: bool) -> Result<(), Error> {
    remove_unfinished(&directory.root);
    // The time as well: after a restart of the machine or the container the same id may come again.
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_nanos());
    let fresh = directory
        .root
        .join(format!("{UNFINISHED}{}.{nanos}", std::process::id()));
    let built = build(&fresh, directory, binaries, fsync);
    if built.is_err() {
        remove_unfinished(&directory.root);
    }
    built.map_err(|error| match error {
        // Only now is it known how much space there is without the attempt.
        Error::DiskFull { .. } => Error::disk_full(&directory.root),
        other => other,
    })
}

/// Makes the database in `fresh` and moves it to its place, through to the disk with `fsync`.
fn build(
    fresh: &Path,
    directory: &Directory,
    binaries: &Binaries,
    fsync: bool,
) -> Result<(), Error> {
    initdb(fresh, directory, binaries)?;
    if fsync {
        flush(fresh, directory, binaries)?;
    }
    let moved = fs::rename(fresh, &directory.data);
    moved.map_err(|source| Error::io("rename", fresh, source))?;
    if fsync {
        sync(&directory.root)?;
    }
    Ok(())
}

fn initdb(fresh: &Path, directory: &Directory, binaries: &Binaries) -> Result<(), Error> {
    directory.make_private(fresh)?;
    let mut arguments = vec!["-U", super::USER];
    // Whoever can open the socket is let in; the permissions of its directory are the guard.
    arguments.extend(["--auth-local=trust", "--auth-host=reject"]);
    // Not the locale of whoever starts it first: sorting and messages are the same everywhere.
    arguments.extend(["--encoding=UTF8", "--locale=C"]);
    arguments.extend(["--data-checksums", "--no-instructions"]);
    arguments.push("--no-sync"); // see `flush`
    run(fresh, directory, binaries, &arguments)
}

/// Puts the new files on the disk. The server flushes only what it changes itself, so without this
/// a power cut days later could still take catalogs away from under acknowledged commits.
fn flush(fresh: &Path, directory: &Directory, binaries: &Binaries) -> Result<(), Error> {
    let flushed = File::open(fresh).and_then(|files| system::flush_file_system(&files));
    if flushed.map_err(|source| Error::io("flush", fresh, source))? {
        return Ok(());
    }
    run(fresh, directory, binaries, &["--sync-only"])
}

/// Runs `initdb` on `fresh` with further arguments.
fn run(
    fresh: &Path,
    directory: &Directory,
    binaries: &Binaries,
    arguments: &[&str],
) -> Result<(), Error> {
    let program = binaries.program("initdb");
    let mut command = process::command(&program, &directory.account, libc::SIGKILL);
    command.arg("-D").arg(fresh).args(arguments);
    let out = process::run(&mut command, &directory.account)?;
    if out.status.success() {
        return Ok(());
    }
    Err(explain(&String::from_utf8_lossy(&out.stderr), directory))
}

/// What went wrong, from the words of `initdb`.
fn explain(words: &str, directory: &Directory) -> Error {
    if error::speaks_of_full_disk(words) {
        return Error::disk_full(&directory.root);
    }
    if words.contains("could not look up effective user ID") {
        return Error::NoPasswdEntry {
            uid: directory.account.uid,
        };
    }
    let grave = |line: &&str| {
        ["error:", "FATAL:", "PANIC:"]
            .iter()
            .any(|mark| line.contains(mark))
    };
    let line = words
        .lines()
        .find(grave)
        .or_else(|| words.lines().rfind(|line| !line.is_empty()));
    let reason = line.unwrap_or("it said nothing").trim();
    Error::Initdb {
        dir: directory.root.clone(),
        reason: reason.to_owned(),
    }
}

/// Makes the rename durable.
fn sync(root: &Path) -> Result<(), Error> {
    File::open(root)
        .and_then(|dir| dir.sync_all())
        .map_err(|source| Error::io("flush", root, source))
}

/// Removes what killed starts left. What cannot be removed is only in the way of the disk, not of
/// the start.
fn remove_unfinished(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
