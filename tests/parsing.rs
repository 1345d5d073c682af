//! What a body may say, and what is wrong with it: status, code, and the pointer to the fault.

use milepost::http::problem::Problem;
use milepost::progress::{Level, Report, Said};
use milepost::wire::{Invalid, body, creation, report};

/// Status, code and pointers of what is refused; 200 and nothing where it is taken.
fn verdict<T>(read: Result<T, Invalid>) -> (u64, String, Vec<String>) {
    let Err(invalid) = read else {
        return (200, String::new(), Vec::new());
    };
    let json = Problem::from(invalid).to_json();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    let pointer = |e: &serde_json::Value| e["pointer"].as_str().unwrap().to_owned();
    let code = json["code"].as_str().unwrap().to_owned();
    let status = json["status"].as_u64().unwrap();
    (status, code, errors.iter().map(pointer).collect())
}

#[track_caller]
fn refused<T>(read: Result<T, Invalid>, input: &str, status: u64, pointer: &str) {
    let code = if status == 400 {
        "malformed_body"
    } else {
        "invalid"
    };
    let found = verdict(read);
    let input: String = input.chars().take(120).collect();
    assert_eq!(
        found,
        (status, code.into(), vec![pointer.into()]),
        "{input}"
    );
}

fn read(text: &str) -> Report {
    report::report(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn nested(levels: usize) -> String {
    let (open, close) = ("[".repeat(levels), "]".repeat(levels));
    format!(r#"{{"type":"completed","result":{{"a":{open}{close}}}}}"#)
}

#[test]
fn bytes_that_are_no_json_are_malformed() {
    let rows: [&[u8]; 23] = [
        b"",
        b" \n ",
        b"{",
        b"{\"type\":\"heartbeat\"",
        b"{\"type\":\"heartbeat\"} {\"type\":\"heartbeat\"}",
        b"{\"type\":\"heartbeat\"} x",
        b"{\"type\":\"heartbeat\",}",
        b"{'type':'heartbeat'}",
        b"{type:\"heartbeat\"}",
        b"// a comment\n{\"type\":\"heartbeat\"}",
        b"{\"type\":\"progress\",\"percent\":NaN}",
        b"{\"type\":\"progress\",\"percent\":Infinity}",
        b"{\"type\":\"progress\",\"percent\":-Infinity}",
        b"{\"type\":\"progress\",\"percent\":1e400}",
        b"{\"type\":\"progress\",\"percent\":01}",
        b"{\"type\":\"progress\",\"percent\":.5}",
        b"{\"type\":\"progress\",\"percent\":+5}",
        b"{\"type\":\"progress\",\"message\":\"a\x01b\"}",
        b"{\"type\":\"progress\",\"message\":\"a\nb\"}",
        b"{\"type\":\"progress\",\"message\":\"\\ud800\"}",
        b"{\"type\":\"progress\",\"message\":\"\xff\xfe\"}",
        b"\xef\xbb\xbf{\"type\":\"heartbeat\"}",
        b"{\"type\":\"heartbeat\"}\0",
    ];
    for row in rows {
        let input = String::from_utf8_lossy(row);
        refused(body::one(row, report::report), &input, 400, "");
    }
}

#[test]
fn what_is_not_json_is_called_so_even_behind_another_fault() {
    let twice = r#"{"type":"heartbeat","type":"heartbeat""#;
    refused(report::report(twice), twice, 400, "");
    let deep = format!("{}x", "[".repeat(100));
    refused(report::report(&deep), &deep, 400, "");
}

#[test]
fn json_that_hides_something_is_invalid() {
    let too_deep = nested(31);
    let deepest = format!("/result/a{}", "/0".repeat(30));
    let rows = [
        (r#""text""#, ""),
        ("17", ""),
        ("null", ""),
        ("true", ""),
        ("[]", ""),
        (r#"[{"type":"heartbeat"}]"#, ""),
        (r#"{"type":"heartbeat","type":"heartbeat"}"#, "/type"),
        (
            r#"{"type":"completed","result":{"a":{"b":1,"b":2}}}"#,
            "/result/a/b",
        ),
        (
            r#"{"type":"completed","result":{"a":[1,{"b":1,"\u0062":2}]}}"#,
            "/result/a/1/b",
        ),
        (r#"{"type":"progress","message":"a\u0000b"}"#, "/message"),
        (
            r#"{"type":"completed","result":{"a":["\u0000"]}}"#,
            "/result/a/0",
        ),
        (
            r#"{"type":"completed","result":{"a~/\u0000":1}}"#,
            "/result/a~0~1\0",
        ),
        (too_deep.as_str(), deepest.as_str()),
    ];
    for (input, pointer) in rows {
        refused(report::report(input), input, 422, pointer);
    }
    assert_eq!(verdict(report::report(&nested(30))).0, 200, "32 levels");
}

#[test]
fn a_report_says_only_what_its_type_knows() {
    let rows = [
        ("{}", "/type"),
        (r#"{"type":"Progress"}"#, "/type"),
        (r#"{"type":"created"}"#, "/type"),
        (r#"{"type":null}"#, "/type"),
        (r#"{"type":7,"current":1}"#, "/type"),
        (r#"{"type":"progress","curent":1}"#, "/curent"),
        (r#"{"type":"progress","a/b~c":1}"#, "/a~1b~0c"),
        (r#"{"type":"heartbeat","seq":1}"#, "/seq"),
        (r#"{"type":"heartbeat","job":"a"}"#, "/job"),
        (
            r#"{"type":"progress","timestamp":"2026-02-30T00:00:00Z"}"#,
            "/timestamp",
        ),
        (
            r#"{"type":"failed","error":{"code":"a","message":"m","stack":""}}"#,
            "/error/stack",
        ),
    ];
    for (input, pointer) in rows {
        refused(report::report(input), input, 422, pointer);
    }
}

#[test]
fn numbers_are_counts_or_percentages_or_refused() {
    let rows = [
        (r#""percent":null"#, "/percent"),
        (r#""percent":-1"#, "/percent"),
        (r#""percent":-0.001"#, "/percent"),
        (r#""percent":100.0001"#, "/percent"),
        (r#""percent":150"#, "/percent"),
        (r#""percent":1e308"#, "/percent"),
        (r#""percent":"50""#, "/percent"),
        (r#""percent":true"#, "/percent"),
        (r#""seq":-1"#, "/seq"),
        (r#""seq":1.0"#, "/seq"),
        (r#""seq":1e2"#, "/seq"),
        (r#""seq":18446744073709551616"#, "/seq"),
        (r#""seq":9007199254740992"#, "/seq"),
        (r#""seq":"1""#, "/seq"),
        (r#""attempt":-1"#, "/attempt"),
        (r#""current":1.5"#, "/current"),
        (r#""total":[1]"#, "/total"),
        (r#""counters":{"a":"1"}"#, "/counters/a"),
        (r#""counters":{"a":null}"#, "/counters/a"),
        (r#""counters":{"":1}"#, "/counters/"),
        (r#""counters":[1]"#, "/counters"),
    ];
    for (field, pointer) in rows {
        let input = format!(r#"{{"type":"progress",{field}}}"#);
        refused(report::report(&input), &input, 422, pointer);
    }
}

#[test]
fn limits_hold_to_the_character() {
    let text = |n: usize| "ü".repeat(n);
    let object = |n: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(n - 8));
    let counters = |n: usize| {
        let all: Vec<String> = (0..n).map(|i| format!(r#""c{i}":1"#)).collect();
        format!("{{{}}}", all.join(","))
    };
    type Make<'a> = &'a dyn Fn(usize) -> String;
    let rows: [(&str, Make<'_>, usize, &str); 9] = [
        (
            "message",
            &|n| format!(r#"{{"type":"progress","message":"{}"}}"#, text(n)),
            1000,
            "/message",
        ),
        (
            "unit",
            &|n| format!(r#"{{"type":"progress","unit":"{}"}}"#, text(n)),
            32,
            "/unit",
        ),
        (
            "phase",
            &|n| format!(r#"{{"type":"phase","name":"{}"}}"#, text(n)),
            64,
            "/name",
        ),
        (
            "notice",
            &|n| format!(r#"{{"type":"notice","message":"{}"}}"#, text(n)),
            500,
            "/message",
        ),
        (
            "data",
            &|n| format!(r#"{{"type":"notice","message":"","data":{}}}"#, object(n)),
            1024,
            "/data",
        ),
        (
            "metadata",
            &|n| format!(r#"{{"type":"progress","metadata":{}}}"#, object(n)),
            4096,
            "/metadata",
        ),
        (
            "result",
            &|n| format!(r#"{{"type":"completed","result":{}}}"#, object(n)),
            16_384,
            "/result",
        ),
        (
            "counters",
            &|n| format!(r#"{{"type":"progress","counters":{}}}"#, counters(n)),
            32,
            "/counters",
        ),
        (
            "details",
            &|n| {
                format!(
                    r#"{{"type":"failed","error":{{"code":"a","message":"","details":{}}}}}"#,
                    object(n)
                )
            },
            16_384,
            "/error/details",
        ),
    ];
    for (what, make, most, pointer) in rows {
        assert_eq!(verdict(report::report(&make(most))).0, 200, "{what}");
        let input = make(most + 1);
        refused(report::report(&input), &input, 422, pointer);
    }
}

#[test]
fn characters_that_json_writes_out_count_for_more() {
    let message = |c: &str, n| format!(r#"{{"type":"progress","message":"{}"}}"#, c.repeat(n));
    // Six bytes each, where a frame has room for four; those with an escape of their own take two.
    for fine in [
        message(r"\u001b", 666),
        message(r"\n", 1000),
        message(r"\u0008", 1000),
        message(r"\u00fc", 1000),
    ] {
        assert_eq!(verdict(report::report(&fine)).0, 200);
    }
    let input = message(r"\u001b", 667);
    refused(report::report(&input), &input, 422, "/message");
    let name = r"\u001b".repeat(43);
    let input = format!(r#"{{"type":"progress","counters":{{"{name}":1}}}}"#);
    let pointer = format!("/counters/{}", "\u{1b}".repeat(43));
    refused(report::report(&input), &input, 422, &pointer);
}

#[test]
fn required_fields_are_missed_once_and_by_name() {
    let rows = [
        (r#"{"type":"phase"}"#, "/name"),
        (r#"{"type":"phase","name":""}"#, "/name"),
        (r#"{"type":"phase","name":null}"#, "/name"),
        (r#"{"type":"notice","level":"info"}"#, "/message"),
        (
            r#"{"type":"notice","level":"fatal","message":"m"}"#,
            "/level",
        ),
        (r#"{"type":"notice","message":"m","data":[1]}"#, "/data"),
        (r#"{"type":"failed"}"#, "/error"),
        (r#"{"type":"failed","error":"broken"}"#, "/error"),
        (
            r#"{"type":"failed","error":{"message":"m"}}"#,
            "/error/code",
        ),
        (
            r#"{"type":"failed","error":{"code":"E1","message":"m"}}"#,
            "/error/code",
        ),
        (
            r#"{"type":"failed","error":{"code":"a"}}"#,
            "/error/message",
        ),
        (
            r#"{"type":"failed","error":{"code":"a","message":"m","retryable":1}}"#,
            "/error/retryable",
        ),
        (r#"{"type":"completed","result":[1,2]}"#, "/result"),
        (r#"{"type":"completed","result":"done"}"#, "/result"),
    ];
    for (input, pointer) in rows {
        refused(report::report(input), input, 422, pointer);
    }
    let (status, _, pointers) = verdict(report::report(
        r#"{"type":"progress","current":-1,"total":-1}"#,
    ));
    assert_eq!(
        (status, pointers),
        (422, vec!["/current".into(), "/total".into()])
    );
}

#[test]
fn a_report_comes_out_as_it_was_said() {
    let Said::Progress(tick) = read(
        r#"{"type":"progress","seq":7,"attempt":2,"current":3,"total":9,"unit":null,"percent":-0.0,
            "message":"a\u001b[1m</script>","counters":{"n":-0.0,"m":1e3},"metadata":{"k": {"x": [1, 2.50]}, "e":"\" \\"}}"#,
    )
    .said
    else {
        panic!("another type");
    };
    assert_eq!(
        (tick.current, tick.total, tick.total_seq),
        (Some(3), Some(9), Some(7))
    );
    assert_eq!((tick.unit, tick.reports), (None, 1));
    assert!(
        tick.percent
            .is_some_and(|p| p == 0.0 && p.is_sign_positive())
    );
    assert_eq!(tick.message.as_deref(), Some("a\u{1b}[1m</script>"));
    assert_eq!(tick.counters, vec![("n".into(), 0.0), ("m".into(), 1000.0)]);
    assert!(tick.counters.iter().all(|(_, n)| n.is_sign_positive()));
    let metadata: Vec<_> = tick
        .metadata
        .iter()
        .map(|(k, v)| (&**k, v.as_str()))
        .collect();
    assert_eq!(metadata, [("k", r#"{"x":[1,2.50]}"#), ("e", r#""\" \\""#)]);

    let report = read(r#"{"type":"notice","message":"m"}"#);
    assert_eq!((report.seq, report.attempt), (None, None));
    let Said::Notice { level, data, .. } = report.said else {
        panic!("another type");
    };
    assert_eq!((level, data.as_str()), (Level::Info, "{}"));

    let Said::Completed { result, .. } =
        read("{\"type\":\"completed\",\"result\":{ \"big\" : 1e300,\n\t\"s\":\" \\n \" }}").said
    else {
        panic!("another type");
    };
    assert_eq!(result.unwrap().as_str(), r#"{"big":1e300,"s":" \n "}"#);
}

#[test]
fn a_total_without_seq_and_a_seq_without_total_name_no_seq_of_a_total() {
    for text in [
        r#"{"type":"progress","total":1}"#,
        r#"{"type":"progress","seq":1}"#,
    ] {
        let Said::Progress(tick) = read(text).said else {
            panic!("another type");
        };
        assert_eq!(tick.total_seq, None, "{text}");
    }
}

#[test]
fn a_creation_has_its_defaults_filled_in() {
    let made = creation::creation(
        r#"{"kind":"feed:sync","phases":[{"name":"a"},{"name":"b","weight":2.5}]}"#,
    )
    .unwrap();
    assert_eq!(made.labels.kind.as_str(), "feed:sync");
    let weights: Vec<f64> = made.phases.iter().map(|p| p.weight).collect();
    assert_eq!(weights, [1.0, 2.5]);
    assert_eq!(
        (
            made.lease.lease_seconds,
            made.lease.lost_after_seconds,
            made.lease.start_within_seconds
        ),
        (30, 300, 0)
    );
    assert_eq!(made, creation::creation(
        r#"{"phases":[{"weight":1,"name":"a","total":null},{"weight":2.5,"name":"b"}],"kind":"feed:sync","title":null,
            "metadata":{},"lease_seconds":30,"lost_after_seconds":300,"start_within_seconds":0}"#,
    ).unwrap());
}

#[test]
fn a_creation_out_of_its_alphabet_or_limits_is_invalid() {
    let phases = |n: usize| {
        let all: Vec<String> = (0..n).map(|i| format!(r#"{{"name":"p{i}"}}"#)).collect();
        format!(r#""phases":[{}]"#, all.join(","))
    };
    let (most, over) = (phases(32), phases(33));
    let title = format!(r#""title":"{}""#, "t".repeat(201));
    let metadata = format!(r#""metadata":{{"a":"{}"}}"#, "x".repeat(4089));
    let keys: Vec<String> = (0..10_000).map(|i| format!(r#""k{i}":0"#)).collect();
    let keys = format!(r#""metadata":{{{}}}"#, keys.join(","));
    let rows = [
        (r#""subject":"a/b""#, "/subject"),
        (r#""subject":"..""#, "/subject"),
        (r#""owner":"' OR 1=1--""#, "/owner"),
        (r#""owner":"""#, "/owner"),
        (r#""parent":"*""#, "/parent"),
        (r#""parent":7"#, "/parent"),
        (r#""id":"a""#, "/id"),
        (r#""retry_of":"a""#, "/retry_of"),
        (r#""total":-1"#, "/total"),
        (r#""lease_seconds":4"#, "/lease_seconds"),
        (r#""lease_seconds":3601"#, "/lease_seconds"),
        (r#""lost_after_seconds":86401"#, "/lost_after_seconds"),
        (r#""start_within_seconds":-1"#, "/start_within_seconds"),
        (
            r#""start_within_seconds":4294967296"#,
            "/start_within_seconds",
        ),
        (r#""phases":{}"#, "/phases"),
        (r#""phases":["a"]"#, "/phases/0"),
        (r#""phases":[{"name":"a"},{}]"#, "/phases/1/name"),
        (r#""phases":[{"name":"a"},{"name":"a"}]"#, "/phases"),
        (r#""phases":[{"name":"a","weight":0}]"#, "/phases/0/weight"),
        (r#""phases":[{"name":"a","weight":-1}]"#, "/phases/0/weight"),
        (
            r#""phases":[{"name":"a","weight":1e308}]"#,
            "/phases/0/weight",
        ),
        (
            r#""phases":[{"name":"a","status":"running"}]"#,
            "/phases/0/status",
        ),
        (over.as_str(), "/phases"),
        (title.as_str(), "/title"),
        (metadata.as_str(), "/metadata"),
        (keys.as_str(), "/metadata"),
        (r#""metadata":[]"#, "/metadata"),
    ];
    for (field, pointer) in rows {
        let input = format!(r#"{{"kind":"scan",{field}}}"#);
        refused(creation::creation(&input), &input, 422, pointer);
    }
    assert_eq!(
        verdict(creation::creation(&format!(r#"{{"kind":"scan",{most}}}"#))).0,
        200
    );
    for kind in [
        r#""""#,
        r#""Scan""#,
        r#""a:b:c:d:e""#,
        r#""a:""#,
        r#""a b""#,
        r#""1a""#,
        "null",
        "7",
    ] {
        let input = format!(r#"{{"kind":{kind}}}"#);
        refused(creation::creation(&input), &input, 422, "/kind");
    }
    refused(creation::creation("{}"), "{}", 422, "/kind");
}

#[test]
fn wishes_of_people_are_checked_too() {
    assert_eq!(creation::cancel("{}").unwrap(), None);
    assert_eq!(
        creation::cancel(r#"{"reason":"late"}"#).unwrap().as_deref(),
        Some("late")
    );
    refused(creation::cancel(r#"{"by":"me"}"#), "by", 422, "/by");
    let long = format!(r#"{{"reason":"{}"}}"#, "r".repeat(1001));
    refused(creation::cancel(&long), "long", 422, "/reason");
    let retry = creation::retry(r#"{"id":"again","metadata":{"a":null}}"#).unwrap();
    assert_eq!(retry.id.unwrap().as_str(), "again");
    let metadata = retry.metadata.unwrap();
    assert_eq!(
        metadata.first().map(|(k, v)| (&**k, v.as_str())),
        Some(("a", "null"))
    );
    refused(creation::retry(r#"{"kind":"scan"}"#), "kind", 422, "/kind");
}

#[test]
fn a_refused_item_does_not_stop_the_others() {
    let array = r#"[{"type":"heartbeat"},{"type":"x"},7,{"type":"progress","percent":1e400},{"type":"progress","current":1}]"#;
    let read = body::json(array.as_bytes(), report::report).unwrap();
    let statuses: Vec<u64> = read.items.into_iter().map(|i| verdict(i).0).collect();
    assert_eq!((read.many, statuses), (true, vec![200, 422, 422, 400, 200]));

    let lines = b"{\"type\":\"heartbeat\"}\r\n\n{\"type\":\n{\"type\":\"x\"}\n\xff\n{\"type\":\"heartbeat\"}";
    let read = body::ndjson(lines, report::report).unwrap();
    let statuses: Vec<u64> = read.items.into_iter().map(|i| verdict(i).0).collect();
    assert_eq!((read.many, statuses), (true, vec![200, 400, 422, 400, 200]));
}

#[test]
fn a_list_has_one_to_a_thousand_items() {
    let array = |n: usize| format!("[{}]", vec![r#"{"type":"heartbeat"}"#; n].join(","));
    let count = |n: usize| body::json(array(n).as_bytes(), report::report).map(|r| r.items.len());
    assert_eq!(count(1).unwrap(), 1);
    assert_eq!(count(1000).unwrap(), 1000);
    assert_eq!(verdict(count(0)).0, 400);
    assert_eq!(verdict(count(1001)).0, 413);
    assert_eq!(verdict(body::ndjson(b"\n \n", report::report)).0, 400);
    let lines = "{\"type\":\"heartbeat\"}\n".repeat(1001);
    assert_eq!(
        verdict(body::ndjson(lines.as_bytes(), report::report)).0,
        413
    );
    for broken in [
        "[",
        "[{}",
        "[{},]",
        "[{}] []",
        "[,]",
        r#"[{"a":1,}]"#,
        "[NaN]",
    ] {
        assert_eq!(
            verdict(body::json(broken.as_bytes(), report::report)).0,
            400,
            "{broken}"
        );
    }
}

#[test]
fn an_item_of_a_project_names_its_job() {
    let (job, report) = report::addressed(r#"{"job":"a","type":"heartbeat"}"#).unwrap();
    assert_eq!((job.as_str(), report.said), ("a", Said::Heartbeat));
    refused(
        report::addressed(r#"{"type":"heartbeat"}"#),
        "none",
        422,
        "/job",
    );
    refused(
        report::addressed(r#"{"job":"a/b","type":"heartbeat"}"#),
        "bad",
        422,
        "/job",
    );
}

#[test]
fn no_answer_echoes_the_parser_or_the_value() {
    let inputs = [
        r#"{"type":"secret-value"}"#,
        r#"{"type":"progress","current":"secret-value"}"#,
        r#"{"type":secret-value}"#,
    ];
    for input in inputs {
        let json = Problem::from(report::report(input).unwrap_err())
            .to_json()
            .to_string();
        for word in ["secret", "expected", "invalid type", "u64", "RawValue"] {
            assert!(!json.contains(word), "{word} in {json}");
        }
    }
}

#[test]
fn a_number_at_the_edge_of_the_range_is_a_number_however_it_is_written() {
    let digits = format!("{}", f64::MAX);
    assert_eq!(digits.len(), 309);
    for number in [
        digits.as_str(),
        "1.7976931348623157e308",
        "-1.7976931348623157E+308",
    ] {
        let text = format!(r#"{{"type":"completed","result":{{"n":{number}}}}}"#);
        assert_eq!(verdict(report::report(&text)).0, 200, "{number}");
    }
    let beyond = format!(r#"{{"type":"completed","result":{{"n":{digits}0}}}}"#);
    assert_eq!(verdict(report::report(&beyond)).0, 400);
}
