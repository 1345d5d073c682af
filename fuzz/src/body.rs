//! The bodies of requests: whatever is taken is JSON to everybody, means the same when it is written anew, and can
//! be applied; whatever is refused is refused for a reason that holds.

use std::fmt::Debug;

use milepost::http::Problem;
use milepost::progress::{Creation, Failure, Name, Object, Report, Said, Tick};
use milepost::wire::creation::{self, Retry};
use milepost::wire::invalid::{Fault, Invalid};
use milepost::wire::write::Json;
use milepost::wire::{body, memory, report};
use serde_json::Value;

use super::life;

/// Takes the bytes as every body there is.
pub fn check(data: &[u8]) {
    one(data, report::report, |r| written(None, r));
    // What is not JSON to one reader is not JSON to the others; lives are such texts.
    if !matches!(
        body::one(data, creation::cancel),
        Err(Invalid::Malformed(_))
    ) {
        asked(data);
    }
    many(data);
    let lines: Vec<&str> = data
        .split(|b| *b == b'\n')
        .filter_map(|line| str::from_utf8(line).ok())
        .collect();
    life::check(&lines, u8::try_from(data.len() % 256).unwrap_or(0));
}

fn asked(data: &[u8]) {
    one(data, report::addressed, |(job, r)| written(Some(job), r));
    one(data, creation::creation, created);
    one(data, creation::cancel, |reason| {
        let mut json = Json::new();
        json.object(|o| {
            o.key("reason").maybe_string(reason.as_deref());
        });
        json.finish()
    });
    one(data, creation::retry, |retry: &Retry| {
        let mut json = Json::new();
        json.object(|o| {
            o.key("id")
                .maybe_string(retry.id.as_ref().map(Name::as_str));
            if let Some(metadata) = &retry.metadata {
                o.key("metadata").object(|m| entries(m, metadata));
            }
        });
        json.finish()
    });
    if let Ok(creation) = body::one(data, creation::creation) {
        let text = memory::creation(&creation);
        assert_eq!(memory::read_creation(&text).unwrap(), creation);
        assert!(memory::same_creation(&text, &creation));
    }
}

/// One document, and the same as the only item of a list.
fn one<T: PartialEq + Debug>(
    data: &[u8],
    read: fn(&str) -> Result<T, Invalid>,
    write: impl Fn(&T) -> String,
) {
    let taken = body::one(data, read);
    let text = str::from_utf8(data);
    match &taken {
        Ok(value) => {
            let json: Value = serde_json::from_slice(data).unwrap();
            assert!(json.is_object());
            let again = write(value);
            assert_eq!(read(&again).as_ref(), Ok(value), "{again}");
        }
        Err(invalid) => refused(text.ok(), invalid),
    }
    if !matches!(taken, Err(Invalid::Malformed(_))) {
        among_others(data, read, taken);
    }
}

/// A document in a list, or on a line, is what it is alone.
fn among_others<T: PartialEq + Debug>(
    data: &[u8],
    read: fn(&str) -> Result<T, Invalid>,
    taken: Result<T, Invalid>,
) {
    let list = body::json(&[b"[", data, b"]"].concat(), read).unwrap();
    assert!(list.many);
    assert_eq!(list.items.as_slice(), [taken]);
    // Behind another one, and with its white space as no line break.
    let mut line = b"\r\n{}\n \n".to_vec();
    line.extend(data.iter().map(|b| if *b == b'\n' { b' ' } else { *b }));
    let lines = body::ndjson(&line, read).unwrap();
    assert_eq!((lines.many, lines.items.len()), (true, 2));
    assert_eq!(lines.items.last(), list.items.last());
}

/// The reason holds: what is malformed is JSON to nobody, and faults are where they are said to be.
fn refused(text: Option<&str>, invalid: &Invalid) {
    let json = text.and_then(|t| serde_json::from_str::<Value>(t).ok());
    let status = Problem::from(invalid.clone()).status();
    match invalid {
        Invalid::Malformed(_) => assert!(json.is_none() && status == 400),
        Invalid::TooMany => panic!("one is not too many"),
        Invalid::Unprocessable(faults) => {
            assert!((1..=20).contains(&faults.len()) && status == 422);
            match &json {
                Some(json) => faults.iter().for_each(|fault| stands(json, fault)),
                // Then only the depth, which is told before everything else, keeps others from reading it.
                None => {
                    let text = text.unwrap();
                    let open = text.bytes().filter(|b| matches!(b, b'[' | b'{')).count();
                    assert!(open > 32, "{text}");
                }
            }
        }
    }
}

fn stands(json: &Value, Fault { pointer, detail }: &Fault) {
    const OF_THE_WALK: [&str; 4] = [
        "contains U+0000",
        "is given twice",
        "has U+0000 in its name",
        "is nested deeper than 32 levels",
    ];
    // Of a key that is given twice, others know only the last value.
    let known = json.pointer(pointer).is_some() || OF_THE_WALK.contains(&detail.as_ref());
    assert!(known || detail == "is required", "{pointer} {detail}");
}

