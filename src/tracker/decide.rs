//! What is to be done about one job's part of a batch: asks the machine, in order, and prepares the write.

use std::sync::Arc;

use super::ask::{Ask, Done, Group, Item, Outcomes};
use super::{Answer, Error};
use crate::progress::machine::{self, Draft};
use crate::progress::{Change, Job, Timestamp};
use crate::progress::{Decided, Effect, NewJob, Refusal};
use crate::store::commit::Creation;
use crate::store::{Held, Write};
use crate::wire::{Frame, memory, state};

/// What everybody of a group is answered once it is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Decision {
    /// For each who waits for ticks.
    pub(super) ticks: Vec<Result<Done, Error>>,
    /// For each item.
    pub(super) items: Vec<Outcomes>,
    /// A sign of life that changes nothing: of this attempt.
    pub(super) beat: Option<u64>,
}

impl Decision {
    /// The same for everybody of a group.
    pub(super) fn all(group: &Group, outcome: &Result<Done, Error>) -> Self {
        Self {
            ticks: group
                .ticks
                .waiters
                .iter()
                .map(|_| outcome.clone())
                .collect(),
            items: group
                .items
                .iter()
                .map(|i| i.asks.iter().map(|_| outcome.clone()).collect())
                .collect(),
            beat: None,
        }
    }

    /// Puts the written frame into the answers.
    pub(super) fn show(&mut self, written: &Arc<Frame>) {
        for outcome in self.ticks.iter_mut().chain(self.items.iter_mut().flatten()) {
            match outcome {
                Ok(done) => done.frame = written.clone(),
                Err(Error::Refused { frame, .. }) => *frame = written.clone(),
                Err(_) => {}
            }
        }
    }
}

/// What to do with a group.
#[derive(Debug)]
pub(super) enum Plan {
    /// It would be refused, but by a state that may be old.
    ReadAgain,
    /// Nothing to write: answer.
    Nothing(Decision),
    /// Write this, then answer.
    Write(Decision, Box<Write>),
}

impl Plan {
    /// Decides on a group of changes. `fresh`: the held state was read for this round.
    pub(super) fn of(group: &Group, held: Option<&Arc<Held>>, fresh: bool, now: Timestamp) -> Plan {
        match held {
            Some(held) => Round::new(held, fresh, now).decide(group),
            None => Plan::Nothing(Decision::all(group, &Err(Error::NotFound))),
        }
    }

    /// A job to be made.
    pub(super) fn birth(group: &Group, new: &NewJob, now: Timestamp) -> Plan {
        let decided = machine::create(new, now);
        let creation = Creation {
            text: memory::creation(&new.creation),
            lease: new.creation.lease,
        };
        let frame = Arc::new(frame_of(&decided));
        let done = Done {
            answer: answer(&decided.job, true),
            frame: frame.clone(),
            made: true,
        };
        let decision = Decision::all(group, &Ok(done));
        let write = Write {
            decided,
            frame,
            creation: Some(creation),
            lines: 0,
            alive: false,
            silent: false,
        };
        Plan::Write(decision, Box::new(write))
    }
}

/// Asks the machine about one group.
struct Round<'a> {
    draft: Draft,
    held: &'a Arc<Held>,
    fresh: bool,
    now: Timestamp,
    /// A refusal came that a newer state might not give.
    doubtful: bool,
    /// A worker's report was accepted.
    alive: bool,
    /// Something was taken that is no verdict of silence.
    heard: bool,
    /// A verdict of silence was taken, and nothing else.
    silent: bool,
}

impl<'a> Round<'a> {
    fn new(held: &'a Arc<Held>, fresh: bool, now: Timestamp) -> Self {
        Self {
            draft: Draft::new(&held.job),
            held,
            fresh,
            now,
            doubtful: false,
            alive: false,
            heard: false,
            silent: false,
        }
    }

    fn decide(mut self, group: &Group) -> Plan {
        let held = self.held;
        let ticks: Vec<_> = group
            .ticks
            .reports
            .iter()
            .map(|r| self.apply(&Change::Report(r.clone())))
            .collect();
        let told = ticks.last().cloned();
        // Verdicts come last, and only where nothing else was taken: a verdict may be dropped when a sign of life was
        // booked meanwhile, and nobody who waits may be told of what was dropped with it. The next sweep finds it
        // again.
        let told_first: Vec<_> = group
            .items
            .iter()
            .map(|item| (!item.asks.iter().any(is_verdict)).then(|| self.ask_all(item)))
            .collect();
        let items: Vec<Vec<_>> = group
            .items
            .iter()
            .zip(told_first)
            .map(|(item, told)| told.unwrap_or_else(|| self.ask_all(item)))
            .collect();
        if self.doubtful && !self.fresh {
            return Plan::ReadAgain;
        }
        let (alive, silent, at) = (self.alive, self.silent, self.now);
        let decided = self.draft.finish(at);
        // A write proves the state it was decided on; where nothing is written, nothing does. What looks like a
        // repetition in an old state may be news in the newest.
        if decided.is_none() && !self.fresh && !held.job.status.is_terminal() {
            return Plan::ReadAgain;
        }
        let job = decided.as_ref().map_or(&held.job, |d| &d.job);
        let frame = decided
            .as_ref()
            .map_or_else(|| held.frame.clone(), |d| Arc::new(frame_of(d)));
        let done = |outcome: Result<Effect, Refusal>| match outcome {
            Ok(effect) => Ok(Done {
                answer: answer(job, effect.applied),
                frame: frame.clone(),
                made: false,
            }),
            Err(refusal) => Err(Error::Refused {
                refusal,
                frame: held.frame.clone(),
            }),
        };
        let decision = Decision {
            ticks: group
                .ticks
                .waiters
                .iter()
                .filter_map(|_| told.clone())
                .map(done)
                .collect(),
            items: items
                .into_iter()
                .map(|o| o.into_iter().map(done).collect())
                .collect(),
            beat: (alive && decided.is_none()).then_some(job.attempt),
        };
        match decided {
            None => Plan::Nothing(decision),
            Some(decided) => {
                let write = Write {
                    decided,
                    frame,
                    creation: None,
                    lines: held.lines,
                    alive,
                    silent,
                };
                Plan::Write(decision, Box::new(write))
            }
        }
    }

