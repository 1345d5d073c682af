//! What an earlier start left behind, and what only looks like it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use super::{Scratch, ask, is_root, start, tell, until};

/// A process that is none of ours; killed on drop, also when its test fails.
struct Stranger(Child);

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_pid_file_that_names_a_living_stranger_is_no_obstacle() {
    let scratch = Scratch::new();
    let server = start(scratch.path());
    let data = scratch.join("pg");
    let lock = server.socket_dir().join(".s.PGSQL.5432.lock");
    let pid_file =
        fs::read_to_string(data.join("postmaster.pid")).expect("the pid file of a running server");
    let socket_file = fs::read_to_string(&lock).expect("the lock of its socket");
    server.stop();
    let owner = fs::metadata(&data).expect("the database");
    // Of the same account: strangers of other accounts PostgreSQL itself rules out.
    let mut command = Command::new("sleep");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.arg("600").current_dir("/");
    if is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let mut stranger = Stranger(command.spawn().expect("sleep"));
    for (path, text) in [(data.join("postmaster.pid"), pid_file), (lock, socket_file)] {
        let (_, rest) = text.split_once('\n').expect("more than a pid");
        fs::write(&path, format!("{}\n{rest}", stranger.0.id())).expect("our own file");
        std::os::unix::fs::chown(&path, Some(owner.uid()), Some(owner.gid()))
            .expect("our own file");
    }
    let server = start(scratch.path());
    assert_eq!(tell(&server, "select 1"), "1");
    assert_eq!(
        stranger.0.try_wait().expect("our child"),
        None,
        "the stranger was left in peace"
    );
}

#[test]
fn a_server_nobody_owns_any_more_is_ended_first() {
    let scratch = Scratch::new();
    let server = start(scratch.path());
    let data = scratch.join("pg");
    let owner = fs::metadata(&data).expect("the database");
    let binary = fs::read_link(format!("/proc/{}/exe", server.pid().expect("it runs")))
        .expect("its program");
    let socket = server.socket_dir().to_owned();
    tell(&server, "create table t (n int)");
    let config = server.config("postgres");
    server.stop();
    let mut command = Command::new(binary);
    command
        .arg("-D")
        .arg(&data)
        .arg("-k")
        .arg(&socket)
        .args(["-c", "listen_addresses="]);
    command
        .current_dir("/")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let mut orphan = Stranger(command.spawn().expect("postgres"));
    until("the orphan to answer", || {
        ask(&config, "insert into t values (5)").is_ok()
    });
    let server = start(scratch.path());
    assert_eq!(tell(&server, "select n from t"), "5");
    assert!(
        orphan.0.wait().expect("our child").success(),
        "it was shut down in good order"
    );
}

#[test]
fn a_shell_that_stands_in_the_database_is_left_in_peace() {
    let scratch = Scratch::new();
    start(scratch.path()).stop();
    let owner = fs::metadata(scratch.join("pg")).expect("the database");
    let mut command = Command::new("sleep");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.arg("600").current_dir(scratch.join("pg"));
    if is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let mut shell = Stranger(command.spawn().expect("sleep"));
    start(scratch.path()).stop();
    assert_eq!(shell.0.try_wait().expect("our child"), None);
}

#[test]
fn what_an_interrupted_first_start_left_is_removed() {
    let scratch = Scratch::new();
    let left = scratch.join("pg.new.4711");
    fs::create_dir(&left).expect("our own directory");
    fs::write(left.join("PG_VERSION"), "15\n").expect("our own directory");
    start(scratch.path()).stop();
    assert!(!left.exists());
}
