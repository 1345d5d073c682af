//! What follows a decision: the version is held and shown, everybody who waits is answered, the others are told.

use std::sync::Arc;

use super::Error;
use super::ask::{Group, Ticks};
use super::commit::Work;
use super::decide::Decision;
use super::inner::Inner;
use crate::progress::JobKey;
use crate::store::{Held, Write};

/// A version is in Postgres: hold it, show it, answer, tell the others.
pub(super) fn accept(
    inner: &Arc<Inner>,
    group: Group,
    mut decision: Decision,
    write: Write,
    (xid, batch): (u64, i64),
) {
    let frame = Arc::new((*write.frame).clone().written_by(xid));
    let recount = write.decided.recount.clone();
    let held = Held {
        lines: write.lines + write.decided.events.len() as u64,
        job: write.decided.job,
        frame: frame.clone(),
        node: inner.store.node,
        batch,
    };
    inner.cache.put(Arc::new(held));
    inner.hub.publish(frame.clone());
    decision.show(&frame);
    finish(inner, group, decision);
    inner.hint(&frame);
    if let Some(parent) = recount {
        inner.recounts.add(JobKey {
            project: frame.key.project.clone(),
            id: parent,
        });
    }
}

/// Answers everybody of a group.
pub(super) fn finish(inner: &Arc<Inner>, group: Group, decision: Decision) {
    if let Some(attempt) = decision.beat {
        inner.beats.add(group.key.clone(), attempt);
    }
    for (waiter, outcome) in group.ticks.waiters.into_iter().zip(decision.ticks) {
        let _ = waiter.send(outcome);
    }
    for (item, outcomes) in group.items.into_iter().zip(decision.items) {
        let _ = item.reply.map(|reply| reply.send(outcomes));
    }
}

pub(super) fn fail(inner: &Arc<Inner>, group: Group, error: &Error) {
    let decision = Decision::all(&group, &Err(error.clone()));
    finish(inner, group, decision);
}

/// The database does not answer: who waits is told so; ticks, which nobody waits for, stay.
pub(super) fn give_up(inner: &Arc<Inner>, works: Vec<Work>) {
    for work in works {
        let Group {
            key,
            mut ticks,
            items,
        } = work.group;
        for waiter in ticks.waiters.drain(..) {
            let _ = waiter.send(Err(Error::Unavailable));
        }
        if !ticks.reports.is_empty() {
            inner.queue.put_back(&key, ticks);
        }
        fail(
            inner,
            Group {
                key,
                ticks: Ticks::default(),
                items,
            },
            &Error::Unavailable,
        );
    }
}
