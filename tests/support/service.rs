//! The real binary as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::http::Client;
use super::postgres::TestDatabase;

/// A running `milepost`, killed when dropped.
pub struct Service {
    child: Child,
    pub client: Client,
    log: Arc<Mutex<String>>,
}

impl Service {
    /// `milepost serve` on a database of the rig.
    pub fn on(database: &TestDatabase) -> Self {
        Self::serve(&["--database-url", &database.url()])
    }

    /// `milepost serve` on any port, with these arguments beside.
    pub fn serve(arguments: &[&str]) -> Self {
        Self::run("serve", "127.0.0.1:0", arguments)
    }

    /// `milepost serve` on any port, with these settings in its environment and these arguments.
    pub fn set(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut binary = Command::new(env!("CARGO_BIN_EXE_milepost"));
        binary.envs(environment.iter().copied());
        Self::start(binary, "serve", ("127.0.0.1:0", arguments))
    }

    /// A command that serves, once it says that it listens.
    pub fn run(command: &str, listen: &str, arguments: &[&str]) -> Self {
        let binary = Command::new(env!("CARGO_BIN_EXE_milepost"));
        Self::start(binary, command, (listen, arguments))
    }

    /// `milepost serve` where a process may have so many files open, and no more.
    pub fn with_files(files: u32, arguments: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        shell.args(["-c", &limited, env!("CARGO_BIN_EXE_milepost")]);
        Self::start(shell, "serve", ("127.0.0.1:0", arguments))
    }

    fn start(mut binary: Command, command: &str, (listen, arguments): (&str, &[&str])) -> Self {
        let mut child = binary
            .arg(command)
            .args(["--listen", listen])
            .args(arguments)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let log = Arc::new(Mutex::new(String::new()));
        let (kept, mut stderr) = (log.clone(), child.stderr.take().expect("a pipe"));
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(n @ 1..) = stderr.read(&mut part) {
                kept.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&part[..n]));
            }
        });
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned));
        let Some(address) = address else {
            let status = child.wait();
            panic!("did not come up ({status:?}): {}", log.lock().unwrap());
        };
        // Whatever else it prints must not block it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self {
            child,
            client: Client::of(address),
            log,
        }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its process.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: i32) {
        // SAFETY: kill() has no memory effects; the child is ours and not yet waited for.
        #[allow(unsafe_code)]
        unsafe {
            libc::kill(self.pid(), signal);
        }
    }

    /// Kills it at once and waits for its end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop and answers its exit code.
    pub async fn stop(mut self) -> i32 {
        self.signal(libc::SIGTERM);
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code().unwrap_or(-1);
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("log of the service:\n{}", self.log());
        } else {
            assert!(
                !self.log().contains("panicked"),
                "the service panicked:\n{}",
                self.log()
            );
        }
    }
}
