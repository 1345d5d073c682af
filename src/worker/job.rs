//! The handle of a job: everything that a program says of its work while it does it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures_core::Stream;
use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::cancel::{Cancelled, Reason};
use super::core::{Core, Count};
use super::counter::Counter;
use super::create::{JobBuilder, Phase};
use super::failure::Failure;
use super::handle::Handle;
use super::lane::What;
use super::limits;
use super::meter::Meter;
use super::metered::Metered;
use super::notice::Level;
use super::phase::PhaseGuard;
use super::reporter::{Owner, Reporter};
use super::track::{Track, TrackStream};
use super::waiting::Ending;

/// A job at work. A cheap clone; when the last one is dropped (phases and wrappers hold one, too) without an ending,
/// the job is reported `failed`, `worker_dropped`, or `worker_panicked` where a panic dropped it.
#[derive(Debug, Clone)]
pub struct Job {
    handle: Arc<Handle>,
}

impl Job {
    pub(super) fn new(core: Arc<Core>, owner: Arc<Owner>, lane: Option<u64>) -> Self {
        Self {
            handle: Arc::new(Handle { core, owner, lane }),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.handle.core.id
    }

    /// Waits until the service has answered the creation, so long at most: true once it can be watched.
    pub async fn known(&self, most: Duration) -> bool {
        self.handle.known().within(most).await
    }

    /// The same for programs without tasks: blocks the thread.
    #[must_use]
    pub fn known_blocking(&self, most: Duration) -> bool {
        self.handle.known().wait(most)
    }

    /// Begins a phase, at once; it lasts until the next one begins or the job ends. `phase("parse")`, or
    /// `phase(Phase::new("parse").total(10).unit("files"))`. A phase that was worked on before goes on where it was.
    pub fn phase(&self, phase: impl Into<Phase>) -> PhaseGuard {
        let phase = phase.into();
        let number = self.handle.phase(&phase);
        PhaseGuard::new(self.meter(Some(number)))
    }

    /// So much more is done of what is worked on now. One relaxed atomic.
    #[inline]
    pub fn inc(&self, count: u64) {
        let core = &self.handle.core;
        core.gauge(core.now()).current.fetch_add(count, Relaxed);
    }

    /// So much is done of what is worked on now. Within a phase a count never falls: a lower one is passed over by
    /// the service.
    #[inline]
    pub fn set(&self, current: u64) {
        let core = &self.handle.core;
        core.gauge(core.now()).current.store(current, Relaxed);
    }

    /// How much there is to do of what is worked on now.
    pub fn total(&self, total: u64) {
        let core = &self.handle.core;
        core.set_total(core.now(), total);
    }

    /// How much is done of what is worked on now.
    #[must_use]
    pub fn current(&self) -> u64 {
        let core = &self.handle.core;
        core.gauge(core.now()).current.load(Relaxed)
    }

    /// How far the whole job is, 0 to 100, for work that has nothing better: counts are.
    pub fn percent(&self, percent: f64) {
        if percent.is_finite() {
            self.handle
                .say(|words| words.percent = Some(percent.clamp(0.0, 100.0)));
        }
    }

    /// Any iterator: every item counts once the next one is asked for. An exact size becomes the total, where there
    /// is none.
    pub fn track<I: IntoIterator>(&self, items: I) -> Track<I::IntoIter> {
        Track::new(items.into_iter(), self.meter(None))
    }

    /// The same for a stream.
    pub fn track_stream<S: Stream>(&self, items: S) -> TrackStream<S> {
        TrackStream::new(items, self.meter(None))
    }

    /// Counts the bytes that are read: `io::Read`, `io::BufRead`, `AsyncRead`.
    pub fn read<R>(&self, reader: R) -> Metered<R> {
        Metered::reading(reader, self.meter(None))
    }

    /// Counts the bytes that are written: `io::Write`, `AsyncWrite`.
    pub fn write<W>(&self, writer: W) -> Metered<W> {
        Metered::writing(writer, self.meter(None))
    }

    /// A number of its own beside the progress, from 0. 32 of them at most; the same name is the same number.
    #[must_use]
    pub fn counter(&self, name: &str) -> Counter {
        let name = limits::word(name, limits::CODE);
        let mut words = self.handle.core.words();
        if let Some(count) = words.counters.iter().find(|count| count.name == name) {
            return Counter::new(count.clone());
        }
        let value = AtomicU64::new(0);
        let count = Arc::new(Count { name, value });
        if words.counters.len() < limits::COUNTERS {
            words.counters.push(count.clone());
        } else {
            tracing::warn!(
                name = count.name,
                "a job has {} counters: this one is not reported",
                limits::COUNTERS
            );
        }
        Counter::new(count)
    }

    /// The line of text that people see beside the bar. The newest wins.
    pub fn message(&self, message: impl AsRef<str>) {
        let message = limits::text(message.as_ref(), limits::MESSAGE);
        self.handle.say(|words| words.message = Some(message));
    }

    /// Entries for the job's metadata, merged into what is there: an object, 4 KiB at most in all.
    pub fn metadata(&self, metadata: impl Serialize) {
        let entries = limits::object(metadata, limits::METADATA).unwrap_or_default();
        self.handle.say(|words| {
            let before = words.metadata.clone();
            words.metadata.extend(entries);
            if limits::size(&words.metadata) > limits::METADATA {
                tracing::warn!(
                    "metadata of more than {} bytes: left as it was",
                    limits::METADATA
                );
                words.metadata = before;
            }
        });
    }

    /// A happening of its own: a warning, a finding, a word to a person. In order, 40 a second of one job; more of
    /// them wait.
    pub fn notice(&self, level: Level, code: &str, message: impl AsRef<str>) {
        self.notice_with(level, code, message, Value::Null);
    }

    /// The same with data for programs: an object of 1 KiB at most.
    pub fn notice_with(
        &self,
        level: Level,
        code: &str,
        message: impl AsRef<str>,
        data: impl Serialize,
    ) {
        if self.handle.lane.is_none() {
            return;
        }
        let mut notice = json!({
            "type": "notice", "level": level.as_str(), "code": limits::word(code, limits::CODE),
            "message": limits::text(message.as_ref(), limits::NOTICE),
        });
        if let Some(data) = limits::object(data, limits::DATA) {
            notice["data"] = data.into();
        }
        self.handle.push(What::Notice, &notice);
    }

    /// Fires when the job is to give up; [`reason`](Self::reason) says why.
    #[must_use]
    pub fn cancelled(&self) -> &CancellationToken {
        &self.handle.core.token
    }

    /// Whether the job is to give up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.handle.core.token.is_cancelled()
    }

