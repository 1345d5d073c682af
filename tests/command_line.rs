//! What the binary says of settings that cannot be used: one line, no secret, exit code 2.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};

use crate::support::postgres::{self, TestDatabase};

mod credentials;
mod terminal;

fn milepost(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_milepost"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

#[track_caller]
pub fn refused(arguments: &[&str], environment: &[(&str, &str)], words: &[&str]) {
    let output = milepost(arguments, environment);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        output.status.code(),
        Some(2),
        "{arguments:?} {environment:?}: {said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty());
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
    assert!(!said.contains("hunter2"), "a secret in {said}");
}

#[test]
fn a_bad_setting_is_one_line_that_says_how_to_mend_it() {
    let rows: [(&[&str], &[&str]); 15] = [
        (&["--listen", "nonsense"], &["--listen", "127.0.0.1:8080"]),
        (&["--listen", "127.0.0.1:99999"], &["--listen"]),
        (&["--listen", "0.0.0.0:0"], &["--listen", "credentials"]),
        (&["--listen", "[::]:0"], &["--listen", "credentials"]),
        (&["--admin-listen", "x"], &["--admin-listen"]),
        (
            &["--database-url", "postgres//u:hunter2@h/d"],
            &["--database-url", "postgres://"],
        ),
        (&["--database-url", ""], &["--database-url"]),
        (&["--bus", "redis://u:hunter2@h"], &["--bus", "postgres"]),
        (&["--drain-seconds", "-1"], &["--drain-seconds"]),
        (&["--log-format", "xml"], &["--log-format", "text", "json"]),
        (&["--log", "a=b=c"], &["--log"]),
        (&["--batch-limit", "1"], &["--batch-limit", "--body-limit"]),
        (&["--body-limit", "0"], &["--body-limit"]),
        (&["--stream-seconds", "0"], &["--stream-seconds"]),
        (&["--lisen", "127.0.0.1:0"], &["--lisen", "--listen"]),
    ];
    for (arguments, words) in rows {
        let arguments: Vec<&str> = ["serve"].iter().chain(arguments).copied().collect();
        refused(&arguments, &[], words);
    }
}

#[test]
fn the_edge_is_set_exactly_or_not_at_all() {
    for (value, why) in [
        ("*", "more than one"),
        ("null", "no origin"),
        ("https://app.example.com/", "slash"),
        ("https://app.example.com/path", "path"),
        ("https://App.example.com", "lower case"),
        ("app.example.com", "scheme"),
        ("localhost:5173", "scheme"),
        ("https://app.example.com:443", "port"),
        ("http://localhost:80", "port"),
        (
            "https://app.example.com,https://*.example.com",
            "more than one",
        ),
    ] {
        let words = ["--allow-origin", why, "https://app.example.com or"];
        refused(&["serve", "--allow-origin", value], &[], &words);
        refused(&["serve"], &[("MILEPOST_ALLOW_ORIGIN", value)], &words);
    }
    for (value, why) in [
        ("proxy.example.com", "10.0.0.0/8 or"),
        ("10.0.0.0/33", "10.0.0.0/8 or"),
        ("10.1.2.3/8", "use 10.0.0.0/8"),
        ("127.0.0.1,x", "10.0.0.0/8 or"),
    ] {
        let words = ["--trusted-proxy", why];
        refused(&["serve", "--trusted-proxy", value], &[], &words);
        refused(&["serve"], &[("MILEPOST_TRUSTED_PROXY", value)], &words);
    }
    for name in ["--streams-per-credential", "--connections-per-address"] {
        refused(&["serve", name, "-1"], &[], &[name]);
    }
    // What is well put is not what is wrong here.
    let fine = [
        (
            "MILEPOST_ALLOW_ORIGIN",
            "https://app.example.com, http://[::1]:5173",
        ),
        ("MILEPOST_TRUSTED_PROXY", "127.0.0.1, 10.0.0.0/8,fd00::/8"),
    ];
    refused(&["serve", "--bus", "x"], &fine, &["--bus"]);
    let empty = [
        ("MILEPOST_ALLOW_ORIGIN", ""),
        ("MILEPOST_TRUSTED_PROXY", ""),
    ];
    refused(&["serve", "--bus", "x"], &empty, &["--bus"]);
}

#[test]
fn settings_come_from_the_environment_and_a_flag_wins() {
    refused(
        &["serve"],
        &[("MILEPOST_LISTEN", "nonsense")],
        &["--listen"],
    );
    refused(
        &["serve"],
        &[("DATABASE_URL", "x:hunter2")],
        &["DATABASE_URL"],
    );
    let both = [
        ("MILEPOST_DATABASE_URL", "x:hunter2"),
        ("DATABASE_URL", "postgres://h/d"),
    ];
    refused(&["serve"], &both, &["--database-url"]);
    refused(
        &["serve", "--bus", "nats://h"],
        &[("MILEPOST_BUS", "postgres")],
        &["--bus"],
    );
    refused(&["serve"], &[("RUST_LOG", "a=b=c")], &["RUST_LOG"]);
    refused(&["demo", "--pace", "-1"], &[], &["--pace"]);
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(
        &[
            "serve",
            "--listen",
            &address,
            "--database-url",
            "postgres://u:hunter2@localhost/d",
        ],
        &[],
        &[&address, "another"],
    );
}

#[test]
fn help_names_every_setting_and_its_default() {
    let output = milepost(&["serve", "--help"], &[]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for word in [
        "MILEPOST_LISTEN",
        "127.0.0.1:8080",
        "MILEPOST_DATABASE_URL",
        "milepost-data",
        "MILEPOST_DRAIN_SECONDS",
        "30",
        "65536",
    ] {
        assert!(help.contains(word), "no {word} in {help}");
    }
}

#[test]
fn every_option_has_its_name_in_the_environment() {
    for command in ["serve", "demo", "token"] {
        let output = milepost(&[command, "--help"], &[]);
        let help = String::from_utf8(output.stdout).unwrap();
        let words = help.split_whitespace();
        let options: Vec<&str> = words
            .filter_map(|w| w.strip_prefix("--"))
            .filter(|w| *w != "help")
            .collect();
        assert!(options.contains(&"jwt-secret"), "{help}");
        for option in options {
            let name = format!("[env: MILEPOST_{}", option.to_uppercase().replace('-', "_"));
            let named = help.contains(&format!("{name}=")) || help.contains(&format!("{name}]"));
            assert!(named, "no {name} in {help}");
        }
    }
}

/// A running `milepost serve`, killed where a test forgets it.
struct Serving(std::process::Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Serving {
    fn on(database: &TestDatabase) -> (Self, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_milepost"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--log-format",
                "json",
                "--database-url",
                &database.url(),
            ])
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on http://")
            .unwrap()
            .to_owned();
        (Self(child), address)
    }

    fn signal(&self, signal: i32) {
        let pid = i32::try_from(self.0.id()).unwrap();
        // SAFETY: a signal to a child of ours that was not waited for yet.
        #[allow(unsafe_code)]
        let sent = unsafe { libc::kill(pid, signal) };
        assert_eq!(sent, 0);
    }
}

#[tokio::test]
async fn it_says_where_it_listens_answers_there_and_stops_when_asked() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let database = postgres::database().await;
        let (mut serving, address) = Serving::on(&database);
        let mut socket = TcpStream::connect(&address).unwrap();
        write!(
            socket,
            "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        serving.signal(signal);
        assert_eq!(serving.0.wait().unwrap().code(), Some(0), "signal {signal}");
        let mut log = String::new();
        serving
            .0
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        assert!(log.lines().count() >= 2, "{log}");
        for line in log.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(event["level"].is_string(), "{line}");
        }
    }
}

#[tokio::test]
async fn a_second_signal_does_not_wait_for_anybody() {
    let database = postgres::database().await;
    let (mut serving, address) = Serving::on(&database);
    // A request whose body never ends keeps the drain waiting.
    let mut socket = TcpStream::connect(&address).unwrap();
    let head = "Content-Type: application/json\r\nContent-Length: 99\r\nExpect: 100-continue";
    write!(
        socket,
        "POST /v1/projects/a/jobs HTTP/1.1\r\nHost: {address}\r\n{head}\r\n\r\n"
    )
    .unwrap();
    let mut said = [0; 12];
    socket.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"HTTP/1.1 100", "the body is waited for");
    serving.signal(libc::SIGTERM);
    let mut log = BufReader::new(serving.0.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("draining")));
    serving.signal(libc::SIGTERM);
    assert_eq!(serving.0.wait().unwrap().code(), Some(128 + libc::SIGTERM));
}

#[test]
fn a_missing_database_is_one_line() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("postgres://u:hunter2@127.0.0.1:{free}/d");
    refused(
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "off",
            "--database-url",
            &url,
        ],
        &[],
        &["database", "--database-url"],
    );
}
