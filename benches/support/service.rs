//! The real binary, as a process on its private Postgres (fsync on) in a directory that goes with it. Knows how to
//! start and to end it, and nothing of jobs.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A running `milepost serve`, asked to stop when dropped.
pub struct Service {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// What to remove at the end; `None` where another one's Postgres is used.
    root: Option<PathBuf>,
    /// The socket's directory of the Postgres it uses.
    socket: PathBuf,
}

/// The names of this machine's directories for benches; the process and a number follow.
const DIRECTORY: &str = "milepost-bench";

impl Service {
    /// On a Postgres of its own.
    pub fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{DIRECTORY}-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(name);
        let data = root.to_str().expect("a path that is text");
        let (child, address) = serve(&["--data-dir", data]);
        let socket = root.join("s");
        Self {
            child,
            address,
            root: Some(root),
            socket,
        }
    }

    /// A second node on the same Postgres.
    #[allow(dead_code)] // not every bench has two
    pub fn beside(&self) -> Self {
        let (child, address) = serve(&["--database-url", &self.database("milepost")]);
        Self {
            child,
            address,
            root: None,
            socket: self.socket.clone(),
        }
    }

    /// The URL of a database on its Postgres.
    #[allow(dead_code)]
    pub fn database(&self, name: &str) -> String {
        let socket = self.socket.display();
        format!("postgres:///{name}?host={socket}&user=milepost")
    }

    /// Its process.
    #[allow(dead_code)]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it keeps its data, for what is to go with it.
    #[allow(dead_code)]
    pub fn root(&self) -> &Path {
        self.root.as_deref().expect("it is the first")
    }
}

/// Starts the binary on any port. One address does all the work here, so its requests are not limited.
fn serve(arguments: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_milepost"))
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn"])
        .args(["--requests-per-second", "0", "--drain-seconds", "2"])
        .args(arguments)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let address = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned));
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    (child, address.expect("it says that it listens"))
}

/// Sends a signal to a process that we started.
#[allow(unsafe_code)]
pub fn signal(pid: u32, signal: i32) {
    let pid = i32::try_from(pid).expect("a pid");
    // SAFETY: kill() has no memory effects; the process is a child of ours that nobody has waited for.
    unsafe {
        libc::kill(pid, signal);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        signal(self.child.id(), libc::SIGTERM);
        let _ = self.child.wait();
        if let Some(root) = &self.root {
            let _ = std::fs::remove_dir_all(root);
        }
    }
}
