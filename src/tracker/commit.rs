//! The group commit: all that has gathered while the last write was under way is decided by the machine and written
//! in one statement. The only place that writes jobs.
//!
//! A write names the version it was decided on. Who loses that race is read and decided again. An outcome that was
//! lost with its connection is looked up (every version and every line of the history names its node and batch)
//! before anything is decided again, so that nothing is done twice.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Error;
use super::ask::Group;
use super::birth;
use super::decide::{Decision, Plan};
use super::inner::Inner;
use super::reply::{accept, fail, finish, give_up};
use super::tried::{settle_tried, uncertain};
use crate::progress::{JobKey, Timestamp};
use crate::store::{self, Held, Write};

/// How often a group that lost its race is decided again.
const ROUNDS: usize = 8;
/// For how long a batch is tried while the database does not answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long the last flush may take when the service stops.
const LAST_FLUSH: Duration = Duration::from_secs(5);

/// One job's part of a batch, with what was already tried.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) group: Group,
    /// Read the job from Postgres before deciding.
    pub(super) fresh: bool,
    /// Batches whose outcome is not known, with what would have been answered.
    pub(super) tried: Vec<(i64, Decision)>,
    rounds: usize,
}

/// Writes batches until `stop`, then what is left.
pub(super) async fn run(inner: Arc<Inner>, stop: CancellationToken) {
    let batches = AtomicI64::new(0);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = inner.queue.wait() => {}
        }
        write(&inner, inner.queue.take(false), &batches).await;
    }
    let end = Instant::now() + LAST_FLUSH;
    while !inner.queue.is_empty() && Instant::now() < end {
        write(&inner, inner.queue.take(true), &batches).await;
    }
}

async fn write(inner: &Arc<Inner>, groups: Vec<Group>, batches: &AtomicI64) {
    let fresh = |group| Work {
        group,
        fresh: false,
        tried: Vec::new(),
        rounds: 0,
    };
    let mut works: Vec<Work> = groups.into_iter().map(fresh).collect();
    let mut began = Instant::now();
    let mut backoff = Duration::from_millis(20);
    while !works.is_empty() {
        let batch = batches.fetch_add(1, Ordering::Relaxed) + 1;
        match round(inner, works, batch).await {
            (left, None) => {
                // Progress was made; what is left lost a race, which says nothing about the database.
                began = Instant::now();
                works = left;
            }
            (left, Some(error)) => {
                tracing::warn!(%error, jobs = left.len(), "a batch could not be written");
                works = left;
                if began.elapsed() > PATIENCE || !error.is_passing() {
                    give_up(inner, works);
                    return;
                }
                sleep(backoff).await;
                backoff = (backoff * 2).min(Duration::from_millis(500));
            }
        }
    }
}

/// One round: read what must be read, decide, write, answer. Answers what is left to do, and the error that kept it.
async fn round(
    inner: &Arc<Inner>,
    works: Vec<Work>,
    batch: i64,
) -> (Vec<Work>, Option<store::Error>) {
    let mut works = works;
    let held = match hold(inner, &mut works).await {
        Ok(held) => held,
        Err(error) => return (works, Some(error)),
    };
    if let Err(error) = settle_tried(inner, &mut works, &held).await {
        return (works, Some(error));
    }
    let mut plans: Vec<(Work, Decision, Write)> = Vec::new();
    let mut left = Vec::new();
    let now = inner.clock.now();
    let mut works = works.into_iter();
    while let Some(mut work) = works.next() {
        if work.rounds > ROUNDS {
            fail(inner, work.group, &Error::Overloaded);
            continue;
        }
        work.rounds += 1;
        let plan = match plan(inner, &work, held.get(&work.group.key), now).await {
            Ok(plan) => plan,
            Err(error) => {
                left.push(work);
                left.extend(works);
                left.extend(plans.into_iter().map(|(work, ..)| work));
                return (left, Some(error));
            }
        };
        match plan {
            Plan::ReadAgain => {
                work.fresh = true;
                left.push(work);
            }
            Plan::Nothing(decision) => finish(inner, work.group, decision),
            Plan::Write(decision, write) => plans.push((work, decision, *write)),
        }
    }
    if plans.is_empty() {
        return (left, None);
    }
    let (lost, error) = commit(inner, plans, batch).await;
    left.extend(lost);
    (left, error)
}

