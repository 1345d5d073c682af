//! How far a job is (percent), how fast it goes (rate) and when it will be done (ETA).
//!
//! Reckoned when a version is made, never when one is read. Two [`Series`] are kept per attempt: units of the
//! running phase for the rate, and the whole job's fraction for the ETA, which outlives a phase. Each is a pair of
//! decaying sums, of what was done and of the seconds it took: their quotient is an exponentially weighted rate
//! that needs no correction for its start, and in which idle time counts.

use super::report::{Change, Said};
use super::{Job, Phase, PhaseStatus, Status, Timestamp};

/// The shortest memory of the estimate, in seconds.
const SHORTEST_WINDOW: f64 = 15.0;

/// An ETA beyond this many seconds (ten years) says nothing and is not said.
const FURTHEST: f64 = 10.0 * 365.25 * 86_400.0;

/// What the estimate must remember of an attempt. Plain numbers, so that it can be stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Estimator {
    /// When the attempt began.
    pub began: Option<Timestamp>,
    /// How many reports of counts there were, folded ones included.
    pub reports: u64,
    /// Units of the running phase, or of the job where it has none.
    pub units: Series,
    /// The whole job's fraction, 0 to 1.
    pub whole: Series,
}

/// One rising value over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// When it was last looked at; `None` until a report says something.
    pub at: Option<Timestamp>,
    /// What it was then.
    pub value: f64,
    /// By how much it rose, decayed.
    pub done: f64,
    /// In how many seconds, decayed likewise.
    pub seconds: f64,
    /// Whether a second report has said something, so that there is a rate.
    pub known: bool,
}

/// One look at a job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// How many units are done.
    pub units: f64,
    /// Whether a report said so just now.
    pub units_said: bool,
    /// How much of the whole job is done, where that is known.
    pub whole: Option<f64>,
    /// Whether a report said something about it just now.
    pub whole_said: bool,
    /// How many reports of counts came since the last look.
    pub reports: u32,
}

impl Estimator {
    /// For an attempt that begins now.
    #[must_use]
    pub fn begin(now: Timestamp) -> Self {
        Self {
            began: Some(now),
            ..Self::default()
        }
    }

    /// Takes a look at `now`.
    pub fn observe(&mut self, sample: &Sample, now: Timestamp) {
        self.reports = self.reports.saturating_add(u64::from(sample.reports));
        let window = self.window(now);
        self.units
            .observe(sample.units, sample.units_said, (now, window));
        if let Some(whole) = sample.whole {
            self.whole.observe(whole, sample.whole_said, (now, window));
        }
    }

    /// Other units are counted from here on.
    pub fn restart_units(&mut self) {
        self.units = Series::default();
    }

    /// How far back the estimate remembers, in seconds: long enough for a few reports, however rare they are, and
    /// the longer the job runs the steadier.
    fn window(&self, now: Timestamp) -> f64 {
        let elapsed = self.began.map_or(0.0, |began| now.since(began));
        let mean_gap = elapsed / self.reports.max(1) as f64;
        SHORTEST_WINDOW.max(elapsed / 4.0).max(8.0 * mean_gap)
    }
}

impl Series {
    /// Takes the value at a moment, with the window that holds then. Looks that no report asked for (`said` is
    /// false) let idle time count; they begin nothing.
    fn observe(&mut self, value: f64, said: bool, (now, window): (Timestamp, f64)) {
        let Some(at) = self.at else {
            if said {
                self.at = Some(now);
                self.value = value;
            }
            return;
        };
        let seconds = now.since(at);
        // Both sums weigh each moment of the stretch by its age, so that a stretch cut in two counts the same.
        let decay = (-seconds / window).exp();
        let weight = if seconds > 0.0 {
            window * (1.0 - decay) / seconds
        } else {
            1.0
        };
        self.done = self.done * decay + (value - self.value).max(0.0) * weight;
        self.seconds = self.seconds * decay + seconds * weight;
        self.at = Some(at.max(now));
        self.value = value;
        self.known |= said;
    }

    /// Per second, from the second report on.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let rate = self.done / self.seconds;
        (self.known && rate.is_finite()).then_some(rate)
    }

    /// The measure changed (a total was corrected): what was `from` is `to` now, with no work done. The speed so
    /// far is converted likewise.
    pub fn rescale(&mut self, from: f64, to: f64) {
        let ratio = to / from;
        if ratio.is_finite() {
            self.done *= ratio;
        }
        if self.at.is_some() {
            self.value = to;
        }
    }
}

/// The whole job in percent as it is to be shown: 0 to 100, at most two decimals, rounded down; never below what
/// the attempt has shown before; 100 exactly when the job is completed. `None` while nothing is known.
#[must_use]
pub fn percent(job: &Job) -> Option<f64> {
    if job.status == Status::Completed {
        return Some(100.0);
    }
    // A millionth of the last digit makes up for what binary fractions lack: 29 of 100 is 29, not 28.99.
    let hundredths = |fraction: f64| (fraction * 10_000.0 + 1e-6).floor().clamp(0.0, 9_999.0);
    let fresh = fraction(job).map(|fraction| hundredths(fraction) / 100.0);
    match (fresh, job.memory.percent) {
        (Some(fresh), Some(floor)) => Some(fresh.max(floor)),
        (fresh, floor) => fresh.or(floor),
    }
}

