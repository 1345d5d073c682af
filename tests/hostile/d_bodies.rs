//! D. Bodies of reports, creations and wishes. What is refused changes nothing; what is taken is taken as it says.

use serde_json::{Value, json};

use super::support::{CANARY, Row, Target, bare, json_body, row, running, section, with_body};

#[tokio::test]
async fn a_body_is_taken_as_it_says_or_refused_without_any_effect() {
    section(&[], async |target, project| {
        let base = format!("/v1/projects/{project}");
        running(target, project, "j").await;
        let before = target
            .service
            .client
            .get(&format!("{base}/jobs"))
            .await
            .body;
        target.all(types(&base)).await;
        target.all(documents(&base)).await;
        target.all(values(&base)).await;
        target.all(creations(&base)).await;
        target.all(wishes(&base)).await;
        target.all(batches_as_a_whole(&base)).await;
        let after = target
            .service
            .client
            .get(&format!("{base}/jobs"))
            .await
            .body;
        assert_eq!(after, before, "a refused body changed something");
        let say = Say {
            target,
            base: &base,
        };
        say.what_is_taken().await;
        say.fences_and_endings().await;
        say.batches().await;
        say.endless(target, project).await;
        for (id, letter) in [
            ("wide", "\u{1f600}"),
            ("quoted", "\\"),
            ("escaped", "\u{1}"),
        ] {
            say.as_much_as_it_may(id, letter).await;
        }
    })
    .await;
}

/// Rows 91 and 92: the type of a body.
fn types(base: &str) -> Vec<Row> {
    let paths = [
        "jobs/j/reports",
        "reports",
        "jobs",
        "jobs/j/cancel",
        "jobs/j/retry",
    ];
    let kinds = [
        ("91 none", ""),
        ("92 text/plain", "Content-Type: text/plain\r\n"),
        (
            "92 a form",
            "Content-Type: application/x-www-form-urlencoded\r\n",
        ),
        (
            "92 parts of a form",
            "Content-Type: multipart/form-data; boundary=x\r\n",
        ),
        (
            "x1 another charset",
            "Content-Type: application/json; charset=utf-16\r\n",
        ),
        (
            "x2 two types",
            "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
        ),
        (
            "x3 a list of types",
            "Content-Type: application/json, text/plain\r\n",
        ),
        ("x4 bytes", "Content-Type: \u{fc}\r\n"),
    ];
    let mut rows = Vec::new();
    for path in paths {
        for (name, kind) in kinds {
            let request = with_body(
                "POST",
                &format!("{base}/{path}"),
                kind,
                r#"{"type":"heartbeat"}"#,
            );
            let row = row(format!("{name}: {path}"), request, 415);
            rows.push(row.code("unsupported_media_type"));
        }
    }
    rows
}

