//! What other nodes wrote, into the hub: hints as they come, and every two seconds a read by version that needs no
//! hint. What that read sees has been handed to the hub, and so becomes the cursor of who watches.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::inner::Inner;
use super::stats::Stats;
use crate::bus::hint;
use crate::progress::{JobKey, Name, Timestamp};
use crate::store::Error;
use crate::store::listener::Heard;
use crate::wire::{Cursor, Snapshot};

/// Losing every hint costs at most this.
pub const CATCH_UP: Duration = Duration::from_secs(2);
/// A node that has not verified for so long says `stale`.
const STALE: Duration = Duration::from_secs(5);
/// After so long it ends its streams.
const UNAVAILABLE: Duration = Duration::from_secs(30);
/// A catch-up read that something asks for comes so long after the one before at the earliest.
const SOON: Duration = Duration::from_millis(50);
/// How many jobs are read in one query.
const READ: usize = 500;

/// When this node last read Postgres to the end, and the first transaction that had not begun then.
#[derive(Debug)]
pub(super) struct Verified(Mutex<(Instant, Timestamp, u64)>);

impl Verified {
    pub(super) fn new(now: Timestamp) -> Self {
        Self(Mutex::new((Instant::now(), now, 0)))
    }

    fn set(&self, now: Timestamp, end: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), now, end);
    }

    /// A transaction that has certainly not begun later than now; `None` before the first read.
    pub(super) fn known_end(&self) -> Option<u64> {
        let (_, _, end) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (end > 0).then_some(end)
    }

    /// How long ago, and when that was.
    pub(super) fn age(&self) -> (Duration, Timestamp) {
        let (at, time, _) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (at.elapsed(), time)
    }

    /// Since when, where that is too long ago.
    pub(super) fn stale(&self) -> Option<Timestamp> {
        let (age, since) = self.age();
        (age > STALE).then_some(since)
    }
}

/// Where the catch-up read stands.
struct Passes {
    last: Snapshot,
    before: Snapshot,
    /// The projects that the last pass looked through.
    projects: HashSet<Name>,
}

/// Follows the other nodes until `stop`.
pub(super) async fn run(
    inner: Arc<Inner>,
    start: Snapshot,
    mut heard: mpsc::Receiver<Heard>,
    stop: CancellationToken,
) {
    let mut passes = Passes {
        last: start.clone(),
        before: start,
        projects: HashSet::new(),
    };
    let mut due = Instant::now();
    let mut last = due;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            first = heard.recv() => {
                let Some(first) = first else { return };
                let mut all = vec![first];
                while let Ok(more) = heard.try_recv() {
                    all.push(more);
                }
                if listen(&inner, &all).await {
                    // Soon, but hints (forged ones, say) do not make it a loop.
                    due = due.min(last + SOON);
                }
                // A flood of hints must not keep the catch-up from its turn.
                if due > Instant::now() {
                    continue;
                }
            }
            () = tokio::time::sleep_until(due) => {}
        }
        last = Instant::now();
        due = last + CATCH_UP;
        if let Err(error) = catch_up(&inner, &mut passes).await {
            tracing::warn!(%error, "a catch-up read failed");
            due = Instant::now() + Duration::from_millis(250);
        }
    }
}

/// Says `stale`, `fresh` and `unavailable`, whatever the reads are waiting for.
pub(super) async fn watch_staleness(inner: Arc<Inner>, stop: CancellationToken) {
    let (mut said, mut ended) = (false, false);
    let mut tick = tokio::time::interval(Duration::from_millis(250));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let (age, since) = inner.verified.age();
        match (age > STALE, said) {
            (true, false) => inner.hub.stale(Some(since)),
            (false, true) => inner.hub.stale(None),
            _ => {}
        }
        said = age > STALE;
        if age > UNAVAILABLE && !ended {
            inner.hub.unavailable();
        }
        ended = age > UNAVAILABLE;
    }
}

