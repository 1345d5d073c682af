//! `milepost watch`, `run` and `report` as people and scripts use them: the real binary, a real service, a real terminal
//! where one is needed.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::support::http::Client;

mod reports;
mod runs;
mod watches;

/// The binary, told where the service is.
pub fn milepost(client: &Client, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command
        .env("MILEPOST_URL", format!("http://{}", client.address))
        .env("MILEPOST_PROJECT", &client.project);
    command
}

/// The binary, told nothing.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_milepost"));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("LANG", "C.UTF-8")
        .env("TERM", "xterm-256color")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // Whoever runs the tests in the background has it ignored.
    // SAFETY: only an async-signal-safe call.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            Ok(())
        });
    }
    command
}

/// What a command that ends by itself has written, and its exit code.
pub async fn ended(mut command: Command) -> (i32, String, String) {
    told(limited(command.output()).await.unwrap())
}

/// The same of a child.
pub async fn end_of(child: Child) -> (i32, String, String) {
    told(limited(child.wait_with_output()).await.unwrap())
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    (code, text(&output.stdout), text(&output.stderr))
}

/// No test waits for ever.
pub async fn limited<T>(future: impl Future<Output = T>) -> T {
    let limited = tokio::time::timeout(Duration::from_secs(60), future);
    limited.await.expect("it takes more than a minute")
}

#[tokio::test]
async fn every_option_has_its_name_in_the_environment_and_every_code_its_meaning() {
    for command in ["run", "watch"] {
        let (code, help, _) = ended(bare(&[command, "--help"])).await;
        assert_eq!(code, 0);
        let options = help
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("--"));
        for line in options {
            let option = line.split_whitespace().next().unwrap();
            let name = format!("MILEPOST_{}", option.to_uppercase().replace('-', "_"));
            // What runs within a run is part of it.
            let named = line.contains(&name) || option == "parent" && line.contains("MILEPOST_JOB");
            assert!(named, "no {name} in {line}");
        }
        assert!(help.contains("Exit code: "), "{help}");
    }
}

/// Sends a signal to a child that was not waited for.
pub fn signal(child: &Child, signal: i32) {
    let pid = i32::try_from(child.id().expect("it runs")).unwrap();
    // SAFETY: a signal to a child of ours that was not waited for yet.
    #[allow(unsafe_code)]
    let sent = unsafe { libc::kill(pid, signal) };
    assert_eq!(sent, 0);
}

/// The job's state, once it is so.
pub async fn state_when(client: &Client, id: &str, is: impl Fn(&Value) -> bool) -> Value {
    limited(async {
        loop {
            let answer = client.get(&client.path(&format!("jobs/{id}"))).await;
            if answer.status == 200 && is(&answer.json()["data"]) {
                return answer.json()["data"].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

/// The job's state, once it has ended.
pub async fn ending(client: &Client, id: &str) -> Value {
    let over = ["completed", "failed", "cancelled"];
    state_when(client, id, |s| over.iter().any(|o| s["status"] == *o)).await
}

/// A job at work.
pub async fn running(client: &Client, id: &str) {
    let body = json!({"kind": "scan", "title": format!("Job {id}"), "phases": [{"name": "fetch"}, {"name": "parse", "weight": 8}]});
    client.create(id, &body).await;
    let started = json!({"type": "started", "worker": "w"});
    client.report(id, &started).await.expect(200);
}

/// Ends a job.
pub async fn finish(client: &Client, id: &str, how: &str) {
    let report = match how {
        "failed" => {
            json!({"type": "failed", "error": {"code": "broken", "message": "no \u{1b}[31mdisk"}})
        }
        other => json!({"type": other}),
    };
    client.report(id, &report).await.expect(200);
}

/// A terminal: what is written to it is kept.
pub struct Screen {
    ours: File,
    theirs: OwnedFd,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Screen {
    /// A terminal of 30 lines and 100 columns.
    pub fn new() -> Self {
        let (mut ours, mut theirs) = (-1, -1);
        let mut size = libc::winsize {
            ws_row: 30,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let none = std::ptr::null_mut();
        // SAFETY: the pointers are to valid places on this stack, or null where that is allowed; both descriptors are
        // new and nobody else's.
        #[allow(unsafe_code)]
        let (ours, theirs) = unsafe {
            let modes = std::ptr::null_mut();
            let made = libc::openpty(&raw mut ours, &raw mut theirs, none, modes, &raw mut size);
            assert_eq!(made, 0);
            libc::fcntl(ours, libc::F_SETFD, libc::FD_CLOEXEC);
            libc::fcntl(theirs, libc::F_SETFD, libc::FD_CLOEXEC);
            (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs))
        };
        let written = Arc::new(Mutex::new(Vec::new()));
        let (kept, mut reader) = (written.clone(), ours.try_clone().unwrap());
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(size @ 1..) = reader.read(&mut part) {
                kept.lock().unwrap().extend_from_slice(&part[..size]);
            }
        });
        Self {
            ours,
            theirs,
            written,
        }
    }

    /// Starts a command whose terminal this is: what it writes is shown here, and keys pressed here reach it.
    pub fn start(&self, mut command: Command) -> Child {
        let side = || Stdio::from(self.theirs.try_clone().unwrap());
        command.stdin(side()).stdout(side()).stderr(side());
        // SAFETY: only async-signal-safe calls.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(|| {
                libc::setsid();
                libc::ioctl(0, libc::TIOCSCTTY, 0);
                Ok(())
            });
        }
        command.spawn().unwrap()
    }

    /// Presses keys.
    pub fn press(&self, keys: &[u8]) {
        // SAFETY: the buffer is valid for its length.
        #[allow(unsafe_code)]
        let written =
            unsafe { libc::write(self.ours.as_raw_fd(), keys.as_ptr().cast(), keys.len()) };
        assert_eq!(usize::try_from(written).unwrap(), keys.len());
    }

    /// What was written to it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().unwrap()).into_owned()
    }

    /// Waits until this was written to it.
    pub async fn shows(&self, text: &str) {
        let shown = async {
            while !self.text().contains(text) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let limited = tokio::time::timeout(Duration::from_secs(30), shown).await;
        assert!(
            limited.is_ok(),
            "no {text:?} on the screen: {:?}",
            self.text()
        );
    }
}
