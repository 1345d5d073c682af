//! How far a job is (percent), how fast it goes (rate) and when it will be done (ETA).
//!
//! Reckoned when a version is made, never when one is read. Two [`Series`] are kept per attempt: units of the
//! running phase for the rate, and the whole job's fraction for the ETA, which outlives a phase. Each is a pair of
//! decaying sums, of what was done and of the seconds it took: their quotient is an exponentially weighted rate
//! that needs no correction for its start, and in which idle time counts.

use super::report::{Change, Said};
use super::{Job, Status, Timestamp};

mod percent;

pub(super) use percent::show_percent;
pub use percent::{fraction, percent};

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

    /// How it looks at `now`. What a report said is remembered; a look that no report asked for lets the time
    /// since the last one count as idle in what it returns, and is forgotten: the next report may bring the work
    /// that was done meanwhile.
    pub fn observe(&mut self, sample: &Sample, now: Timestamp) -> Estimator {
        self.reports = self.reports.saturating_add(u64::from(sample.reports));
        let moment = (now, self.window(now));
        let mut look = self.clone();
        look.units.observe(sample.units, sample.units_said, moment);
        if let Some(whole) = sample.whole {
            look.whole.observe(whole, sample.whole_said, moment);
        }
        if sample.units_said {
            self.units = look.units.clone();
        }
        if sample.whole_said {
            self.whole = look.whole.clone();
        }
        look
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
    /// Takes the value at a moment, with the window that holds then; one that no report has said begins nothing.
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
    let look = job.memory.estimator.observe(&sample, now);
    job.rate = look.units.rate().map(readable);
    job.eta = seconds_left(job, &look).map(|left| arrival(left, now));
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

/// The ETA that is shown: whole seconds for people, and the moment itself to the millisecond, for whoever counts down
/// to it. The nearest second, since rounding up would promise half a second too much on average, which is a lot of the
/// last two; but at least 1 while anything is left.
fn arrival(left: f64, now: Timestamp) -> (u64, Timestamp) {
    let seconds = if left > 0.0 {
        left.round().max(1.0)
    } else {
        0.0
    };
    (
        seconds as u64,
        Timestamp(now.0 + (left * 1000.0).round() as i64),
    )
}

/// Seconds until the whole job is done. Where a job has no phases its units say it directly, whatever becomes of the
/// total meanwhile.
fn seconds_left(job: &Job, estimator: &Estimator) -> Option<f64> {
    let total = job.progress.total.filter(|total| *total > 0);
    let (left, rate) = match (job.phases.is_empty(), total, estimator.units.rate()) {
        (true, Some(total), Some(rate)) => {
            (total.saturating_sub(job.progress.current) as f64, rate)
        }
        _ => (1.0 - fraction(job)?, estimator.whole.rate()?),
    };
    if left <= 0.0 {
        return Some(0.0);
    }
    let seconds = left / rate;
    (seconds <= FURTHEST).then_some(seconds)
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
