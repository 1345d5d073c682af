//! A stored frame, read back into the [`Job`] it was written from; [`super::state`] writes it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::write::parse_time;
use crate::progress::{
    Cancel, Children, Failure, Job, JobKey, Kind, Labels, Level, Memory, Name, Notice, Object,
    Phase, PhaseStatus, Progress, Status,
};

/// Why a stored text is not a state of ours.
#[derive(Debug, thiserror::Error)]
#[error("the stored state of a job cannot be read: {0}")]
pub struct Unreadable(String);

/// The job whose frame this text is, with its memory beside it.
pub fn read(frame: &str, memory: Memory) -> Result<Job, Unreadable> {
    let stored: Stored<'_> = serde_json::from_str(frame).map_err(|e| Unreadable(e.to_string()))?;
    stored
        .data
        .job(memory)
        .ok_or_else(|| Unreadable("a name, a status or a time is not one".into()))
}

#[derive(Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    data: StoredState<'a>,
}

/// What is read back; the rest of the state can be derived.
#[derive(Deserialize)]
struct StoredState<'a> {
    project: String,
    id: String,
    kind: String,
    title: Option<Box<str>>,
    subject: Option<String>,
    owner: Option<String>,
    parent: Option<String>,
    retry_of: Option<String>,
    version: u64,
    status: String,
    attempt: u64,
    message: Option<Box<str>>,
    progress: StoredProgress,
    phases: Vec<StoredPhase>,
    rate: Option<StoredRate>,
    eta: Option<StoredEta>,
    #[serde(with = "super::pairs")]
    counters: Vec<(Box<str>, f64)>,
    #[serde(borrow, with = "super::pairs")]
    metadata: Vec<(Box<str>, &'a RawValue)>,
    #[serde(borrow)]
    notices: StoredNotices<'a>,
    children: Option<StoredChildren>,
    cancel: Option<StoredCancel>,
    stalled_at: Option<String>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<StoredFailure<'a>>,
    created_at: String,
    started_at: Option<String>,
    updated_at: String,
    finished_at: Option<String>,
}

#[derive(Deserialize)]
struct StoredProgress {
    current: u64,
    total: Option<u64>,
    unit: Option<Box<str>>,
    percent: Option<f64>,
}

#[derive(Deserialize)]
struct StoredPhase {
    name: Box<str>,
    status: String,
    weight: f64,
    current: u64,
    total: Option<u64>,
    unit: Option<Box<str>>,
    started_at: Option<String>,
    finished_at: Option<String>,
}

#[derive(Deserialize)]
struct StoredRate {
    per_second: f64,
}

#[derive(Deserialize)]
struct StoredEta {
    seconds: u64,
    finish_at: String,
}

#[derive(Deserialize)]
struct StoredNotices<'a> {
    total: u64,
    #[serde(borrow)]
    recent: Vec<StoredNotice<'a>>,
}

#[derive(Deserialize)]
struct StoredNotice<'a> {
    number: u64,
    at: String,
    level: String,
    code: Option<Box<str>>,
    message: Box<str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct StoredChildren {
    total: u64,
    finished: u64,
    failed: u64,
}

#[derive(Deserialize)]
struct StoredCancel {
    requested_at: String,
    reason: Option<Box<str>>,
    by: Option<Box<str>>,
}

#[derive(Deserialize)]
struct StoredFailure<'a> {
    code: Box<str>,
    message: Box<str>,
    retryable: bool,
    retry_after_seconds: Option<u64>,
    phase: Option<Box<str>>,
    #[serde(borrow)]
    details: Option<&'a RawValue>,
}

/// `Some(None)` where nothing stands, `None` where what stands is not valid.
fn maybe<T>(text: Option<String>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match text {
        None => Some(None),
        Some(text) => parse(&text).map(Some),
    }
}

fn name(text: &str) -> Option<Name> {
    Name::parse(text).ok()
}

fn object(raw: &RawValue) -> Object {
    Object::checked(raw.get())
}

impl StoredState<'_> {
    fn job(self, memory: Memory) -> Option<Job> {
        let labels = Labels {
            kind: Kind::parse(&self.kind).ok()?,
            subject: maybe(self.subject, name)?,
            owner: maybe(self.owner, name)?,
            parent: maybe(self.parent, name)?,
        };
        let eta = match self.eta {
            None => None,
            Some(eta) => Some((eta.seconds, parse_time(&eta.finish_at)?)),
        };
        let cancel = match self.cancel {
            None => None,
            Some(c) => Some(Cancel {
                requested_at: parse_time(&c.requested_at)?,
                reason: c.reason,
                by: c.by,
            }),
        };
        Some(Job {
            key: JobKey {
                project: name(&self.project)?,
                id: name(&self.id)?,
            },
            labels,
            title: self.title,
            retry_of: maybe(self.retry_of, name)?,
            version: self.version,
            status: Status::parse(&self.status)?,
            attempt: self.attempt,
            message: self.message,
            progress: Progress {
                current: self.progress.current,
                total: self.progress.total,
                unit: self.progress.unit,
                percent: self.progress.percent,
            },
            phases: self
                .phases
                .into_iter()
                .map(StoredPhase::phase)
                .collect::<Option<_>>()?,
            rate: self.rate.map(|r| r.per_second),
            eta,
            counters: self.counters,
            metadata: self
                .metadata
                .into_iter()
                .map(|(k, v)| (k, object(v)))
                .collect(),
            notices: self.notices.total,
            recent: self
                .notices
                .recent
                .into_iter()
                .map(StoredNotice::notice)
                .collect::<Option<_>>()?,
            children: self.children.map(|c| Children {
                total: c.total,
                finished: c.finished,
                failed: c.failed,
            }),
            cancel,
            stalled_at: maybe(self.stalled_at, parse_time)?,
            result: self.result.map(object),
            error: self.error.map(StoredFailure::failure),
            created_at: parse_time(&self.created_at)?,
            started_at: maybe(self.started_at, parse_time)?,
            updated_at: parse_time(&self.updated_at)?,
            finished_at: maybe(self.finished_at, parse_time)?,
            memory,
        })
    }
}

impl StoredPhase {
    fn phase(self) -> Option<Phase> {
        Some(Phase {
            name: self.name,
            status: PhaseStatus::parse(&self.status)?,
            weight: self.weight,
            current: self.current,
            total: self.total,
            unit: self.unit,
            started_at: maybe(self.started_at, parse_time)?,
            finished_at: maybe(self.finished_at, parse_time)?,
        })
    }
}

impl StoredNotice<'_> {
    fn notice(self) -> Option<Notice> {
        Some(Notice {
            number: self.number,
            at: parse_time(&self.at)?,
            level: Level::ALL.into_iter().find(|l| l.as_str() == self.level)?,
            code: self.code,
            message: self.message,
            data: object(self.data),
        })
    }
}

impl StoredFailure<'_> {
    fn failure(self) -> Failure {
        Failure {
            code: self.code,
            message: self.message,
            retryable: self.retryable,
            retry_after_seconds: self.retry_after_seconds,
            phase: self.phase,
            details: self.details.map(object),
        }
    }
}
