//! The state of a job as JSON (contract, section 3), written from a [`Job`]; [`super::stored`] reads it back.

use super::write::Json;
use crate::progress::{Failure, Happening, Job, Name, Notice, Phase, RECENT_NOTICES};

/// A frame is at most so many bytes.
pub const MAX_FRAME: usize = 64 * 1024;

/// The frame of a job: `{"type","timestamp","data"}`. Where it would be too large, older notices make room; the
/// limits of the other fields (see [`super::write::fits`]) see to it that this suffices.
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
