//! E. Conditional requests and what a caller takes.

use serde_json::json;

use super::support::{Row, bare, row, running, section};

#[tokio::test]
async fn conditions_and_wishes_are_honoured_or_ignored_but_never_believed() {
    section(&[], async |target, project| {
        running(target, project, "j").await; // version 2
        target.all(conditions(project)).await;
        target.all(accepted(project)).await;
        not_modified_says_so(target, project).await;
        // 145: what another project has is not to be found out by its versions.
        let job = "/v1/projects/elsewhere/jobs/j";
        for tag in ["\"1\"", "\"2\"", "*"] {
            let request = bare("GET", job, &format!("If-None-Match: {tag}\r\n"));
            let there = target.say(request).await.unwrap();
            let nowhere = target.say(bare("GET", job, "")).await.unwrap();
            assert_eq!(
                (there.status, &there.body),
                (404, &nowhere.body),
                "row 145: {tag}"
            );
            assert!(there.header("etag").is_none(), "row 145");
        }
    })
    .await;
}

async fn not_modified_says_so(target: &super::support::Target, project: &str) {
    let request = bare(
        "GET",
        &format!("/v1/projects/{project}/jobs/j"),
        "If-None-Match: \"2\"\r\n",
    );
    let reply = target.say(request).await.unwrap();
    assert_eq!(reply.status, 304, "row 135");
    assert_eq!(reply.header("etag").as_deref(), Some("\"2\""), "row 135");
    assert!(
        reply.body.is_empty() && reply.header("content-type").is_none(),
        "row 135: {reply:?}"
    );
    let held = json!({"type": "heartbeat"});
    let path = format!("/v1/projects/{project}/jobs/j/reports?durable=true");
    target.service.client.post(&path, &held).await.expect(200);
}

fn conditions(project: &str) -> Vec<Row> {
    let job = format!("/v1/projects/{project}/jobs/j");
    let with = |name: &str, headers: &str, status| {
        row(
            format!("{name} {headers:?}"),
            bare("GET", &job, headers),
            status,
        )
        .header("etag", "\"2\"")
    };
    vec![
        with("135 current", "If-None-Match: \"2\"\r\n", 304),
        with("135 another", "If-None-Match: \"1\"\r\n", 200),
        with("136 weak", "If-None-Match: W/\"2\"\r\n", 304),
        with("136 in a list", "If-None-Match: \"x\", W/\"2\"\r\n", 304),
        with(
            "136 in two lines",
            "If-None-Match: \"x\"\r\nIf-None-Match: \"2\"\r\n",
            304,
        ),
        with("137 any", "If-None-Match: *\r\n", 304),
        with("x1 no quotes", "If-None-Match: 2\r\n", 200),
        with("x2 bytes", "If-None-Match: \"\u{fc}\"\r\n", 200),
        with("x3 never ends", "If-None-Match: \"2\r\n", 200),
        with(
            "x4 another version of the same number",
            "If-None-Match: \"02\"\r\n",
            200,
        ),
        with(
            "x5 twelve kilobytes of them",
            &format!("If-None-Match: {}\"1\"\r\n", "\"1\",".repeat(3000)),
            200,
        ),
        with("141", "If-Modified-Since: yesterday\r\n", 200),
        with(
            "141 in a time to come",
            "If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
            200,
        ),
        with("142", "Range: bytes=0-0\r\n", 200),
        with(
            "142 many",
            "Range: bytes=0-0,1-1,2-2,-9999999999999999999\r\n",
            200,
        ),
        with(
            "142 conditional",
            "Range: bytes=0-0\r\nIf-Range: \"2\"\r\n",
            200,
        ),
        row(
            "137 nothing there",
            bare("GET", &format!("{job}x"), "If-None-Match: *\r\n"),
            404,
        ),
    ]
}

fn accepted(project: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for path in ["jobs/j", "jobs", "jobs/j/history", "progress", "summary"] {
        let path = format!("/v1/projects/{project}/{path}");
        for (accept, status) in [
            ("image/png", 406),
            ("text/event-stream", 406),
            ("application/json;q=0", 406),
            ("application/json;q=0.000, text/html", 406),
            ("application/*;q=0.1", 200),
            ("*/*", 200),
            ("APPLICATION/JSON", 200),
            ("image/png, */*;q=0.1", 200),
            ("application/json; charset=utf-8", 200),
        ] {
            let request = bare("GET", &path, &format!("Accept: {accept}\r\n"));
            rows.push(row(format!("143 {accept}: {path}"), request, status));
        }
    }
    rows
}
