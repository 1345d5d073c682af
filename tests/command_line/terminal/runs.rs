//! `milepost run`.

use std::fs;
use std::path::Path;
use std::time::Instant;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Screen, bare, end_of, ended, ending, limited, milepost, signal, state_when};
use crate::support::http::Client;
use crate::support::postgres;
use crate::support::scratch::Scratch;
use crate::support::service::Service;
use crate::support::wait::until;

/// `milepost run` of a script, as job `a`.
fn script(client: &Client, options: &[&str], text: &str) -> Command {
    let mut arguments = vec!["run", "--id", "a"];
    arguments.extend(options);
    arguments.extend(["--", "sh", "-c", text]);
    milepost(client, &arguments)
}

/// Waits until somebody has made this file.
async fn made(path: &Path) {
    let there = async {
        while !path.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    limited(there).await;
}

/// Whether a process is there, and no zombie.
fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let state = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.trim_start().starts_with('Z'));
    state == Some(false)
}

#[tokio::test]
async fn the_exit_code_is_the_commands() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    for (id, command, code, status) in [
        ("ok", "exit 0", 0, "completed"),
        (
            "seven",
            "echo one >&2; echo no such table >&2; exit 7",
            7,
            "failed",
        ),
        ("killed", "kill -9 $$", 137, "failed"),
        ("broken", "kill -SEGV $$", 139, "failed"),
    ] {
        let run = milepost(
            client,
            &[
                "run", "--id", id, "--kind", "sync", "--", "sh", "-c", command,
            ],
        );
        assert_eq!(ended(run).await.0, code, "{id}");
        let state = ending(client, id).await;
        assert_eq!(
            (state["status"].as_str(), state["kind"].as_str()),
            (Some(status), Some("sync"))
        );
        match id {
            "seven" => {
                assert_eq!(state["error"]["code"], "command_failed");
                assert_eq!(state["error"]["message"], "exit code 7: no such table");
                assert_eq!(state["error"]["details"]["output"], "one\nno such table");
                assert_eq!(state["error"]["details"]["exit_code"], 7);
            }
            "killed" => assert_eq!(state["error"]["details"]["signal"], "SIGKILL"),
            _ => {}
        }
    }
    let missing = milepost(client, &["run", "--id", "none", "--", "no-such-command"]);
    assert_eq!(ended(missing).await.0, 127);
    assert_eq!(
        ending(client, "none").await["error"]["code"],
        "command_not_found"
    );
    let folder = milepost(client, &["run", "--id", "dir", "--", "/"]);
    assert_eq!(ended(folder).await.0, 126);
    for wrong in [
        &["run"][..],
        &["run", "--knd", "x", "--", "true"],
        &["run", "--kind", "A", "--", "true"],
    ] {
        let (code, _, error) = ended(milepost(client, wrong)).await;
        assert_eq!(
            (code, error.lines().count()),
            (125, 1),
            "{wrong:?}: {error}"
        );
    }
}

#[tokio::test]
async fn the_command_runs_where_nothing_can_be_reported() {
    let said = |run: Command| async { ended(run).await };
    let (code, out, error) = said(bare(&[
        "run",
        "--",
        "sh",
        "-c",
        "echo out; echo error >&2; exit 5",
    ]))
    .await;
    assert_eq!(
        (code, out.as_str(), error.as_str()),
        (5, "out\n", "error\n")
    );
    let away = Client::of("127.0.0.1:9".into());
    let (code, out, error) = said(script(&away, &[], "echo out; exit 5")).await;
    assert_eq!((code, out.as_str()), (5, "out\n"));
    assert!(error.contains("could not be reported"), "{error}");
    let mut no_project = bare(&["run", "--", "sh", "-c", "exit 5"]);
    no_project.env("MILEPOST_URL", "http://127.0.0.1:9");
    let (code, _, error) = said(no_project).await;
    assert!(code == 5 && error.contains("not reporting"), "{error}");
    // One that refuses: the id is another job's.
    let database = postgres::database().await;
    let service = Service::on(&database);
    service.client.create("a", &json!({"kind": "other"})).await;
    let (code, out, _) = said(script(&service.client, &[], "echo out; exit 5")).await;
    assert_eq!((code, out.as_str()), (5, "out\n"));
}

