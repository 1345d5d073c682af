//! Why a private server could not be started: one line each, naming the operation, the thing and
//! the remedy.
//!
//! Also turns a full disk, which shows itself in many places, into one error. Decides nothing about
//! exit codes.

use std::io;
use std::path::{Path, PathBuf};

use super::system;

/// Why a private PostgreSQL could not be started or used. Each is one line for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A live service holds the directory.
    #[error(
        "another milepost uses {}: stop it, choose another --data-dir, or share a database with --database-url",
        .dir.display()
    )]
    InUse {
        /// The directory given.
        dir: PathBuf,
    },
    /// No server binaries anywhere.
    #[error(
        "no PostgreSQL found on this machine: install it (apt-get install postgresql), name the directory of its \
         binaries in MILEPOST_PG_BIN, or set DATABASE_URL to use a database elsewhere"
    )]
    Missing,
    /// The directory named by the operator holds no usable binaries.
    #[error(
        "MILEPOST_PG_BIN names {}, where initdb and postgres cannot be run by {account}: correct it or unset it",
        .dir.display()
    )]
    Binaries {
        /// What `MILEPOST_PG_BIN` says.
        dir: PathBuf,
        /// Who tried to run them.
        account: String,
    },
    /// Only servers that are too old.
    #[error(
        "only PostgreSQL {found} found, {oldest} or newer is needed: install a newer one or set DATABASE_URL"
    )]
    TooOld {
        /// The majors that are there.
        found: String,
        /// The oldest major that will do.
        oldest: u32,
    },
    /// The data directory was made by a major that is not installed.
    #[error(
        "{} was made by PostgreSQL {recorded}, and found here is {found}: install postgresql-{recorded}, or choose \
         another --data-dir",
        .data.display()
    )]
    Version {
        /// The data directory.
        data: PathBuf,
        /// The major recorded in it.
        recorded: u32,
        /// The majors that are there, or "none".
        found: String,
    },
    /// Something that is not a database stands where the database goes.
    #[error(
        "{} holds files but no readable PG_VERSION, so it is no PostgreSQL data directory: move it away or choose \
         another --data-dir",
        .data.display()
    )]
    NotCluster {
        /// The data directory.
        data: PathBuf,
    },
    /// The files belong to somebody else.
    #[error(
        "{} belongs to uid {owner}, and PostgreSQL would run as {account}: start milepost as the owner, chown -R it, \
         or choose another --data-dir",
        .path.display()
    )]
    Owner {
        /// The file or directory in question.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The account of the server.
        account: String,
    },
    /// The server's account cannot reach its files.
    #[error(
        "PostgreSQL would run as {account}, which cannot enter {}: choose a --data-dir outside of it, or allow it \
         (chmod o+x)",
        .blocked.display()
    )]
    Unreachable {
        /// The first directory on the way that is closed.
        blocked: PathBuf,
        /// The account of the server.
        account: String,
    },
    /// `initdb` insists on a passwd entry.
    #[error(
        "uid {uid} has no entry in /etc/passwd, which initdb needs: add one, run milepost as another user, or set \
         DATABASE_URL"
    )]
    NoPasswdEntry {
        /// The uid in question.
        uid: u32,
    },
    /// Root may not run PostgreSQL, and there is nobody to run it as.
    #[error(
        "PostgreSQL does not run as root, and /etc/passwd has neither postgres nor nobody to run it as: run milepost \
         as a user, or set DATABASE_URL"
    )]
    NoAccount,
    /// The disk, or the quota, is full.
    #[error(
        "no space left for PostgreSQL in {}: {free} MB free, about 100 MB needed to begin; free some, or choose \
         another --data-dir",
        .dir.display()
    )]
    DiskFull {
        /// A directory on the full file system.
        dir: PathBuf,
        /// Megabytes free when the error was made.
        free: u64,
    },
    /// A file operation failed.
    #[error("cannot {operation} {}: {source}; correct it or choose another --data-dir", .path.display())]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A program could not be run at all.
    #[error("cannot run {} as {account}: {source}; correct it or set DATABASE_URL", .program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// As whom.
        account: String,
        /// Why not.
        source: io::Error,
    },
    /// `initdb` ran and failed.
    #[error("initdb could not make a database in {}: {reason}; correct it or set DATABASE_URL", .dir.display())]
    Initdb {
        /// The directory given.
        dir: PathBuf,
        /// What initdb says.
        reason: String,
    },
    /// The server ended instead of taking connections.
    #[error("postgres {ended}: {reason}; mend that and start again, the whole story is in {}", .log.display())]
    Ended {
        /// How it ended.
        ended: String,
        /// The last grave line of its log.
        reason: String,
        /// The log.
        log: PathBuf,
    },
    /// The server lives but does not take connections.
    #[error("postgres is not ready after {seconds} s and was stopped: see {}, then start again", .log.display())]
    Slow {
        /// How long it was waited for.
        seconds: u64,
        /// The log.
        log: PathBuf,
    },
    /// Processes of an earlier server do not end, not even by force.
    #[error("a PostgreSQL of an earlier start still runs in {} (pid {pids}) and does not end: end it, then start again", .data.display())]
    Leftover {
        /// The data directory.
        data: PathBuf,
        /// Their process ids.
        pids: String,
    },
    /// A database could not be created.
    #[error("cannot create the database {name}: {}; see postgres.log in --data-dir", spoken(.source))]
    Database {
        /// The name asked for.
        name: String,
        /// Why not.
        source: tokio_postgres::Error,
    },
}

impl Error {
    /// The error for a failed file operation.
    pub(super) fn io(operation: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::disk_full(path),
            _ => Self::Io {
                operation,
                path: path.to_owned(),
                source,
            },
        }
    }

    /// The error for a full file system, `path` being on it.
    pub(super) fn disk_full(path: &Path) -> Self {
        let dir = path.ancestors().find(|dir| dir.is_dir()).unwrap_or(path);
        Self::DiskFull {
            dir: dir.to_owned(),
            free: system::free_bytes(dir).unwrap_or(0) / (1 << 20),
        }
    }
}

/// Whether a message of PostgreSQL (in the C locale) speaks of a full disk.
pub(super) fn speaks_of_full_disk(text: &str) -> bool {
    text.contains("No space left on device") || text.contains("Disk quota exceeded")
}

/// The server's own words where there are any: tokio-postgres shows only "db error".
fn spoken(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |db| db.message().to_owned())
}
