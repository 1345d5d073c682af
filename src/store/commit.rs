//! The one statement that writes jobs: many decided versions at once, each only where its version is still the one
//! decided on (`sql/query/commit.sql`).

use std::sync::Arc;
use std::time::SystemTime;

use super::jobs::{key, number};
use super::time::{from_sql, to_sql};
use super::{Error, Store};
use crate::progress::{Decided, EventData};
use crate::progress::{JobKey, Name, Timestamp};
use crate::wire::event::event_json;
use crate::wire::{Frame, memory};

/// A decided version, ready to be written.
#[derive(Debug, Clone)]
pub struct Write {
    /// What was decided.
    pub decided: Decided,
    /// Its frame, serialised once.
    pub frame: Arc<Frame>,
    /// For a new job, what it is made with, as text.
    pub creation: Option<Creation>,
    /// How many lines its history had before.
    pub lines: u64,
    /// Whether it is a sign of life of the worker.
    pub alive: bool,
    /// Whether it must not be written if a heartbeat came meanwhile.
    pub silent: bool,
}

/// What a new job is made with.
#[derive(Debug, Clone)]
pub struct Creation {
    /// As the store keeps it.
    pub text: String,
    /// How long the job may be silent.
    pub lease: crate::progress::Lease,
}

/// What came of a statement: who won, in which transaction, and the database's clock.
#[derive(Debug)]
pub struct Won {
    /// The jobs whose version was written.
    pub keys: Vec<JobKey>,
    /// The transaction; 0 where nobody won.
    pub xid: u64,
    /// The database's clock; none where nobody won.
    pub now: Option<Timestamp>,
}

impl Store {
    /// Writes a batch. Durable once this answers.
    pub async fn commit(&self, batch: i64, writes: &[Write]) -> Result<Won, Error> {
        let (versions, births, lines) =
            (Versions::of(writes), Births::of(writes), Lines::of(writes));
        let (v, b, l) = (&versions, &births, &lines);
        let rows = self
            .query(
                include_str!("../../sql/query/commit.sql"),
                &[
                    &v.project,
                    &v.id,
                    &v.expect,
                    &v.version,
                    &v.status,
                    &v.attempt,
                    &v.finished_at,
                    &v.stalled_at,
                    &v.children_total,
                    &v.children_finished,
                    &v.children_failed,
                    &v.notices,
                    &v.lines,
                    &v.counters,
                    &v.frame,
                    &v.memory,
                    &v.alive,
                    &v.silent,
                    &b.project,
                    &b.id,
                    &b.kind,
                    &b.subject,
                    &b.owner,
                    &b.parent,
                    &b.retry_of,
                    &b.title,
                    &b.created_at,
                    &b.lease,
                    &b.lost_after,
                    &b.start_within,
                    &b.creation,
                    &self.node,
                    &batch,
                    &l.project,
                    &l.id,
                    &l.number,
                    &l.version,
                    &l.at,
                    &l.what,
                    &l.notice,
                    &l.data,
                ],
            )
            .await?;
        Ok(Won {
            keys: rows.iter().map(key).collect::<Result<_, _>>()?,
            xid: rows.first().map_or(0, |row| number(row, "xid")),
            now: rows.first().map(|row| from_sql(row.get("now"))),
        })
    }

    /// Which of these jobs have history from these batches of this node.
    pub async fn written(&self, tried: &[(JobKey, i64)]) -> Result<Vec<JobKey>, Error> {
        let projects: Vec<&str> = tried.iter().map(|(k, _)| k.project.as_str()).collect();
        let ids: Vec<&str> = tried.iter().map(|(k, _)| k.id.as_str()).collect();
        let batches: Vec<i64> = tried.iter().map(|(_, batch)| *batch).collect();
        let params: super::Params<'_> = &[&projects, &ids, &self.node, &batches];
        let rows = self
            .read(include_str!("../../sql/query/written.sql"), params)
            .await?;
        rows.iter().map(key).collect()
    }
}

/// The columns of every version.
#[derive(Default)]
struct Versions<'a> {
    project: Vec<&'a str>,
    id: Vec<&'a str>,
    expect: Vec<i64>,
    version: Vec<i64>,
    status: Vec<&'static str>,
    attempt: Vec<i64>,
    finished_at: Vec<Option<SystemTime>>,
    stalled_at: Vec<Option<SystemTime>>,
    children_total: Vec<Option<i64>>,
    children_finished: Vec<Option<i64>>,
    children_failed: Vec<Option<i64>>,
    notices: Vec<i64>,
    lines: Vec<i64>,
    counters: Vec<String>,
    frame: Vec<String>,
    memory: Vec<String>,
    alive: Vec<bool>,
    silent: Vec<bool>,
}

