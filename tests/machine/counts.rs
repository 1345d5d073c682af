//! Progress: counts, percent (P12), counters, metadata, notices, and their limits.

use milepost::progress::Refusal;
use milepost::progress::{Change, Job, Object, Said, Tick};

use super::support::{
    after, at, completed, count, current, notice, numbered, percent, phase, planned, queued,
    queued_of, say, saying, started_by, then, write,
};

fn running() -> Job {
    after(queued(), [started_by("w")])
}

fn counts(job: &Job) -> (u64, Option<u64>, Option<f64>) {
    (
        job.progress.current,
        job.progress.total,
        job.progress.percent,
    )
}

/// D 106.
#[test]
fn p12_a_lower_count_is_ignored_and_a_higher_one_raises_the_total() {
    let mut job = running();
    then(&mut job, say(count(40, 50)), 2.0);
    assert!(!then(&mut job, say(current(30)), 3.0).changed);
    assert_eq!(counts(&job), (40, Some(50), Some(80.0)));
    then(&mut job, say(current(60)), 4.0);
    assert_eq!(counts(&job), (60, Some(60), Some(99.99)));
    then(&mut job, say(count(1, 7)), 5.0);
    assert_eq!(
        counts(&job),
        (60, Some(60), Some(99.99)),
        "never below current"
    );
}

/// D 109 to 111.
#[test]
fn an_old_seq_changes_nothing() {
    let mut job = running();
    then(&mut job, numbered(5, count(10, 100)), 2.0);
    let held = job.clone();
    for seq in [5, 4, 0] {
        let effect = then(&mut job, numbered(seq, count(90, 200)), 3.0);
        assert!(!effect.applied);
    }
    for said in [
        phase("x"),
        notice("x"),
        super::support::retrying(),
        completed("{}"),
    ] {
        assert!(!then(&mut job, numbered(5, said), 3.0).applied);
    }
    assert_eq!(job, held);
    assert!(then(&mut job, numbered(6, count(90, 200)), 3.0).changed);
}

/// A fold of two reports, the first of which, numbered `total_seq`, brought the total.
fn folded(total_seq: u64) -> Change {
    let said = Said::Progress(Tick {
        current: Some(4),
        total: Some(300),
        total_seq: Some(total_seq),
        reports: 2,
        ..Tick::default()
    });
    numbered(8, said)
}

/// A fold that carries the total of its first report meets a later total that went by way of another node.
#[test]
fn the_total_with_the_highest_seq_wins() {
    let mut job = running();
    then(&mut job, numbered(5, count(1, 500)), 2.0);
    let mut other = job.clone();
    then(&mut job, folded(3), 3.0);
    assert_eq!(counts(&job), (4, Some(500), Some(0.8)));
    then(&mut other, folded(6), 3.0);
    assert_eq!(counts(&other), (4, Some(300), Some(1.33)));
    assert_eq!(other.memory.estimator.reports, 3);
}

#[test]
fn a_total_from_before_a_phase_or_a_claim_is_not_of_it() {
    let mut job = running();
    then(&mut job, numbered(5, phase("a")), 2.0);
    then(&mut job, folded(4), 3.0);
    assert_eq!(job.progress.total, None);

    let claim = Said::Started {
        worker: None,
        total: Some(500),
        unit: None,
        message: None,
    };
    let mut job = queued();
    then(&mut job, numbered(5, claim), 2.0);
    then(&mut job, folded(4), 3.0);
    assert_eq!(job.progress.total, Some(500));
    // The numbers of one attempt say nothing about the next.
    then(&mut job, say(super::support::retrying()), 4.0);
    then(&mut job, say(started_by("w")), 5.0);
    then(&mut job, folded(1), 6.0);
    assert_eq!(job.progress.total, Some(300));
}

