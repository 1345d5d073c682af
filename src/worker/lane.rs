//! One job's line in the outbox: what waits, in order, and what was said last.
//!
//! Lifecycle and notices queue; progress does not: it is read from the job's [`Core`] when a tick is due, so that it
//! takes no room however long the service is away.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::core::{Core, UNKNOWN};
use super::limits;

/// What a report is, as far as sending it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Started,
    Phase,
    /// The counts of a phase that has ended, or of a job that ends.
    Snapshot,
    Notice,
    Retrying,
    Ending,
    /// The counts of now.
    Tick,
    Heartbeat,
}

/// A report that waits: its fields as the text of a JSON object.
#[derive(Debug, Clone)]
pub struct Item {
    pub what: What,
    pub fields: String,
    /// Its place in the order of its job, where it was said under one already and nothing after it was taken.
    pub seq: Option<u64>,
}

impl Item {
    /// A report of these fields.
    pub fn new(what: What, fields: &Value) -> Self {
        Self {
            what,
            fields: fields.to_string(),
            seq: None,
        }
    }

    /// What it counts for in the bound of the outbox.
    pub fn size(&self) -> usize {
        self.fields.len() + size_of::<Self>()
    }
}

/// How far the service has come with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is still to be created.
    Unmade,
    /// It is queued: it can be claimed.
    Queued,
    /// It is ours, under this attempt.
    Running(u64),
}

/// The counts that were sent last.
#[derive(Debug, Default)]
struct Sent {
    gauge: usize,
    current: u64,
    total: u64,
    counters: Vec<u64>,
}

/// One job's line.
#[derive(Debug)]
pub struct Lane {
    pub core: Arc<Core>,
    /// How it is created, until it is.
    pub creation: Option<String>,
    /// What it counts for in the bound of the outbox, beside what waits.
    pub weight: usize,
    pub parent: Option<String>,
    pub stage: Stage,
    pub queue: VecDeque<Item>,
    /// How many notices wait, and how many may.
    pub notices: (usize, usize),
    /// Notices that found no room, by code.
    pub unlisted: BTreeMap<String, u64>,
    pub seq: u64,
    /// Whether its ending was said: nothing is taken after it.
    pub ended: bool,
    pub lease: Duration,
    pub every: u64,
    /// When the service last took something.
    pub heard: Instant,
    /// Not to be spoken of before this moment.
    pub rest: Option<Instant>,
    /// Since when another worker has been in the way of the claim.
    pub in_the_way: Option<Instant>,
    /// When notices were last sent, and how many since then.
    pub noticed: (Option<Instant>, usize),
    /// Whether the newest counts were only folded: a service that crashed may have lost them.
    pub unsettled: bool,
    /// Whether the next tick says everything, not only what is new.
    pub whole: bool,
    sent: Sent,
}

impl Lane {
    /// The line of a job that is still to be created, where `creation` says how.
    pub fn new(core: Arc<Core>, creation: Option<String>, now: Instant) -> Self {
        let stage = match creation {
            Some(_) => Stage::Unmade,
            None => Stage::Queued,
        };
        let weight = 1024 + creation.as_ref().map_or(0, String::len);
        Self {
            core,
            creation,
            weight,
            parent: None,
            stage,
            queue: VecDeque::new(),
            notices: (0, usize::MAX),
            unlisted: BTreeMap::new(),
            seq: 0,
            ended: false,
            lease: Duration::from_secs(30),
            every: 1,
            heard: now,
            rest: None,
            in_the_way: None,
            noticed: (None, 0),
            unsettled: false,
            whole: false,
            sent: Sent {
                total: UNKNOWN,
                ..Sent::default()
            },
        }
    }

    /// The counts and words as a progress report: all of them, or what is new since the last one. `None` where there
    /// is nothing to say.
    pub fn progress(&mut self, whole: bool) -> Option<Item> {
        let whole = std::mem::take(&mut self.whole) || whole;
        let core = self.core.clone();
        let mut fields = self.counts(whole);
        let counters = self.counters(&core, whole);
        if !counters.is_empty() {
            fields.insert("counters".into(), counters.into());
        }
        let mut words = core.words();
        if words.fresh || whole {
            words.fresh = false;
            if let Some(message) = &words.message {
                fields.insert("message".into(), message.as_str().into());
            }
            if !words.metadata.is_empty() {
                fields.insert("metadata".into(), words.metadata.clone().into());
            }
            if let Some(percent) = words.percent {
                fields.insert("percent".into(), percent.into());
            }
        }
        drop(words);
        if fields.is_empty() {
            return None;
        }
        fields.insert("type".into(), "progress".into());
        Some(Item::new(What::Tick, &fields.into()))
    }

