//! Programs run as the server's account: with an empty environment, and ending with this process.
//!
//! Also finds the PostgreSQL processes of a data directory. Does not decide what becomes of them.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::account::Account;
use super::error::Error;
use super::system;

/// Prints the ids of the PostgreSQL processes of the data directory `$1`. The postmaster and all
/// its children have it as their working directory, and zombies have none. The name is checked as
/// well: somebody's shell may stand there. Without `/proc` only the postmaster can be told, by its
/// command line.
const FIND: &str = r#"
if [ -e /proc/self/cwd ]; then
    for p in /proc/[0-9]*; do
        [ "$p/cwd" -ef "$1" ] || continue
        { read -r name <"$p/comm"; } 2>/dev/null || continue
        case $name in *postgres*) echo "${p#/proc/}" ;; esac
    done
else
    ps -axo pid=,command= | while read -r pid command; do
        case $command in *postgres*" -D $1 "*) echo "$pid" ;; esac
    done
fi
"#;

/// A command that runs `program` as `account` and gets the signal `death` when the calling thread
/// ends.
pub(super) fn command(program: &Path, account: &Account, death: i32) -> Command {
    let mut command = Command::new(program);
    // Nothing of our environment may reach it: PGPORT, PGDATA and the like would change its mind,
    // and the C locale makes its messages readable for us.
    command
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .current_dir("/");
    if account.foreign {
        command.gid(account.gid).uid(account.uid); // std drops root's supplementary groups with it
    }
    system::die_with_parent(&mut command, death);
    command
}

/// Runs a command to its end.
pub(super) fn run(command: &mut Command, account: &Account) -> Result<Output, Error> {
    command.output().map_err(|source| Error::Run {
        program: command.get_program().into(),
        account: account.to_string(),
        source,
    })
}

/// Runs a shell script as `account`, `paths` being `$1` and so on.
pub(super) fn shell(script: &str, paths: &[&Path], account: &Account) -> Result<Output, Error> {
    let mut shell = command(Path::new("/bin/sh"), account, libc::SIGKILL);
    run(shell.args(["-c", script, "sh"]).args(paths), account)
}

/// The PostgreSQL processes that live in `data`.
///
/// Asked as the account itself: root without the right to trace, as in a container, cannot see
/// where others stand.
pub(super) fn users_of(data: &Path, account: &Account) -> Result<Vec<i32>, Error> {
    let out = shell(FIND, &[data], account)?;
    Ok(String::from_utf8_lossy(&out.stdout)
        .lines()
        .filter_map(|pid| pid.parse().ok())
        .collect())
}
