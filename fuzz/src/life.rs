//! What was accepted can be applied, shown, stored and read back: the life of a job as the lines of a body tell it.

use std::collections::VecDeque;

use milepost::progress::fold::fold;
use milepost::progress::{
    Change, Creation, Decided, Happening, Job, JobKey, Name, NewJob, Report, Said, Timestamp,
    machine,
};
use milepost::wire::state::{MAX_FRAME, frame_json};
use milepost::wire::{creation, memory, report, stored};

/// The first line makes the job where it can; the others report on it. `pace` says how fast.
pub fn check(lines: &[&str], pace: u8) {
    let mut lines: VecDeque<&str> = lines.iter().copied().collect();
    let made = lines.front().and_then(|line| creation::creation(line).ok());
    if made.is_some() {
        lines.pop_front();
    }
    let mut reports: VecDeque<Report> = lines
        .iter()
        .filter_map(|line| report::report(line).ok())
        .collect();
    if made.is_none() && reports.is_empty() {
        return;
    }
    let created = Timestamp(1_700_000_000_000);
    let decided = machine::create(&new(made), created);
    shown(&decided);
    let (mut job, mut now) = (decided.job, created);
    if pace & 1 == 0 {
        // Else the reports themselves say when it starts.
        reports.push_front(starts());
    }
    let mut before: Option<Report> = None;
    for report in reports {
        now = Timestamp(now.0 + (i64::from(pace) - 16) * 37);
        if let Some(before) = before.replace(report.clone()) {
            let _ = fold(before, report.clone());
        }
        let held = job.clone();
        let mut draft = machine::Draft::new(&job);
        match draft.apply(&Change::Report(report), now) {
            Err(_) => assert_eq!(*draft.job(), held),
            Ok(_) => {
                if let Some(decided) = draft.finish(now) {
                    assert_eq!(decided.job.version, held.version + 1);
                    shown(&decided);
                    job = decided.job;
                }
            }
        }
    }
}

fn starts() -> Report {
    Report {
        attempt: None,
        seq: None,
        said: Said::Started {
            worker: None,
            total: None,
            unit: None,
            message: None,
        },
    }
}

fn new(made: Option<Creation>) -> NewJob {
    let id = Name::parse("a").unwrap();
    let default = || creation::creation(r#"{"kind":"scan"}"#).unwrap();
    NewJob {
        key: JobKey {
            project: id.clone(),
            id,
        },
        creation: made.unwrap_or_else(default),
    }
}

/// A frame is one line of JSON within its limit, and holds the job.
fn shown(decided: &Decided) {
    let text = frame_json(&decided.job, decided.happening);
    assert!(text.len() <= MAX_FRAME, "{} bytes", text.len());
    assert!(!text.contains(['\n', '\r', '\0']), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(json["data"].is_object());
    let held = memory::read(&memory::write(&decided.job.memory)).unwrap();
    let again = stored::read(&text, held).unwrap();
    if again.recent.len() == decided.job.recent.len() {
        assert_eq!(again, decided.job, "{text}");
    }
    same(&again, decided.happening, &text);
}

/// Reading and writing once more changes nothing, to the byte.
fn same(again: &Job, happening: Happening, text: &str) {
    assert_eq!(frame_json(again, happening), text);
}
