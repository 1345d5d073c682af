//! J. What those who run the service see of it. Row 207 is about settings; those of credentials have their own tests.

use std::fmt::Write;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::support::{CANARY, PATIENCE, Target, bare, get, row, running, say, section};
use crate::command_line::refused;
use crate::support::scratch::Scratch;
use crate::support::watch::{Given, Transport, Watch};

/// Row 203.
#[tokio::test]
async fn metrics_are_of_this_machine_and_do_not_grow_with_what_is_asked() {
    let settings = ["--requests-per-second", "0"];
    section(&settings, async |target, project| {
        target
            .all(vec![
                row(
                    "203 for somebody else",
                    bare("GET", "/metrics", "X-Forwarded-For: 127.0.0.1\r\n"),
                    404,
                ),
                row(
                    "203 for somebody else",
                    bare("GET", "/metrics", "Forwarded: for=127.0.0.1\r\n"),
                    404,
                ),
                row(
                    "203 by another name",
                    "GET /metrics HTTP/1.1\r\nHost: milepost.example\r\n\r\n",
                    403,
                ),
                row(
                    "203 from a page",
                    bare("GET", "/metrics", "Origin: https://example.com\r\n"),
                    403,
                ),
                row("203 nothing is posted", bare("POST", "/metrics", ""), 405),
            ])
            .await;
        many_paths(target, project, 1).await;
        let before = target.series().await;
        many_paths(target, project, 3000).await;
        assert_eq!(target.series().await, before, "row 203");
    })
    .await;
}

/// So many paths that nobody asked for before, of every kind, over one connection.
async fn many_paths(target: &Target, project: &str, count: usize) {
    let mut requests = String::new();
    let mut add = |method: &str, path: &str, more: &str| {
        let _ = write!(
            requests,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n"
        );
    };
    for n in 0..count {
        match n % 6 {
            _ if count == 1 => {}
            0 => add("GET", &format!("/{project}-{n}"), ""),
            1 => add("GET", &format!("/v1/projects/p{n}/jobs/j{n}"), ""),
            2 => add("GET", &format!("/v1/projects/p{n}/jobs/%zz{n}"), ""),
            3 => add(&format!("FROB{n}"), "/healthz", ""),
            4 => add("GET", &format!("/v1/projects/{n}?{n}={n}"), ""),
            _ => add("GET", &format!("/healthz?{n}"), ""),
        }
    }
    for (method, path) in [
        ("GET", "/x"),
        ("GET", "/v1/projects/p/jobs/j"),
        ("GET", "/v1/projects/p/jobs/%zz"),
        ("FROB", "/healthz"),
    ] {
        add(method, path, "");
    }
    add("GET", "/healthz", "Connection: close\r\n");
    let mut socket = TcpStream::connect(target.address()).await.unwrap();
    let (mut read, mut write) = socket.split();
    let mut answers = Vec::new();
    let (written, read) = timeout(PATIENCE, async {
        tokio::join!(
            write.write_all(requests.as_bytes()),
            read.read_to_end(&mut answers)
        )
    })
    .await
    .unwrap();
    written.unwrap();
    read.unwrap();
    let answers = String::from_utf8(answers).unwrap();
    let asked = requests.matches(" HTTP/1.1\r\n").count();
    assert_eq!(answers.matches("HTTP/1.1 ").count(), asked, "row 203");
}

