//! The words of a worker: one JSON object into one [`Report`], checked against every limit of the contract.

use super::check::Fields;
use super::invalid::Invalid;
use crate::progress::{
    Failure, Level, MAX_COUNTERS, MAX_METADATA, Name, Object, Report, Said, Tick,
};

/// Characters of a message.
pub const MAX_MESSAGE: usize = 1000;
/// Characters of the name of a phase.
pub const MAX_PHASE_NAME: usize = 64;
/// Characters of a unit.
pub const MAX_UNIT: usize = 32;
/// Characters of the name of a worker.
pub const MAX_WORKER: usize = 255;
/// Characters of a notice's message.
pub const MAX_NOTICE: usize = 500;
/// Characters of a notice's code.
pub const MAX_CODE: usize = 64;
/// Bytes of a notice's data.
pub const MAX_NOTICE_DATA: usize = 1024;
/// Bytes of a result, and of the details of an error.
pub const MAX_RESULT: usize = 16 * 1024;

/// The report in `text`.
///
/// # Errors
/// What is not JSON, not known, or out of its limits.
pub fn report(text: &str) -> Result<Report, Invalid> {
    let mut fields = Fields::of(text)?;
    let report = read(&mut fields);
    fields.done(report)
}

/// The report in `text` and the job its field `job` names.
///
/// # Errors
/// As [`report`], and where `job` is missing or no name.
pub fn addressed(text: &str) -> Result<(Name, Report), Invalid> {
    let mut fields = Fields::of(text)?;
    let job = fields.name("job");
    let job = fields.required("job", job);
    let report = read(&mut fields);
    fields.done(job.zip(report))
}

fn read(fields: &mut Fields<'_>) -> Option<Report> {
    const TYPES: &str = "must be one of started, phase, progress, notice, heartbeat, retrying, completed, failed, cancelled";
    let reader = fields.parsed("type", TYPES, reader);
    let Some((reader, has_seq)) = fields.required("type", reader) else {
        fields.pass_over(); // which fields are known depends on the type
        return None;
    };
    let attempt = fields.count("attempt");
    let seq = if has_seq { fields.count("seq") } else { None };
    let mut said = reader(fields)?;
    if let Said::Progress(tick) = &mut said {
        tick.total_seq = tick.total.and(seq);
    }
    Some(Report { attempt, seq, said })
}

type Reader = fn(&mut Fields<'_>) -> Option<Said>;

/// How a report of this type is read, and whether it may carry `seq`.
fn reader(word: &str) -> Option<(Reader, bool)> {
    Some(match word {
        "started" => (started, true),
        "phase" => (phase, true),
        "progress" => (progress, true),
        "notice" => (notice, true),
        "heartbeat" => (|_| Some(Said::Heartbeat), false),
        "retrying" => (retrying, true),
        "completed" => (completed, true),
        "failed" => (failed, true),
        "cancelled" => (cancelled, true),
        _ => return None,
    })
}

fn started(fields: &mut Fields<'_>) -> Option<Said> {
    Some(Said::Started {
        worker: fields.word("worker", MAX_WORKER),
        total: fields.count("total"),
        unit: fields.text("unit", MAX_UNIT),
        message: fields.text("message", MAX_MESSAGE),
    })
}

fn phase(fields: &mut Fields<'_>) -> Option<Said> {
    let name = fields.word("name", MAX_PHASE_NAME);
    let name = fields.required("name", name);
    let total = fields.count("total");
    let unit = fields.text("unit", MAX_UNIT);
    let message = fields.text("message", MAX_MESSAGE);
    Some(Said::Phase {
        name: name?,
        total,
        unit,
        message,
    })
}

fn progress(fields: &mut Fields<'_>) -> Option<Said> {
    if fields.is_null("percent") {
        // Elsewhere null is "not given"; here it would be read as "back to unknown", which a percentage never is.
        fields.fault("percent", "must be a number from 0 to 100");
    }
    Some(Said::Progress(Tick {
        current: fields.count("current"),
        total: fields.count("total"),
        unit: fields.text("unit", MAX_UNIT),
        percent: fields.number("percent", 0.0..=100.0),
        message: fields.text("message", MAX_MESSAGE),
        counters: fields.numbers("counters", MAX_COUNTERS).unwrap_or_default(),
        metadata: fields.entries("metadata", MAX_METADATA).unwrap_or_default(),
        reports: 1,
        total_seq: None,
    }))
}

fn notice(fields: &mut Fields<'_>) -> Option<Said> {
    const LEVELS: &str = "must be one of info, success, warning, error";
    let level = fields.parsed("level", LEVELS, |word| {
        Level::ALL.into_iter().find(|l| l.as_str() == word)
    });
    let code = fields.word("code", MAX_CODE);
    let message = fields.text("message", MAX_NOTICE);
    let message = fields.required("message", message);
    let data = fields.object("data", MAX_NOTICE_DATA);
    Some(Said::Notice {
        level: level.unwrap_or(Level::Info),
        code,
        message: message?,
        data: data.unwrap_or_else(Object::empty),
    })
}

fn retrying(fields: &mut Fields<'_>) -> Option<Said> {
    let error = error(fields);
    let message = fields.text("message", MAX_MESSAGE);
    Some(Said::Retrying {
        error: error?,
        message,
    })
}

fn completed(fields: &mut Fields<'_>) -> Option<Said> {
    Some(Said::Completed {
        result: fields.object("result", MAX_RESULT),
        message: fields.text("message", MAX_MESSAGE),
    })
}

fn failed(fields: &mut Fields<'_>) -> Option<Said> {
    Some(Said::Failed {
        error: error(fields)?,
    })
}

fn cancelled(fields: &mut Fields<'_>) -> Option<Said> {
    Some(Said::Cancelled {
        message: fields.text("message", MAX_MESSAGE),
    })
}

fn error(fields: &mut Fields<'_>) -> Option<Failure> {
    let error = fields.nested("error", |error| {
        let code = error.parsed("code", "must match [a-z][a-z0-9_]{0,63}", error_code);
        let code = error.required("code", code);
        let message = error.text("message", MAX_MESSAGE);
        let message = error.required("message", message);
        let retryable = error.flag("retryable").unwrap_or(false);
        let retry_after_seconds = error.count("retry_after_seconds");
        let phase = error.word("phase", MAX_PHASE_NAME);
        let details = error.object("details", MAX_RESULT);
        Some(Failure {
            code: code?,
            message: message?,
            retryable,
            retry_after_seconds,
            phase,
            details,
        })
    });
    fields.required("error", error)
}

fn error_code(text: &str) -> Option<Box<str>> {
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let rest = text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    (first && rest && text.len() <= MAX_CODE).then(|| text.into())
}