#[test]
fn p12_the_heaviest_phases_do_not_overflow() {
    let most = f64::MAX;
    let plan = [
        ("a", most, Some(2)),
        ("b", most, None),
        ("c", most / 2.0, None),
    ];
    let job = after(planned(&plan), [started_by("w"), phase("a"), current(1)]);
    assert_eq!(job.progress.percent, Some(20.0));
}

#[test]
fn p12_percent_is_rounded_down_to_two_decimals_and_below_100_until_the_end() {
    let mut job = running();
    assert_eq!(job.progress.percent, None, "nothing is known");
    for (n, total, expected) in [
        (0, 3, 0.0),
        (1, 3, 33.33),
        (2, 3, 66.66),
        (999_999, 1_000_000, 99.99),
        (1_000_000, 1_000_000, 99.99),
    ] {
        then(&mut job, say(count(n, total)), 2.0);
        assert_eq!(job.progress.percent, Some(expected), "{n} of {total}");
    }
    then(&mut job, say(completed("{}")), 3.0);
    assert_eq!(counts(&job), (1_000_000, Some(1_000_000), Some(100.0)));
    for n in 0..100 {
        let mut job = queued_of(100);
        then(&mut job, say(started_by("w")), 1.0);
        then(&mut job, say(current(n)), 2.0);
        assert_eq!(job.progress.percent, Some(n as f64), "not a hundredth less");
    }
}

#[test]
fn p12_percent_never_falls_when_the_total_grows() {
    let mut job = after(queued(), [started_by("w"), count(50, 100), count(51, 1000)]);
    assert_eq!(counts(&job), (51, Some(1000), Some(50.0)));
    then(&mut job, say(current(600)), 9.0);
    assert_eq!(job.progress.percent, Some(60.0));
}

#[test]
fn p12_a_percentage_counts_only_where_there_are_no_counts() {
    let mut job = running();
    then(&mut job, say(percent(12.345)), 2.0);
    assert_eq!(counts(&job), (0, None, Some(12.34)));
    assert!(!then(&mut job, say(percent(5.0)), 3.0).changed);
    then(&mut job, say(percent(100.0)), 4.0);
    assert_eq!(job.progress.percent, Some(99.99));

    let mut counted = after(queued_of(10), [started_by("w"), current(5)]);
    assert!(!then(&mut counted, say(percent(90.0)), 3.0).changed);
    assert_eq!(counted.progress.percent, Some(50.0));
}

/// A worker that has found nothing yet says 0 of 0; were that 99.99 %, the bar would stay there.
#[test]
fn p12_a_total_of_zero_is_no_total() {
    let mut job = after(queued(), [started_by("w"), count(0, 0)]);
    assert_eq!(job.progress.percent, None);
    then(&mut job, say(count(1, 4)), 5.0);
    assert_eq!(job.progress.percent, Some(25.0));
}

#[test]
fn p12_percent_weighs_the_phases() {
    let plan = [
        ("fetch", 1.0, None),
        ("parse", 8.0, Some(3000)),
        ("store", 1.0, None),
    ];
    let mut job = after(
        planned(&plan),
        [started_by("w"), phase("fetch"), current(7)],
    );
    assert_eq!(
        job.progress.percent,
        Some(0.0),
        "no total: counts for nothing yet"
    );
    then(&mut job, say(phase("parse")), 5.0);
    assert_eq!(
        job.progress.percent,
        Some(10.0),
        "whatever fetch had announced"
    );
    then(&mut job, say(current(1500)), 6.0);
    assert_eq!(counts(&job), (1500, Some(3000), Some(50.0)));
    then(&mut job, say(phase("store")), 7.0);
    assert_eq!(counts(&job), (0, None, Some(90.0)));
}

#[test]
fn p12_without_any_total_the_phases_that_are_over_count() {
    let plan = [("a", 1.0, None), ("b", 1.0, None)];
    let mut job = after(planned(&plan), [started_by("w"), phase("a"), current(3)]);
    assert_eq!(job.progress.percent, None);
    then(&mut job, say(phase("b")), 5.0);
    assert_eq!(job.progress.percent, Some(50.0));
}