/// What to do with one work. A creation that lost its race is looked into before it is tried again.
async fn plan(
    inner: &Inner,
    work: &Work,
    held: Option<&Arc<Held>>,
    now: Timestamp,
) -> Result<Plan, store::Error> {
    let group = &work.group;
    let Some(new) = group.creation() else {
        return Ok(Plan::of(group, held, work.fresh, now));
    };
    if let Some(held) = held {
        let outcome = birth::there(inner, new, held).await?;
        return Ok(Plan::Nothing(Decision::all(group, &outcome)));
    }
    if work.rounds > 1
        && let Some(error) = birth::against(inner, new).await?
    {
        return Ok(Plan::Nothing(Decision::all(group, &Err(error))));
    }
    Ok(Plan::birth(group, new, now))
}

/// The held jobs of these works: from the cache, or read where they are not in it or must be fresh.
async fn hold(
    inner: &Inner,
    works: &mut [Work],
) -> Result<HashMap<JobKey, Arc<Held>>, store::Error> {
    let mut held = HashMap::new();
    let mut missing = Vec::new();
    for work in works.iter_mut() {
        let cached = if work.fresh {
            None
        } else {
            inner.cache.get(&work.group.key)
        };
        match cached {
            Some(job) => drop(held.insert(work.group.key.clone(), job)),
            None => missing.push(work.group.key.clone()),
        }
        work.fresh |= !held.contains_key(&work.group.key);
    }
    if !missing.is_empty() {
        for job in inner.hold(&missing).await? {
            held.insert(job.job.key.clone(), job);
        }
    }
    Ok(held)
}

/// Writes what was decided. Answers who lost, and the error that kept the rest.
async fn commit(
    inner: &Arc<Inner>,
    plans: Vec<(Work, Decision, Write)>,
    batch: i64,
) -> (Vec<Work>, Option<store::Error>) {
    let began = Instant::now();
    let writes: Vec<Write> = plans.iter().map(|(.., write)| write.clone()).collect();
    let won = match inner.store.commit(batch, &writes).await {
        Ok(won) => won,
        Err(store::Error::Refused(text)) => return apart(inner, plans, batch, &text).await,
        Err(error) => return (uncertain(plans, batch, &error), Some(error)),
    };
    if let Some(now) = won.now {
        inner.clock.anchor(now);
    }
    inner.stats.batch(won.keys.len(), began.elapsed());
    let winners: HashSet<&JobKey> = won.keys.iter().collect();
    let mut lost = Vec::new();
    for (mut work, decision, write) in plans {
        if winners.contains(&work.group.key) {
            accept(inner, work.group, decision, write, (won.xid, batch));
        } else if write.silent {
            // A heartbeat came meanwhile: there is nothing to find any more.
            finish(inner, work.group, decision);
        } else {
            inner.cache.drop(&work.group.key);
            work.fresh = true;
            lost.push(work);
        }
    }
    (lost, None)
}

/// The database refused a row: its neighbours must not suffer. Halves the batch until the row stands alone.
async fn apart(
    inner: &Arc<Inner>,
    mut plans: Vec<(Work, Decision, Write)>,
    batch: i64,
    text: &str,
) -> (Vec<Work>, Option<store::Error>) {
    if plans.len() == 1 {
        for (work, ..) in plans {
            tracing::error!(job = %work.group.key, error = text, "the database refuses what the machine decided");
            inner.cache.drop(&work.group.key);
            fail(inner, work.group, &Error::Unavailable);
        }
        return (Vec::new(), None);
    }
    let second = plans.split_off(plans.len() / 2);
    let (mut left, first_error) = Box::pin(commit(inner, plans, batch)).await;
    let (more, second_error) = Box::pin(commit(inner, second, batch)).await;
    left.extend(more);
    (left, first_error.or(second_error))
}