#[tokio::test]
async fn progress_is_seen_while_it_runs_and_the_command_knows_its_job() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    let folder = Scratch::new();
    let go = folder.join("go");
    let text = format!(
        "echo $MILEPOST_JOB $MILEPOST_PROJECT $MILEPOST_URL; printf 'Resizing:  42%%|####  | 25/60 [00:01<00:02, 9.2img/s]\\r'
        while [ ! -e {0} ]; do sleep 0.02; done
        printf 'Resizing: 100%%|######| 60/60 [00:03<00:00, 9.2img/s]\\n'; echo",
        go.display()
    );
    let child = script(client, &["--title", "Pictures"], &text)
        .spawn()
        .unwrap();
    let state = state_when(client, "a", |s| s["progress"]["current"] == 25).await;
    assert_eq!(state["title"], "Pictures");
    assert_eq!(state["progress"]["total"], 60);
    assert_eq!(state["progress"]["unit"], "img");
    assert_eq!(state["phase"], "Resizing");
    fs::write(&go, "").unwrap();
    let (code, out, _) = end_of(child).await;
    assert_eq!(code, 0);
    assert!(
        out.starts_with(&format!("a acme http://{}\n", client.address)),
        "{out}"
    );
    assert_eq!(ending(client, "a").await["progress"]["percent"], 100);
}

#[tokio::test]
async fn a_command_reports_itself_on_a_descriptor() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    let text = r#"
        say() { echo "$1" >&"$MILEPOST_REPORT_FD"; }
        say '{"type": "phase", "name": "load", "total": 10, "unit": "rows"}'
        echo '[99/100] not looked at'
        say '{"type": "progress", "current": 4, "counters": {"bad": 2}, "message": "Loading"}'
        say 'no report'
        say '{"type": "notice", "level": "warning", "code": "odd", "message": "row 3"}'
        say '{"type": "completed", "result": {"rows": 4}}'
    "#;
    let (code, out, error) = ended(script(client, &[], text)).await;
    assert_eq!((code, out.as_str()), (0, "[99/100] not looked at\n"));
    assert!(error.contains("is no report"), "{error}");
    let state = ending(client, "a").await;
    assert_eq!(state["result"]["rows"], 4);
    assert_eq!(state["phases"][0]["current"], 4);
    assert_eq!(state["counters"]["bad"], 2);
    assert_eq!(state["notices"]["recent"][0]["code"], "odd");
    assert_eq!(state["message"], "Loading");
}

#[tokio::test]
async fn declared_phases_are_those_of_the_bars() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    let text = "echo '[1/2] a'; echo '[2/2] b'; printf 'copy: 50%%|##| 1/2 [00:01<00:01, 1it/s]\\ncopy: 100%%|##| 2/2 [00:01<00:00, 1it/s]\\n'";
    let run = script(client, &["--phase", "build:3", "--phase", "copy"], text);
    assert_eq!(ended(run).await.0, 0);
    let phases = ending(client, "a").await["phases"].clone();
    let of = |n: usize| {
        (
            phases[n]["name"].clone(),
            phases[n]["weight"].clone(),
            phases[n]["current"].clone(),
        )
    };
    assert_eq!(of(0), (json!("build"), json!(3), json!(2)));
    assert_eq!(of(1), (json!("copy"), json!(1), json!(2)));
    assert_eq!(phases.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_wish_to_cancel_ends_the_command_and_all_it_started() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    let folder = Scratch::new();
    let (deaf, polite) = (folder.join("deaf"), folder.join("polite"));
    let text = format!(
        "(trap '' TERM; sh -c 'echo $$' > {0}.new; mv {0}.new {0}; while :; do sleep 0.05; done) &
        trap 'echo tidied up; exit 4' TERM; touch {1}; while :; do sleep 0.05; done",
        deaf.display(),
        polite.display()
    );
    // The shell that is deaf writes its parent's id: its own is that of the subshell.
    let text = text.replace("sh -c 'echo $$'", "sh -c 'echo $PPID'");
    let child = script(client, &["--grace", "1"], &text).spawn().unwrap();
    made(&deaf).await;
    made(&polite).await;
    state_when(client, "a", |s| s["status"] == "running").await;
    let pid = fs::read_to_string(&deaf).unwrap();
    assert!(is_alive(&pid));
    client
        .post(&client.path("jobs/a/cancel"), &json!({"reason": "enough"}))
        .await
        .expect(200);
    let (code, out, _) = end_of(child).await;
    assert_eq!((code, out.as_str()), (4, "tidied up\n"));
    until("the deaf one to be gone", || !is_alive(&pid));
    let state = ending(client, "a").await;
    assert_eq!(
        (state["status"].as_str(), state["message"].as_str()),
        (
            Some("cancelled"),
            Some("the command ended with exit code 4")
        )
    );
}

