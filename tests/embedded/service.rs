//! A service in a process of its own, to be killed: this test binary again, running one test that
//! is a service.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use super::{
    Config, Embedded, Scratch, ask, is_gone, is_root, kill, postgres_in, settings, start, tell,
    until,
};
use milepost::store::embedded::USER;

/// Names the directory for the test that is a service.
const ROOT: &str = "MILEPOST_TEST_SERVICE_ROOT";

/// Not a test: the body of a service's process. Says on standard error what became of the start,
/// then serves until its standard input ends.
#[test]
#[ignore = "the body of a process the other tests start"]
fn process() {
    let Some(root) = std::env::var_os(ROOT) else {
        return;
    };
    match Embedded::start(&settings(Path::new(&root))) {
        Ok(server) => {
            eprintln!("ready {}", server.pid().expect("it runs"));
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
        }
        Err(error) => eprintln!("refused {error}"),
    }
}

/// A running process of that kind; killed on drop.
pub struct Service {
    child: Child,
    words: BufReader<ChildStderr>,
}

impl Service {
    /// Starts one for `root` with `command`, which runs this program, or passes its arguments on to
    /// it.
    pub fn spawn(mut command: Command, root: &Path) -> Self {
        command
            .args([
                "--exact",
                "embedded::service::process",
                "--ignored",
                "--nocapture",
            ])
            .env(ROOT, root);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("this program runs again");
        let words = BufReader::new(child.stderr.take().expect("it is piped"));
        Self { child, words }
    }

    fn here(root: &Path) -> Self {
        Self::spawn(
            Command::new(std::env::current_exe().expect("this program")),
            root,
        )
    }

    /// The rest of the line that begins with `word`.
    fn await_word(&mut self, word: &str) -> String {
        let mut all = String::new();
        for line in self.words.by_ref().lines() {
            let line = line.expect("text");
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().to_owned();
            }
            all = all + &line + "\n";
        }
        panic!("it never said {word}, but: {all}")
    }

    /// Waits until it serves; returns the process id of its server.
    fn ready(&mut self) -> u32 {
        self.await_word("ready ").parse().expect("a process id")
    }

    /// Waits for it to say why it does not start.
    pub fn refusal(mut self) -> String {
        self.await_word("refused ")
    }

    fn kill(mut self) {
        self.child.kill().expect("our child");
        self.child.wait().expect("our child");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This program as another account, from where that account can reach it, with temporary files in
/// `scratch`.
pub fn as_user(scratch: &Scratch, uid: u32) -> Command {
    let program = scratch.join("program");
    fs::copy(std::env::current_exe().expect("this program"), &program).expect("our own directory");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("our own file");
    chown(scratch.path(), Some(uid), Some(uid)).expect("root may");
    let mut command = Command::new(program);
    command
        .uid(uid)
        .gid(uid)
        .current_dir("/")
        .env("TMPDIR", scratch.path());
    command
}

/// How to reach the server of a service that is another process.
fn config(root: &Path) -> Config {
    let mut config = Config::new();
    config
        .host_path(root.join("s"))
        .user(USER)
        .dbname("postgres");
    config
}

#[test]
fn a_killed_service_takes_its_server_along_and_loses_nothing() {
    let scratch = Scratch::new();
    let mut service = Service::here(scratch.path());
    let pid = service.ready();
    ask(
        &config(scratch.path()),
        "create table t (n int); insert into t values (9)",
    )
    .expect("it serves");
    service.kill();
    until("the server to end", || is_gone(pid));
    until("its processes to end", || {
        postgres_in(scratch.path()).is_empty()
    });
    assert_eq!(tell(&start(scratch.path()), "select n from t"), "9");
}

#[test]
fn the_next_start_does_not_wait_for_the_dead_to_be_gone() {
    let scratch = Scratch::new();
    for round in 0..3 {
        let mut service = Service::here(scratch.path());
        service.ready();
        let sql = format!("create table if not exists t (n int); insert into t values ({round})");
        ask(&config(scratch.path()), &sql).expect("it serves");
        service.kill(); // its server is still shutting down when the next one starts
    }
    assert_eq!(tell(&start(scratch.path()), "select count(*) from t"), "3");
}

#[test]
fn service_and_postmaster_killed_together_lose_nothing() {
    let scratch = Scratch::new();
    let mut service = Service::here(scratch.path());
    let pid = service.ready();
    ask(
        &config(scratch.path()),
        "create table t (n int); insert into t values (4)",
    )
    .expect("it serves");
    kill(pid);
    service.kill();
    assert_eq!(tell(&start(scratch.path()), "select n from t"), "4");
}

#[test]
fn a_service_killed_in_its_first_start_is_no_obstacle() {
    let scratch = Scratch::new();
    let unfinished = || {
        let names = fs::read_dir(scratch.path())
            .expect("our own directory")
            .flatten();
        names
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("pg.new."))
            .count()
    };
    let service = Service::here(scratch.path());
    until("initdb to be under way", || {
        unfinished() > 0 || scratch.join("pg").exists()
    });
    service.kill();
    start(scratch.path()).stop();
    assert_eq!(unfinished(), 0);
}

#[test]
fn a_service_elsewhere_holds_its_directory_until_it_ends() {
    let scratch = Scratch::new();
    let mut service = Service::here(scratch.path());
    service.ready();
    let refusal = Service::here(scratch.path()).refusal();
    assert!(refusal.starts_with("another milepost uses "), "{refusal}");
    drop(service.child.stdin.take()); // it ends of its own accord
    service.child.wait().expect("our child");
    start(scratch.path()).stop();
}

#[test]
fn root_can_go_on_where_a_user_began_and_the_user_after_that() {
    if !is_root() {
        return println!("skipped: needs root to become another account");
    }
    const NOBODY: u32 = 65534;
    let (scratch, root) = (Scratch::new(), Scratch::new());
    chown(root.path(), Some(NOBODY), Some(NOBODY)).expect("root may");
    let as_nobody = || Service::spawn(as_user(&scratch, NOBODY), root.path());
    let mut service = as_nobody();
    service.ready();
    service.kill();
    let server = start(root.path());
    tell(&server, "create table t (n int)");
    server.stop();
    as_nobody().ready();
}

/// The ways to start and to end once more, without the rights of root.
#[test]
fn all_of_this_holds_for_an_ordinary_user() {
    if !is_root() {
        return println!("skipped: this is an ordinary user");
    }
    let scratch = Scratch::new();
    let mut command = as_user(&scratch, 65534);
    command.args([
        "killed",
        "used_directory",
        "stranger",
        "in_use",
        "privacy",
        "database_of_its_own",
    ]);
    let out = command
        .arg("--test-threads=2")
        .output()
        .expect("this program runs");
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let ran = "test embedded::a_killed_postmaster_comes_back_with_every_acknowledged_commit ... ok";
    assert!(text.contains(ran), "{text}");
}
