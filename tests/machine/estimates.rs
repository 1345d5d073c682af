//! Rate and ETA against runs whose end is known: noise, pauses, folded reports, rare reports, phases.

use std::cell::Cell;

use milepost::progress::{Change, Job, Report, Said, Tick, fold, machine};

use super::support::{
    after, at, count, current, notice, percent, phase, planned, queued, queued_of, say, saying,
    started_by, then,
};

/// A run of `seconds` with a report every `gap`, folded to two writes a second, whose speed is not quite even.
#[derive(Clone, Copy, Debug)]
struct Run {
    seconds: f64,
    gap: f64,
    /// How far a report's gap and count may be off, as a share of one step.
    noise: f64,
    /// The share of each twentieth of the run in which nothing is done and nothing said.
    idle: f64,
}

impl Run {
    /// How much is done after `time`, 0 to 1.
    fn done(self, time: f64) -> f64 {
        let stretch = self.seconds / 20.0;
        let whole = (time / stretch).floor();
        let part = (time / stretch - whole) / (1.0 - self.idle);
        ((whole + part.min(1.0)) / 20.0).min(1.0)
    }

    fn idles(self, time: f64) -> bool {
        let stretch = self.seconds / 20.0;
        (time / stretch).fract() > 1.0 - self.idle
    }

    /// Lives the run, and calls `look` with the time and each version written. `tell` says what is reported where
    /// so much is done.
    fn live(self, job: Job, tell: &dyn Fn(f64) -> Vec<Said>, look: &mut dyn FnMut(f64, &Job)) {
        let mut job = after(job, [started_by("w")]);
        let began = 1.0;
        let mut seed = 12_345_u64;
        let mut noise = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((seed >> 33) as f64 / (1_u64 << 31) as f64 * 2.0 - 1.0) * self.noise
        };
        let mut pending: Option<Report> = None;
        let mut written = f64::MIN;
        let mut time = 0.0;
        while time < self.seconds {
            let step = self.gap / self.seconds;
            let done = (self.done(time) + noise() * step).clamp(0.0, 1.0);
            for said in tell(done).into_iter().filter(|_| !self.idles(time)) {
                let bare = said.is_bare();
                let report = Report {
                    attempt: None,
                    seq: None,
                    said,
                };
                let report = match pending.take() {
                    Some(earlier) if bare => fold::fold(earlier, report).unwrap(),
                    other => {
                        pending = other;
                        report
                    }
                };
                if bare && time - written < 0.5 {
                    pending = Some(report);
                    continue;
                }
                let mut draft = machine::Draft::new(&job);
                for report in pending.take().into_iter().chain([report]) {
                    draft
                        .apply(&Change::Report(report), at(began + time))
                        .unwrap();
                }
                if let Some(decided) = draft.finish(at(began + time)) {
                    job = decided.job;
                    written = time;
                    look(time, &job);
                }
            }
            time += self.gap * (1.0 + noise() / 2.0);
        }
    }

    /// Whether the ETA was within a quarter of the truth at 25, 50 and 75 %.
    fn check(self, job: Job, tell: &dyn Fn(f64) -> Vec<Said>) {
        let mut marks = vec![0.75, 0.5, 0.25];
        self.live(job, tell, &mut |time, job| {
            if marks.last().is_none_or(|mark| time < mark * self.seconds) {
                return;
            }
            marks.pop();
            let truth = self.seconds - time;
            let (left, finish) = job
                .eta
                .unwrap_or_else(|| panic!("{self:?}: no ETA at {time}"));
            let off = (left as f64 - truth).abs() / truth;
            assert!(
                off <= 0.25,
                "{self:?} at {time}: {left} s, in truth {truth}"
            );
            let exact = finish.since(job.updated_at);
            assert!(
                (exact - left as f64).abs() <= 1.0,
                "{left} s, and {exact} s"
            );
            assert!(
                (exact - truth).abs() / truth <= 0.25,
                "{self:?}: {exact} s, in truth {truth}"
            );
        });
        assert!(marks.is_empty(), "{self:?} was not looked at");
    }
}

const LENGTHS: [f64; 5] = [20.0, 60.0, 300.0, 1000.0, 3600.0];