    /// Why the job is to give up, where it is.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.handle.core.reason()
    }

    /// For the `?` between two steps of work.
    ///
    /// # Errors
    /// Where the job is to give up.
    pub fn bail_if_cancelled(&self) -> Result<(), Cancelled> {
        match self.reason() {
            Some(reason) => Err(Cancelled { reason }),
            None => Ok(()),
        }
    }

    /// The attempt failed, and there will be another: the job goes back to the queue, with the failure in sight.
    /// Nothing is reported until [`again`](Self::again) claims it anew.
    pub fn retrying(&self, failure: Failure) -> Ending {
        self.handle.retrying(&failure)
    }

    /// Begins the next attempt, from nothing: counts and phases start anew, counters and notices stay. Only after
    /// [`retrying`](Self::retrying); an ending does it by itself.
    pub fn again(&self) {
        self.handle.again();
    }

    /// The job is done. `result` is an object of 16 KiB at most: `json!({…})`, anything that serialises to one, or
    /// `()` for none.
    pub fn complete(&self, result: impl Serialize) -> Ending {
        let mut ending = json!({"type": "completed"});
        if let Some(result) = limits::object(result, limits::RESULT) {
            ending["result"] = result.into();
        }
        self.handle.end(&ending)
    }

    /// The job cannot be done.
    pub fn fail(&self, failure: Failure) -> Ending {
        self.handle.fail(&failure)
    }

    /// The job gave up, with a word on what became of what it did. Where it did so because the process was told to
    /// end, and nobody asked for the cancel, it is reported `failed`, `interrupted`, retryable.
    pub fn cancel(&self, message: impl AsRef<str>) -> Ending {
        self.handle.cancel(message.as_ref())
    }

    /// A job that is part of this one.
    pub fn child(&self, kind: &str) -> JobBuilder {
        JobBuilder::new(self.handle.owner.clone(), Some(kind)).parent(self.id())
    }

    /// The reporter it belongs to.
    #[must_use]
    pub fn reporter(&self) -> Reporter {
        Reporter {
            owner: self.handle.owner.clone(),
        }
    }

    fn meter(&self, gauge: Option<usize>) -> Meter {
        Meter::new(self.handle.clone(), gauge)
    }
}
