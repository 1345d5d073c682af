//! The state of a job as JSON (contract, section 3), written from a [`Job`] and read back into one.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::write::{Json, parse_time};
use crate::progress::{
    Cancel, Children, Failure, Happening, Job, JobKey, Kind, Labels, Level, Memory, Name, Notice,
    Object, Phase, PhaseStatus, Progress, RECENT_NOTICES, Status,
};

/// A frame is at most so many bytes.
pub const MAX_FRAME: usize = 64 * 1024;

/// The frame of a job: `{"type","timestamp","data"}`. Where it would be too large, older notices make room; the
/// limits of the other fields see to it that this suffices.
#[must_use]
pub fn frame_json(job: &Job, happening: Happening) -> String {
    let mut recent = job.recent.len().min(RECENT_NOTICES);
    loop {
        let text = with_notices(job, happening, recent);
        if text.len() <= MAX_FRAME || recent == 0 {
            return text;
        }
        recent -= 1;
    }
}

fn with_notices(job: &Job, happening: Happening, recent: usize) -> String {
    let mut json = Json::new();
    json.object(|f| {
        f.key("type")
            .string(&format!("{}:{}", job.labels.kind, happening.as_str()));
        f.key("timestamp").time(job.updated_at);
        f.key("data").object(|s| state(s, job, recent));
    });
    json.finish()
}

fn state(s: &mut Json, job: &Job, recent: usize) {
    let name = |n: &Option<Name>| n.as_ref().map(|n| n.as_str().to_owned());
    s.key("project").string(job.key.project.as_str());
    s.key("id").string(job.key.id.as_str());
    s.key("kind").string(job.labels.kind.as_str());
    s.key("title").maybe_string(job.title.as_deref());
    s.key("subject")
        .maybe_string(name(&job.labels.subject).as_deref());
    s.key("owner")
        .maybe_string(name(&job.labels.owner).as_deref());
    s.key("parent")
        .maybe_string(name(&job.labels.parent).as_deref());
    s.key("retry_of")
        .maybe_string(name(&job.retry_of).as_deref());
    s.key("version").count(job.version);
    s.key("status").string(job.status.as_str());
    s.key("attempt").count(job.attempt);
    s.key("message").maybe_string(job.message.as_deref());
    s.key("progress").object(|p| {
        p.key("current").count(job.progress.current);
        p.key("total").maybe_count(job.progress.total);
        p.key("unit").maybe_string(job.progress.unit.as_deref());
        maybe_number(p.key("percent"), job.progress.percent);
    });
    s.key("phase").maybe_string(job.phase());
    s.key("phases")
        .array(|a| job.phases.iter().for_each(|p| phase(a, p)));
    match job.rate {
        Some(rate) => s.key("rate").object(|r| {
            r.key("per_second").number(rate);
        }),
        None => s.key("rate").null(),
    };
    match job.eta {
        Some((seconds, at)) => s.key("eta").object(|e| {
            e.key("seconds").count(seconds);
            e.key("finish_at").time(at);
        }),
        None => s.key("eta").null(),
    };
    s.key("counters").object(|c| {
        for (name, value) in &job.counters {
            c.key(name).number(*value);
        }
    });
    s.key("metadata").object(|m| {
        for (key, value) in &job.metadata {
            m.key(key).raw(value.as_str());
        }
    });
    s.key("notices").object(|n| {
        n.key("total").count(job.notices);
        n.key("recent").array(|a| {
            job.recent[job.recent.len() - recent..]
                .iter()
                .for_each(|n| {
                    a.raw(&notice_json(n));
                });
        });
    });
    ending(s, job);
}

fn ending(s: &mut Json, job: &Job) {
    match job.children {
        Some(c) => s.key("children").object(|o| {
            o.key("total").count(c.total);
            o.key("finished").count(c.finished);
            o.key("failed").count(c.failed);
        }),
        None => s.key("children").null(),
    };
    match &job.cancel {
        Some(c) => s.key("cancel").object(|o| {
            o.key("requested_at").time(c.requested_at);
            o.key("reason").maybe_string(c.reason.as_deref());
            o.key("by").maybe_string(c.by.as_deref());
        }),
        None => s.key("cancel").null(),
    };
    s.key("stalled_at").maybe_time(job.stalled_at);
    s.key("result").maybe_object(job.result.as_ref());
    match &job.error {
        Some(e) => s.key("error").raw(&failure_json(e)),
        None => s.key("error").null(),
    };
    s.key("created_at").time(job.created_at);
    s.key("started_at").maybe_time(job.started_at);
    s.key("updated_at").time(job.updated_at);
    s.key("finished_at").maybe_time(job.finished_at);
}

fn phase(a: &mut Json, phase: &Phase) {
    a.object(|p| {
        p.key("name").string(&phase.name);
        p.key("status").string(phase.status.as_str());
        p.key("weight").number(phase.weight);
        p.key("current").count(phase.current);
        p.key("total").maybe_count(phase.total);
        p.key("unit").maybe_string(phase.unit.as_deref());
        p.key("started_at").maybe_time(phase.started_at);
        p.key("finished_at").maybe_time(phase.finished_at);
    });
}

fn maybe_number(json: &mut Json, value: Option<f64>) {
    match value {
        Some(value) => json.number(value),
        None => json.null(),
    };
}

/// A notice as it stands in `recent` and in the history.
#[must_use]
pub fn notice_json(notice: &Notice) -> String {
    let mut json = Json::new();
    json.object(|n| {
        n.key("number").count(notice.number);
        n.key("at").time(notice.at);
        n.key("level").string(notice.level.as_str());
        n.key("code").maybe_string(notice.code.as_deref());
        n.key("message").string(&notice.message);
        n.key("data").raw(notice.data.as_str());
    });
    json.finish()
}

/// An error as it stands in a state and in the history.
#[must_use]
pub fn failure_json(failure: &Failure) -> String {
    let mut json = Json::new();
    json.object(|e| {
        e.key("code").string(&failure.code);
        e.key("message").string(&failure.message);
        e.key("retryable").bool(failure.retryable);
        e.key("retry_after_seconds")
            .maybe_count(failure.retry_after_seconds);
        e.key("phase").maybe_string(failure.phase.as_deref());
        e.key("details").maybe_object(failure.details.as_ref());
    });
    json.finish()
}

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