#[test]
fn a_tick_that_nobody_can_see_makes_no_version() {
    let mut job = after(queued(), [started_by("w"), count(5, 10), saying("hello")]);
    let held = job.clone();
    for said in [
        current(5),
        count(5, 10),
        saying("hello"),
        percent(3.0),
        Said::Heartbeat,
    ] {
        let effect = then(&mut job, say(said), 60.0);
        assert!(effect.applied && !effect.changed && effect.happening.is_none());
    }
    assert_eq!(job, held);
}

fn counters(names: impl Iterator<Item = u32>) -> Change {
    say(Said::Progress(Tick {
        counters: names.map(|n| (format!("c{n}").into(), 1.0)).collect(),
        ..Tick::default()
    }))
}

fn metadata(key: &str, bytes: usize) -> Change {
    let text = format!("\"{}\"", "x".repeat(bytes - 2));
    say(Said::Progress(Tick {
        metadata: vec![(key.into(), Object::checked(&text))],
        ..Tick::default()
    }))
}

#[test]
fn counters_keep_their_order_and_their_limit() {
    let mut job = running();
    then(&mut job, counters(0..32), 2.0);
    let held = job.clone();
    match write(&mut job, &counters(31..33), 3.0) {
        Err(Refusal::TooLarge { pointer, .. }) => assert_eq!(pointer, "/counters"),
        other => panic!("{other:?}"),
    }
    assert_eq!(job, held);
    let again = Said::Progress(Tick {
        counters: vec![("c3".into(), 9.0)],
        ..Tick::default()
    });
    then(&mut job, say(again), 4.0);
    assert_eq!(job.counters[3], ("c3".into(), 9.0));
    assert_eq!(job.counters.len(), 32);
}

/// D 126. `{"a":"x…"}` is the value and six bytes more; a key with a quote takes one for its escape,
/// one with a control character five.
#[test]
fn metadata_are_merged_shallowly_up_to_4096_bytes() {
    let refused = |job: &mut Job, change: &Change| match write(job, change, 3.0) {
        Err(Refusal::TooLarge { pointer, .. }) => pointer == "/metadata",
        _ => false,
    };
    let mut job = running();
    assert!(refused(&mut job, &metadata("a", 4091)));
    assert!(refused(&mut job, &metadata("\"", 4090)));
    assert!(refused(&mut job, &metadata("\u{1}", 4086)));
    then(&mut job, metadata("a", 4090), 2.0);
    assert!(refused(&mut job, &metadata("b", 2)));
    then(&mut job, metadata("a", 4080), 3.0);
    then(&mut job, metadata("b", 4), 4.0);
    assert_eq!(job.metadata.len(), 2);
    assert!(!then(&mut job, metadata("b", 4), 5.0).changed);
}

#[test]
fn notices_are_numbered_and_the_newest_ten_kept() {
    let mut job = queued();
    for n in 1..=12 {
        let effect = then(&mut job, say(notice(&format!("n{n}"))), f64::from(n));
        assert_eq!(effect.events.len(), 1);
    }
    assert_eq!(job.notices, 12);
    let kept: Vec<_> = job.recent.iter().map(|notice| notice.number).collect();
    assert_eq!(kept, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert_eq!(job.recent[9].at, at(12.0));
}

#[test]
fn the_51st_notice_of_a_second_waits() {
    let mut job = running();
    for n in 0..50 {
        then(&mut job, say(notice("x")), 10.0 + f64::from(n) / 100.0);
    }
    let held = job.clone();
    let refused = write(&mut job, &say(notice("x")), 10.999);
    assert_eq!(refused, Err(Refusal::TooManyNotices));
    assert_eq!(job, held);
    then(&mut job, say(notice("x")), 11.0);
    assert_eq!(job.notices, 51);
}
