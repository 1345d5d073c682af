//! `milepost report`, in scripts.

use tokio::net::TcpListener;

use super::{bare, end_of, ended, ending, milepost, running};
use crate::support::http::Client;
use crate::support::postgres;
use crate::support::service::Service;

/// A script as its users write them.
const SCRIPT: &str = r#"
set -e
MILEPOST_JOB=$("$MILEPOST" report create --kind backup --title "Nightly backup" --phase dump:8 --phase upload --started)
export MILEPOST_JOB
"$MILEPOST" report phase dump --total 3 --unit tables
for n in 1 2 3; do "$MILEPOST" report progress --current $n --counter rows=${n}000; done
"$MILEPOST" report notice "users was locked" --level warning --code locked
"$MILEPOST" report phase upload --quiet
"$MILEPOST" report completed --result '{"bytes": 12345}'
echo "$MILEPOST_JOB" >&2
"#;

fn script(text: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new("sh");
    command
        .args(["-c", text])
        .env("MILEPOST", env!("CARGO_BIN_EXE_milepost"));
    command
}

#[tokio::test]
async fn a_script_of_ten_lines_tells_of_its_job() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    let mut command = script(SCRIPT);
    command.env("MILEPOST_URL", format!("http://{}", client.address));
    command.env("MILEPOST_PROJECT", "acme");
    let (code, out, error) = ended(command).await;
    assert_eq!(code, 0, "{out}{error}");
    assert_eq!(out.lines().count(), 6, "{out}");
    assert!(
        out.ends_with("version 8)\n") || out.contains("completed (attempt 1"),
        "{out}"
    );
    let state = ending(client, error.trim()).await;
    assert_eq!(state["status"], "completed");
    assert_eq!(state["result"]["bytes"], 12345);
    assert_eq!(state["phases"][0]["current"], 3);
    assert_eq!(state["phases"][0]["unit"], "tables");
    assert_eq!(state["phases"][1]["status"], "completed");
    assert_eq!(state["counters"]["rows"], 3000);
    assert_eq!(state["notices"]["recent"][0]["code"], "locked");
}

#[tokio::test]
async fn without_a_service_a_script_runs_in_silence() {
    let mut command = script(SCRIPT);
    command
        .env_remove("MILEPOST_URL")
        .env_remove("MILEPOST_PROJECT");
    let (code, out, error) = ended(command).await;
    assert_eq!((code, out.as_str()), (0, ""), "{error}");
    assert_eq!(error.trim().len(), 36, "an id all the same: {error}");
}

#[tokio::test]
async fn the_exit_code_says_what_became_of_it() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    running(client, "a").await;
    let told = async |arguments: &[&str]| {
        let arguments: Vec<&str> = ["report"].iter().chain(arguments).copied().collect();
        ended(milepost(client, &arguments)).await
    };
    let progress = ["progress", "--job", "a", "--current", "1"];
    let (code, out, _) = told(&progress).await;
    assert_eq!(
        (code, out.as_str()),
        (0, "a: running (attempt 1, version 2)\n")
    );
    let (code, out, _) = told(&["heartbeat", "--job", "a", "--json"]).await;
    assert!(code == 0 && out.starts_with('{'), "{out}");
    let (code, out, error) = told(&["started", "--job", "a", "--worker", "other"]).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(error.contains("already_running"), "{error}");
    assert_eq!(told(&["heartbeat", "--job", "nosuch"]).await.0, 1);
    assert_eq!(
        told(&["progress", "--job", "a", "--attempt", "9", "--current", "2"])
            .await
            .0,
        1
    );
    for wrong in [
        &["progress", "--current", "1"][..],
        &["progress", "--job", "a/b"],
        &["completed", "--job", "a", "--result", "[1]"],
        &["progress", "--job", "a", "--counter", "x"],
        &["finished"],
    ] {
        let (code, _, error) = told(wrong).await;
        assert_eq!((code, error.lines().count()), (2, 1), "{wrong:?}: {error}");
    }
    client
        .post(&client.path("jobs/a/cancel"), &serde_json::json!({}))
        .await
        .expect(200);
    let (code, out, _) = told(&["heartbeat", "--job", "a"]).await;
    assert!(code == 0 && out.contains("to be cancelled"), "{out}");
    assert_eq!(
        told(&["heartbeat", "--job", "a", "--fail-on-cancel"])
            .await
            .0,
        3
    );
    assert_eq!(told(&["cancelled", "as asked", "--job", "a"]).await.0, 0);
    assert_eq!(ending(client, "a").await["message"], "as asked");
}

#[tokio::test]
async fn it_waits_for_the_service_for_a_while() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = service.client.clone();
    running(&client, "a").await;
    drop(service);
    let (code, _, error) = ended(milepost(
        &client,
        &["report", "heartbeat", "--job", "a", "--patience", "1"],
    ))
    .await;
    assert!(
        code == 4 && error.contains("does not answer"),
        "{code} {error}"
    );
    let waiting = milepost(
        &client,
        &[
            "report", "failed", "no disk", "--code", "disk", "--job", "a",
        ],
    )
    .spawn()
    .unwrap();
    let url = database.url();
    let _again = Service::run("serve", &client.address, &["--database-url", &url]);
    assert_eq!(end_of(waiting).await.0, 0);
    let error = ending(&client, "a").await["error"].clone();
    assert_eq!(
        (error["code"].as_str(), error["message"].as_str()),
        (Some("disk"), Some("no disk"))
    );
}

#[tokio::test]
async fn a_service_on_this_machine_is_meant_where_only_a_project_is_named() {
    // Nothing is assumed of what listens on the usual port: it is named so that it can be read off.
    let (code, _, error) = ended(bare(&[
        "report",
        "heartbeat",
        "--job",
        "a",
        "--project",
        "no/project",
    ]))
    .await;
    assert!(code == 2 && error.contains("no/project"), "{error}");
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let server = format!("http://{free}");
    let asked = [
        "report",
        "heartbeat",
        "--job",
        "a",
        "--project",
        "acme",
        "--server",
        &server,
        "--patience",
        "0",
    ];
    assert_eq!(ended(bare(&asked)).await.0, 4);
    let _ = Client::of(free.to_string());
}
