//! The largest job there can be fits into a frame, whatever characters it is written in.

use milepost::progress::{Change, Job, JobKey, Level, Name, NewJob, Timestamp, machine};
use milepost::wire::state::{MAX_FRAME, frame_json};
use milepost::wire::{creation, report};
use serde_json::{Map, Value, json};

const COUNT: u64 = 9_007_199_254_740_991;

/// As many of `c` as a text of `max` characters may have, less what `tail` takes, and then `tail`.
fn filled(c: char, max: usize, tail: &str) -> String {
    let wide = json!(c).to_string().len() - 2;
    let most = (4 * max - tail.len()) / wide;
    c.to_string().repeat(most.min(max - tail.len())) + tail
}

/// An object of `max` bytes as JSON, all of it in its key.
fn object(c: char, max: usize) -> Value {
    let wide = json!(c).to_string().len() - 2;
    let key = c.to_string().repeat((max - 6) / wide);
    json!({ key: 0 })
}

fn numbered(n: usize) -> String {
    format!("{n:02}")
}

fn created(c: char) -> Job {
    let phases: Vec<Value> = (0..32)
        .map(|n| {
            json!({
                "name": filled(c, 64, &numbered(n)), "weight": 0.000_123_456_789_012_345_6,
                "total": COUNT, "unit": filled(c, 32, ""),
            })
        })
        .collect();
    let long = "n".repeat(64);
    let body = json!({
        "kind": "k".repeat(64), "title": filled(c, 200, ""), "subject": long, "owner": long, "parent": long,
        "phases": phases, "metadata": object(c, 4096),
    });
    let creation = creation::creation(&body.to_string()).unwrap();
    let name = || Name::parse(&long).unwrap();
    let key = JobKey {
        project: name(),
        id: name(),
    };
    machine::create(&NewJob { key, creation }, Timestamp(0)).job
}

/// Everything that can be said about a job, up to its end.
fn life(c: char) -> Vec<Change> {
    let message = filled(c, 1000, "");
    let mut counters = Map::new();
    for n in 0..32 {
        counters.insert(
            filled(c, 64, &numbered(n)),
            (-1.797_693_134_862_315_7e308).into(),
        );
    }
    let mut said = vec![
        json!({ "type": "started", "worker": filled(c, 255, ""), "message": message }),
        json!({ "type": "phase", "name": filled(c, 64, "31"), "message": message }),
        json!({ "type": "progress", "current": COUNT, "counters": counters }),
    ];
    let notice = json!({
        "type": "notice", "level": Level::Success.as_str(), "code": filled(c, 64, ""),
        "message": filled(c, 500, ""), "data": object(c, 1024),
    });
    said.extend(std::iter::repeat_n(notice, 10));
    let error = json!({
        "code": "e".repeat(64), "message": message, "retryable": false, "retry_after_seconds": COUNT,
        "phase": filled(c, 64, "31"), "details": object(c, 16_384),
    });
    let failed = json!({ "type": "failed", "error": error });
    let told = |said: Value| Change::Report(report::report(&said.to_string()).unwrap());
    let mut life: Vec<Change> = said.into_iter().map(told).collect();
    life.push(Change::Cancel {
        reason: creation::cancel(&json!({ "reason": message }).to_string()).unwrap(),
        by: Some(filled(c, 256, "").into()),
    });
    life.push(told(failed));
    life
}

#[test]
fn the_largest_job_fits_into_a_frame() {
    // Four bytes; escaped with one more; written out in six.
    for c in ['\u{10ffff}', '"', '\u{8}', '\u{1}', '\u{1f}', 'x'] {
        let mut job = created(c);
        for change in life(c) {
            let mut draft = machine::Draft::new(&job);
            draft.apply(&change, Timestamp(0)).unwrap();
            let decided = draft.finish(Timestamp(0)).unwrap();
            let frame = frame_json(&decided.job, decided.happening);
            assert!(frame.len() <= MAX_FRAME, "{c:?}: {} bytes", frame.len());
            job = decided.job;
        }
        assert!(job.status.is_terminal());
    }
}
