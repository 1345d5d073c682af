//! Reports on their way in: what somebody waits for goes to the commit, bare ticks are folded and answered at once.

use tokio::sync::oneshot;

use super::ask::{Ask, Done};
use super::decide::answer;
use super::stats::Stats;
use super::{Answer, Error, Tracker};
use crate::progress::machine::Draft;
use crate::progress::{Change, Job, JobKey, Report, Status};
use crate::progress::{Refusal, Said};
use crate::store::Held;

impl Tracker {
    /// One job's reports, in order; an answer for each. `durable` = ticks wait for their write, too.
    pub async fn report(
        &self,
        key: &JobKey,
        reports: Vec<Report>,
        durable: bool,
    ) -> Vec<Result<Answer, Error>> {
        let mut reports = reports;
        // Up to the last report that is not bare everything is written at once; ticks after it are folded.
        let waited = reports
            .iter()
            .rposition(|r| !r.said.is_bare())
            .map_or(0, |last| last + 1);
        let ticks = reports.split_off(waited);
        let mut answers = Vec::with_capacity(waited + ticks.len());
        if !reports.is_empty() {
            let asks = reports
                .into_iter()
                .map(|r| Ask::Change(Change::Report(r)))
                .collect();
            let outcomes = self.ask_all(key.clone(), asks).await;
            answers.extend(
                outcomes
                    .into_iter()
                    .map(|outcome| outcome.map(|done| done.answer)),
            );
        }
        for tick in ticks {
            answers.push(self.tick(key, tick, durable).await);
        }
        answers
    }

    /// A bare `progress` or `heartbeat`.
    async fn tick(&self, key: &JobKey, report: Report, durable: bool) -> Result<Answer, Error> {
        let beat = matches!(report.said, Said::Heartbeat);
        if beat && durable {
            // Nothing that is written proves the state this is judged by: it must be the newest.
            self.inner.cache.drop(key);
        }
        let held = self.inner.held(key).await?.ok_or(Error::NotFound)?;
        let held = match refusal(&held.job, &report) {
            None => held,
            Some(refusal) if refusal.is_final() => return Err(refused(refusal, &held)),
            // The state in memory may be behind another node's.
            Some(_) => {
                self.inner.cache.drop(key);
                let held = self.inner.held(key).await?.ok_or(Error::NotFound)?;
                match refusal(&held.job, &report) {
                    Some(refusal) => return Err(refused(refusal, &held)),
                    None => held,
                }
            }
        };
        Stats::add(&self.inner.stats.ticks, 1);
        let old = |known: Option<u64>| report.seq.is_some() && report.seq <= known;
        if old(held.job.memory.seq) {
            return Ok(Answer {
                durable,
                ..answer(&held.job, false)
            });
        }
        if old(self.inner.queue.pending_seq(key)) {
            return self.pending_tick(key, report, durable).await;
        }
        if beat {
            return self.heartbeat(key, &held, durable).await;
        }
        // What would pass a limit is refused now, to whom it concerns, and not later to nobody.
        if has_names(&report) {
            let change = Change::Report(report.clone());
            Draft::new(&held.job)
                .apply(&change, self.now())
                .map_err(|refusal| refused(refusal, &held))?;
        }
        if durable {
            return self.durable_tick(key, report).await;
        }
        self.enqueue(key, report, None)?;
        Ok(Answer {
            durable: false,
            ..answer(&held.job, true)
        })
    }

    /// A tick that was said before and is still to be written.
    async fn pending_tick(
        &self,
        key: &JobKey,
        report: Report,
        durable: bool,
    ) -> Result<Answer, Error> {
        let answered = if durable {
            self.durable_tick(key, report).await?
        } else {
            let held = self.inner.held(key).await?.ok_or(Error::NotFound)?;
            Answer {
                durable,
                ..answer(&held.job, false)
            }
        };
        Ok(Answer {
            applied: false,
            ..answered
        })
    }

    fn enqueue(
        &self,
        key: &JobKey,
        report: Report,
        waiter: Option<oneshot::Sender<Result<Done, Error>>>,
    ) -> Result<(), Error> {
        let opens = self.hub().opens(key);
        self.inner.queue.tick(key, (report, opens), waiter)
    }

    async fn durable_tick(&self, key: &JobKey, report: Report) -> Result<Answer, Error> {
        let (reply, written) = oneshot::channel::<Result<Done, Error>>();
        self.enqueue(key, report, Some(reply))?;
        match tokio::time::timeout(super::start::PATIENCE, written).await {
            Ok(Ok(outcome)) => outcome.map(|done| done.answer),
            _ => Err(Error::Unavailable),
        }
    }

    /// A sign of life costs no version, unless the job stands as stalled.
    async fn heartbeat(&self, key: &JobKey, held: &Held, durable: bool) -> Result<Answer, Error> {
        let attempt = held.job.attempt;
        if held.job.stalled_at.is_some() {
            let done = self.ask(key.clone(), Ask::Change(Change::Resume)).await?;
            self.inner.beats.add(key.clone(), attempt);
            return Ok(done.answer);
        }
        if durable {
            self.inner
                .store
                .heartbeat(&[(key.clone(), attempt)])
                .await?;
        } else {
            self.inner.beats.add(key.clone(), attempt);
        }
        Ok(Answer {
            durable,
            ..answer(&held.job, true)
        })
    }
}

/// Whether a tick brings counters or metadata, whose number and size have a limit.
fn has_names(report: &Report) -> bool {
    matches!(&report.said, Said::Progress(tick) if !tick.counters.is_empty() || !tick.metadata.is_empty())
}

fn refused(refusal: Refusal, held: &Held) -> Error {
    Error::Refused {
        refusal,
        frame: held.frame.clone(),
    }
}

/// Why the machine would not take a tick in this state; it decides for good when the tick is written.
fn refusal(job: &Job, report: &Report) -> Option<Refusal> {
    if job.status.is_terminal() {
        return Some(Refusal::Finished { status: job.status });
    }
    let fenced = |said| Refusal::Fenced {
        attempt: job.attempt,
        said,
    };
    if let Some(said) = report.attempt.filter(|said| *said != job.attempt) {
        return Some(fenced(said));
    }
    (job.status == Status::Queued).then_some(Refusal::NotStarted)
}