fn runs(noise: f64, idle: f64) -> impl Iterator<Item = Run> {
    let run = move |seconds, gap| Run {
        seconds,
        gap,
        noise,
        idle,
    };
    LENGTHS.into_iter().flat_map(move |seconds| {
        [
            run(seconds, 0.05),
            run(seconds, 0.6),
            run(seconds, seconds / 25.0),
        ]
    })
}

const TOTAL: u64 = 1_000_000;

fn counted(done: f64) -> Vec<Said> {
    vec![current((done * TOTAL as f64) as u64)]
}

#[test]
fn the_eta_of_a_steady_run_is_within_a_quarter() {
    for run in runs(0.0, 0.0) {
        run.check(queued_of(TOTAL), &counted);
    }
}

#[test]
fn the_eta_of_a_noisy_run_is_within_a_quarter() {
    for run in runs(0.9, 0.0) {
        run.check(queued_of(TOTAL), &counted);
    }
}

#[test]
fn the_eta_of_a_run_with_pauses_is_within_a_quarter() {
    for run in runs(0.3, 0.3).filter(|run| run.gap < run.seconds / 100.0) {
        run.check(queued_of(TOTAL), &counted);
    }
}

#[test]
fn the_eta_of_a_run_that_says_percentages_is_within_a_quarter() {
    for run in runs(0.3, 0.0) {
        run.check(queued(), &|done| vec![percent(done * 100.0)]);
    }
}

/// Weights as the time they take: 1, 3, 6. Units and totals have nothing to do with one another.
#[test]
fn the_eta_of_the_whole_job_goes_on_over_its_phases() {
    let plan = [
        ("a", 1.0, Some(7)),
        ("b", 3.0, Some(100_000)),
        ("c", 6.0, Some(900)),
    ];
    let last = Cell::new("");
    let tell = |done: f64| {
        let (name, part, total) = match done {
            done if done < 0.1 => ("a", done / 0.1, 7.0),
            done if done < 0.4 => ("b", (done - 0.1) / 0.3, 100_000.0),
            done => ("c", (done - 0.4) / 0.6, 900.0),
        };
        let begun = (last.replace(name) != name).then(|| phase(name));
        let counted = current((part * total) as u64);
        begun.into_iter().chain([counted]).collect()
    };
    for seconds in LENGTHS {
        let run = Run {
            seconds,
            gap: 0.6,
            noise: 0.0,
            idle: 0.0,
        };
        run.check(planned(&plan), &tell);
    }
}

#[test]
fn rate_and_eta_need_two_reports_that_say_something() {
    let mut job = after(queued_of(100), [started_by("w"), saying("warming up")]);
    then(&mut job, say(current(10)), 4.0);
    assert_eq!((job.rate, job.eta), (None, None));
    then(&mut job, say(saying("still here")), 6.0);
    assert_eq!((job.rate, job.eta), (None, None));
    then(&mut job, say(current(30)), 8.0);
    assert_eq!((job.rate, job.eta), (Some(5.0), Some((14, at(22.0)))));
}

/// Work of which nobody has heard yet was not done in the moment it was reported.
#[test]
fn a_notice_between_two_reports_leaves_no_trace() {
    let plan = [("a", 1.0, Some(100))];
    let begin = [started_by("w"), phase("a"), current(10)];
    let mut quiet = after(planned(&plan), begin);
    let mut loud = quiet.clone();
    then(&mut loud, say(notice("look")), 13.0);
    then(&mut quiet, say(current(30)), 23.0);
    then(&mut loud, say(current(30)), 23.0);
    assert_eq!((quiet.rate, quiet.eta), (Some(1.0), Some((70, at(93.0)))));
    assert_eq!((loud.rate, loud.eta), (quiet.rate, quiet.eta));
}

/// The phase was counted from 0 for want of a total; what was done meanwhile took its time.
#[test]
fn a_total_that_comes_late_counts_what_was_done_before() {
    let plan = [("a", 1.0, None), ("b", 1.0, Some(10))];
    let mut job = after(planned(&plan), [started_by("w"), phase("a")]);
    for n in 1..=10 {
        then(&mut job, say(current(n)), 10.0 + n as f64);
    }
    assert_eq!(job.eta, None);
    then(&mut job, say(count(11, 20)), 21.0);
    let (left, _) = job.eta.unwrap();
    // Nine and twenty seconds are left; what comes in one step weighs a little more than what comes in ten.
    assert!((20..=29).contains(&left), "{left}");
}

