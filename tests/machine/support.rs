//! Short ways to say what a worker says, and to write what the machine decides.

use milepost::progress::{
    Change, Creation, Failure, Job, JobKey, Kind, Labels, Lease, Level, Name, Object, PhasePlan,
    Report, Said, Tick, Timestamp, machine,
};
use milepost::progress::{Decided, Effect, NewJob, Refusal};

/// `seconds` after the job was created.
pub fn at(seconds: f64) -> Timestamp {
    Timestamp(1_700_000_000_000 + (seconds * 1000.0).round() as i64)
}

pub fn creation() -> Creation {
    Creation {
        labels: Labels {
            kind: Kind::parse("feed:sync").unwrap(),
            subject: None,
            owner: None,
            parent: Some(Name::parse("whole").unwrap()),
        },
        title: None,
        retry_of: None,
        total: None,
        unit: None,
        phases: Vec::new(),
        metadata: Vec::new(),
        lease: Lease::default(),
    }
}

pub fn create(creation: Creation) -> Decided {
    let key = JobKey {
        project: Name::parse("acme").unwrap(),
        id: Name::parse("a").unwrap(),
    };
    machine::create(&NewJob { key, creation }, at(0.0))
}

pub fn queued() -> Job {
    create(creation()).job
}

pub fn queued_of(total: u64) -> Job {
    let total = Some(total);
    create(Creation {
        total,
        ..creation()
    })
    .job
}

/// A queued job with a plan of (name, weight, total).
pub fn planned(plan: &[(&str, f64, Option<u64>)]) -> Job {
    let phases = plan
        .iter()
        .map(|(name, weight, total)| PhasePlan {
            name: (*name).into(),
            weight: *weight,
            total: *total,
            unit: None,
        })
        .collect();
    create(Creation {
        phases,
        ..creation()
    })
    .job
}

pub fn started_by(worker: &str) -> Said {
    Said::Started {
        worker: Some(worker.into()),
        total: None,
        unit: None,
        message: None,
    }
}

pub fn phase(name: &str) -> Said {
    Said::Phase {
        name: name.into(),
        total: None,
        unit: None,
        message: None,
    }
}

pub fn current(current: u64) -> Said {
    Said::Progress(Tick {
        current: Some(current),
        reports: 1,
        ..Tick::default()
    })
}

pub fn count(current: u64, total: u64) -> Said {
    Said::Progress(Tick {
        current: Some(current),
        total: Some(total),
        reports: 1,
        ..Tick::default()
    })
}

pub fn percent(percent: f64) -> Said {
    Said::Progress(Tick {
        percent: Some(percent),
        reports: 1,
        ..Tick::default()
    })
}

pub fn saying(message: &str) -> Said {
    Said::Progress(Tick {
        message: Some(message.into()),
        reports: 1,
        ..Tick::default()
    })
}

pub fn notice(message: &str) -> Said {
    Said::Notice {
        level: Level::Warning,
        code: None,
        message: message.into(),
        data: Object::empty(),
    }
}

pub fn failure(code: &str) -> Failure {
    Failure {
        code: code.into(),
        message: "it broke".into(),
        retryable: true,
        retry_after_seconds: None,
        phase: None,
        details: None,
    }
}

pub fn failed(code: &str) -> Said {
    let error = failure(code);
    Said::Failed { error }
}

pub fn retrying() -> Said {
    Said::Retrying {
        error: failure("timeout"),
        message: None,
    }
}

pub fn completed(result: &str) -> Said {
    Said::Completed {
        result: Some(Object::checked(result)),
        message: None,
    }
}

pub fn cancelled() -> Said {
    Said::Cancelled { message: None }
}

pub fn cancel() -> Change {
    Change::Cancel {
        reason: Some("enough".into()),
        by: Some("u-17".into()),
    }
}

/// A report without envelope.
pub fn say(said: Said) -> Change {
    Change::Report(Report {
        attempt: None,
        seq: None,
        said,
    })
}

pub fn numbered(seq: u64, said: Said) -> Change {
    Change::Report(Report {
        attempt: None,
        seq: Some(seq),
        said,
    })
}

pub fn of_attempt(attempt: u64, said: Said) -> Change {
    Change::Report(Report {
        attempt: Some(attempt),
        seq: None,
        said,
    })
}

/// Applies one change and writes what came of it.
pub fn write(job: &mut Job, change: &Change, seconds: f64) -> Result<Effect, Refusal> {
    let mut draft = machine::Draft::new(job);
    let effect = draft.apply(change, at(seconds))?;
    if let Some(decided) = draft.finish(at(seconds)) {
        *job = decided.job;
    }
    Ok(effect)
}

/// Applies one change that must be accepted.
pub fn then(job: &mut Job, change: Change, seconds: f64) -> Effect {
    write(job, &change, seconds).unwrap_or_else(|refusal| panic!("{change:?}: {refusal}"))
}

/// A job after these reports, one a second.
pub fn after(mut job: Job, said: impl IntoIterator<Item = Said>) -> Job {
    for (n, said) in said.into_iter().enumerate() {
        then(&mut job, say(said), n as f64 + 1.0);
    }
    job
}