#[tokio::test]
async fn signals_are_handed_on_and_say_why_it_ended() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    for (id, sent, code, status, error) in [
        ("term", libc::SIGTERM, 143, "failed", Some("interrupted")),
        ("int", libc::SIGINT, 130, "cancelled", None),
    ] {
        let run = [
            "run",
            "--id",
            id,
            "--",
            "sh",
            "-c",
            "echo '[1/9]'; exec sleep 60",
        ];
        let child = milepost(client, &run).spawn().unwrap();
        state_when(client, id, |s| s["progress"]["current"] == 1).await;
        signal(&child, sent);
        assert_eq!(end_of(child).await.0, code);
        let state = ending(client, id).await;
        assert_eq!(
            (state["status"].as_str(), state["error"]["code"].as_str()),
            (Some(status), error)
        );
        assert!(error.is_none() || state["error"]["retryable"] == true);
    }
    // A command that has its own mind about it.
    let text = "trap 'echo usr' USR1; trap 'echo hup; exit 0' HUP; echo '[1/9]'; while :; do sleep 0.02; done";
    let child = script(client, &[], text).spawn().unwrap();
    state_when(client, "a", |s| s["progress"]["current"] == 1).await;
    signal(&child, libc::SIGUSR1);
    signal(&child, libc::SIGHUP);
    let (code, out, _) = end_of(child).await;
    assert!(code == 0 && out.ends_with("hup\n"), "{code} {out}");
    assert_eq!(ending(client, "a").await["status"], "completed");
}

#[tokio::test]
async fn killed_outright_it_takes_the_command_along() {
    let folder = Scratch::new();
    let there = folder.join("there");
    let text = format!(
        "echo $$ > {0}.new; mv {0}.new {0}; exec sleep 60",
        there.display()
    );
    let mut child = bare(&["run", "--", "sh", "-c", &text]).spawn().unwrap();
    made(&there).await;
    let pid = fs::read_to_string(&there).unwrap();
    assert!(is_alive(&pid));
    child.start_kill().unwrap();
    until("the command to end", || !is_alive(&pid));
    let _ = limited(child.wait()).await;
}

#[tokio::test]
async fn input_and_output_pass_byte_for_byte() {
    let mut child = bare(&["run", "--", "sh", "-c", "cat; echo err >&2"]);
    let mut child = child.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let bytes: Vec<u8> = (0..300_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let (mut input, sent) = (child.stdin.take().unwrap(), bytes.clone());
    let writing = tokio::spawn(async move { input.write_all(&sent).await });
    let output = limited(child.wait_with_output()).await.unwrap();
    writing.await.unwrap().unwrap();
    assert!(
        output.stdout == bytes,
        "{} bytes of {}",
        output.stdout.len(),
        bytes.len()
    );
    assert_eq!(output.stderr, b"err\n");
}

#[test]
fn any_bytes_pass_through_pipes_and_terminals() {
    let folder = Scratch::new();
    let file = folder.join("bytes");
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(12)
    };
    let strategy = (
        proptest::collection::vec(any::<u8>(), 0..20_000),
        any::<bool>(),
    );
    let run = TestRunner::new(config).run(&strategy, |(bytes, terminal)| {
        fs::write(&file, &bytes).unwrap();
        let option = if terminal { "--pty" } else { "--no-pty" };
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_milepost"))
            .args(["run", option, "--", "cat"])
            .arg(&file)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .output()
            .unwrap();
        prop_assert_eq!(output.status.code(), Some(0));
        prop_assert!(
            output.stdout == bytes,
            "{} of {}",
            output.stdout.len(),
            bytes.len()
        );
        Ok(())
    });
    run.unwrap();
}