    /// Whether a tick would say enough for its own sake.
    pub fn stirred(&self) -> bool {
        if self.whole || self.core.words().fresh {
            return true;
        }
        let (now, current, total) = self.at();
        let sent = &self.sent;
        if Core::is_beyond(now) {
            return self.counted();
        }
        if now != sent.gauge {
            return current > 0 || total != UNKNOWN || self.counted();
        }
        if current == sent.current {
            return total != sent.total || self.counted();
        }
        current.abs_diff(sent.current) >= self.every || total != sent.total || current >= total
    }

    /// Remembers that a phase, or the creation, has told this total.
    pub fn told(&mut self, gauge: usize, total: Option<u64>) {
        self.sent.gauge = gauge;
        self.sent.current = 0;
        self.sent.total = total.unwrap_or(UNKNOWN);
    }

    fn at(&self) -> (usize, u64, u64) {
        let now = self.core.now();
        let gauge = self.core.gauge(now);
        let total = match gauge.total.load(Relaxed) {
            UNKNOWN => UNKNOWN,
            total => total.min(limits::COUNT),
        };
        (now, gauge.current.load(Relaxed).min(limits::COUNT), total)
    }

    fn counts(&mut self, whole: bool) -> Map<String, Value> {
        let (now, current, total) = self.at();
        let mut fields = Map::new();
        if Core::is_beyond(now) {
            return fields;
        }
        if now != self.sent.gauge {
            self.told(now, None);
        }
        if current != self.sent.current || (whole && current > 0) {
            fields.insert("current".into(), current.into());
        }
        if total != UNKNOWN && (total != self.sent.total || whole) {
            fields.insert("total".into(), total.into());
        }
        (self.sent.current, self.sent.total) = (current, total);
        fields
    }

    fn counters(&mut self, core: &Core, whole: bool) -> Map<String, Value> {
        let words = core.words();
        let mut fields = Map::new();
        for (place, counter) in words.counters.iter().enumerate() {
            let value = counter.value.load(Relaxed).min(limits::COUNT);
            match self.sent.counters.get_mut(place) {
                Some(sent) if *sent == value && !whole => continue,
                Some(sent) => *sent = value,
                None => self.sent.counters.push(value),
            }
            fields.insert(counter.name.clone(), value.into());
        }
        fields
    }

    fn counted(&self) -> bool {
        let words = self.core.words();
        let sent = self
            .sent
            .counters
            .iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        words
            .counters
            .iter()
            .zip(sent)
            .any(|(counter, sent)| sent != Some(&counter.value.load(Relaxed).min(limits::COUNT)))
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn lane() -> Lane {
        let core = Core::new("job".into(), CancellationToken::new(), &[]);
        Lane::new(Arc::new(core), None, Instant::now())
    }

    fn said(lane: &mut Lane, whole: bool) -> Option<String> {
        lane.progress(whole).map(|item| item.fields)
    }

    #[test]
    fn a_tick_says_what_is_new_and_nothing_is_said_twice() {
        let mut lane = lane();
        assert!(!lane.stirred());
        assert_eq!(said(&mut lane, false), None);
        let core = lane.core.clone();
        core.gauge(0).current.store(5, Relaxed);
        assert!(lane.stirred());
        let first = said(&mut lane, false).unwrap();
        assert_eq!(first, r#"{"current":5,"type":"progress"}"#);
        assert!(!lane.stirred());
        assert_eq!(said(&mut lane, false), None);
        core.set_total(0, 9);
        assert!(lane.stirred());
        let second = said(&mut lane, false).unwrap();
        assert_eq!(second, r#"{"total":9,"type":"progress"}"#);
        let whole = said(&mut lane, true).unwrap();
        assert_eq!(whole, r#"{"current":5,"total":9,"type":"progress"}"#);
    }

    #[test]
    fn coarse_reporting_waits_for_enough_or_for_the_whole() {
        let mut lane = lane();
        lane.every = 100;
        let core = lane.core.clone();
        core.set_total(0, 150);
        lane.progress(false);
        for (current, stirs) in [(99, false), (100, true), (149, false), (150, true)] {
            core.gauge(0).current.store(current, Relaxed);
            assert_eq!(lane.stirred(), stirs, "{current}");
            if stirs {
                lane.progress(false);
            }
        }
        core.words().fresh = true;
        assert!(lane.stirred(), "a message does not wait");
    }

    #[test]
    fn a_phase_that_is_one_too_many_counts_for_nothing_and_stirs_nobody() {
        let mut lane = lane();
        let core = lane.core.clone();
        for n in 0..limits::PHASES {
            assert!(!Core::is_beyond(core.number(&n.to_string())));
        }
        let beyond = core.number("one more");
        assert!(Core::is_beyond(beyond));
        core.turn(beyond);
        core.gauge(beyond).current.store(5, Relaxed);
        assert!(!lane.stirred());
        assert_eq!(said(&mut lane, false), None);
    }
}
