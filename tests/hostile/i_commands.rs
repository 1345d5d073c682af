//! I. What is said over a WebSocket. Rows 194 (no first command), 200 and 201 (`auth`) are about credentials: without
//! any configured, a socket may be silent, and `auth` has nothing to say.

use serde_json::{Value, json};

use super::socket::{Socket, Told, text};
use super::support::{CANARY, Target, running, section};

#[tokio::test]
async fn a_bad_command_is_an_error_and_the_third_the_end() {
    section(&[], async |target, project| {
        running(target, project, "j").await;
        for commands in bad().chunks(3) {
            three_times(target, project, commands).await;
        }
        harmless(target, project).await;
        tokio::join!(
            too_many_commands(target, project),
            too_many_subscriptions(target, project),
        );
        let job = format!("/v1/projects/{project}/jobs/j");
        let job = target.service.client.get(&job).await.expect(200).json();
        assert_eq!(
            job["data"]["status"], "running",
            "a refused command did something"
        );
    })
    .await;
}

/// Row 193, and more of its kind.
fn bad() -> Vec<String> {
    let ids = |n: usize| json!((0..n).map(|i| format!("j{i}")).collect::<Vec<_>>());
    let deep = format!(
        r#"{{"op":"subscribe","id":1,"x":{}1{}}}"#,
        "[".repeat(7000),
        "]".repeat(7000)
    );
    let bad = [
        "",
        " ",
        "subscribe",
        "null",
        "1",
        "[]",
        "{}",
        r#""x""#,
        "{\"op\":",
        r#"[{"op":"pong"}]"#,
        r#"["cancel","j"]"#,
        r#"{"op":"fly"}"#,
        r#"{"op":"Subscribe","id":1}"#,
        r#"{"op":1}"#,
        r#"{"op":null}"#,
        r#"{"op":["cancel"],"job":"j"}"#,
        r#"{"op":"subscribe"}"#,
        r#"{"op":"subscribe","id":"1"}"#,
        r#"{"op":"subscribe","id":-1}"#,
        r#"{"op":"subscribe","id":-0}"#,
        r#"{"op":"subscribe","id":1.0}"#,
        r#"{"op":"subscribe","id":1e0}"#,
        r#"{"op":"subscribe","id":1e400}"#,
        r#"{"op":"subscribe","id":9007199254740992}"#,
        r#"{"op":"subscribe","id":18446744073709551616}"#,
        r#"{"op":"subscribe","id":null}"#,
        r#"{"op":"subscribe","id":1,"id":2}"#,
        r#"{"op":"subscribe","id":1,"\u0069d":2}"#,
        r#"{"op":"pong","\u006fp":"cancel","job":"j"}"#,
        r#"{"op":"cancel","op":"pong","job":"j"}"#,
        r#"{"op":"subscribe","id":1,"colour":"red"}"#,
        r#"{"op":"subscribe","id":1,"job":[]}"#,
        r#"{"op":"subscribe","id":1,"job":[["j"]]}"#,
        r#"{"op":"subscribe","id":1,"job":{"a":1}}"#,
        r#"{"op":"subscribe","id":1,"job":["../x"]}"#,
        r#"{"op":"subscribe","id":1,"job":["a\u0000"]}"#,
        r#"{"op":"subscribe","id":1,"job":["*"]}"#,
        r#"{"op":"subscribe","id":1,"kind":"Scan"}"#,
        r#"{"op":"subscribe","id":1,"kind":["a","b"]}"#,
        r#"{"op":"subscribe","id":1,"status":"done"}"#,
        r#"{"op":"subscribe","id":1,"project":"elsewhere"}"#,
        r#"{"op":"subscribe","id":1,"cursor":1}"#,
        r#"{"op":"subscribe","id":1,"cursor":"\ud800"}"#,
        r#"{"op":"subscribe","id":1,"summary":"true"}"#,
        r#"{"op":"subscribe","id":1,"summary":true,"kind":"scan"}"#,
        r#"{"op":"subscribe","id":1,}"#,
        r#"{"op":"pong"} {"op":"pong"}"#,
        r#"{"op":"pong","x":1}"#,
        r#"{"op":"auth"}"#,
        r#"{"op":"cancel"}"#,
        r#"{"op":"cancel","job":"../j"}"#,
        r#"{"op":"cancel","job":"j","reason":1}"#,
        r#"{"op":"cancel","job":"j","reason":"\u0000"}"#,
        r#"{"op":"cancel","job":"j","by":"root"}"#,
        "{'op':'pong'}",
        "\u{feff}{\"op\":\"pong\"}",
        "{\"op\":\"cancel\",\"job\":\"j\",\"reason\":\"a\nb\"}",
    ];
    let mut all: Vec<String> = bad.map(str::to_owned).to_vec();
    all.push(json!({"op": "subscribe", "id": 1, "job": ids(201)}).to_string());
    all.push(json!({"op": "cancel", "job": "j", "reason": "r".repeat(1001)}).to_string());
    let short = json!({"op": "cancel", "job": "j", "reason": "\u{1}".repeat(1000)});
    all.push(short.to_string());
    all.push(r#"{"op":"unsubscribe"}"#.to_owned());
    all.push(r#"{"op":"unsubscribe","id":9007199254740992}"#.to_owned());
    all.push(deep);
    assert_eq!(all.len() % 3, 0, "every one is to be judged");
    all
}

/// Each is told what was wrong with it, and the third closes with 4400.
async fn three_times(target: &Target, project: &str, commands: &[String]) {
    let mut socket = Socket::open(target, project, "").await;
    for command in commands {
        socket.send(&text(command)).await;
        let answer = socket.message().await;
        let shown: String = command.chars().take(80).collect();
        assert_eq!(answer["type"], "error", "row 193 {shown}: {answer}");
        assert_eq!(answer["code"], "bad_command", "row 193 {shown}: {answer}");
        assert!(answer["message"].is_string(), "row 193 {shown}: {answer}");
    }
    let shown = format!("{commands:.300?}");
    assert_eq!(socket.ending().await, (Vec::new(), 4400), "row 193 {shown}");
    assert_eq!(socket.next().await, Told::Eof, "row 193 {shown}");
}

/// Rows 196 and 197, and what is odd but no fault.
async fn harmless(target: &Target, project: &str) {
    let mut socket = Socket::open(target, project, "").await;
    let mut say = async |command: Value, until: &str| {
        socket.send(&text(&command.to_string())).await;
        socket.until(until).await
    };
    let told = say(json!({"op": "unsubscribe", "id": 77}), "unsubscribed").await;
    assert_eq!(told[0]["id"], 77, "row 196");
    for cursor in [
        "x",
        "-1",
        "18446744073709551616",
        "\u{1f}\u{7f}\u{2028}",
        &"A".repeat(10_240),
    ] {
        let told = say(
            json!({"op": "subscribe", "id": 1, "job": ["j"], "cursor": cursor}),
            "synced",
        )
        .await;
        let kinds: Vec<&str> = told.iter().filter_map(|m| m["type"].as_str()).collect();
        assert!(kinds.contains(&"reset"), "row 197 {cursor:.20}: {kinds:?}");
    }
    // 200, 201: nobody is let in or thrown out by a token where none is asked for, and it is not said back.
    let told = say(json!({"op": "auth", "token": CANARY}), "error").await;
    assert_eq!(
        told.last().unwrap()["code"],
        "auth_not_configured",
        "rows 200, 201"
    );
    let told = say(json!({"op": "cancel", "job": "nobody"}), "error").await;
    assert_eq!(told.last().unwrap()["code"], "not_found", "row x1");
    let told = say(
        json!({"op": "subscribe", "id": 2, "job": ["nobody"]}),
        "error",
    )
    .await;
    let last = told.last().unwrap();
    assert_eq!(
        (&last["code"], &last["id"]),
        (&json!("not_found"), &json!(2)),
        "row x2"
    );
    let told = say(
        json!({"op": "subscribe", "id": 1, "status": "failed"}),
        "synced",
    )
    .await;
    assert!(
        told.iter().all(|m| m["type"] != "reset"),
        "row x3: {told:?}"
    );
    assert!(!format!("{told:?}").contains(CANARY));
}

/// Row 198.
async fn too_many_commands(target: &Target, project: &str) {
    let mut socket = Socket::open(target, project, "").await;
    socket.send(&text(r#"{"op":"pong"}"#).repeat(100)).await;
    let (told, code) = socket.ending().await;
    assert_eq!(code, 4429, "row 198");
    let Some(Told::Text(last)) = told.last() else {
        panic!("row 198: {told:?}");
    };
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["code"], "limited", "row 198");
    assert!(last["retry_after_seconds"].is_u64(), "row 198: {last}");
}

/// x4: a hundred subscriptions are served, and one more is too many. Not said faster than twenty a second.
async fn too_many_subscriptions(target: &Target, project: &str) {
    let mut socket = Socket::open(target, project, "").await;
    let mut clock = tokio::time::interval(std::time::Duration::from_millis(60));
    for id in 1..=101 {
        clock.tick().await;
        let command = json!({"op": "subscribe", "id": id, "owner": "nobody"});
        socket.send(&text(&command.to_string())).await;
        if id <= 100 {
            assert_eq!(
                socket.until("synced").await.last().unwrap()["id"],
                id,
                "row x4"
            );
        }
    }
    let (told, code) = socket.ending().await;
    assert_eq!(code, 4429, "row x4: {told:?}");
}