#[tokio::test]
async fn who_stays_behind_holds_nobody_up() {
    let begun = Instant::now();
    let folder = Scratch::new();
    let pid = folder.join("pid");
    let text = format!("sleep 50 & echo $! > {}; echo done", pid.display());
    let (code, out, _) = ended(bare(&["run", "--", "sh", "-c", &text])).await;
    assert_eq!((code, out.as_str()), (0, "done\n"));
    assert!(begun.elapsed().as_secs() < 45);
    let pid = fs::read_to_string(&pid).unwrap();
    assert!(is_alive(&pid), "it was to stay");
    let _ = std::process::Command::new("kill").arg(pid.trim()).status();
}

#[tokio::test]
async fn who_stops_reading_stops_the_command() {
    let text = format!("{} run -- yes | head -n 2", env!("CARGO_BIN_EXE_milepost"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &text]).env_remove("MILEPOST_URL");
    let (code, out, _) = ended(shell).await;
    assert_eq!((code, out.as_str()), (0, "y\ny\n"));
}

#[tokio::test]
async fn a_terminal_is_there_where_it_is_wanted() {
    const ASK: &str = "test -t 1 && echo out is; test -t 2 && echo error is; stty size <&1; true";
    let (_, out, _) = ended(bare(&["run", "--", "sh", "-c", ASK])).await;
    assert!(!out.contains("is"), "{out}");
    let mut forced = bare(&["run", "--pty", "--", "sh", "-c", ASK]);
    forced.env("COLUMNS", "132").env("LINES", "50");
    let (_, out, _) = ended(forced).await;
    assert_eq!(out, "out is\nerror is\n50 132\n");
    let screen = Screen::new();
    let child = screen.start(bare(&["run", "--", "sh", "-c", ASK]));
    assert_eq!(end_of(child).await.0, 0);
    screen.shows("out is\r\nerror is\r\n30 100\r\n").await;
    let child = screen.start(bare(&[
        "run",
        "--no-pty",
        "--",
        "sh",
        "-c",
        "test -t 1 || echo none",
    ]));
    assert_eq!(end_of(child).await.0, 0);
    screen.shows("none\r\n").await;
}

#[tokio::test]
async fn keys_reach_the_command_once_and_it_may_read_the_terminal() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    let screen = Screen::new();
    let text = "n=0; trap 'n=$((n+1)); echo key $n' INT; echo name?; read name; echo hello $name
        echo ready; while [ $n -lt 2 ]; do sleep 0.05; done; echo counted $n";
    let child = screen.start(script(client, &[], text));
    screen.shows("name?").await;
    screen.press(b"Ada\n");
    screen.shows("ready").await;
    screen.press(b"\x03");
    screen.shows("key 1").await;
    screen.press(b"\x03");
    screen.shows("counted 2").await;
    assert_eq!(end_of(child).await.0, 0);
    screen.shows("hello Ada").await;
    assert_eq!(ending(client, "a").await["status"], "completed");
}

#[tokio::test]
async fn on_a_terminal_too_a_wish_to_cancel_ends_all() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    let folder = Scratch::new();
    let there = folder.join("there");
    let text = format!(
        "(trap '' TERM; sh -c 'echo $PPID' > {0}.new; mv {0}.new {0}; while :; do sleep 0.05; done) & wait; wait",
        there.display()
    );
    let screen = Screen::new();
    let child = screen.start(script(client, &["--grace", "1"], &text));
    made(&there).await;
    state_when(client, "a", |s| s["status"] == "running").await;
    let pid = fs::read_to_string(&there).unwrap();
    client
        .post(&client.path("jobs/a/cancel"), &json!({}))
        .await
        .expect(200);
    assert_eq!(end_of(child).await.0, 143);
    until("the deaf one to be gone", || !is_alive(&pid));
    assert_eq!(ending(client, "a").await["status"], "cancelled");
}
