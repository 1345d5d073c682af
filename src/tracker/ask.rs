//! What is asked of a job, who waits for it, and the ticks that nobody waits for.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Answer, Error};
use crate::progress::NewJob;
use crate::progress::{Change, JobKey, Report, fold};
use crate::wire::Frame;

/// How many ticks of one job may wait that cannot be folded into one (of several attempts).
const UNFOLDED: usize = 8;

/// One thing to do to a job.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Make it, with this creation as the store keeps it.
    Create(Arc<NewJob>),
    /// Change it.
    Change(Change),
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Done {
    /// As the contract answers a report.
    pub answer: Answer,
    /// The job's newest frame.
    pub frame: Arc<Frame>,
    /// For a creation: whether the job was made (else it was there).
    pub made: bool,
}

/// Outcomes of the asks of one request, in order.
pub type Outcomes = Vec<Result<Done, Error>>;

/// Asks of one request for one job; decided in order, written at once.
#[derive(Debug)]
pub struct Item {
    /// In order.
    pub asks: Vec<Ask>,
    /// Who waits; nobody for what the service found itself.
    pub reply: Option<oneshot::Sender<Outcomes>>,
}

impl Item {
    /// Whoever asked has been told that the outcome is not known, and will repeat it: to do it now would do it twice.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    pub(super) fn creates(&self) -> bool {
        self.asks.iter().any(|ask| matches!(ask, Ask::Create(_)))
    }
}

/// Folded ticks of one job.
#[derive(Debug, Default)]
pub struct Ticks {
    /// In order; nearly always one.
    pub reports: Vec<Report>,
    /// Who waits until they are written.
    pub waiters: Vec<oneshot::Sender<Result<Done, Error>>>,
    /// When they are to be written; an entry of the heap with another moment is one of earlier ticks.
    pub(super) due: Option<Instant>,
}

/// All that is to be done to one job in the next write.
#[derive(Debug)]
pub struct Group {
    /// Which job.
    pub key: JobKey,
    /// What was pending before the items.
    pub ticks: Ticks,
    /// In order.
    pub items: Vec<Item>,
}

impl Group {
    /// The creation it asks for; such a group asks for nothing else.
    pub fn creation(&self) -> Option<&Arc<NewJob>> {
        self.items
            .iter()
            .flat_map(|item| &item.asks)
            .find_map(|ask| match ask {
                Ask::Create(new) => Some(new),
                Ask::Change(_) => None,
            })
    }
}

impl Ticks {
    /// These, and `newer` ones after them. Where they neither fold nor fit, the oldest are let go.
    pub(super) fn before(self, newer: Self) -> Self {
        let mut merged = Self {
            reports: Vec::new(),
            waiters: self.waiters,
            due: None,
        };
        merged.waiters.extend(newer.waiters);
        for report in self.reports.into_iter().chain(newer.reports) {
            if merged.reports.len() >= UNFOLDED {
                merged.reports.remove(0);
            }
            let _ = merged.add(report);
        }
        merged
    }

    pub(super) fn add(&mut self, report: Report) -> Result<(), Error> {
        let Some(last) = self.reports.pop() else {
            self.reports.push(report);
            return Ok(());
        };
        match fold::fold(last, report) {
            Ok(folded) => self.reports.push(folded),
            Err(apart) => {
                let (last, report) = *apart;
                self.reports.push(last);
                if self.reports.len() >= UNFOLDED {
                    return Err(Error::Overloaded);
                }
                self.reports.push(report);
            }
        }
        Ok(())
    }
}
