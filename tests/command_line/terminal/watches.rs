//! `milepost watch`.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Screen, bare, end_of, ended, ending, finish, limited, milepost, running, signal};
use crate::support::http::Client;
use crate::support::postgres;
use crate::support::scratch::Scratch;
use crate::support::service::Service;

/// Waits for a line that holds this text.
async fn line(
    lines: &mut tokio::io::Lines<tokio::io::BufReader<tokio::process::ChildStdout>>,
    text: &str,
) {
    loop {
        let next = limited(lines.next_line()).await.unwrap();
        let next = next.unwrap_or_else(|| panic!("it ended before {text:?}"));
        if next.contains(text) {
            return;
        }
    }
}

fn lines_of(
    child: &mut tokio::process::Child,
) -> tokio::io::Lines<tokio::io::BufReader<tokio::process::ChildStdout>> {
    use tokio::io::AsyncBufReadExt;
    tokio::io::BufReader::new(child.stdout.take().unwrap()).lines()
}

#[tokio::test]
async fn it_ends_as_the_jobs_end() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    for (id, how) in [
        ("a", "completed"),
        ("b", "failed"),
        ("c", "cancelled"),
        ("d", "completed"),
    ] {
        running(client, id).await;
        finish(client, id, how).await;
    }
    for (jobs, code, said) in [
        (&["a"][..], 0, "completed in"),
        (&["b"], 1, "broken"),
        (&["c"], 3, "cancelled after"),
        (&["a", "d"], 0, "Job d  completed"),
        (&["a", "c", "d"], 3, "Job a  completed"),
        (&["c", "b", "a"], 1, "Job b  failed"),
        (&["--job", "b"], 1, "Job b  failed"),
    ] {
        let arguments: Vec<&str> = ["watch"].iter().chain(jobs).copied().collect();
        let (was, out, error) = ended(milepost(client, &arguments)).await;
        assert_eq!(was, code, "{jobs:?}: {out}{error}");
        assert!(
            out.contains(said) && !out.contains('\u{1b}'),
            "{jobs:?}: {out}"
        );
    }
}

#[tokio::test]
async fn it_follows_a_job_to_its_end_in_lines() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    running(client, "a").await;
    let mut child = milepost(client, &["watch", "a"]).spawn().unwrap();
    let mut lines = lines_of(&mut child);
    line(&mut lines, "Job a  running").await;
    let phase = json!({"type": "phase", "name": "parse", "total": 10, "unit": "files"});
    client.report("a", &phase).await.expect(200);
    line(&mut lines, "phase parse").await;
    client
        .report("a", &json!({"type": "progress", "current": 5}))
        .await
        .expect(202);
    line(&mut lines, "5 of 10 files").await;
    let notice = json!({"type": "notice", "level": "warning", "code": "odd", "message": "line 3"});
    client.report("a", &notice).await.expect(200);
    line(&mut lines, "warning: odd: line 3").await;
    finish(client, "a", "completed").await;
    line(&mut lines, "completed in").await;
    assert_eq!(end_of(child).await.0, 0);
}

#[tokio::test]
async fn frames_come_as_the_service_has_them() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    running(client, "a").await;
    finish(client, "a", "completed").await;
    let (code, out, _) = ended(milepost(client, &["watch", "a", "--json"])).await;
    let frame = client.get(&client.path("jobs/a")).await;
    assert_eq!((code, out.trim_end().as_bytes()), (0, &frame.body[..]));
}

#[tokio::test]
async fn what_cannot_be_watched_is_one_line() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    for (arguments, word) in [
        (&["watch", "nosuch"][..], "not_found"),
        (&["watch", "a/b"], "a/b"),
        (&["watch", "--status", "gone"], "--status"),
        (&["watch", "--kind", "A"], "--kind"),
        (&["watch", "--children"], "--parent"),
        (&["watch", "a", "--follow"], "--follow"),
        (&["watch", "a", "--url", "nowhere"], "--url"),
    ] {
        let (code, out, error) = ended(milepost(client, arguments)).await;
        assert_eq!(
            (code, error.lines().count()),
            (2, 1),
            "{arguments:?}: {out}{error}"
        );
        assert!(error.contains(word), "{arguments:?}: {error}");
    }
    let (code, _, error) = ended(bare(&["watch", "a"])).await;
    assert!(code == 2 && error.contains("MILEPOST_PROJECT"), "{error}");
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let away = Client::of(free.to_string());
    let (code, _, error) = ended(milepost(&away, &["watch", "a", "--patience", "1"])).await;
    assert!(
        code == 4 && error.contains("does not answer"),
        "{code} {error}"
    );
}

