//! Workers that are processes of their own: told to end, killed, without a service. This test binary again, running
//! one test that is a worker.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use milepost::worker::Reporter;
use serde_json::{Value, json};

use super::rig::Rig;

/// Says what the worker is to do.
const DOES: &str = "MILEPOST_TEST_WORKER_DOES";

/// Not a test: the body of a worker's process. It works until it is told to stop, or for ever.
#[test]
#[ignore = "the body of a process the other tests start"]
fn process() {
    let Some(does) = std::env::var_os(DOES) else {
        return;
    };
    let reporter = Reporter::from_env().expect("a reporter");
    if does == "silent" {
        return silent(&reporter);
    }
    if does != "killed" {
        let grace = if does == "leaves" { 1 } else { 60 };
        let handled = reporter.interrupt_on_signals(Duration::from_secs(grace));
        handled.expect("a handler");
    }
    let job = reporter
        .job("scan")
        .id("theirs")
        .lease(Duration::from_secs(5))
        .lost_after(Duration::ZERO)
        .start();
    assert!(job.known_blocking(Duration::from_secs(60)));
    println!("ready");
    while !job.is_cancelled() {
        job.inc(1);
        std::thread::sleep(Duration::from_millis(1));
    }
    if does == "rolls back" {
        job.notice(milepost::worker::Level::Info, "last", "a last word");
        let _ = job.cancel("Rolled back").wait(Duration::from_secs(60));
        std::process::exit(7);
    }
    drop(job);
    loop {
        std::thread::park(); // the signal ends it
    }
}

fn silent(reporter: &Reporter) {
    assert!(!reporter.is_on());
    let job = reporter.job("scan").start();
    job.track(0..1000).for_each(drop);
    job.complete(());
    drop((job, reporter.close_blocking(Duration::from_secs(60))));
    let tasks = std::fs::read_dir("/proc/self/task").expect("threads");
    for task in tasks.flatten() {
        let name = std::fs::read_to_string(task.path().join("comm"));
        assert_ne!(name.unwrap_or_default().trim(), "milepost", "no thread");
    }
}

fn worker(does: &str, server: Option<&str>) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args([
            "--exact",
            "worker::process::process",
            "--ignored",
            "--nocapture",
        ])
        .env(DOES, does)
        .env_remove("MILEPOST_SERVER")
        .env_remove("MILEPOST_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if let Some(server) = server {
        command
            .env("MILEPOST_URL", format!("http://{server}"))
            .env("MILEPOST_PROJECT", "acme");
    }
    command.spawn().expect("this program runs again")
}

/// A worker at work; and what becomes of it once it was sent this signal.
async fn signalled(rig: &Rig, does: &str, signal: i32) -> (ExitStatus, Value) {
    let mut worker = worker(does, Some(&rig.client().address));
    let mut lines = BufReader::new(worker.stdout.take().expect("a pipe")).lines();
    let ready = lines.any(|line| line.is_ok_and(|line| line.ends_with("ready")));
    assert!(ready, "it works");
    let working = |state: &Value| state["progress"]["current"].as_u64() > Some(0);
    rig.until("theirs", working).await;
    // SAFETY: kill() has no memory effects; the child is ours and not yet waited for.
    #[allow(unsafe_code)]
    let sent = unsafe { libc::kill(i32::try_from(worker.id()).expect("a pid"), signal) };
    assert_eq!(sent, 0);
    let status = worker.wait().expect("a child");
    let state = rig
        .until("theirs", |state| state["finished_at"].is_string())
        .await;
    (status, state)
}

#[tokio::test]
async fn a_job_that_sigterm_leaves_behind_was_interrupted() {
    let rig = Rig::start().await;
    let (status, state) = signalled(&rig, "leaves", libc::SIGTERM).await;
    assert_eq!(status.signal(), Some(libc::SIGTERM));
    assert_eq!(state["status"], "failed", "{state}");
    assert_eq!(state["error"]["code"], "interrupted");
    assert_eq!(state["error"]["retryable"], true);
}

#[tokio::test]
async fn a_worker_that_hears_of_sigterm_says_what_became_of_its_work() {
    let rig = Rig::start().await;
    let (status, state) = signalled(&rig, "rolls back", libc::SIGTERM).await;
    assert_eq!(status.code(), Some(7), "it ended by itself");
    assert_eq!(state["error"]["code"], "interrupted", "{state}");
    let message = state["error"]["message"].as_str().expect("a text");
    assert!(message.ends_with(": Rolled back"), "{message}");
    assert_eq!(state["notices"]["total"], 1);
}

#[tokio::test]
async fn a_worker_that_is_killed_is_lost_by_its_lease() {
    let rig = Rig::start().await;
    let (status, state) = signalled(&rig, "killed", libc::SIGKILL).await;
    assert_eq!(status.signal(), Some(libc::SIGKILL));
    assert_eq!(state["error"]["code"], "worker_lost", "{state}");
    assert_eq!(state["error"]["retryable"], json!(true));
}

#[test]
fn without_a_service_in_the_environment_nothing_is_said_and_no_thread_runs() {
    let output = worker("silent", None).wait_with_output().expect("a child");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
