//! The shape of a refusal, and which status each error of the tracker has.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use milepost::api::answer::{History, Line};
use milepost::http::problem::Problem;
use milepost::progress::Refusal;
use milepost::progress::{JobKey, Kind, Labels, Name, Object, Status, Timestamp};
use milepost::tracker::{self, Error};
use milepost::wire::Frame;

fn frame() -> Arc<Frame> {
    let name = |text| Name::parse(text).unwrap();
    let key = JobKey {
        project: name("acme"),
        id: name("a"),
    };
    let labels = Labels {
        kind: Kind::parse("scan").unwrap(),
        subject: None,
        owner: None,
        parent: None,
    };
    let json = r#"{"type":"scan:failed","timestamp":"","data":{"version":9,"attempt":3}}"#;
    Arc::new(Frame::new(key, 9, Status::Failed, labels, json))
}

fn refused(refusal: Refusal) -> Error {
    Error::Refused {
        refusal,
        frame: frame(),
    }
}

#[test]
fn every_error_of_the_tracker_has_its_status_and_code() {
    let rows = [
        (Error::NotFound, 404, "not_found"),
        (refused(Refusal::NotStarted), 409, "not_started"),
        (
            refused(Refusal::AlreadyRunning { attempt: 3 }),
            409,
            "already_running",
        ),
        (refused(Refusal::Cancelling), 409, "cancelling"),
        (
            refused(Refusal::Fenced {
                attempt: 3,
                said: 2,
            }),
            409,
            "fenced",
        ),
        (
            refused(Refusal::Finished {
                status: Status::Failed,
            }),
            409,
            "finished",
        ),
        (refused(Refusal::TooManyNotices), 429, "too_many_notices"),
        (
            refused(Refusal::TooLarge {
                what: "too much",
                pointer: "/metadata",
            }),
            422,
            "invalid",
        ),
        (Error::Exists, 409, "exists"),
        (Error::NotFinished, 409, "not_finished"),
        (Error::NotRetryable, 409, "not_retryable"),
        (Error::NoParent, 422, "no_parent"),
        (Error::Overloaded, 503, "overloaded"),
        (Error::Unavailable, 503, "unavailable"),
    ];
    for (error, status, code) in rows {
        let problem = Problem::from(error);
        assert_eq!((problem.status(), problem.code()), (status, code));
        let body = problem.to_json();
        assert_eq!(
            (body["status"].as_u64(), body["code"].as_str()),
            (Some(status.into()), Some(code))
        );
        assert_eq!(body["type"], "about:blank");
        assert!(
            body["title"].is_string() && body["detail"].is_string(),
            "{body}"
        );
        let response = problem.into_response();
        assert_eq!(response.status(), status);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let waits = response.headers().contains_key(header::RETRY_AFTER);
        assert_eq!(waits, matches!(status, 429 | 503), "{code}");
    }
}

#[test]
fn a_conflict_tells_where_the_job_stands() {
    for refusal in [
        Refusal::NotStarted,
        Refusal::Fenced {
            attempt: 3,
            said: 2,
        },
        Refusal::Finished {
            status: Status::Failed,
        },
    ] {
        let body = Problem::from(refused(refusal)).to_json();
        assert_eq!(
            body["job"],
            serde_json::json!({ "status": "failed", "version": 9, "attempt": 3 })
        );
    }
}

#[test]
fn the_waits_of_many_are_not_all_the_same() {
    let wait = || {
        Problem::new(503, "unavailable", "later")
            .retry_after(1)
            .to_json()["retry_after_seconds"]
            .as_u64()
            .unwrap()
    };
    let waits: Vec<u64> = (0..200).map(|_| wait()).collect();
    assert!(waits.iter().all(|w| (1..=4).contains(w)));
    assert!(
        waits.iter().any(|w| *w != waits[0]),
        "one of four values, 200 times"
    );
}

#[test]
fn pointers_and_headers_are_carried() {
    let problem = Problem::new(422, "invalid", "no")
        .pointer("/a", "is wrong")
        .header(header::ALLOW, HeaderValue::from_static("GET"));
    assert_eq!(
        problem.to_json()["errors"],
        serde_json::json!([{ "pointer": "/a", "detail": "is wrong" }])
    );
    assert_eq!(problem.into_response().headers()[header::ALLOW], "GET");
}

#[test]
fn the_members_come_in_the_order_of_the_standard() {
    let text = serde_json::to_string(&Problem::malformed("no").pointer("/a", "is wrong")).unwrap();
    assert_eq!(
        text,
        r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"no","code":"malformed","errors":[{"pointer":"/a","detail":"is wrong"}]}"#
    );
}

#[test]
fn a_line_of_the_history_passes_its_data_through_unread() {
    let line = tracker::Line {
        number: 1,
        version: 2,
        at: Timestamp(1_700_000_000_005),
        what: "notice".into(),
        data: Object::checked(r#"{"z":12345678901234567890123,"a":1.50}"#),
    };
    let items = vec![Line::new(&Kind::parse("feed:sync").unwrap(), &line)];
    assert_eq!(
        serde_json::to_string(&History {
            items,
            next: Some(1)
        })
        .unwrap(),
        r#"{"items":[{"number":1,"version":2,"at":"2023-11-14T22:13:20.005Z","type":"feed:sync:notice","data":{"z":12345678901234567890123,"a":1.50}}],"next":1}"#
    );
}
