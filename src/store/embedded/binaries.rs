//! Where `initdb` and `postgres` are, and of which major version.
//!
//! Only looks at what is installed; never downloads anything.

use std::fs;
use std::path::{Path, PathBuf};

use super::directory::Directory;
use super::error::Error;
use super::process;

/// The oldest major the service works with: `xid8` and `pg_current_snapshot` came with it.
const OLDEST: u32 = 13;

/// Where systems keep server binaries, one directory for each major: parent, start of the name,
/// what follows.
const PLACES: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // packages of postgresql.org for Red Hat
    ("/usr/lib", "postgresql", "bin"),          // SUSE
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
];

/// A directory with `initdb` and `postgres` of one major version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    dir: PathBuf,
    major: u32,
}

impl Binaries {
    /// Exactly the major `recorded` in the data directory, else the newest there is. Looks only in
    /// `named` if given.
    pub(super) fn find(
        named: Option<&Path>,
        recorded: Option<u32>,
        directory: &Directory,
    ) -> Result<Self, Error> {
        // Programs are run from another directory, so a relative path has to be completed here.
        let full = |dir: &Path| std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let places = named.map_or_else(candidates, |dir| vec![full(dir)]);
        let mut found: Vec<Self> = places
            .into_iter()
            .filter_map(|dir| Self::probe(dir, directory))
            .collect();
        // Stable: of two with the same major the one in the later place wins.
        found.sort_by_key(|binaries| binaries.major);
        if let (Some(dir), true) = (named, found.is_empty()) {
            return Err(Error::Binaries {
                dir: dir.to_owned(),
                account: directory.account.to_string(),
            });
        }
        let fits = |binaries: &&Self| {
            recorded.map_or(binaries.major >= OLDEST, |major| binaries.major == major)
        };
        match (found.iter().rfind(fits), recorded) {
            (Some(binaries), _) if binaries.major >= OLDEST => Ok(binaries.clone()),
            (None, Some(recorded)) => Err(Error::Version {
                data: directory.data.clone(),
                recorded,
                found: list(&found),
            }),
            (None, None) if found.is_empty() => Err(Error::Missing),
            _ => Err(Error::TooOld {
                found: list(&found),
                oldest: OLDEST,
            }),
        }
    }

    /// The binaries in `dir`, if they are there and run.
    fn probe(dir: PathBuf, directory: &Directory) -> Option<Self> {
        let postgres = dir.join("postgres");
        if !(postgres.is_file() && dir.join("initdb").is_file()) {
            return None;
        }
        let mut command = process::command(&postgres, &directory.account, libc::SIGKILL);
        let out = process::run(command.arg("--version"), &directory.account).ok()?;
        let text = String::from_utf8_lossy(&out.stdout);
        Some(Self {
            dir,
            major: text.split_whitespace().find_map(major)?,
        })
    }

    /// The path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// The major in a version such as `15.18`, `18beta1` or `9.6`: the number it starts with.
pub(super) fn major(version: &str) -> Option<u32> {
    let digits = version
        .find(|c: char| !c.is_ascii_digit())
        .map_or(version, |end| &version[..end]);
    digits.parse().ok()
}

/// Every directory worth a look.
fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .collect();
    for (parent, start, rest) in PLACES {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(start));
        dirs.extend(named.map(|entry| entry.path().join(rest)));
    }
    dirs
}

/// The majors found, for an error.
fn list(found: &[Binaries]) -> String {
    let mut majors: Vec<String> = found
        .iter()
        .map(|binaries| binaries.major.to_string())
        .collect();
    majors.dedup();
    if majors.is_empty() {
        "none".to_owned()
    } else {
        majors.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_is_the_number_a_version_starts_with() {
        for (version, expected) in [
            ("15.18", Some(15)),
            ("18beta1", Some(18)),
            ("9.6", Some(9)),
            ("(PostgreSQL)", None),
            ("", None),
        ] {
            assert_eq!(major(version), expected, "{version}");
        }
    }
}
