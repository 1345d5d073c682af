//! Many viewers in a process of their own, so that they can be stopped: the bench runs itself again in this role.
//!
//! The parent says `mark`, and the child answers with one line: how many came back, how many closed for good, and
//! the microseconds of every frame since the last mark, from when its worker set out to when it was parsed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::time::{Duration, sleep};

use super::watch::{Given, Transport, Watch};

/// What comes before the time in a job's message.
const MARK: &str = "sent at ";

/// Now, in microseconds: one clock for all processes of a machine.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_micros()).unwrap_or(0)
}

/// The message of a report that sets out now.
pub fn message() -> String {
    format!("{MARK}{}", now())
}

/// A process full of viewers.
pub struct Crowd {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What it is called in the table.
    pub name: &'static str,
}

/// What a crowd has seen since it was last asked.
#[derive(Default)]
pub struct Seen {
    pub reconnects: u64,
    pub closed: u64,
    pub millis: Vec<f64>,
}

impl Crowd {
    /// `count` viewers over one transport, viewer n on job n modulo `jobs`. Returns when all have their snapshot.
    pub fn start(name: &'static str, address: &str, (count, jobs): (usize, usize)) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--crowd", name, "--address", address])
            .args(["--count", &count.to_string(), "--jobs", &jobs.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let input = child.stdin.take().expect("a pipe");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut ready = String::new();
        output.read_line(&mut ready).expect("a line");
        assert_eq!(ready, "ready\n");
        Self {
            child,
            input,
            output,
            name,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has seen since it was last asked.
    pub fn mark(&mut self) -> Seen {
        let mut line = String::new();
        writeln!(self.input, "mark").expect("it listens");
        self.output.read_line(&mut line).expect("a line");
        let mut numbers = line.split_whitespace().filter_map(|n| n.parse().ok());
        let (reconnects, closed) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let millis = numbers.map(|micros| micros as f64 / 1e3).collect();
        Seen {
            reconnects,
            closed,
            millis,
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the viewers of this process have seen.
#[derive(Default)]
struct Log {
    reconnects: u64,
    closed: u64,
    micros: Vec<u64>,
}

/// The child's side.
pub async fn run(transport: Transport, address: String, (count, jobs): (usize, usize)) {
    let log = Arc::<Mutex<Log>>::default();
    for n in 0..count {
        let query = format!("job=j{}", n % jobs);
        let watch = Watch::open(&address, transport, &query, None).await;
        let mut watch = watch.expect("it may watch");
        watch.synced().await.expect("a snapshot");
        tokio::spawn(follow(
            watch,
            (address.clone(), transport, query),
            log.clone(),
        ));
    }
    println!("ready");
    // Reading blocks, so it has a thread of its own.
    let _ = tokio::task::spawn_blocking(move || answer(&log)).await;
}

fn answer(log: &Mutex<Log>) {
    for line in std::io::stdin().lines() {
        if line.is_err() {
            return;
        }
        let log = std::mem::take(&mut *log.lock().unwrap());
        let mut out = format!("{} {}", log.reconnects, log.closed);
        for micros in log.micros {
            out.push_str(&format!(" {micros}"));
        }
        println!("{out}");
    }
}

/// Watches, and comes back when the server ends the stream, as a browser would.
async fn follow(mut watch: Watch, how: (String, Transport, String), log: Arc<Mutex<Log>>) {
    let (address, transport, query) = how;
    loop {
        while let Some(given) = watch.next().await {
            if let Given::Frame(frame) = given
                && let Some(micros) = age(&frame)
            {
                log.lock().unwrap().micros.push(micros);
            }
        }
        sleep(Duration::from_millis(500)).await;
        let again = Watch::open(&address, transport, &query, watch.cursor.take()).await;
        let Some(again) = again else {
            log.lock().unwrap().closed += 1;
            return;
        };
        watch = again;
        log.lock().unwrap().reconnects += 1;
    }
}

/// How long ago what a frame says set out, in microseconds.
fn age(frame: &[u8]) -> Option<u64> {
    let frame: Value = serde_json::from_slice(frame).expect("a frame");
    let sent = frame["data"]["message"].as_str()?.strip_prefix(MARK)?;
    now().checked_sub(sent.parse().ok()?)
}