/// Row 203: where there is an address for those who run the service, metrics are there and nowhere else.
#[tokio::test]
async fn metrics_are_at_the_admin_address_alone() {
    let target = Target::start(&["--admin-listen", "127.0.0.1:0"]).await;
    target.is_healthy("admin").await;
    assert_eq!(
        target.say(get("/metrics")).await.unwrap().status,
        404,
        "row 203"
    );
    let log = target.service.log();
    let mut lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let admin = lines.find_map(|line| {
        let fields = &line["fields"];
        let here = fields["message"]
            .as_str()?
            .starts_with("health and metrics");
        here.then(|| fields["address"].as_str().map(str::to_owned))?
    });
    let admin = admin.expect("the address is logged");
    for (path, status) in [
        ("/metrics", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/v1/projects/p/jobs", 404),
    ] {
        let reply = say(&admin, &get(path)).await.unwrap();
        assert_eq!(reply.status, status, "row 203: {path}");
    }
    target.log_is_clean();
}

/// Row 204: without its database the service is alive and not ready; with it, it is ready again by itself.
#[tokio::test]
async fn an_outage_of_the_database_is_not_the_end() {
    section(&[], async |target, project| {
        running(target, project, "j").await;
        database_takes_connections(target, false).await;
        let ready = async || target.say(get("/readyz")).await.unwrap();
        while ready().await.status == 200 {}
        target
            .all(vec![
                row("204 alive", get("/healthz"), 200),
                row("204 not ready", get("/readyz"), 503)
                    .code("unavailable")
                    .header("retry-after", ""),
                row(
                    "204 a read",
                    get(&format!("/v1/projects/{project}/jobs")),
                    503,
                )
                .code("unavailable")
                .header("retry-after", ""),
            ])
            .await;
        database_takes_connections(target, true).await;
        let back = async { while ready().await.status != 200 {} };
        timeout(PATIENCE, back).await.expect("row 204: ready again");
    })
    .await;
}

async fn database_takes_connections(target: &Target, allowed: bool) {
    let (client, connection) = target
        .database
        .config()
        .dbname("postgres")
        .connect(tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let config = target.database.config();
    let name = config.get_dbname().unwrap();
    let alter = format!("alter database {name} allow_connections {allowed}");
    client.batch_execute(&alter).await.unwrap();
    if !allowed {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
        client.query(end, &[&name]).await.unwrap();
    }
}

/// Row 205: what a header says of the caller's address is the caller's word, unless its proxy is trusted.
#[tokio::test]
async fn a_spoofed_address_has_no_share_of_its_own() {
    let target = Target::start(&["--requests-per-second", "5"]).await;
    let mut limited = None;
    for n in 0..200 {
        let spoofed = format!(
            "X-Forwarded-For: 10.0.0.{n}\r\nForwarded: for=10.0.0.{n}\r\nX-Real-IP: 10.0.0.{n}\r\n"
        );
        let reply = target.say(bare("GET", "/healthz", &spoofed)).await.unwrap();
        if reply.status == 429 {
            limited = Some(reply);
        }
    }
    let limited = limited.expect("row 205: 200 requests at 5 a second");
    assert_eq!(limited.json()["code"], "limited", "row 205");
    assert!(limited.header("retry-after").is_some(), "row 205");
    target.log_is_clean();
}

/// Row 207: what is not in `tests/command_line.rs` already.
#[test]
fn a_setting_that_cannot_be_used_is_refused_in_one_line() {
    let secret = format!("postgres://u:{CANARY}hunter2@[::1/d");
    let nobody = "postgres://u:hunter2@127.0.0.1:1/d";
    let rows: [(&[&str], &[&str]); 14] = [
        (&["--requests-per-second", "-5"], &["--requests-per-second"]),
        (
            &["--requests-per-second", "4294967296"],
            &["--requests-per-second"],
        ),
        (
            &["--requests-per-second", "1e3"],
            &["--requests-per-second"],
        ),
        (&["--connections", "-1"], &["--connections"]),
        (&["--head-limit", "1"], &["--head-limit", "8192"]),
        (&["--head-seconds", "0"], &["--head-seconds"]),
        (&["--body-seconds", "0"], &["--body-seconds"]),
        (&["--body-limit", "-1"], &["--body-limit"]),
        (&["--retention-days", "0"], &["--retention-days"]),
        (&["--retention-days", "99999999"], &["--retention-days"]),
        (&["--listen", ""], &["--listen"]),
        (
            &[
                "--listen",
                "127.0.0.1:0",
                "--database-url",
                "mysql://u:hunter2@h/d",
            ],
            &["--database-url", "postgres://"],
        ),
        (
            &["--listen", "127.0.0.1:0", "--database-url", &secret],
            &["--database-url", "postgres://"],
        ),
        (
            &["--listen", "127.0.0.1:0", "--database-url", nobody],
            &["database", "--database-url"],
        ),
    ];
    for (arguments, words) in rows {
        let arguments: Vec<&str> = ["serve"].iter().chain(arguments).copied().collect();
        refused(&arguments, &[], words);
    }
}

/// Row 207: what is no text was meant all the same, and is not passed over for a default.
#[test]
fn a_setting_that_is_no_text_is_refused_in_one_line() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Scratch::new();
    for name in ["DATABASE_URL", "MILEPOST_DATABASE_URL", "MILEPOST_LISTEN"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_milepost"))
            .args(["serve", "--drain-seconds", "1"])
            .current_dir(folder.path())
            .env_clear()
            .env("MILEPOST_LISTEN", "127.0.0.1:0")
            .env(
                name,
                std::ffi::OsStr::from_bytes(b"postgres://hunter2\xff@/d"),
            )
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
        assert!(
            !said.contains("hunter2") || name == "MILEPOST_LISTEN",
            "{name}: {said}"
        );
    }
}

/// Row 208: a notification may say anything; it is a hint where to look, and nobody is shown what it says.
#[tokio::test]
async fn a_forged_notification_shows_nothing() {
    section(&[], async |target, project| {
        let id = format!("hinted-{project}");
        let client = &target.service.client;
        client.create(&id, &serde_json::json!({"kind": "scan"})).await;
        let mut watch = Watch::open(client, Transport::WebSocket, &format!("job={id}"), None).await.unwrap();
        watch.until(|given| *given == Given::Synced).await;
        let database = target.database.connect().await;
        let node = "00000000-0000-4000-8000-000000000000";
        for payload in [
            String::new(),
            "\u{7f}\n\n\n  \t".to_owned(),
            "x".repeat(7999),
            format!("{node}\nacme {id} 9007199254740991"),
            format!("{node}\nacme {id} 0"),
            format!("{node}\nacme {id} -1\nacme {id} 99999999999999999999"),
            format!("{node}\nacme ../.. 3\n{CANARY} {CANARY} 7"),
            format!("{node}\n{}", "acme nobody 1\n".repeat(500)),
            "{\"job\":\"x\"}".to_owned(),
        ] {
            for channel in ["milepost", "milepost_other"] {
                database.execute("select pg_notify($1, $2)", &[&channel, &payload]).await.unwrap();
            }
        }
        for _ in 0..2000 {
            let forged = "select pg_notify('milepost', md5(random()::text) || chr(10) || md5(random()::text))";
            database.batch_execute(forged).await.unwrap();
        }
        // The next that is shown is what is stored next: no version that was forged, and nothing is gone.
        client.report(&id, &serde_json::json!({"type": "started", "worker": "w"})).await.expect(200);
        let state = watch.state().await;
        assert_eq!((&state["version"], &state["status"]), (&2.into(), &"running".into()), "row 208");
        running(target, project, "after").await;
    })
    .await;
}