/// A list of whatever there is.
fn many(data: &[u8]) {
    if let Ok(list) = body::json(data, report::addressed) {
        let json: Option<Value> = serde_json::from_slice(data).ok();
        match json.as_ref().and_then(Value::as_array) {
            Some(items) => assert_eq!(items.len(), list.items.len()),
            None => assert!(list.items.iter().any(Result::is_err) || !list.many),
        }
    }
    if let Ok(list) = body::ndjson(data, report::report) {
        assert!((1..=body::MAX_ITEMS).contains(&list.items.len()));
    }
}

fn entries(json: &mut Json, entries: &[(Box<str>, Object)]) {
    for (key, value) in entries {
        json.key(key).raw(value.as_str());
    }
}

fn created(c: &Creation) -> String {
    let name = |name: &Option<Name>| name.as_ref().map(|n| n.as_str().to_owned());
    let mut json = Json::new();
    json.object(|o| {
        o.key("kind").string(c.labels.kind.as_str());
        o.key("subject")
            .maybe_string(name(&c.labels.subject).as_deref());
        o.key("owner")
            .maybe_string(name(&c.labels.owner).as_deref());
        o.key("parent")
            .maybe_string(name(&c.labels.parent).as_deref());
        o.key("title").maybe_string(c.title.as_deref());
        o.key("total").maybe_count(c.total);
        o.key("unit").maybe_string(c.unit.as_deref());
        o.key("phases").array(|a| {
            for phase in &c.phases {
                a.object(|p| {
                    p.key("name").string(&phase.name);
                    p.key("weight").number(phase.weight);
                    p.key("total").maybe_count(phase.total);
                    p.key("unit").maybe_string(phase.unit.as_deref());
                });
            }
        });
        o.key("metadata").object(|m| entries(m, &c.metadata));
        o.key("lease_seconds").count(c.lease.lease_seconds.into());
        o.key("lost_after_seconds")
            .count(c.lease.lost_after_seconds.into());
        o.key("start_within_seconds")
            .count(c.lease.start_within_seconds.into());
    });
    json.finish()
}

fn written(job: Option<&Name>, report: &Report) -> String {
    let mut json = Json::new();
    json.object(|o| {
        if let Some(job) = job {
            o.key("job").string(job.as_str());
        }
        o.key("type").string(report.said.as_str());
        o.key("attempt").maybe_count(report.attempt);
        if !matches!(report.said, Said::Heartbeat) {
            o.key("seq").maybe_count(report.seq);
        }
        said(o, &report.said);
    });
    json.finish()
}

fn said(o: &mut Json, said: &Said) {
    match said {
        Said::Started {
            worker,
            total,
            unit,
            message,
        } => {
            o.key("worker").maybe_string(worker.as_deref());
            o.key("total").maybe_count(*total);
            o.key("unit").maybe_string(unit.as_deref());
            o.key("message").maybe_string(message.as_deref());
        }
        Said::Phase {
            name,
            total,
            unit,
            message,
        } => {
            o.key("name").string(name);
            o.key("total").maybe_count(*total);
            o.key("unit").maybe_string(unit.as_deref());
            o.key("message").maybe_string(message.as_deref());
        }
        Said::Progress(tick) => ticked(o, tick),
        Said::Notice {
            level,
            code,
            message,
            data,
        } => {
            o.key("level").string(level.as_str());
            o.key("code").maybe_string(code.as_deref());
            o.key("message").string(message);
            o.key("data").raw(data.as_str());
        }
        Said::Heartbeat => {}
        Said::Retrying { error, message } => {
            o.key("error").object(|e| failure(e, error));
            o.key("message").maybe_string(message.as_deref());
        }
        Said::Completed { result, message } => {
            o.key("result").maybe_object(result.as_ref());
            o.key("message").maybe_string(message.as_deref());
        }
        Said::Failed { error } => {
            o.key("error").object(|e| failure(e, error));
        }
        Said::Cancelled { message } => {
            o.key("message").maybe_string(message.as_deref());
        }
    }
}

fn ticked(o: &mut Json, tick: &Tick) {
    o.key("current").maybe_count(tick.current);
    o.key("total").maybe_count(tick.total);
    o.key("unit").maybe_string(tick.unit.as_deref());
    if let Some(percent) = tick.percent {
        o.key("percent").number(percent);
    }
    o.key("message").maybe_string(tick.message.as_deref());
    o.key("counters").object(|c| {
        for (name, value) in &tick.counters {
            c.key(name).number(*value);
        }
    });
    o.key("metadata").object(|m| entries(m, &tick.metadata));
}

fn failure(e: &mut Json, failure: &Failure) {
    e.key("code").string(&failure.code);
    e.key("message").string(&failure.message);
    e.key("retryable").bool(failure.retryable);
    e.key("retry_after_seconds")
        .maybe_count(failure.retry_after_seconds);
    e.key("phase").maybe_string(failure.phase.as_deref());
    e.key("details").maybe_object(failure.details.as_ref());
}
