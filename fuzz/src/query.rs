//! What a URL says: names in its path, the query of every endpoint, cursors and page tokens.

use std::fmt::Write;
use std::net::Ipv4Addr;

use axum::extract::{RawPathParams, Request};
use axum::routing::get;
use axum::{Router, body::Body, body::to_bytes, http::StatusCode, http::Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt;
use milepost::api::gate;
use milepost::http::path::{JobPath, Watch};
use milepost::http::query::Query;
use milepost::progress::{Kind, Name};
use milepost::transport::query::Query as Selection;
use milepost::wire::cursor::Halfway;
use milepost::wire::write::{parse_time, time_text};
use milepost::wire::{Cursor, Snapshot, page};
use tower::ServiceExt;

/// Takes the bytes as each of these.
pub fn check(data: &[u8]) {
    cursor(&URL_SAFE_NO_PAD.encode(data));
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    cursor(text);
    snapshot(text);
    names(text);
    if let Some(time) = parse_time(text) {
        assert_eq!(parse_time(&time_text(time)), Some(time), "{text}");
    }
    if let Some((created, id)) = page::decode(text) {
        let again = page::encode(created, &id);
        assert_eq!(page::decode(&again), Some((created, id)), "{text}");
    }
    pairs(text);
    selection(text);
    path(text);
}

/// What is read of a cursor is read again when it is written; what it was written from does not matter.
fn cursor(text: &str) {
    let Some(cursor) = Cursor::decode(text) else {
        return;
    };
    let again = cursor.encode();
    assert_eq!(Cursor::decode(&again).as_ref(), Some(&cursor), "{text}");
    snapshot(cursor.seen.as_str());
    if let Some(Halfway { since, after }) = &cursor.halfway {
        since.iter().for_each(|s| snapshot(s.as_str()));
        assert!(is_name(after.as_str()));
    }
}

/// A snapshot sees all before it and nothing after it.
fn snapshot(text: &str) {
    let Some(snapshot) = Snapshot::parse(text) else {
        return;
    };
    let (start, end) = (snapshot.start(), snapshot.end());
    assert_eq!(snapshot.as_str(), text);
    assert!(1 <= start && start <= end && i64::try_from(end).is_ok());
    assert!(snapshot.sees(start - 1) && !snapshot.sees(end) && !snapshot.sees(u64::MAX));
    let listed = text.rsplit(':').next().unwrap_or("").split(',');
    for running in listed.filter_map(|x| x.parse().ok()) {
        assert!((start..end).contains(&running) && !snapshot.sees(running));
    }
}

/// The alphabets of the contract, written another way.
fn names(text: &str) {
    assert_eq!(Name::parse(text).is_ok(), is_name(text), "{text}");
    let mut parts = text.split(':');
    let small = |c: char| c.is_ascii_lowercase();
    let part = |p: &str| {
        let rest = p.strip_prefix(small);
        rest.is_some_and(|r| r.chars().all(|c| small(c) || "0123456789_-".contains(c)))
    };
    let is_kind = text.chars().count() <= 64 && parts.clone().count() < 5 && parts.all(part);
    assert_eq!(Kind::parse(text).is_ok(), is_kind, "{text}");
}

fn is_name(text: &str) -> bool {
    let letter = |c: char| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9');
    let rest = text.strip_prefix(letter);
    let fits =
        |r: &str| r.chars().count() < 64 && r.chars().all(|c| letter(c) || "._-".contains(c));
    rest.is_some_and(fits)
}

/// Pairs that were read are read again when everything in them is escaped.
fn pairs(text: &str) {
    let Ok(query) = Query::parse(Some(text)) else {
        return;
    };
    let pairs = query.pairs();
    let mut again = String::new();
    for (name, value) in &pairs {
        assert!(!name.contains('\0') && !value.contains('\0'));
        let _ = write!(again, "{}={}&", escaped(name), escaped(value));
    }
    assert_eq!(Query::parse(Some(&again)).unwrap().pairs(), pairs, "{text}");
}

fn escaped(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02x}")).collect()
}

/// What the streams select is what the list selects; the parameters of every endpoint are read without harm.
fn selection(text: &str) {
    const STREAMS: [&str; 7] = [
        "cursor", "follow", "summary", "ticket", "wait", "limit", "q",
    ];
    let streamed = Selection::read(text, &STREAMS);
    let listed = Query::parse(Some(text)).and_then(|mut query| {
        let selector = query.selector()?;
        for name in STREAMS {
            query.take(name)?;
        }
        query.done()?;
        Ok(selector)
    });
    match (&streamed, &listed) {
        (Ok(streamed), Ok(listed)) => assert_eq!(streamed.selector, *listed, "{text}"),
        (Err(one), Err(other)) => assert_eq!((one.status(), other.status()), (400, 400)),
        _ => panic!("{text}: {streamed:?} but {listed:?}"),
    }
    let Ok(streamed) = streamed else {
        return;
    };
    let again = || Query::parse(Some(text)).unwrap();
    let waits = again().number("wait", 0, u64::MAX);
    assert_eq!(streamed.number("wait").ok(), waits.ok(), "{text}");
    assert_eq!(streamed.flag("follow").ok(), again().flag("follow").ok());
    let limit = again().number("limit", 1, 1000);
    assert!(limit.is_err() || limit.is_ok_and(|l| l.is_none_or(|l| (1..=1000).contains(&l))));
    if let Ok(Some(wait)) = again().wait(25) {
        assert!(
            wait.seconds <= 25 && wait.clamped == (streamed.number("wait").unwrap() > Some(25))
        );
    }
    for name in ["cursor", "q"] {
        let _ = again().moment(name);
        streamed.get(name).into_iter().for_each(cursor);
    }
}

/// Only names come through a path, those that stand in it; and the gate lets in to the project that is asked.
fn path(text: &str) {
    let Ok(uri) = format!("/v1/projects/{text}").parse::<Uri>() else {
        return;
    };
    let project = match gate::project(uri.path()) {
        Ok(project) => project,
        Err(problem) => return assert!(matches!(problem.status(), 400 | 404)),
    };
    let router: Router = Router::new().route("/v1/projects/{project}/jobs/{id}", get(shown));
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    request
        .extensions_mut()
        .insert(gate::anybody(project, Ipv4Addr::LOCALHOST.into()));
    let answer = router.oneshot(request).now_or_never();
    let answer = answer.expect("nothing to wait for").unwrap();
    if answer.status() != StatusCode::OK {
        assert!(matches!(answer.status().as_u16(), 400 | 404));
        return;
    }
    let key = to_bytes(answer.into_body(), 1000).now_or_never();
    let key = String::from_utf8(key.expect("nothing to wait for").unwrap().to_vec()).unwrap();
    let (project, id) = key.split_once('/').unwrap();
    assert!(is_name(project) && is_name(id), "{key}");
    if !text.contains(['%', '?', '#']) {
        assert_eq!(text, format!("{project}/jobs/{id}"));
    }
}

async fn shown(job: JobPath<Watch>, routed: RawPathParams) -> String {
    let project = routed.iter().find(|(name, _)| *name == "project");
    assert_eq!(project, Some(("project", job.key.project.as_str())));
    job.key.to_string()
}