    fn ask_all(&mut self, item: &Item) -> Vec<Result<Effect, Refusal>> {
        item.asks.iter().map(|ask| self.ask(ask)).collect()
    }

    fn ask(&mut self, ask: &Ask) -> Result<Effect, Refusal> {
        match ask {
            Ask::Change(change) => self.apply(change),
            // Not reached: a group with a creation is not decided here.
            Ask::Create(_) => Ok(Effect::default()),
        }
    }

    fn apply(&mut self, change: &Change) -> Result<Effect, Refusal> {
        let verdict = matches!(change, Change::Stall | Change::Lose);
        if verdict && self.heard {
            return Ok(Effect::default());
        }
        let outcome = self.draft.apply(change, self.now);
        match &outcome {
            Ok(effect) if verdict => self.silent |= effect.applied,
            Ok(effect) => {
                self.heard |= effect.applied;
                // A resumed worker has spoken, too: booked with this write, or the next sweep finds the old silence.
                let spoke = matches!(change, Change::Report(_) | Change::Resume);
                self.alive |= effect.applied && spoke;
            }
            Err(refusal) => self.doubtful |= !refusal.is_final(),
        }
        outcome
    }
}

fn is_verdict(ask: &Ask) -> bool {
    matches!(ask, Ask::Change(Change::Stall | Change::Lose))
}

/// The frame of a decided version, serialised here and nowhere else.
fn frame_of(decided: &Decided) -> Frame {
    let job = &decided.job;
    let json = state::frame_json(job, decided.happening);
    Frame::new(
        job.key.clone(),
        job.version,
        job.status,
        job.labels.clone(),
        &json,
    )
}

/// The contract's answer to a report that is in Postgres.
pub(super) fn answer(job: &Job, applied: bool) -> Answer {
    Answer {
        version: job.version,
        status: job.status,
        attempt: job.attempt,
        applied,
        durable: true,
        cancel_requested: job.cancel.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{Creation, JobKey, Kind, Labels, Lease, Name, Report, Said};
    use crate::tracker::ask::Ticks;

    fn held() -> Arc<Held> {
        let new = NewJob {
            key: JobKey {
                project: Name::parse("acme").unwrap(),
                id: Name::parse("a").unwrap(),
            },
            creation: Creation {
                labels: Labels {
                    kind: Kind::parse("scan").unwrap(),
                    subject: None,
                    owner: None,
                    parent: None,
                },
                title: None,
                retry_of: None,
                total: None,
                unit: None,
                phases: Vec::new(),
                metadata: Vec::new(),
                lease: Lease::default(),
            },
        };
        let mut job = machine::create(&new, Timestamp(0)).job;
        let claim = Report {
            attempt: None,
            seq: None,
            said: Said::Started {
                worker: None,
                total: None,
                unit: None,
                message: None,
            },
        };
        machine::apply(&mut job, &Change::Report(claim), Timestamp(0)).unwrap();
        let json = state::frame_json(&job, crate::progress::Happening::Started);
        let frame = Frame::new(job.key.clone(), 2, job.status, job.labels.clone(), &json);
        Arc::new(Held {
            job,
            lines: 2,
            frame: Arc::new(frame),
            node: uuid::Uuid::nil(),
            batch: 1,
        })
    }

    fn written(held: &Arc<Held>, changes: &[Change]) -> Write {
        let item = |change: &Change| Item {
            asks: vec![Ask::Change(change.clone())],
            reply: None,
        };
        let group = Group {
            key: held.job.key.clone(),
            ticks: Ticks::default(),
            items: changes.iter().map(item).collect(),
        };
        match Plan::of(&group, Some(held), true, Timestamp(1)) {
            Plan::Write(_, write) => *write,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wish_is_not_dropped_with_a_verdict_of_silence() {
        let cancel = Change::Cancel {
            reason: None,
            by: None,
        };
        let alone = written(&held(), &[Change::Stall]);
        assert!(alone.silent && alone.decided.job.stalled_at.is_some());
        for changes in [[cancel.clone(), Change::Stall], [Change::Stall, cancel]] {
            let write = written(&held(), &changes);
            assert!(!write.silent, "it would be dropped for a heartbeat");
            assert_eq!(
                write.decided.job.status,
                crate::progress::Status::Cancelling
            );
            assert_eq!(
                write.decided.job.stalled_at, None,
                "found by the next sweep"
            );
        }
    }
}