/// Rows 94 to 101, 123, 134: what is no JSON, or not one document. On every route with a body.
fn documents(base: &str) -> Vec<Row> {
    let bad: [(&str, &[u8]); 36] = [
        ("94 empty", b""),
        ("94 blank", b" \r\n\t"),
        ("96 no UTF-8", b"{\"message\":\"\xff\"}"),
        ("96 overlong", b"{\"message\":\"\xc0\xaf\"}"),
        ("96 a surrogate", b"{\"message\":\"\xed\xa0\x80\"}"),
        ("96 cut", b"{\"message\":\"\xe2\x82\"}"),
        ("96 beyond Unicode", b"{\"message\":\"\xf4\x90\x80\x80\"}"),
        ("97 trailing garbage", b"{} x"),
        ("97 two documents", b"{}{}"),
        ("97 a trailing bracket", b"{}}"),
        ("101 NaN", b"{\"current\":NaN}"),
        ("101 Infinity", b"{\"current\":Infinity}"),
        ("101 -Infinity", b"{\"current\":-Infinity}"),
        ("102 1e400", b"{\"percent\":1e400}"),
        ("102 -1e400", b"{\"percent\":-1e400}"),
        ("123 a raw line break", b"{\"message\":\"a\nb\"}"),
        ("123 a raw tab", b"{\"message\":\"a\tb\"}"),
        ("123 a raw escape", b"{\"message\":\"\x1b[31m\"}"),
        ("123 a raw NUL", b"{\"message\":\"a\0b\"}"),
        ("134 a trailing comma", b"{\"seq\":1,}"),
        ("134 a comment", b"{/* x */}"),
        ("134 single quotes", b"{'type':'heartbeat'}"),
        ("134 no quotes", b"{type:1}"),
        ("x5 half a surrogate pair", b"{\"message\":\"\\ud800\"}"),
        ("x5 the other half", b"{\"message\":\"\\udc00\"}"),
        (
            "x5 the halves exchanged",
            b"{\"message\":\"\\udc00\\ud800\"}",
        ),
        ("x6 an escape that is none", b"{\"message\":\"\\x41\"}"),
        ("x7 a leading zero", b"{\"seq\":01}"),
        ("x7 a leading plus", b"{\"seq\":+1}"),
        ("x7 no digit before the point", b"{\"percent\":.5}"),
        ("x7 no digit behind it", b"{\"percent\":1.}"),
        ("x7 hexadecimal", b"{\"seq\":0x1}"),
        ("x8 a byte order mark", b"\xef\xbb\xbf{}"),
        ("x8 UTF-16", b"\xff\xfe{\0}\0"),
        ("x9 cut", b"{\"type\":"),
        ("x9 an open text", b"{\"type\":\"heartbeat"),
    ];
    let mut rows = Vec::new();
    for (name, body) in bad {
        for path in [
            "jobs/j/reports",
            "reports",
            "jobs",
            "jobs/j/cancel",
            "jobs/j/retry",
        ] {
            let request = json_body("POST", &format!("{base}/{path}"), body);
            rows.push(row(format!("{name}: {path}"), request, 400).code("malformed_body"));
        }
        let request = json_body("PUT", &format!("{base}/jobs/new"), body);
        rows.push(row(format!("{name}: PUT"), request, 400).code("malformed_body"));
    }
    let deep = "[".repeat(60_000);
    let open = format!("{{\"x\":{deep}");
    let reports = format!("{base}/jobs/j/reports");
    rows.push(row(
        "x10 60,000 open brackets",
        json_body("POST", &reports, open),
        400,
    ));
    rows.push(row(
        "x10 nothing but open brackets",
        json_body("POST", &reports, deep),
        400,
    ));
    // Where no list is allowed, a list is as wrong as a number.
    for path in ["jobs", "jobs/j/cancel", "jobs/j/retry"] {
        for body in ["[]", "[{}]", "1", "null", "\"x\"", "true", "-0", "1e5"] {
            let request = json_body("POST", &format!("{base}/{path}"), body);
            rows.push(row(format!("98 {body}: {path}"), request, 422).code("invalid"));
        }
    }
    for body in ["1", "null", "\"x\"", "true"] {
        for path in ["jobs/j/reports", "reports"] {
            let request = json_body("POST", &format!("{base}/{path}"), body);
            rows.push(row(format!("98 {body}: {path}"), request, 422).code("invalid"));
        }
    }
    rows
}