/// Shows the percentage of now on the job; whether that makes a difference.
pub(super) fn show_percent(job: &mut Job) -> bool {
    let percent = percent(job);
    let differs = job.progress.percent != percent;
    job.progress.percent = percent;
    job.memory.percent = percent;
    differs
}

/// How much of the whole job is done, 0 to 1: by counts where any total is known; else as the worker says; else by
/// the phases that are over. A total of 0 is no total: a worker that has found nothing yet is not done.
#[must_use]
pub fn fraction(job: &Job) -> Option<f64> {
    if job.phases.is_empty() {
        return ratio(job.progress.current, job.progress.total).or_else(|| said(job));
    }
    let counted = job.phases.iter().any(|phase| is_known(phase.total));
    let over = job.phases.iter().any(|phase| share(phase) > 0.0);
    if counted {
        return Some(weighted(&job.phases));
    }
    said(job).or_else(|| over.then(|| weighted(&job.phases)))
}

fn said(job: &Job) -> Option<f64> {
    job.memory.said_percent.map(|percent| percent / 100.0)
}

fn is_known(total: Option<u64>) -> bool {
    total.is_some_and(|total| total > 0)
}

fn ratio(current: u64, total: Option<u64>) -> Option<f64> {
    let total = total.filter(|total| *total > 0)?;
    Some((current as f64 / total as f64).min(1.0))
}

/// How much of a phase is done; one that is over counts fully, whatever it had announced.
fn share(phase: &Phase) -> f64 {
    match phase.status {
        PhaseStatus::Completed => 1.0,
        PhaseStatus::Pending | PhaseStatus::Skipped => 0.0,
        PhaseStatus::Running | PhaseStatus::Failed | PhaseStatus::Cancelled => {
            ratio(phase.current, phase.total).unwrap_or(0.0)
        }
    }
}

/// The shares by weight. Weights are taken relative to the heaviest, so that no sum of them overflows.
fn weighted(phases: &[Phase]) -> f64 {
    let heaviest = phases.iter().map(|phase| phase.weight).fold(0.0, f64::max);
    let weight = |phase: &Phase| phase.weight / heaviest;
    let all: f64 = phases.iter().map(weight).sum();
    let done: f64 = phases
        .iter()
        .map(|phase| weight(phase) * share(phase))
        .sum();
    let fraction = done / all;
    if fraction.is_finite() {
        fraction.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Brings percent, rate and ETA up to this version. `change` is what made it.
pub(super) fn refresh(job: &mut Job, change: &Change, now: Timestamp) {
    if job.status.is_terminal() {
        return;
    }
    show_percent(job);
    if job.status == Status::Queued {
        return;
    }
    let sample = sample(job, change);
    job.memory.estimator.observe(&sample, now);
    job.rate = job.memory.estimator.units.rate().map(readable);
    job.eta = seconds_left(job).map(|left| (left, now.plus_seconds(left)));
}

/// What this change says about the job's speed. `started` says nothing: a worker that goes on where an earlier
/// attempt stopped would seem to have done all of that at once. Neither does the begin of the first phase.
fn sample(job: &Job, change: &Change) -> Sample {
    let whole = fraction(job);
    let mut sample = Sample {
        units: job.progress.current as f64,
        units_said: false,
        whole,
        whole_said: false,
        reports: 0,
    };
    let Change::Report(report) = change else {
        return sample;
    };
    match &report.said {
        Said::Progress(tick) => {
            sample.units_said = tick.current.is_some();
            sample.whole_said = tick.current.is_some() || tick.percent.is_some();
            sample.reports = tick.reports.max(1);
        }
        Said::Phase { .. } => sample.whole_said = whole.is_some_and(|whole| whole > 0.0),
        _ => {}
    }
    sample
}

/// Seconds until the whole job is done, rounded up. Where a job has no phases its units say it directly, whatever
/// becomes of the total meanwhile.
fn seconds_left(job: &Job) -> Option<u64> {
    let estimator = &job.memory.estimator;
    let total = job.progress.total.filter(|total| *total > 0);
    let (left, rate) = match (job.phases.is_empty(), total, estimator.units.rate()) {
        (true, Some(total), Some(rate)) => {
            (total.saturating_sub(job.progress.current) as f64, rate)
        }
        _ => (1.0 - fraction(job)?, estimator.whole.rate()?),
    };
    if left <= 0.0 {
        return Some(0);
    }
    let seconds = left / rate;
    (seconds <= FURTHEST).then(|| (seconds - 1e-6).ceil() as u64)
}

/// Six significant digits: more is noise, and bytes in every frame.
fn readable(rate: f64) -> f64 {
    if rate < 1e-9 {
        return 0.0;
    }
    let scale = 10_f64.powi(5 - rate.log10().floor() as i32);
    let rounded = (rate * scale).round() / scale;
    if rounded.is_finite() { rounded } else { rate }
}