#[tokio::test]
async fn whoever_leaves_leaves_the_job_alone_or_cancels_it() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    running(client, "a").await;
    let mut child = milepost(client, &["watch", "a"]).spawn().unwrap();
    line(&mut lines_of(&mut child), "running").await;
    signal(&child, libc::SIGINT);
    let (code, _, error) = end_of(child).await;
    assert!(code == 130 && error.contains("goes on"), "{code} {error}");
    let state = client.get(&client.path("jobs/a")).await.json();
    assert_eq!(state["data"]["status"], "running");
    let mut child = milepost(client, &["watch", "a", "--cancel-on-interrupt"])
        .spawn()
        .unwrap();
    let mut lines = lines_of(&mut child);
    line(&mut lines, "running").await;
    signal(&child, libc::SIGINT);
    line(&mut lines, "cancelling").await;
    finish(client, "a", "cancelled").await;
    assert_eq!(end_of(child).await.0, 3);
}

#[tokio::test]
async fn a_selection_is_waited_for_and_ends_with_its_jobs() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    running(client, "other").await;
    let mut child = milepost(client, &["watch", "--subject", "s-1"])
        .spawn()
        .unwrap();
    let mut lines = lines_of(&mut child);
    for id in ["a", "b"] {
        let body = json!({"kind": "scan", "title": format!("Job {id}"), "subject": "s-1"});
        client.create(id, &body).await;
    }
    line(&mut lines, "Job b").await;
    for id in ["a", "b"] {
        client
            .report(id, &json!({"type": "started", "worker": "w"}))
            .await
            .expect(200);
    }
    finish(client, "a", "completed").await;
    finish(client, "b", "failed").await;
    assert_eq!(end_of(child).await.0, 1);
}

#[tokio::test]
async fn the_ending_is_not_lost_with_the_service() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let address = service.client.address.clone();
    let client = service.client.clone();
    for id in ["a", "b"] {
        running(&client, id).await;
    }
    let mut child = milepost(&client, &["watch", "a"]).spawn().unwrap();
    let mut selected = milepost(&client, &["watch", "--kind", "scan"])
        .spawn()
        .unwrap();
    let (mut lines, mut others) = (lines_of(&mut child), lines_of(&mut selected));
    line(&mut lines, "Job a  running").await;
    line(&mut others, "Job b  running").await;
    drop(service);
    let url = database.url();
    let again = Service::run("serve", &address, &["--database-url", &url]);
    finish(&client, "a", "completed").await;
    finish(&client, "b", "failed").await;
    line(&mut lines, "Job a  completed").await;
    assert_eq!(end_of(child).await.0, 0);
    line(&mut others, "Job b  failed").await;
    assert_eq!(end_of(selected).await.0, 1);
    drop(again);
}

/// Passes all on to the service but event streams: those it takes, and never answers.
async fn mute_proxy(service: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let mut head = vec![0; 16];
                near.read_exact(&mut head).await.unwrap();
                while !head.ends_with(b"\r\n") {
                    head.push(near.read_u8().await.unwrap());
                }
                if String::from_utf8_lossy(&head).contains("/events") {
                    let mut rest = Vec::new();
                    let _ = near.read_to_end(&mut rest).await;
                    return;
                }
                let mut far = TcpStream::connect(service).await.unwrap();
                far.write_all(&head).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn where_event_streams_do_not_get_through_it_polls() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    running(client, "a").await;
    // The proxy's name in `Host` would be refused, but for a loopback one.
    let through = Client::of(mute_proxy(client.address.clone()).await);
    let mut child = milepost(&through, &["watch", "a"]).spawn().unwrap();
    let mut lines = lines_of(&mut child);
    line(&mut lines, "Job a  running").await;
    finish(client, "a", "completed").await;
    line(&mut lines, "Job a  completed").await;
    assert_eq!(end_of(child).await.0, 0);
}

const SECRET: &str = "kQ3-Zt0cUo9Jx2mVb7LwYk5RhNs8-aaB1";

async fn token(scope: &str) -> String {
    let mut command = bare(&["token", "--project", "acme", "--scope", scope]);
    command.env("MILEPOST_JWT_SECRET", SECRET);
    ended(command).await.1.trim().to_owned()
}

