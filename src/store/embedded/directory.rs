//! The directory of an embedded server: who may use it, and what is where in it.
//!
//! `pg` is the database, `s` the socket, `postgres.log` the log, `owner.lock` says by a file lock
//! that a service lives here. Knows nothing of what the database holds.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{
    DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::account::Account;
use super::error::Error;
use super::{process, system};

/// Longest path for the socket's directory: the address of a socket holds 104 bytes on some
/// systems, less its name.
const SOCKET_DIR_LIMIT: usize = 88;

/// How long a lock is waited for. A process that was just killed, or a program just being started
/// by this one, may hold it for a moment after its owner has gone.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// The directory of one server, held by this process alone.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) root: PathBuf,
    pub(super) data: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) account: Account,
    _lock: File,
}

impl Directory {
    /// Makes what is missing, takes the lock, and checks that the server's account can work here.
    pub(super) fn open(root: &Path) -> Result<Self, Error> {
        let root = make_root(root)?;
        let data = root.join("pg");
        let account = Account::choose(&data)?;
        let lock = lock(&root)?;
        let directory = Self {
            socket: socket_dir(&root),
            root,
            data,
            account,
            _lock: lock,
        };
        directory.make_private(&directory.socket)?;
        if directory.data.exists() {
            directory.make_private(&directory.data)?;
        }
        directory.check_reach()?;
        Ok(directory)
    }

    /// The server's log.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// Makes `path` a directory that only the server's account can enter.
    pub(super) fn make_private(&self, path: &Path) -> Result<(), Error> {
        let made = fs::DirBuilder::new().mode(0o700).create(path);
        let new = made.is_ok();
        // What was there already is judged by what it is, below.
        if let Err(source) = made.or_else(|error| if path.exists() { Ok(()) } else { Err(error) }) {
            return Err(Error::io("create the directory", path, source));
        }
        if new && self.account.foreign {
            let given = chown(path, Some(self.account.uid), Some(self.account.gid));
            given.map_err(|source| Error::io("change the owner of", path, source))?;
        }
        // Not followed if a link: in a shared directory somebody else could have put it there.
        let meta =
            fs::symlink_metadata(path).map_err(|source| Error::io("examine", path, source))?;
        if !meta.is_dir() || meta.uid() != self.account.uid {
            return Err(Error::Owner {
                path: path.to_owned(),
                owner: meta.uid(),
                account: self.account.to_string(),
            });
        }
        if meta.mode() & 0o777 == 0o700 {
            return Ok(());
        }
        let closed = fs::set_permissions(path, Permissions::from_mode(0o700));
        closed.map_err(|source| Error::io("change the permissions of", path, source))
    }

    /// Tries, as the server's account, to enter and to write.
    fn check_reach(&self) -> Result<(), Error> {
        let script = r#"cd "$1" && cd "$2" && test -w ."#;
        if process::shell(script, &[&self.root, &self.socket], &self.account)?
            .status
            .success()
        {
            return Ok(());
        }
        let mut way: Vec<&Path> = self.root.ancestors().collect();
        way.reverse();
        let closed =
            |dir: &&&Path| fs::metadata(dir).is_ok_and(|meta| !self.account.may_enter(&meta));
        let blocked = way
            .iter()
            .find(closed)
            .map_or(self.root.as_path(), |dir| dir);
        Err(Error::Unreachable {
            blocked: blocked.to_owned(),
            account: self.account.to_string(),
        })
    }
}

/// Creates the directory if missing and lets the server's account pass through it.
fn make_root(root: &Path) -> Result<PathBuf, Error> {
    fs::create_dir_all(root).map_err(|source| Error::io("create the directory", root, source))?;
    let root = root
        .canonicalize()
        .map_err(|source| Error::io("find the directory", root, source))?;
    let meta = fs::metadata(&root).map_err(|source| Error::io("examine", &root, source))?;
    // Pass through, not look around. Needed where root made it: mktemp -d, or a strict umask.
    if system::effective_uid() == 0 && meta.uid() == 0 && meta.mode() & 0o011 != 0o011 {
        let open = Permissions::from_mode(meta.mode() & 0o7777 | 0o011);
        fs::set_permissions(&root, open)
            .map_err(|source| Error::io("change the permissions of", &root, source))?;
    }
    Ok(root)
}

/// Takes the lock that says a service lives here. The kernel drops it when the process ends,
/// however it ends.
fn lock(root: &Path) -> Result<File, Error> {
    let path = root.join("owner.lock");
    let file = open_file(&path, root)?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::InUse {
                    dir: root.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path, source)),
        }
    }
}

/// Opens a file of ours in `root` for appending. It belongs to whom the directory belongs to, so
/// that after a start as root a start as that user still works; and it is no link, which that user
/// could have laid for root.
pub(super) fn open_file(path: &Path, root: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options
        .create(true)
        .append(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW);
    let file = options
        .open(path)
        .map_err(|source| Error::io("open", path, source))?;
    if system::effective_uid() == 0 {
        let owner =
            fs::metadata(root).and_then(|meta| fchown(&file, Some(meta.uid()), Some(meta.gid())));
        owner.map_err(|source| Error::io("change the owner of", path, source))?;
    }
    Ok(file)
}

/// The socket's directory: in `root`, or, where that is too long for a socket's address or would
/// have to be quoted in the server's settings, one in the directory for temporary files whose name
/// follows from `root`.
fn socket_dir(root: &Path) -> PathBuf {
    // FNV-1a: the name must be the same in every build, and needs no more than to be distinct.
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = root
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, fold);
    let name = format!("milepost-{hash:016x}");
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(byte);
    let fits = |dir: &PathBuf| {
        let bytes = dir.as_os_str().as_encoded_bytes();
        bytes.len() <= SOCKET_DIR_LIMIT && bytes.iter().all(plain)
    };
    let wanted = [root.join("s"), std::env::temp_dir().join(&name)];
    wanted
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| Path::new("/tmp").join(&name))
}
