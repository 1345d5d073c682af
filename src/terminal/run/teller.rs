//! What the job is told: where the output stands, in phases; and what the command reports itself, which counts for more.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::Value;

use super::read::meter::{Meter, Update};
use super::read::{Measure, Reader};
use super::reports::Said;
use crate::worker::{Failure, Job, Level, Phase, PhaseGuard};

/// More phases than a job may have are not begun.
const MOST: usize = 30;

/// Tells the job.
#[derive(Debug)]
pub struct Teller {
    job: Job,
    program: String,
    declared: Vec<String>,
    meter: Meter,
    begun: BTreeSet<String>,
    phase: Option<PhaseGuard>,
    parts: usize,
    total: Option<u64>,
    /// The command reports itself: what it prints is not looked at any more.
    speaks: bool,
    ending: Ending,
}

/// What the command said of its own ending.
#[derive(Debug, Default)]
pub struct Ending {
    /// What came of it.
    pub result: Option<Value>,
    /// What went wrong.
    pub failure: Option<Failure>,
    /// It gave up.
    pub gave_up: Option<String>,
}

impl Teller {
    /// Tells this job of a program whose phases have these names, in order; none: they are named as they come.
    #[must_use]
    pub fn new(job: Job, program: &str, declared: Vec<String>) -> Self {
        Self {
            job,
            program: program.to_owned(),
            declared,
            meter: Meter::default(),
            begun: BTreeSet::new(),
            phase: None,
            parts: 0,
            total: None,
            speaks: false,
            ending: Ending::default(),
        }
    }

    /// The output went on.
    pub fn passed(&mut self, reader: &mut Reader, bytes: &[u8]) {
        if self.speaks {
            return;
        }
        for update in reader.push(bytes, (&mut self.meter, Instant::now())) {
            self.take(&update);
        }
    }

    /// The output rests.
    pub fn paused(&mut self, reader: &mut Reader) {
        if self.speaks {
            return;
        }
        if let Some(update) = reader.pause((&mut self.meter, Instant::now())) {
            self.take(&update);
        }
    }

    fn take(&mut self, update: &Update) {
        if let Some(name) = &update.begins {
            self.begin(name, &update.measure);
        }
        match &update.measure {
            Measure::Count { current, total, .. } => self.count(*current, *total),
            Measure::Percent(percent) if self.phase.is_none() => self.job.percent(*percent),
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100
            Measure::Percent(percent) => self.count(percent.floor() as u64, Some(100)),
        }
    }

    fn count(&mut self, current: u64, total: Option<u64>) {
        if let Some(total) = total.filter(|total| self.total != Some(*total)) {
            self.total = Some(total);
            match &self.phase {
                Some(phase) => phase.total(total),
                None => self.job.total(total),
            }
        }
        match &self.phase {
            Some(phase) => phase.set(current),
            None => self.job.set(current),
        }
    }

    /// Another part of the work begins.
    fn begin(&mut self, name: &str, measure: &Measure) {
        self.parts += 1;
        self.total = None;
        let first = self.parts == 1;
        if first && self.declared.is_empty() && matches!(measure, Measure::Percent(_)) {
            return; // of the whole, as far as anybody knows
        }
        let name = self.name(name);
        if self.begun.len() >= MOST && !self.begun.contains(&name) {
            return;
        }
        let (total, unit) = match measure {
            Measure::Count { total, unit, .. } => (*total, unit.as_str()),
            Measure::Percent(_) => (Some(100), "%"),
        };
        let mut phase = Phase::new(&name);
        if let Some(total) = total {
            phase = phase.total(total);
            self.total = Some(total);
        }
        if !unit.is_empty() {
            phase = phase.unit(unit);
        }
        self.begun.insert(name);
        self.phase = Some(self.job.phase(phase));
    }

    /// The declared phase that is meant, or a name that no other phase has.
    fn name(&self, said: &str) -> String {
        let meant = |name: &&String| name.eq_ignore_ascii_case(said);
        let at = (self.parts - 1).min(self.declared.len().saturating_sub(1));
        if let Some(declared) = self.declared.iter().find(meant).or(self.declared.get(at)) {
            return declared.clone();
        }
        let base = if said.is_empty() { &self.program } else { said };
        let numbered = (2..).map(|number| format!("{base} {number}"));
        let mut names = std::iter::once(base.to_owned()).chain(numbered);
        names
            .find(|name| !self.begun.contains(name))
            .unwrap_or_default()
    }

    /// The command said something itself; what could not be used of it.
    pub fn report(&mut self, said: &Said) -> Option<String> {
        let report = match said {
            Said::Report(report) => report,
            Said::Unreadable(text) => return Some(format!("{text:?} is no report")),
        };
        self.speaks = true;
        let text = |name: &str| report[name].as_str().unwrap_or_default();
        match text("type") {
            "started" | "heartbeat" => self.say(report),
            "phase" => {
                let mut phase = Phase::new(text("name"));
                if let Some(total) = report["total"].as_u64() {
                    phase = phase.total(total);
                }
                if !text("unit").is_empty() {
                    phase = phase.unit(text("unit"));
                }
                self.phase = Some(self.job.phase(phase));
                self.total = None;
                self.say(report);
            }
            "progress" => self.progress(report),
            "notice" => self.notice(report),
            "completed" => self.ending.result = Some(report["result"].clone()),
            "failed" => self.ending.failure = Some(failure(&report["error"])),
            "cancelled" => self.ending.gave_up = Some(text("message").to_owned()),
            other => return Some(format!("{other:?} is no report")),
        }
        None
    }

    fn say(&mut self, report: &Value) {
        if let Some(message) = report["message"].as_str() {
            self.job.message(message);
        }
    }

    fn progress(&mut self, report: &Value) {
        if let Some(current) = report["current"].as_u64() {
            self.count(current, report["total"].as_u64());
        } else if let (Some(total), None) = (report["total"].as_u64(), &self.phase) {
            self.job.total(total);
        }
        if let Some(percent) = report["percent"].as_f64() {
            self.job.percent(percent);
        }
        for (name, value) in report["counters"].as_object().into_iter().flatten() {
            if let Some(value) = value.as_u64() {
                self.job.counter(name).set(value);
            }
        }
        if report["metadata"].is_object() {
            self.job.metadata(&report["metadata"]);
        }
        self.say(report);
    }

    fn notice(&self, report: &Value) {
        let text = |name: &str| report[name].as_str().unwrap_or_default();
        let level = match text("level") {
            "error" => Level::Error,
            "warning" => Level::Warning,
            "success" => Level::Success,
            _ => Level::Info,
        };
        let code = if text("code").is_empty() {
            "note"
        } else {
            text("code")
        };
        match &report["data"] {
            data if data.is_object() => self.job.notice_with(level, code, text("message"), data),
            _ => self.job.notice(level, code, text("message")),
        }
    }

    /// The job, and what the command said of its ending.
    pub fn end(&mut self) -> (Job, Ending) {
        (self.job.clone(), std::mem::take(&mut self.ending))
    }
}

fn failure(error: &Value) -> Failure {
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    let code = if text("code").is_empty() {
        "failed"
    } else {
        text("code")
    };
    let mut failure = Failure::new(code, text("message"));
    failure = failure.retryable(error["retryable"].as_bool().unwrap_or(false));
    if error["details"].is_object() {
        failure = failure.details(&error["details"]);
    }
    failure
}