impl<'a> Versions<'a> {
    fn of(writes: &'a [Write]) -> Self {
        let mut all = Self::default();
        for write in writes {
            all.push(write);
        }
        all
    }

    fn push(&mut self, write: &'a Write) {
        let job = &write.decided.job;
        self.project.push(job.key.project.as_str());
        self.id.push(job.key.id.as_str());
        self.expect.push(job.version.cast_signed() - 1);
        self.version.push(job.version.cast_signed());
        self.status.push(job.status.as_str());
        self.attempt.push(job.attempt.cast_signed());
        self.finished_at.push(job.finished_at.map(to_sql));
        self.stalled_at.push(job.stalled_at.map(to_sql));
        self.children_total
            .push(job.children.map(|c| c.total.cast_signed()));
        self.children_finished
            .push(job.children.map(|c| c.finished.cast_signed()));
        self.children_failed
            .push(job.children.map(|c| c.failed.cast_signed()));
        self.notices.push(job.notices.cast_signed());
        self.lines
            .push((write.lines + write.decided.events.len() as u64).cast_signed());
        self.counters.push(memory::counters(&job.counters));
        self.frame
            .push(String::from_utf8_lossy(&write.frame.json()).into_owned());
        self.memory.push(memory::write(&job.memory));
        self.alive.push(write.alive);
        self.silent.push(write.silent);
    }
}

/// The columns that only a new job has.
#[derive(Default)]
struct Births<'a> {
    project: Vec<&'a str>,
    id: Vec<&'a str>,
    kind: Vec<&'a str>,
    subject: Vec<Option<&'a str>>,
    owner: Vec<Option<&'a str>>,
    parent: Vec<Option<&'a str>>,
    retry_of: Vec<Option<&'a str>>,
    title: Vec<Option<&'a str>>,
    created_at: Vec<SystemTime>,
    lease: Vec<i32>,
    lost_after: Vec<i32>,
    start_within: Vec<i32>,
    creation: Vec<&'a str>,
}

impl<'a> Births<'a> {
    fn of(writes: &'a [Write]) -> Self {
        let mut all = Self::default();
        for write in writes {
            if let Some(creation) = &write.creation {
                all.push(write, creation);
            }
        }
        all
    }

    fn push(&mut self, write: &'a Write, creation: &'a Creation) {
        let job = &write.decided.job;
        let seconds = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        self.project.push(job.key.project.as_str());
        self.id.push(job.key.id.as_str());
        self.kind.push(job.labels.kind.as_str());
        self.subject
            .push(job.labels.subject.as_ref().map(Name::as_str));
        self.owner.push(job.labels.owner.as_ref().map(Name::as_str));
        self.parent
            .push(job.labels.parent.as_ref().map(Name::as_str));
        self.retry_of.push(job.retry_of.as_ref().map(Name::as_str));
        self.title.push(job.title.as_deref());
        self.created_at.push(to_sql(job.created_at));
        self.lease.push(seconds(creation.lease.lease_seconds));
        self.lost_after
            .push(seconds(creation.lease.lost_after_seconds));
        self.start_within
            .push(seconds(creation.lease.start_within_seconds));
        self.creation.push(&creation.text);
    }
}

/// The columns of the history.
#[derive(Default)]
struct Lines<'a> {
    project: Vec<&'a str>,
    id: Vec<&'a str>,
    number: Vec<i64>,
    version: Vec<i64>,
    at: Vec<SystemTime>,
    what: Vec<&'static str>,
    notice: Vec<Option<i64>>,
    data: Vec<String>,
}

impl<'a> Lines<'a> {
    fn of(writes: &'a [Write]) -> Self {
        let mut all = Self::default();
        for write in writes {
            let (job, mut number) = (&write.decided.job, write.lines.cast_signed());
            for event in &write.decided.events {
                number += 1;
                all.project.push(job.key.project.as_str());
                all.id.push(job.key.id.as_str());
                all.number.push(number);
                all.version.push(job.version.cast_signed());
                all.at.push(to_sql(write.decided.at));
                all.what.push(event.what.as_str());
                all.notice.push(match &event.data {
                    EventData::Notice(notice) => Some(notice.number.cast_signed()),
                    _ => None,
                });
                all.data.push(event_json(&event.data));
            }
        }
        all
    }
}
