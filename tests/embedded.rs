//! The private PostgreSQL against a real one: starting, ending, and everything that goes wrong in
//! between.
//!
//! Run as root, the whole module is run once more as an ordinary user.

mod leftovers;
mod refusals;
mod service;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use crate::support::postgres;
use crate::support::scratch::Scratch;
use crate::support::wait::until;
use milepost::store::embedded::{Embedded, Error, Settings};
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

/// Quick settings for tests that do not ask about durability.
fn settings(root: &Path) -> Settings {
    let mut settings = Settings::new(root);
    settings.fsync = false;
    settings
        .settings
        .push(("shared_buffers".to_owned(), "16MB".to_owned()));
    settings
}

fn start(root: &Path) -> Embedded {
    Embedded::start(&settings(root)).unwrap_or_else(|error| panic!("{}: {error}", root.display()))
}

/// Runs `sql` on a new connection and returns the last value it yields.
fn ask(config: &Config, sql: &str) -> Result<String, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        let answers = client.simple_query(sql).await?;
        let value = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        Ok(answers.iter().rev().find_map(value).unwrap_or_default())
    })
}

/// As `ask`, on the database that is always there, and it must succeed.
fn tell(server: &Embedded, sql: &str) -> String {
    ask(&server.config("postgres"), sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Whether the process is gone, or only waits to be reaped by whoever inherited it.
fn is_gone(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

fn kill(pid: u32) {
    let killed = Command::new("sh")
        .args(["-c", "kill -9 \"$0\"", &pid.to_string()])
        .status();
    assert!(killed.expect("sh").success(), "no process {pid} to kill");
}

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("/proc").uid() == 0
}

/// Waits for the supervisor to have a new server after the death of `dead`, and for it to answer.
fn await_restart(server: &Embedded, dead: u32) {
    until("a new server process", || {
        server.pid().is_some_and(|pid| pid != dead)
    });
    until("the new server to answer", || {
        ask(&server.config("postgres"), "select 1").is_ok()
    });
}

#[test]
fn a_used_directory_starts_again_with_what_was_written() {
    let scratch = Scratch::new();
    let root = scratch.join("new/data"); // the way there is made too
    let first = start(&root);
    let pid = first.pid().expect("it runs");
    tell(&first, "create table t (n int); insert into t values (7)");
    first.stop();
    assert!(is_gone(pid), "stop returns when the server has gone");
    let second = start(&root);
    assert_eq!(tell(&second, "select n from t"), "7");
}

#[test]
fn dropping_it_stops_the_server() {
    let scratch = Scratch::new();
    let server = start(scratch.path());
    let pid = server.pid().expect("it runs");
    drop(server);
    assert!(is_gone(pid));
}

#[test]
fn fsync_and_privacy_cannot_be_switched_off_by_further_settings() {
    let scratch = Scratch::new();
    let mut settings = Settings::new(scratch.path());
    for (name, value) in [
        ("fsync", "off"),
        ("listen_addresses", "*"),
        ("work_mem", "5MB"),
    ] {
        settings.settings.push((name.to_owned(), value.to_owned()));
    }
    let server = Embedded::start(&settings).expect("start");
    for (name, value) in [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("max_connections", "100"),
        ("work_mem", "5MB"),
    ] {
        assert_eq!(tell(&server, &format!("show {name}")), value, "{name}");
    }
    let socket = fs::metadata(server.socket_dir()).expect("the socket's directory");
    assert_eq!(socket.permissions().mode() & 0o777, 0o700);
    assert_ne!(socket.uid(), 0, "not root, whoever we are");
}

#[test]
fn a_database_is_created_once_however_many_ask() {
    let scratch = Scratch::new();
    let server = start(scratch.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let name = "odd \" name";
    runtime.block_on(async {
        let ensure = || server.ensure_database(name);
        let all = tokio::join!(ensure(), ensure(), ensure(), ensure());
        for result in [all.0, all.1, all.2, all.3] {
            result.expect("each caller finds it there");
        }
        ensure().await.expect("and later ones too");
    });
    assert_eq!(
        ask(&server.config(name), "select current_database()").expect("connect"),
        name
    );
}

#[test]
fn a_killed_postmaster_comes_back_with_every_acknowledged_commit() {
    let scratch = Scratch::new();
    let server = start(scratch.path());
    tell(&server, "create table t (n int)");
    for round in 1..=3 {
        let dead = server.pid().expect("it runs");
        tell(&server, &format!("insert into t values ({round})"));
        // A backend in the middle of something is slow to notice that its postmaster has gone.
        let config = server.config("postgres");
        let busy = std::thread::spawn(move || {
            let slow =
                "select count(*) from generate_series(1, 1e9::bigint) x, generate_series(1, 1000)";
            ask(
                &config,
                &format!("begin; insert into t values (1000); {slow}"),
            )
            .is_err()
        });
        let started = "select count(*) from pg_stat_activity where query like 'begin;%'";
        until("the busy backend", || tell(&server, started) == "1");
        kill(dead);
        assert!(busy.join().expect("the thread"), "its connection broke");
        await_restart(&server, dead);
        assert_eq!(server.restarts(), round);
        assert_eq!(
            tell(&server, "select count(*) from t where n < 1000"),
            round.to_string()
        );
        assert_eq!(
            tell(&server, "select count(*) from t where n = 1000"),
            "0",
            "not committed, not there"
        );
    }
}

#[test]
fn stopping_while_the_server_is_down_starts_nothing_any_more() {
    let scratch = Scratch::new();
    for _ in 0..3 {
        let server = start(scratch.path());
        kill(server.pid().expect("it runs"));
        server.stop();
        assert_eq!(postgres_in(scratch.path()), Vec::<u32>::new());
    }
    start(scratch.path()).stop();
}

/// The processes whose working directory is the database in `root`.
fn postgres_in(root: &Path) -> Vec<u32> {
    let data = root.join("pg");
    let pids = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data))
        .collect()
}

#[test]
fn long_and_odd_paths_work() {
    let scratch = Scratch::new();
    for name in [
        "comma, space and 'quote'".to_owned(),
        "ü".to_owned(),
        "long".repeat(40),
    ] {
        let server = start(&scratch.join(&name));
        assert_eq!(tell(&server, "select 1"), "1", "{name}");
        assert!(!server.socket_dir().starts_with(scratch.path()));
        let socket = server.socket_dir().to_owned();
        server.stop();
        fs::remove_dir(socket).expect("nothing is left in it");
    }
}

#[test]
fn a_large_log_is_set_aside_at_a_start() {
    let scratch = Scratch::new();
    let server = start(scratch.path());
    let log = server.log();
    server.stop();
    fs::File::options()
        .write(true)
        .open(&log)
        .and_then(|file| file.set_len(11 << 20))
        .expect("our own file");
    let server = start(scratch.path());
    assert!(fs::metadata(&log).expect("a new log").len() < 1 << 20);
    assert_eq!(
        fs::metadata(scratch.join("postgres.log.old"))
            .expect("the old log")
            .len(),
        11 << 20
    );
    server.stop();
}

#[tokio::test]
async fn every_test_gets_a_database_of_its_own() {
    let (one, other) = (postgres::database().await, postgres::database().await);
    one.connect()
        .await
        .batch_execute("create table t (n int)")
        .await
        .expect("a fresh database");
    let config: Config = one.url().parse().expect("a URL tokio-postgres understands");
    let (client, connection) = config.connect(NoTls).await.expect("the URL leads there");
    tokio::spawn(connection);
    client
        .batch_execute("insert into t values (1)")
        .await
        .expect("the table made through config()");
    let absent = other.connect().await.batch_execute("select from t").await;
    assert!(absent.is_err(), "the other one has no such table");
    drop(one); // with connections still open
    assert!(config.connect(NoTls).await.is_err(), "it is gone");
}