#[tokio::test]
async fn a_token_is_shown_and_another_in_its_file_is_found() {
    let database = postgres::database().await;
    let service = Service::set(
        &[("MILEPOST_JWT_SECRET", SECRET)],
        &["--database-url", &database.url()],
    );
    let client = service.client.bearing(&token("create,report,watch").await);
    running(&client, "a").await;
    let (code, _, error) = ended(milepost(&client, &["watch", "a"])).await;
    assert_eq!((code, error.lines().count()), (2, 1), "{error}");
    let folder = Scratch::new();
    let file = folder.join("token");
    std::fs::write(&file, "not.a.token\n").unwrap();
    let path = file.to_str().unwrap();
    let mut child = milepost(&client, &["watch", "a", "--token-file", path])
        .spawn()
        .unwrap();
    let mut lines = lines_of(&mut child);
    line(&mut lines, "another is waited for").await;
    std::fs::write(&file, token("watch").await).unwrap();
    line(&mut lines, "running").await;
    finish(&client, "a", "completed").await;
    assert_eq!(end_of(child).await.0, 0);
    let mut by_environment = milepost(&client, &["watch", "a"]);
    by_environment.env("MILEPOST_TOKEN", token("watch").await);
    assert_eq!(ended(by_environment).await.0, 0);
}

#[tokio::test]
async fn bars_are_drawn_on_a_terminal() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    running(client, "a").await;
    running(client, "b").await;
    let screen = Screen::new();
    let child = screen.start(milepost(client, &["watch", "a", "b"]));
    screen.shows("Job a").await;
    let phase = json!({"type": "phase", "name": "parse", "total": 8, "unit": "files"});
    client.report("a", &phase).await.expect(200);
    let progress = json!({"type": "progress", "current": 6, "counters": {"added": 44}});
    client.report("a", &progress).await.expect(202);
    screen.shows("6 of 8 files").await;
    screen.shows("━━━━╸").await;
    screen.shows("added 44").await;
    let notice =
        json!({"type": "notice", "level": "warning", "code": "odd", "message": "a \u{1b}[2Jb"});
    client.report("a", &notice).await.expect(200);
    screen.shows("odd: a b").await;
    finish(client, "a", "completed").await;
    screen.shows("completed in").await;
    finish(client, "b", "failed").await;
    screen.shows("broken").await;
    assert_eq!(end_of(child).await.0, 1);
    assert!(!screen.text().contains("\u{1b}[2J"), "{:?}", screen.text());
    assert_eq!(ending(client, "b").await["status"], "failed");
}

#[tokio::test]
async fn a_key_leaves_the_bars() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    running(client, "a").await;
    let screen = Screen::new();
    let child = screen.start(milepost(client, &["watch", "a"]));
    screen.shows("Job a").await;
    screen.press(b"\x03");
    assert_eq!(end_of(child).await.0, 130);
    screen.shows("goes on").await;
}

#[tokio::test]
async fn children_are_drawn_with_their_parent() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    running(client, "p").await;
    let body = json!({"kind": "scan", "title": "Part", "parent": "p"});
    client.create("c", &body).await;
    let mut child = milepost(client, &["watch", "p", "--children"])
        .spawn()
        .unwrap();
    let mut lines = lines_of(&mut child);
    line(&mut lines, "Part  queued").await;
    client
        .report("c", &json!({"type": "started", "worker": "w"}))
        .await
        .expect(200);
    line(&mut lines, "Part  running").await;
    // Whatever becomes of the parts: it is the named job that counts.
    finish(client, "c", "failed").await;
    line(&mut lines, "Part  failed").await;
    finish(client, "p", "completed").await;
    assert_eq!(end_of(child).await.0, 0);
}

#[tokio::test]
async fn https_is_spoken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    for command in [&["watch", "a"][..], &["report", "heartbeat", "--job", "a"]] {
        let place = ["--project", "acme", "--url", &url];
        let arguments: Vec<&str> = command.iter().chain(&place).copied().collect();
        let child = bare(&arguments).spawn().unwrap();
        let (mut socket, _) = limited(listener.accept()).await.unwrap();
        let first = limited(socket.read_u8()).await.unwrap();
        assert_eq!(first, 22, "RFC 8446, section 5.1: a handshake");
        drop(child);
    }
}
