//! C. Ids, paths, queries.

use milepost::progress::{Name, Selector};
use milepost::wire::cursor::{Cursor, Halfway, Snapshot};

use super::support::{CANARY, Row, Target, get, json_body, row, running, section, with_body};

#[tokio::test]
async fn names_and_queries_are_taken_strictly() {
    section(&[], async |target, project| {
        running(target, project, "j").await;
        target.all(names(project)).await;
        target.all(queries(project)).await;
        useless_cursors(target, project).await;
        waits_and_limits(target, project).await;
        titles_are_no_patterns(target, project).await;
    })
    .await;
}

/// Rows 69 to 81, wherever a name stands.
fn names(project: &str) -> Vec<Row> {
    let long = "a".repeat(129);
    let just_too_long = "a".repeat(65);
    let bad = [
        ("69", "..%2f..%2fetc"),
        ("70", "a%2Fb"),
        ("71", "a%00b"),
        ("73", "%zz"),
        ("74", "a%0d%0aX:y"),
        ("75", long.as_str()),
        ("75 by one", just_too_long.as_str()),
        ("77", "."),
        ("77", ".."),
        ("79", "'%20OR%201=1--"),
        ("79", "$1"),
        ("79", ";DROP"),
        ("81", "*"),
        ("81", "%"),
        ("81", "%25"),
        ("81", "_"),
        ("x1 overlong", "%c0%ae%c0%ae"),
        ("x2 no UTF-8", "%ff"),
        ("x3 escaped twice", "%2561%2500"),
        ("x4 other digits", "%d9%a1"),
        ("x5 full width", "%ef%bd%81"),
        ("x6 right to left", "a%e2%80%aeb"),
        ("x7 a space", "a%20b"),
        ("x8 a hyphen first", "-rf"),
        ("x9 a parameter of the path", "a;b=c"),
        ("x10 a byte order mark", "%ef%bb%bfa"),
    ];
    let mut rows = Vec::new();
    for (name, id) in bad {
        let one = format!("/v1/projects/{project}/jobs/{id}");
        let all = format!("/v1/projects/{id}/jobs");
        let stream = format!("/v1/projects/{id}/events");
        let selector = format!("/v1/projects/{project}/progress?job={id}");
        let report = json_body("POST", &format!("{one}/reports"), r#"{"type":"heartbeat"}"#);
        let made = json_body("PUT", &one, r#"{"kind":"scan"}"#);
        for request in [
            get(&one),
            report,
            made,
            get(&all),
            get(&stream),
            get(&selector),
        ] {
            rows.push(row(format!("{name} {id}"), request, 400).code("malformed"));
        }
    }
    rows.push(row(
        "76 an empty id",
        get(&format!("/v1/projects/{project}/jobs/")),
        404,
    ));
    rows.push(row("76 an empty project", get("/v1/projects//jobs"), 400));
    // The alphabet is of what is meant, however it is written.
    rows.push(row(
        "x11 an escaped letter",
        get(&format!("/v1/projects/{project}/jobs/%6a")),
        200,
    ));
    rows
}

/// Rows 84 to 90.
fn queries(project: &str) -> Vec<Row> {
    let at = |path: &str| format!("/v1/projects/{project}/{path}");
    let ids = |n: usize| {
        (0..n)
            .map(|i| format!("job=j{i}"))
            .collect::<Vec<_>>()
            .join("&")
    };
    let mut rows = vec![
        row(
            "89 201 ids",
            get(&at(&format!("progress?{}", ids(201)))),
            400,
        )
        .code("malformed"),
        row(
            "89 201 ids in the list",
            get(&at(&format!("jobs?{}", ids(201)))),
            400,
        )
        .code("malformed"),
        // Past 16 KiB the request line is refused before anybody counts.
        row(
            "89 10,000 ids",
            get(&at(&format!("progress?{}", ids(10_000)))),
            414,
        )
        .closes(),
        row(
            "x12 a page of somebody else",
            get(&at("jobs?page=abc")),
            400,
        ),
        row(
            "x13 a page of 4 KB",
            get(&at(&format!("jobs?page={}", "A".repeat(4096)))),
            400,
        ),
        row(
            "x14 a day that is none",
            get(&at("jobs?created_after=2026-02-30T00:00:00Z")),
            400,
        ),
        row(
            "x36 before all time",
            get(&at("jobs?created_after=-009998-01-01T00:00:00Z")),
            400,
        ),
        row(
            "x36 after all time",
            get(&at("jobs?created_before=9999-12-30T00:00:00Z")),
            200,
        ),
        row(
            "x36 a page before all time",
            get(&at("jobs?page=-009998-01-01T00:00:00.000Z_j")),
            400,
        ),
        row(
            "x36 a page of no name",
            get(&at("jobs?page=2026-01-01T00:00:00.000Z_%25")),
            400,
        ),
        row(
            "x36 a page of an empty name",
            get(&at("jobs?page=2026-01-01T00:00:00.000Z_")),
            400,
        ),
        row("x37 an escaped route", get(&at("job%73")), 404),
        row(
            "x37 a hidden method",
            with_body(
                "POST",
                &at("jobs/j"),
                "X-HTTP-Method-Override: DELETE\r\n",
                "",
            ),
            405,
        ),
        row(
            "x15 a leap second",
            get(&at("jobs?created_after=2016-12-31T23:59:60Z")),
            200,
        ),
        row(
            "x16 a year beyond all",
            get(&at("jobs?created_before=99999-01-01T00:00:00Z")),
            400,
        ),
        row(
            "x17 an offset beyond all",
            get(&at("jobs?created_before=2026-01-01T00:00:00%2B99:99")),
            400,
        ),
        row(
            "x18 quotes and wildcards in a title",
            get(&at("jobs?q=%25%27_%5c%22;--")),
            200,
        ),
        row("x19 U+0000 in a title", get(&at("jobs?q=a%00b")), 400),
        row(
            "x20 a title of 8 KB",
            get(&at(&format!("jobs?q={}", "%25".repeat(2600)))),
            200,
        ),
        row("x21 a name without a value", get(&at("progress?job")), 400),
        row("x22 nothing but separators", get(&at("progress?&&&")), 200),
        row(
            "x23 a status twice",
            get(&at("progress?status=running&status=active")),
            200,
        ),
        row("x24 another case", get(&at("progress?status=RUNNING")), 400),
        row(
            "x25 another case of a name",
            get(&at("progress?Job=j")),
            400,
        ),
        row("x26 brackets", get(&at("progress?job[]=j")), 400),
    ];
    for path in [
        "progress",
        "events",
        "jobs",
        "jobs/j",
        "jobs/j/history",
        "summary",
    ] {
        let separator = format!("{path}?");
        rows.push(row(
            format!("85 unknown: {path}"),
            get(&at(&format!("{separator}colour=red"))),
            400,
        ));
        // Nowhere is a token taken from the address, so nowhere can one be left in a log.
        for secret in ["token=S", "access_token=S", "S", "S=1", "ticke=S"] {
            let target = at(&format!("{separator}{}", secret.replace('S', CANARY)));
            let refused = row(format!("90 {path} {secret}"), get(&target), 400);
            rows.push(refused.code("unknown_parameter"));
        }
        rows.push(row(
            format!("73 {path}"),
            get(&at(&format!("{separator}cursor=%zz"))),
            400,
        ));
    }
    for after in ["-1", "9007199254740992", "abc", "1.0", ""] {
        let target = at(&format!("jobs/j/history?after={after}"));
        rows.push(row(format!("x34 after={after}"), get(&target), 400));
    }
    for twice in [
        "progress?cursor=a&cursor=b",
        "progress?kind=a&kind=b",
        "progress?wait=0&wait=0",
        "jobs?limit=1&limit=1",
        "jobs/j?wait=1&wait=1",
        "jobs/j/history?after=0&after=0",
        "events?follow=true&follow=true",
        "events?follow=maybe",
    ] {
        rows.push(row(format!("84 {twice}"), get(&at(twice)), 400).code("malformed"));
    }
    for path in ["progress", "jobs", "jobs/j/history"] {
        for limit in [
            "0",
            "-1",
            "1000000000",
            "1001",
            "18446744073709551616",
            "1.0",
            "1e2",
            "+5",
            "%2b5",
            "",
            "0x10",
            "%d9%a1",
        ] {
            let target = at(&format!("{path}?limit={limit}"));
            rows.push(row(format!("86 {path} limit={limit}"), get(&target), 400).code("malformed"));
        }
    }
    for wait in ["-1", "abc", "1.5", "99999999999999999999", "", "NaN"] {
        for path in ["progress", "jobs/j"] {
            rows.push(row(
                format!("x27 {path} wait={wait}"),
                get(&at(&format!("{path}?wait={wait}"))),
                400,
            ));
        }
    }
    rows
}

/// Rows 82 and 83: a cursor may be anything; the answer is right all the same.
async fn useless_cursors(target: &Target, project: &str) {
    let client = &target.service.client;
    let page = client
        .get(&format!("/v1/projects/{project}/progress"))
        .await
        .expect(200);
    let good = page.json()["cursor"].as_str().unwrap().to_owned();
    let other = client
        .get("/v1/projects/elsewhere/progress")
        .await
        .expect(200);
    let other = other.json()["cursor"].as_str().unwrap().to_owned();
    let mut flipped = good.clone().into_bytes();
    flipped[0] = if flipped[0] == b'A' { b'B' } else { b'A' };
    let cursors = [
        ("82", "-1".to_owned()),
        ("82", "abc".to_owned()),
        ("82", "18446744073709551616".to_owned()),
        ("82 10 KB", "A".repeat(10_240)),
        ("82 empty", String::new()),
        ("82 of another project", other),
        (
            "83 ahead of everything",
            forged(&good, 900_000_000_000, false),
        ),
        ("x35 as far ahead as can be", forged(&good, i64::MAX, false)),
        (
            "x35 halfway from a time to come",
            forged(&good, 900_000_000_000, true),
        ),
        ("x28 cut", good[..good.len() / 2].to_owned()),
        ("x29 twice", good.repeat(2)),
        ("x30 flipped", String::from_utf8(flipped).unwrap()),
        ("x31 bytes", "%f0%9f%8d%bb".to_owned()),
        ("x32 a line break", "a%0d%0aid:%201".to_owned()),
    ];
    for (name, cursor) in cursors {
        let path = format!("/v1/projects/{project}/progress?cursor={cursor}");
        let page = client.get(&path).await.expect(200).json();
        // An empty one is none at all: the whole snapshot, and nothing that it would replace.
        assert_eq!(page["reset"], !cursor.is_empty(), "row {name}: {page}");
        assert!(
            !page["items"].as_array().unwrap().is_empty(),
            "row {name}: {page}"
        );
    }
}

/// A cursor like this one, but of a time to come: all of it, or where it says what was seen before a snapshot that is
/// not complete yet.
fn forged(cursor: &str, end: i64, halfway: bool) -> String {
    let mut cursor = Cursor::decode(cursor).expect("a cursor");
    let far = Snapshot::parse(&format!("{end}:{end}:")).expect("a snapshot");
    if halfway {
        cursor.halfway = Some(Halfway {
            since: Some(far),
            after: Name::parse("0").expect("a name"),
        });
        cursor.selection = Cursor::digest(&Selector::default());
    } else {
        cursor.seen = far;
    }
    cursor.encode()
}

/// Row 88: a wait that is too long is shortened, and that is said.
async fn waits_and_limits(target: &Target, project: &str) {
    for path in ["progress?wait=9999", "jobs/j?wait=9999"] {
        let path = format!("/v1/projects/{project}/{path}");
        let answer = target.service.client.get(&path).await.expect(200);
        assert_eq!(
            answer.header("preference-applied"),
            "wait=25",
            "row 88: {path}"
        );
    }
}

/// x33: what is looked for in a title is text, and no pattern.
async fn titles_are_no_patterns(target: &Target, project: &str) {
    let client = &target.service.client;
    for (id, title) in [("odd", "50%_\\ 'done'"), ("plain", "a title")] {
        let path = format!("/v1/projects/{project}/jobs/{id}");
        let creation = serde_json::json!({"kind": "scan", "title": title});
        client.put(&path, &creation).await.expect(201);
    }
    for (text, found) in [
        ("%25", 1),
        ("_", 1),
        ("%5c", 1),
        ("%25_%5c", 1),
        ("%25d", 0),
        ("_t", 0),
        ("'%20or%20'1'='1", 0),
        ("%e2%84%aa", 0),
    ] {
        let path = format!("/v1/projects/{project}/jobs?q={text}");
        let list = client.get(&path).await.expect(200).json();
        assert_eq!(
            list["items"].as_array().unwrap().len(),
            found,
            "row x33 {text}"
        );
    }
}
