//! The server process: how it is started, whether it is ready, why it ended, and clearing the way
//! for the next.
//!
//! Holds no state of a running server; that is the supervisor's.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::binaries::Binaries;
use super::directory::Directory;
use super::error::{self, Error};
use super::{Settings, log, process, system};

/// Server settings that suit this service; the operator's own come after them and win.
const DEFAULTS: [(&str, &str); 8] = [
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    // Statements are short; compiling one whose cost was overestimated takes longer than running
    // it.
    ("jit", "off"),
    // Twelve lines an hour that nobody reads, in a log that is only bounded at starts.
    ("log_checkpoints", "off"),
    ("cluster_name", "milepost"),
    ("update_process_title", "off"),
];

/// What keeps the server private and found; nothing overrules it.
const FIXED: [(&str, &str); 6] = [
    ("listen_addresses", ""),
    ("port", "5432"), // part of the socket's name, no port is opened
    ("unix_socket_permissions", "0700"),
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
    ("external_pid_file", ""),
];

/// With less than this free a server that ended is taken to have ended for it: it cannot even write
/// so to its log.
const NO_SPACE: u64 = 1 << 20;

/// How a process ended, and where in the log its own part begins.
pub(super) struct Ending {
    pub(super) status: ExitStatus,
    pub(super) log_begin: u64,
}

/// A server that can be started again and again.
#[derive(Debug)]
pub(super) struct Server {
    directory: Directory,
    postgres: PathBuf,
    settings: Vec<(String, String)>,
}

impl Server {
    pub(super) fn new(directory: Directory, binaries: Binaries, settings: &Settings) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut all: Vec<_> = DEFAULTS.iter().map(own).collect();
        all.push((
            "max_connections".to_owned(),
            settings.max_connections.to_string(),
        ));
        all.extend(settings.settings.iter().cloned());
        all.extend(FIXED.iter().map(own));
        all.push((
            "fsync".to_owned(),
            if settings.fsync { "on" } else { "off" }.to_owned(),
        ));
        Self {
            directory,
            postgres: binaries.program("postgres"),
            settings: all,
        }
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Starts the process. It gets the order to shut down when the calling thread ends. Also
    /// returns where in the log its part begins.
    pub(super) fn spawn(&self) -> Result<(Child, u64), Error> {
        let Directory {
            data,
            socket,
            account,
            ..
        } = &self.directory;
        let (log, begin) = log::open(&self.directory)?;
        let copy = log
            .try_clone()
            .map_err(|source| Error::io("open", &self.directory.log(), source))?;
        let mut command = process::command(&self.postgres, account, libc::SIGINT);
        command
            .arg("-D")
            .arg(data)
            .arg("-k")
            .arg(socket)
            .stdout(copy)
            .stderr(log);
        for (name, value) in &self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // Ctrl-C is for the service, which still needs the database while it drains.
        command.process_group(0);
        let run = |source| Error::Run {
            program: self.postgres.clone(),
            account: account.to_string(),
            source,
        };
        Ok((command.spawn().map_err(run)?, begin))
    }

    /// Whether the process `pid` takes connections: the server says so in line 8 of its pid file.
    pub(super) fn is_ready(&self, pid: i32) -> bool {
        let text =
            fs::read_to_string(self.directory.data.join("postmaster.pid")).unwrap_or_default();
        let mut lines = text.lines().map(str::trim);
        lines.next().and_then(|line| line.parse().ok()) == Some(pid)
            && lines.nth(6) == Some("ready")
    }

    /// Why the server ended, as well as that can be told.
    pub(super) fn explain(&self, ending: &Ending) -> Error {
        let log = self.directory.log();
        let reason = log::reason(&log, ending.log_begin);
        let full = system::free_bytes(&self.directory.data).is_some_and(|free| free < NO_SPACE);
        if full || reason.as_deref().is_some_and(error::speaks_of_full_disk) {
            return Error::disk_full(&self.directory.root);
        }
        let said = || reason.unwrap_or_else(|| "it said nothing".to_owned());
        let (ended, reason) = match (ending.status.signal(), ending.status.code()) {
            // Then its last words have nothing to do with it.
            (Some(libc::SIGKILL), _) => (
                "was killed".to_owned(),
                "by hand, or for lack of memory".to_owned(),
            ),
            (Some(signal), _) => (format!("was ended by signal {signal}"), said()),
            (_, code) => (
                format!("ended with code {}", code.unwrap_or_default()),
                said(),
            ),
        };
        Error::Ended { ended, reason, log }
    }
}

/// Ends what is left of an earlier server, and removes what it left behind.
///
/// PostgreSQL refuses to start while the process recorded in `postmaster.pid`, or in the lock of
/// its socket, seems to live; a zombie nobody reaps does, and so does an unrelated process that was
/// given the same id. Removing these files is safe only here: the directory's lock is held, and no
/// PostgreSQL process stands in the directory.
///
/// Gives up early, without an error, when `hurry` says so.
pub(super) fn clear(directory: &Directory, hurry: &dyn Fn() -> bool) -> Result<(), Error> {
    let Directory {
        data,
        socket,
        account,
        ..
    } = directory;
    let begun = Instant::now();
    let mut sent = None;
    loop {
        let left = process::users_of(data, account)?;
        if left.is_empty() {
            break;
        }
        if hurry() {
            return Ok(());
        }
        let Some(order) = Order::after(
            begun.elapsed(),
            recorded_pid(directory).filter(|pid| left.contains(pid)),
        ) else {
            let pids: Vec<String> = left.iter().map(i32::to_string).collect();
            return Err(Error::Leftover {
                data: data.clone(),
                pids: pids.join(", "),
            });
        };
        if sent != Some(order) {
            let data = data.display();
            tracing::info!(%data, pids = ?left, "ending the PostgreSQL of an earlier start");
            order.give(&left);
            sent = Some(order);
        }
        sleep(Duration::from_millis(10));
    }
    // Elsewhere only the postmaster can be told, so PostgreSQL's own checks stay in force.
    if cfg!(target_os = "linux") {
        let stale = [
            data.join("postmaster.pid"),
            socket.join(".s.PGSQL.5432"),
            socket.join(".s.PGSQL.5432.lock"),
        ];
        for file in stale {
            let _ = fs::remove_file(file);
        }
    }
    Ok(())
}

/// The first line of the pid file.
fn recorded_pid(directory: &Directory) -> Option<i32> {
    let text = fs::read_to_string(directory.data.join("postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok()
}

/// What the processes of an earlier server are told.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// A signal for the postmaster, which ends its children.
    Postmaster(i32, i32),
    /// A signal for every process, since their postmaster has gone.
    Everyone(i32),
}

impl Order {
    /// The order that is due after waiting for `waited`; none when the last one has failed too.
    fn after(waited: Duration, postmaster: Option<i32>) -> Option<Self> {
        match (waited.as_secs(), postmaster) {
            (25.., _) => None,
            (0..10, Some(pid)) => Some(Self::Postmaster(pid, libc::SIGINT)), // fast: with a checkpoint
            (10..15, Some(pid)) => Some(Self::Postmaster(pid, libc::SIGQUIT)), // immediate: without
            (0..3, None) => Some(Self::Everyone(libc::SIGQUIT)),
            _ => Some(Self::Everyone(libc::SIGKILL)),
        }
    }

    fn give(self, left: &[i32]) {
        match self {
            Self::Postmaster(pid, signal) => system::send(pid, signal),
            Self::Everyone(signal) => left.iter().for_each(|pid| system::send(*pid, signal)),
        }
    }
}