/// Takes hints; answers whether everything must be looked through.
async fn listen(inner: &Arc<Inner>, heard: &[Heard]) -> bool {
    let mut wanted: HashMap<JobKey, u64> = HashMap::new();
    let mut resync = false;
    for one in heard {
        let Heard::Hint(text) = one else {
            resync = true;
            continue;
        };
        for hint in hint::decode(inner.store.node, text) {
            Stats::add(&inner.stats.hints_heard, 1);
            if news(inner, &hint.key, hint.version) {
                wanted.insert(hint.key, hint.version);
            }
        }
    }
    let keys: Vec<JobKey> = wanted.into_keys().collect();
    match read(inner, &keys).await {
        // One that is not there was deleted, or never was: the catch-up read knows.
        Ok(all_there) => resync || !all_there,
        Err(error) => {
            tracing::warn!(%error, "jobs that a hint told of could not be read");
            true
        }
    }
}

/// Whether somebody here wants to know of this version of a job. Lets go of what is held of an older one.
fn news(inner: &Inner, key: &JobKey, version: u64) -> bool {
    if version == 0 {
        return inner.hub.watches(key) || inner.cache.get(key).is_some();
    }
    let held = inner.cache.outdated(key, version);
    let watched =
        inner.hub.watches(key) && inner.hub.version(key).is_none_or(|known| known < version);
    watched || (held && inner.queue.has_pending(key))
}

/// Reads these jobs and hands them to the hub; answers whether all of them are there.
async fn read(inner: &Arc<Inner>, keys: &[JobKey]) -> Result<bool, Error> {
    let mut found = 0;
    for part in keys.chunks(READ) {
        let frames = inner.store.frames(part).await?;
        found += frames.len();
        for frame in frames {
            inner.cache.outdated(&frame.key, frame.version);
            inner.hub.publish(frame);
        }
    }
    Ok(found == keys.len())
}

/// Looks through every watched project for what changed since the pass before.
async fn catch_up(inner: &Arc<Inner>, passes: &mut Passes) -> Result<(), Error> {
    let projects = inner.hub.watched();
    let (seen, now) = inner.store.snapshot().await?;
    inner.clock.anchor(now);
    Stats::add(&inner.stats.catch_ups, 1);
    // A project that began to be watched while the pass before was under way was not looked through by it.
    let since = |p: &Name| {
        if passes.projects.contains(p) {
            passes.last.clone()
        } else {
            passes.before.clone()
        }
    };
    let since: Vec<(Name, Snapshot)> = projects.iter().map(|p| (p.clone(), since(p))).collect();
    if !since.is_empty() {
        let changed = inner.store.changed(&since).await?;
        let newer = changed
            .into_iter()
            .filter(|(key, version)| news(inner, key, *version))
            .map(|(key, _)| key);
        let newer: Vec<JobKey> = newer.collect();
        Stats::add(&inner.stats.caught, newer.len());
        read(inner, &newer).await?;
        for (key, labels) in inner.store.buried(&since).await? {
            inner.forget(&key, &labels);
        }
    }
    refresh_pending(inner).await?;
    for project in &projects {
        let cursor = Cursor::of(project_epoch(inner.store.epoch, project), seen.clone());
        inner.hub.verified(std::slice::from_ref(project), cursor);
    }
    inner.verified.set(now, seen.end());
    passes.before = std::mem::replace(&mut passes.last, seen);
    passes.projects = projects.into_iter().collect();
    Ok(())
}

/// A job with pending ticks counts as watched: a new attempt or an ending elsewhere must be known here.
async fn refresh_pending(inner: &Arc<Inner>) -> Result<(), Error> {
    let pending = inner.queue.pending();
    for part in pending.chunks(READ) {
        for (key, version) in inner.store.versions(part).await? {
            inner.cache.outdated(&key, version);
        }
    }
    Ok(())
}

/// The epoch in the cursors of a project: of the database and the project together, so that a cursor of another
/// project is as foreign as one of another database.
pub(super) fn project_epoch(database: u64, project: &Name) -> u64 {
    project.as_str().bytes().fold(database, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Inner {
    /// Whether the listener is proven.
    pub(super) fn listener_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }
}