/// A worker that goes on where the attempt before it stopped has not done all that in a moment.
#[test]
fn a_resumed_job_does_not_look_fast() {
    let mut job = after(queued_of(1000), [started_by("w"), current(900)]);
    then(&mut job, say(current(901)), 4.0);
    assert_eq!((job.rate, job.eta), (Some(0.5), Some((198, at(202.0)))));
}

#[test]
fn without_a_total_there_is_a_rate_and_no_eta() {
    let mut job = after(queued(), [started_by("w"), current(10), current(30)]);
    assert_eq!((job.rate, job.eta), (Some(20.0), None));
    then(&mut job, say(count(50, 130)), 4.0);
    assert_eq!((job.rate, job.eta), (Some(20.0), Some((4, at(8.0)))));
}

#[test]
fn another_phase_has_another_rate_and_the_same_eta_goes_on() {
    let plan = [("a", 1.0, Some(10)), ("b", 1.0, Some(500))];
    let said = [started_by("w"), phase("a"), current(1), current(5)];
    let mut job = after(planned(&plan), said);
    assert_eq!((job.rate, job.eta), (Some(4.0), Some((4, at(7.75)))));
    then(&mut job, say(current(9)), 5.0);
    then(&mut job, say(phase("b")), 5.25);
    assert_eq!((job.rate, job.eta), (None, Some((3, at(7.75)))));
    then(&mut job, say(current(50)), 5.5);
    then(&mut job, say(current(100)), 5.75);
    assert_eq!((job.rate, job.progress.percent), (Some(200.0), Some(60.0)));
    let (left, _) = job.eta.unwrap();
    assert!((1..=3).contains(&left), "{left}");
}

#[test]
fn a_corrected_total_corrects_the_eta_at_once() {
    let mut flat = after(queued_of(100), [started_by("w")]);
    let mut phased = after(
        planned(&[("a", 1.0, Some(100))]),
        [started_by("w"), phase("a")],
    );
    for job in [&mut flat, &mut phased] {
        for n in 0..=10 {
            then(job, say(current(n)), 10.0 + n as f64);
        }
        assert_eq!(job.eta.unwrap().0, 90);
        then(job, say(count(11, 200)), 21.0);
        assert_eq!(job.eta.unwrap().0, 189, "{:?}", job.phases);
    }
}

#[test]
fn an_unannounced_phase_makes_the_whole_job_longer() {
    let mut job = after(queued(), [started_by("w"), phase("a")]);
    for n in 0..=10 {
        then(&mut job, say(count(n, 10)), 10.0 + n as f64);
    }
    then(&mut job, say(phase("b")), 20.0);
    assert_eq!(job.eta, Some((10, at(30.0))), "as long as the first");
}

#[test]
fn idle_time_counts() {
    let mut job = after(queued_of(100), [started_by("w")]);
    for n in 0..=10 {
        then(&mut job, say(current(n)), 10.0 + n as f64);
    }
    then(&mut job, Change::Stall, 60.0);
    let (rate, left) = (job.rate.unwrap(), job.eta.unwrap().0);
    assert!(rate < 0.3 && left > 300, "{rate} {left}");
}

#[test]
fn what_is_not_known_is_not_said() {
    let said = [
        started_by("w"),
        current(5),
        saying("x"),
        current(5),
        saying("y"),
    ];
    let mut still = after(queued_of(100), said);
    assert_eq!(
        (still.rate, still.eta),
        (None, None),
        "a repetition makes no version"
    );
    let tick = Tick {
        current: Some(5),
        message: Some("z".into()),
        ..Tick::default()
    };
    then(&mut still, say(Said::Progress(tick)), 20.0);
    assert_eq!((still.rate, still.eta), (Some(0.0), None));

    let most = milepost::progress::MAX_COUNT;
    let mut endless = after(queued_of(most), [started_by("w"), current(1), current(2)]);
    assert_eq!(
        (endless.rate, endless.eta),
        (Some(1.0), None),
        "not for ten years"
    );
    then(&mut endless, say(current(most)), 4.0);
    assert_eq!(endless.eta, Some((0, at(4.0))));

    let mut sudden = after(queued_of(100), [started_by("w"), current(1)]);
    then(&mut sudden, say(current(50)), 2.0);
    assert_eq!((sudden.rate, sudden.eta), (None, None), "in no time at all");
    assert_eq!(sudden.progress.percent, Some(50.0));
}