/// Rows 100, 104, 105, 107, 119 to 129: JSON that says what cannot be.
fn values(base: &str) -> Vec<Row> {
    let text = |n: usize| "m".repeat(n);
    let progress = |rest: &str| format!(r#"{{"type":"progress",{rest}}}"#);
    let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    let many = |n: usize| {
        let keys: Vec<String> = (0..n).map(|i| format!(r#""k{i}":0"#)).collect();
        keys.join(",")
    };
    let mut bad = vec![
        ("104", progress(r#""percent":null"#)),
        ("107 text", progress(r#""seq":"2""#)),
        (
            "119",
            r#"{"type":"heartbeat","attempt":1,"attempt":1}"#.into(),
        ),
        (
            "119 the type",
            r#"{"type":"completed","type":"heartbeat"}"#.into(),
        ),
        (
            "119 in what passes through",
            progress(r#""metadata":{"a":{"b":1,"b":2}}"#),
        ),
        (
            "x11 twice, once by escape",
            progress(r#""metadata":{"a":1,"\u0061":2}"#),
        ),
        (
            "x11 the type by escape",
            r#"{"type":"heartbeat","\u0074ype":"completed"}"#.into(),
        ),
        ("120", r#"{"type":"heartbeat","colour":"red"}"#.into()),
        (
            "120 of another type",
            r#"{"type":"heartbeat","seq":2}"#.into(),
        ),
        (
            "x12 __proto__",
            r#"{"type":"heartbeat","__proto__":{"attempt":1}}"#.into(),
        ),
        ("121", progress(r#""message":"a\u0000b""#)),
        ("121 in a name", progress(r#""metadata":{"a\u0000":1}"#)),
        (
            "121 deep down",
            progress(r#""metadata":{"a":[{"b":"\u0000"}]}"#),
        ),
        (
            "124 by one",
            progress(&format!(r#""message":"{}""#, text(1001))),
        ),
        (
            "124 60 KB",
            progress(&format!(r#""message":"{}""#, text(60_000))),
        ),
        (
            "126 5,000 keys",
            progress(&format!(r#""metadata":{{{}}}"#, many(5000))),
        ),
        (
            "126 64 deep",
            progress(&format!(r#""metadata":{{"a":{}}}"#, nested(64))),
        ),
        (
            "x13 20,000 deep in what is not known",
            format!(r#"{{"type":"heartbeat","x":{}}}"#, nested(20_000)),
        ),
        (
            "128 1970",
            progress(r#""timestamp":"1970-01-01T00:00:00Z""#),
        ),
        ("128 9999", progress(r#""at":"9999-12-31T23:59:59Z""#)),
        (
            "128 no day",
            progress(r#""timestamp":"2026-02-30T00:00:00Z""#),
        ),
        (
            "128 a leap second",
            progress(r#""updated_at":"2016-12-31T23:59:60Z""#),
        ),
        ("129 unknown", r#"{"type":"done"}"#.into()),
        ("129 case", r#"{"type":"Completed"}"#.into()),
        ("129 case", r#"{"type":"COMPLETED"}"#.into()),
        ("129 ours alone", r#"{"type":"stalled"}"#.into()),
        ("129 number", r#"{"type":1}"#.into()),
        ("129 null", r#"{"type":null}"#.into()),
        ("129 none", "{}".into()),
        ("129 a space behind", r#"{"type":"completed "}"#.into()),
        ("129 Cyrillic", r#"{"type":"сompleted"}"#.into()),
        (
            "x14 33 counters",
            progress(&format!(r#""counters":{{{}}}"#, many(33))),
        ),
        (
            "x14 a counter without a name",
            progress(r#""counters":{"":1}"#),
        ),
        (
            "x14 a counter that is a text",
            progress(r#""counters":{"a":"1"}"#),
        ),
        (
            "x14 a counter that is null",
            progress(r#""counters":{"a":null}"#),
        ),
        (
            "x15 60,000 digits",
            progress(&format!(r#""seq":{}"#, "9".repeat(300))),
        ),
        (
            "x16 a phase without a name",
            r#"{"type":"phase","name":""}"#.into(),
        ),
        (
            "x16 a result that is a list",
            r#"{"type":"completed","result":[]}"#.into(),
        ),
        (
            "x16 a result of 20 KB",
            format!(
                r#"{{"type":"completed","result":{{"a":"{}"}}}}"#,
                text(20_000)
            ),
        ),
        (
            "x17 an error code with spaces",
            r#"{"type":"failed","error":{"code":"a b","message":"m"}}"#.into(),
        ),
        ("x17 no error", r#"{"type":"failed"}"#.into()),
    ];
    for n in [
        "-1", "100.0001", "150", "1e308", "-1e308", "-0.0001", "\"50\"", "true", "[]", "{}",
    ] {
        bad.push(("105", progress(&format!(r#""percent":{n}"#))));
    }
    for n in [
        "-1",
        "1.0",
        "1e2",
        "1E2",
        "18446744073709551616",
        "9007199254740992",
        "-0",
        "5e-324",
        "null2",
    ] {
        if n != "null2" {
            bad.push(("107", progress(&format!(r#""seq":{n}"#))));
            bad.push(("x18 current", progress(&format!(r#""current":{n}"#))));
            bad.push(("x18 total", progress(&format!(r#""total":{n}"#))));
            bad.push((
                "x18 attempt",
                format!(r#"{{"type":"heartbeat","attempt":{n}}}"#),
            ));
        }
    }
    let reports = format!("{base}/jobs/j/reports");
    let mut rows: Vec<Row> = bad
        .into_iter()
        .map(|(name, body)| {
            let name = format!("{name} {}", body.chars().take(80).collect::<String>());
            row(name, json_body("POST", &reports, body), 422).code("invalid")
        })
        .collect();
    let large = format!(r#"{{"type":"heartbeat","x":"{}"}}"#, text(1_000_000));
    // Past the limit of a body nobody looks at what it says.
    for (name, path) in [
        ("100, 124, 126: 1 MB", "jobs/j/reports"),
        ("100 1 MB", "jobs"),
        ("100 1 MB", "jobs/j/cancel"),
    ] {
        let request = json_body("POST", &format!("{base}/{path}"), &large);
        rows.push(
            row(format!("{name}: {path}"), request, 413)
                .code("too_large")
                .closes(),
        );
    }
    let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", 70_000, text(70_000));
    let headers = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    let chunked = [&bare("POST", &reports, headers), chunk.as_bytes()].concat();
    rows.push(
        row("100 undeclared", chunked, 413)
            .code("too_large")
            .closes(),
    );
    rows
}

/// Creations that say what cannot be.
fn creations(base: &str) -> Vec<Row> {
    let bad = [
        r#"{}"#,
        r#"{"kind":null}"#,
        r#"{"kind":"Scan"}"#,
        r#"{"kind":"a:b:c:d:e"}"#,
        r#"{"kind":"a:"}"#,
        r#"{"kind":"scan","id":"x"}"#,
        r#"{"kind":"scan","subject":"../x"}"#,
        r#"{"kind":"scan","owner":"a b"}"#,
        r#"{"kind":"scan","owner":"a\u0000b"}"#,
        r#"{"kind":"scan","phases":[{}]}"#,
        r#"{"kind":"scan","phases":[{"name":"a"},{"name":"a"}]}"#,
        r#"{"kind":"scan","phases":[{"name":"a","weight":0}]}"#,
        r#"{"kind":"scan","phases":[{"name":"a","weight":-1}]}"#,
        r#"{"kind":"scan","phases":[{"name":"a","weight":5e-324}]}"#,
        r#"{"kind":"scan","phases":[{"name":"a","weight":1e308}]}"#,
        r#"{"kind":"scan","phases":{}}"#,
        r#"{"kind":"scan","lease_seconds":4}"#,
        r#"{"kind":"scan","lease_seconds":3601}"#,
        r#"{"kind":"scan","lost_after_seconds":-1}"#,
        r#"{"kind":"scan","start_within_seconds":1e3}"#,
        r#"{"kind":"scan","start_within_seconds":9007199254740991}"#,
        r#"{"kind":"scan","status":"completed"}"#,
        r#"{"kind":"scan","version":7}"#,
        r#"{"kind":"scan","created_at":"1970-01-01T00:00:00Z"}"#,
    ];
    let mut rows = Vec::new();
    for body in bad {
        let post = json_body("POST", &format!("{base}/jobs"), body);
        rows.push(row(format!("x19 {body}"), post, 422).code("invalid"));
        let put = json_body("PUT", &format!("{base}/jobs/new"), body);
        rows.push(row(format!("x19 PUT {body}"), put, 422).code("invalid"));
    }
    let orphan = r#"{"kind":"scan","parent":"nobody"}"#;
    let post = json_body("POST", &format!("{base}/jobs"), orphan);
    rows.push(row("x20 a parent that is not there", post, 422).code("no_parent"));
    rows
}

/// Wishes that cannot be, of jobs that are there and are not.
fn wishes(base: &str) -> Vec<Row> {
    let at = |name: &str, path: &str, body: &str, status, code| {
        let request = json_body("POST", &format!("{base}/jobs/{path}"), body);
        row(
            format!("{name}: {path} {}", &body[..body.len().min(40)]),
            request,
            status,
        )
        .code(code)
    };
    let long = format!(r#"{{"reason":"{}"}}"#, "r".repeat(1001));
    vec![
        at("x21", "j/cancel", &long, 422, "invalid"),
        at("x21", "j/cancel", r#"{"reason":"\u0000"}"#, 422, "invalid"),
        at("x21", "j/cancel", r#"{"why":"x"}"#, 422, "invalid"),
        at("x21", "j/retry", r#"{"id":"../x"}"#, 422, "invalid"),
        at("x21", "j/retry", r#"{"metadata":[]}"#, 422, "invalid"),
        at("x21", "j/retry", "{}", 409, "not_retryable"),
        at("x22", "nobody/cancel", "{}", 404, "not_found"),
        at("x22", "nobody/retry", "{}", 404, "not_found"),
        at(
            "x22",
            "nobody/reports",
            r#"{"type":"heartbeat"}"#,
            404,
            "not_found",
        ),
        row(
            "x23 deleted at work",
            bare("DELETE", &format!("{base}/jobs/j"), ""),
            409,
        )
        .code("not_finished"),
        row(
            "x22 deleted but not there",
            bare("DELETE", &format!("{base}/jobs/nobody"), ""),
            404,
        ),
    ]
}

/// Row 133, where the whole is refused.
fn batches_as_a_whole(base: &str) -> Vec<Row> {
    let list = |n: usize| format!("[{}]", vec![r#"{"type":"heartbeat"}"#; n].join(","));
    let lines = |n: usize| "{\"type\":\"heartbeat\"}\n".repeat(n);
    let ndjson = "Content-Type: application/x-ndjson\r\n";
    let mut rows = Vec::new();
    for path in ["jobs/j/reports", "reports"] {
        let path = format!("{base}/{path}");
        let large = format!("[{}]", " ".repeat(1_100_000));
        rows.extend([
            row("133 no item", json_body("POST", &path, "[]"), 400).code("malformed_body"),
            row(
                "133 no line",
                with_body("POST", &path, ndjson, "\n\n\r\n"),
                400,
            )
            .code("malformed_body"),
            row("133 1,001 items", json_body("POST", &path, list(1001)), 413)
                .code("too_many_items"),
            row(
                "133 10,001 items",
                json_body("POST", &path, list(10_001)),
                413,
            )
            .code("too_many_items"),
            row(
                "133 1,001 lines",
                with_body("POST", &path, ndjson, lines(1001)),
                413,
            )
            .code("too_many_items"),
            row("x24 1 MiB and more", json_body("POST", &path, large), 413)
                .code("too_large")
                .closes(),
            row(
                "x25 a list that is cut",
                json_body("POST", &path, r#"[{"type":"heartbeat"},"#),
                400,
            ),
        ]);
    }
    rows
}

struct Say<'a> {
    target: &'a Target,
    base: &'a str,
}

impl Say<'_> {
    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let path = format!("{}/{path}", self.base);
        let answer = self.target.service.client.post(&path, &body).await;
        (answer.status, answer.json())
    }

    async fn report(&self, id: &str, body: Value) -> (u16, Value) {
        self.post(&format!("jobs/{id}/reports"), body).await
    }

    async fn state(&self, id: &str) -> Value {
        let path = format!("{}/jobs/{id}", self.base);
        let answer = self.target.service.client.get(&path).await.expect(200);
        answer.json()["data"].clone()
    }

    async fn what_is_taken(&self) {
        let durable = "jobs/j/reports?durable=true";
        let tick = |rest: Value| {
            let mut tick = json!({"type": "progress"});
            tick.as_object_mut()
                .unwrap()
                .extend(rest.as_object().unwrap().clone());
            tick
        };
        // 106: a lower count is no error, and no news.
        self.post(durable, tick(json!({"current": 50, "seq": 3})))
            .await;
        let (status, _) = self
            .post(durable, tick(json!({"current": 40, "seq": 4})))
            .await;
        assert_eq!(
            (status, self.state("j").await["progress"]["current"].clone()),
            (200, json!(50)),
            "row 106"
        );
        // 109, 110, 111: a seq that was had changes nothing, whatever comes with it.
        for (name, body) in [
            ("109", json!({"type": "phase", "name": "a", "seq": 5})),
            ("109", json!({"type": "phase", "name": "a", "seq": 5})),
            ("110", json!({"type": "phase", "name": "b", "seq": 5})),
            ("111", json!({"type": "phase", "name": "c", "seq": 2})),
        ] {
            let before = self.state("j").await;
            let (status, answer) = self.report("j", body).await;
            assert_eq!(status, 200, "row {name}: {answer}");
            if answer["applied"] == false {
                assert_eq!(self.state("j").await, before, "row {name}");
                assert_eq!(answer["version"], before["version"], "row {name}");
            }
        }
        assert_eq!(self.state("j").await["phase"], "a", "rows 109 to 111");
        // 105: minus zero is zero. x26: the smallest number is one, too.
        running(self.target, self.base.rsplit('/').next().unwrap(), "p").await;
        for percent in ["-0.0", "-0", "5e-324", "1E1"] {
            let body = format!(r#"{{"type":"progress","percent":{percent}}}"#);
            let request = json_body(
                "POST",
                &format!("{}/jobs/p/reports?durable=true", self.base),
                body,
            );
            let reply = self.target.say(request).await.unwrap();
            assert_eq!(reply.status, 200, "row 105: {percent}: {reply:?}");
        }
        assert!(self.state("p").await["percent"].is_null());
        self.text_is_kept().await;
        self.a_key_is_ignored().await;
    }

    /// Row 125: text is kept as it is, and served so that it can do no harm.
    async fn text_is_kept(&self) {
        let text =
            "\u{1b}[2J\u{7}\r\nINFO forged </script><script>alert(1)</script> \u{2028}\u{7f}";
        let body = json!({"type": "notice", "level": "error", "code": text.chars().take(60).collect::<String>(), "message": text});
        let (status, _) = self.report("p", body).await;
        assert_eq!(status, 200, "row 125");
        let path = format!("{}/jobs/p", self.base);
        let answer = self.target.service.client.get(&path).await.expect(200);
        assert_eq!(
            answer.json()["data"]["notices"]["recent"][0]["message"],
            text,
            "row 125"
        );
        assert_eq!(answer.header("content-type"), "application/json", "row 125");
        assert_eq!(
            answer.header("x-content-type-options"),
            "nosniff",
            "row 125"
        );
        let raw = answer.body.iter().any(|b| *b < 0x20);
        assert!(!raw, "row 125: raw control characters");
    }

    /// Row 132: the contract has no such header; what makes a repetition harmless is the id and `seq`.
    async fn a_key_is_ignored(&self) {
        let path = format!("{}/jobs/k", self.base);
        let long = "k".repeat(10_000);
        for (key, body, status) in [
            (long.as_str(), r#"{"kind":"scan"}"#, 201),
            ("", r#"{"kind":"scan"}"#, 200),
            ("", r#"{"kind":"other"}"#, 409),
            (CANARY, r#"{"kind":"other"}"#, 409),
        ] {
            let headers = format!("Content-Type: application/json\r\nIdempotency-Key: {key}\r\n");
            let request = with_body("PUT", &path, &headers, body);
            let reply = self.target.say(request).await.unwrap();
            assert_eq!(reply.status, status, "row 132: {reply:?}");
        }
    }

    /// Rows 113 to 118, 130.
    async fn fences_and_endings(&self) {
        let project = self.base.rsplit('/').next().unwrap();
        let (status, answer) = self.report("k", json!({"type": "completed"})).await;
        assert_eq!(
            (status, &answer["code"]),
            (409, &json!("not_started")),
            "row 130"
        );
        running(self.target, project, "f").await;
        for (row, attempt) in [("113", 0), ("114", 2), ("114", 9_007_199_254_740_991_u64)] {
            let before = self.state("f").await;
            let (status, answer) = self
                .report("f", json!({"type": "completed", "attempt": attempt}))
                .await;
            assert_eq!(
                (status, &answer["code"]),
                (409, &json!("fenced")),
                "row {row}: {answer}"
            );
            assert_eq!(answer["job"]["attempt"], 1, "row {row}: {answer}");
            assert_eq!(self.state("f").await, before, "row {row}");
        }
        let ending = json!({"type": "completed", "result": {"n": 1}});
        let (status, answer) = self.report("f", ending.clone()).await;
        assert_eq!((status, &answer["applied"]), (200, &json!(true)));
        let ended = self.state("f").await;
        let (status, answer) = self.report("f", ending).await;
        assert_eq!(
            (status, &answer["applied"]),
            (200, &json!(false)),
            "row 116, the same: {answer}"
        );
        for (row, body) in [
            (
                "116, another result",
                json!({"type": "completed", "result": {"n": 2}}),
            ),
            (
                "115",
                json!({"type": "failed", "error": {"code": "x", "message": "m"}}),
            ),
            ("115", json!({"type": "phase", "name": "late"})),
            ("115", json!({"type": "started", "worker": "w"})),
        ] {
            let (status, answer) = self.report("f", body).await;
            assert_eq!(
                (status, &answer["code"]),
                (409, &json!("finished")),
                "row {row}: {answer}"
            );
            assert_eq!(answer["job"]["status"], "completed", "row {row}: {answer}");
        }
        let (status, answer) = self.post("jobs/f/cancel", json!({})).await;
        assert_eq!(
            (status, &answer["code"]),
            (409, &json!("finished")),
            "row 117: {answer}"
        );
        assert_eq!(self.state("f").await, ended, "rows 115 to 117");
        running(self.target, project, "c").await;
        let (status, first) = self.post("jobs/c/cancel", json!({"reason": "a"})).await;
        assert_eq!(status, 200, "row 118");
        let (status, again) = self.post("jobs/c/cancel", json!({"reason": "b"})).await;
        assert_eq!(
            (status, again),
            (200, first),
            "row 118: the first reason stays"
        );
    }

    /// Row 133, where every item has its answer.
    async fn batches(&self) {
        let project = self.base.rsplit('/').next().unwrap();
        running(self.target, project, "b").await;
        let items = json!([
            {"job": "b", "type": "phase", "name": "one"},
            {"job": "b", "type": "phase", "name": ""},
            {"job": "..", "type": "heartbeat"},
            {"job": "nobody", "type": "heartbeat"},
            {"job": "b", "type": "phase", "name": "two"},
            [],
            null,
        ]);
        let (status, answer) = self.post("reports", items).await;
        let items = answer["items"].as_array().unwrap();
        let said: Vec<&Value> = items
            .iter()
            .map(|i| {
                if i["code"].is_null() {
                    &i["applied"]
                } else {
                    &i["status"]
                }
            })
            .collect();
        assert_eq!(
            (status, json!(said)),
            (200, json!([true, 422, 422, 404, true, 422, 422])),
            "row 133: {answer}"
        );
        assert!(
            items[0]["version"].as_u64() <= items[4]["version"].as_u64(),
            "row 133: in order"
        );
        assert_eq!(self.state("b").await["phase"], "two", "row 133: in order");
        // x29: no more than fifty notices a second are taken, and the others are told when.
        let notices = vec![json!({"type": "notice", "message": "n"}); 200];
        let (status, answer) = self.report("b", json!(notices)).await;
        let items = answer["items"].as_array().unwrap();
        let limited: Vec<&Value> = items
            .iter()
            .filter(|i| i["code"] == "too_many_notices")
            .collect();
        assert!(status == 200 && limited.len() >= 100, "row x29: {answer}");
        assert!(
            limited[0]["retry_after_seconds"].is_u64(),
            "row x29: {answer}"
        );
        let lines = b"\r\n{\"type\":\"phase\",\"name\":\"three\"}\r\n{\"type\":\n\xff\n\n{\"type\":\"phase\",\"name\":\"four\"}";
        let lines = [lines.as_slice(), b"\n{\"x\":\"\xff\"}\n"].concat();
        let path = format!("{}/jobs/b/reports", self.base);
        let request = with_body(
            "POST",
            &path,
            "Content-Type: application/x-ndjson\r\n",
            lines,
        );
        let answer = self.target.say(request).await.unwrap();
        let said: Vec<u64> = answer.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| {
                i["code"]
                    .as_str()
                    .map_or(0, |_| i["status"].as_u64().unwrap())
            })
            .collect();
        assert_eq!(
            (answer.status, said),
            (200, vec![0, 400, 400, 0, 400]),
            "row 133, lines: {answer:?}"
        );
    }

    /// x27: a job of which everything is said that may be said, in letters that take the most room, can still be
    /// cancelled and can still end, and its frame is no larger than a frame may be.
    async fn as_much_as_it_may(&self, id: &str, letter: &str) {
        const FRAME: usize = 64 * 1024;
        // Of the letter that takes six bytes fewer may be said.
        let most = if letter == "\u{1}" { 3 } else { 2 };
        let full = |length: usize| letter.repeat(length * 2 / most);
        let name = |n: usize, length: usize| format!("{n:02}{}", full(length - 2));
        let object = |length: usize| json!({ "a": "b".repeat(length - 8) });
        let counters: serde_json::Map<String, Value> = (0..32)
            .map(|n| (name(n, 64), json!(-1.797_693_134_862_315_7e308)))
            .collect();
        let phases: Vec<Value> = (0..32)
            .map(|n| json!({"name": name(n, 64), "unit": full(32), "weight": 1.234_567_890_123_456_7e-7, "total": 9_007_199_254_740_991_u64}))
            .collect();
        let label = "l".repeat(64);
        let creation = json!({
            "kind": "k".repeat(64), "title": full(200), "subject": label, "owner": label,
            "phases": phases, "metadata": object(4096),
        });
        let path = format!("{}/jobs/{id}", self.base);
        self.target
            .service
            .client
            .put(&path, &creation)
            .await
            .expect(201);
        let mut reports = vec![json!({"type": "started", "worker": full(255)})];
        reports.extend((0..32).map(
            |n| json!({"type": "phase", "name": name(n, 64), "total": 9_007_199_254_740_991_u64}),
        ));
        reports.extend((0..10).map(|_| json!({"type": "notice", "level": "warning", "code": full(64), "message": full(500), "data": object(1024)})));
        reports.push(json!({"type": "progress", "message": full(1000), "counters": counters}));
        let (status, answer) = self.report(id, json!(reports)).await;
        let refused = answer["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|i| !i["code"].is_null());
        assert!(
            status < 300 && refused.is_none(),
            "row x27 {id}: {refused:?}"
        );
        let (status, answer) = self
            .post(&format!("jobs/{id}/cancel"), json!({"reason": full(1000)}))
            .await;
        assert_eq!(status, 200, "row x27 {id}: {answer}");
        let failed = json!({"type": "failed", "error": {"code": "c".repeat(64), "message": full(1000), "phase": name(31, 64), "details": object(16_384)}});
        let (status, answer) = self.report(id, failed).await;
        assert_eq!(status, 200, "row x27 {id}: {answer}");
        let frame = self.target.service.client.get(&path).await.expect(200);
        assert!(
            frame.body.len() <= FRAME,
            "row x27 {id}: {}",
            frame.body.len()
        );
    }

    /// x30: counts that will never be reached in the life of the universe: no arrival is promised, the job goes on, and
    /// another node can read it.
    async fn endless(&self, target: &Target, project: &str) {
        const MOST: u64 = 9_007_199_254_740_991;
        let path = format!("{}/jobs/endless", self.base);
        let creation = json!({"kind": "scan", "phases": [{"name": "a", "weight": 1e12, "total": MOST}, {"name": "b", "weight": 1e-9, "total": MOST}]});
        self.target
            .service
            .client
            .put(&path, &creation)
            .await
            .expect(201);
        running(self.target, project, "eternal").await;
        for id in ["endless", "eternal"] {
            self.report(
                id,
                json!([{"type": "started", "worker": "w"}, {"type": "phase", "name": "a"}]),
            )
            .await;
            for current in [1, 2, 3] {
                let tick = json!({"type": "progress", "current": current, "total": MOST});
                let (status, answer) = self
                    .post(&format!("jobs/{id}/reports?durable=true"), tick)
                    .await;
                assert_eq!(status, 200, "row x30 {id}: {answer}");
            }
            let state = self.state(id).await;
            assert_eq!(state["progress"]["total"], MOST, "row x30 {id}: {state}");
            let arrival = state["eta"]["finish_at"].as_str();
            assert!(
                arrival.is_none_or(|at| at.len() == 24),
                "row x30 {id}: {state}"
            );
        }
        let other = target.beside();
        for id in ["endless", "eternal"] {
            let path = format!("{}/jobs/{id}/reports", self.base);
            let ended = json!({"type": "completed"});
            other.client.post(&path, &ended).await.expect(200);
        }
    }
}
