//! The account the server runs as.
//!
//! PostgreSQL refuses to run as root, so a service that does has to lend it another account. Knows
//! nothing of what is run.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::Error;
use super::system;

/// Whom a root service runs PostgreSQL as, in this order.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// The account the server runs as.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    name: Option<String>,
    /// Whether this process is root and has to change to the account.
    pub(super) foreign: bool,
}

impl Account {
    /// This process's own account; or, as root, the owner of an existing `data` directory, else the
    /// first candidate.
    ///
    /// Keeping to the owner lets a directory that was first used by a user be used by root later.
    pub(super) fn choose(data: &Path) -> Result<Self, Error> {
        let uid = system::effective_uid();
        if uid != 0 {
            return Ok(Self {
                uid,
                gid: 0,
                name: None,
                foreign: false,
            });
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(|source| Error::io("read", path, source))?;
        let mut known = passwd.lines().filter_map(Self::parse).collect::<Vec<_>>();
        if let Some(meta) = fs::metadata(data).ok().filter(|meta| meta.uid() != 0) {
            let name = known
                .into_iter()
                .find(|account| account.uid == meta.uid())
                .and_then(|account| account.name);
            return Ok(Self {
                uid: meta.uid(),
                gid: meta.gid(),
                name,
                foreign: true,
            });
        }
        let named = |name: &&str| {
            known
                .iter()
                .position(|account| account.name.as_deref() == Some(*name))
        };
        let index = CANDIDATES.iter().find_map(named).ok_or(Error::NoAccount)?;
        Ok(known.swap_remove(index))
    }

    /// One line of `/etc/passwd`; root and what is not understood are none.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let (name, _password, uid, gid) = (
            fields.next()?,
            fields.next()?,
            fields.next()?,
            fields.next()?,
        );
        let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
        (uid != 0).then(|| Self {
            uid,
            gid,
            name: Some(name.to_owned()),
            foreign: true,
        })
    }

    /// Whether the permission bits let this account enter a directory.
    pub(super) fn may_enter(&self, directory: &fs::Metadata) -> bool {
        let shift = match directory {
            dir if dir.uid() == self.uid => 6,
            dir if dir.gid() == self.gid => 3,
            _ => 0,
        };
        directory.mode() >> shift & 1 == 1
    }
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(out, "{name} (uid {})", self.uid),
            None => write!(out, "uid {}", self.uid),
        }
    }
}
