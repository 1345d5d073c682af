//! The hub under a clock that stands still: pace, endings, marks, memberships.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use milepost::hub::{Emission, Hub, Sink, Subscription};
use milepost::progress::{JobKey, Kind, Labels, Name, Selector, Status, StatusSet};
use milepost::wire::{Cursor, Frame, Snapshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What came: job, version, status, when, mark, by which subscription.
#[derive(Debug, Clone)]
struct Got {
    id: String,
    version: u64,
    status: Status,
    at: Instant,
    mark: Option<String>,
    tag: u32,
    stamp: u64,
}

#[derive(Default)]
struct Recorder {
    got: Mutex<Vec<Got>>,
    gone: Mutex<Vec<String>>,
}

impl Sink for Recorder {
    fn offer(&self, e: &Emission, tag: u32) {
        self.got.lock().unwrap().push(Got {
            id: e.frame.key.id.to_string(),
            version: e.frame.version,
            status: e.frame.status,
            at: Instant::now(),
            mark: e.mark.as_ref().map(|m| m.text.to_string()),
            tag,
            stamp: e.stamp,
        });
    }

    fn gone(&self, key: &JobKey, _tag: u32) {
        self.gone.lock().unwrap().push(key.id.to_string());
    }
}

impl Recorder {
    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    fn versions(&self) -> Vec<u64> {
        self.got().iter().map(|g| g.version).collect()
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn key(id: &str) -> JobKey {
    JobKey {
        project: name("acme"),
        id: name(id),
    }
}

fn labels(subject: Option<&str>) -> Labels {
    Labels {
        kind: Kind::parse("feed:sync").unwrap(),
        subject: subject.map(name),
        owner: None,
        parent: None,
    }
}

fn frame(id: &str, version: u64, status: Status) -> Arc<Frame> {
    let json = format!("{{\"v\":{version}}}");
    Arc::new(Frame::new(key(id), version, status, labels(Some("s-1")), &json).written_by(version))
}

fn cursor(end: u64) -> Cursor {
    Cursor::of(7, Snapshot::parse(&format!("{end}:{end}:")).unwrap())
}

struct Stage {
    hub: Hub,
    sink: Arc<Recorder>,
    _stop: tokio_util::sync::DropGuard,
}

impl Stage {
    fn new() -> Self {
        let hub = Hub::new();
        let stop = CancellationToken::new();
        let (running, token) = (hub.clone(), stop.clone());
        tokio::spawn(async move { running.run(token).await });
        Self {
            hub,
            sink: Arc::default(),
            _stop: stop.drop_guard(),
        }
    }

    fn watch(&self, selector: Selector, tag: u32) -> Subscription {
        let selector = Arc::new(selector.normal());
        self.hub
            .subscribe(&name("acme"), selector, self.sink.clone(), tag)
    }

    fn publish(&self, id: &str, version: u64, status: Status) {
        self.hub.publish(frame(id, version, status));
    }
}

/// Lets every task do what it can without the clock moving on.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

async fn millis(n: u64) {
    tokio::time::sleep(Duration::from_millis(n)).await;
    settle().await;
}

fn by_job(id: &str) -> Selector {
    Selector {
        jobs: vec![name(id)],
        ..Selector::default()
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_ticks_a_second_leave_at_most_twice_a_second_and_the_last_always() {
    let stage = Stage::new();
    let _s = stage.watch(Selector::default(), 0);
    for version in 1..=600 {
        stage.publish("a", version, Status::Running);
        millis(5).await;
    }
    millis(2000).await;
    let got = stage.sink.got();
    assert_eq!(got[0].version, 1);
    assert_eq!(got.last().unwrap().version, 600);
    assert!((6..=8).contains(&got.len()), "{got:?}");
    for pair in got.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(500));
        assert!(pair[1].version > pair[0].version);
    }
}

#[tokio::test(start_paused = true)]
async fn the_newest_state_leaves_when_the_window_opens() {
    let stage = Stage::new();
    let _s = stage.watch(Selector::default(), 0);
    let start = Instant::now();
    for version in 1..=3 {
        stage.publish("a", version, Status::Running);
        settle().await;
    }
    millis(600).await;
    assert_eq!(stage.sink.versions(), [1, 3]);
    assert_eq!(stage.sink.got()[0].at, start);
    let second = stage.sink.got()[1].at - start;
    assert!(second >= Duration::from_millis(500) && second <= Duration::from_millis(502));
}

#[tokio::test(start_paused = true)]
async fn the_end_leaves_at_once_and_once_and_stays() {
    let stage = Stage::new();
    let _s = stage.watch(Selector::default(), 0);
    let start = Instant::now();
    stage.publish("a", 1, Status::Running);
    settle().await;
    stage.publish("a", 2, Status::Running);
    stage.publish("a", 3, Status::Completed);
    stage.publish("a", 3, Status::Completed);
    settle().await;
    stage.publish("a", 4, Status::Running);
    millis(5000).await;
    assert_eq!(stage.sink.versions(), [1, 3]);
    assert_eq!(stage.sink.got()[1].at, start);
    assert_eq!(stage.hub.version(&key("a")), Some(3));
}

#[tokio::test(start_paused = true)]
async fn jobs_do_not_wait_for_each_other() {
    let stage = Stage::new();
    let _s = stage.watch(Selector::default(), 0);
    let start = Instant::now();
    for n in 0..50 {
        stage.publish(&format!("j{n}"), 1, Status::Running);
    }
    settle().await;
    assert_eq!(stage.sink.got().len(), 50);
    assert!(stage.sink.got().iter().all(|g| g.at == start));
}

#[tokio::test(start_paused = true)]
async fn an_older_version_is_ignored_and_so_is_what_nobody_watches() {
    let stage = Stage::new();
    stage.publish("a", 1, Status::Running);
    assert_eq!(stage.hub.version(&key("a")), None);
    let watching = stage.watch(by_job("a"), 0);
    assert!(stage.hub.watches(&key("a")));
    assert!(!stage.hub.watches(&key("b")));
    assert_eq!(stage.hub.watched(), [name("acme")]);
    stage.publish("a", 5, Status::Running);
    stage.publish("a", 4, Status::Running);
    stage.publish("b", 4, Status::Running);
    millis(1000).await;
    assert_eq!(stage.sink.versions(), [5]);
    drop(watching);
    assert!(!stage.hub.watches(&key("a")));
    assert!(stage.hub.watched().is_empty());
    stage.publish("a", 6, Status::Running);
    millis(1000).await;
    assert_eq!(stage.sink.versions(), [5]);
}

#[tokio::test(start_paused = true)]
async fn a_frame_is_offered_to_every_subscription_that_selects_it_under_one_stamp() {
    let stage = Stage::new();
    let subject = |s: &str| Selector {
        subject: Some(name(s)),
        ..Selector::default()
    };
    let _s = [
        stage.watch(Selector::default(), 0),
        stage.watch(by_job("a"), 1),
        stage.watch(subject("s-1"), 2),
        stage.watch(subject("s-2"), 3),
    ];
    stage.publish("a", 1, Status::Running);
    millis(10).await;
    let got = stage.sink.got();
    let mut tags: Vec<u32> = got.iter().map(|g| g.tag).collect();
    tags.sort_unstable();
    assert_eq!(tags, [0, 1, 2]);
    assert!(got.iter().all(|g| g.stamp == got[0].stamp));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_leaves_a_status_is_sent_once_more() {
    let stage = Stage::new();
    let running = Selector {
        status: StatusSet::default().with(Status::Running),
        ..Selector::default()
    };
    let s = stage.watch(running, 0);
    s.admit(&name("shown"));
    s.settle();
    stage.publish("a", 1, Status::Queued);
    millis(600).await;
    stage.publish("a", 2, Status::Running);
    millis(600).await;
    stage.publish("a", 3, Status::Cancelling);
    millis(600).await;
    stage.publish("a", 4, Status::Cancelled);
    stage.publish("shown", 9, Status::Failed);
    stage.publish("other", 9, Status::Failed);
    millis(600).await;
    let got: Vec<(String, u64)> = stage
        .sink
        .got()
        .iter()
        .map(|g| (g.id.clone(), g.version))
        .collect();
    let expected = [("a", 2), ("a", 3), ("shown", 9)];
    assert_eq!(got, expected.map(|(id, v)| (id.to_owned(), v)));
    assert_eq!(stage.sink.got()[2].status, Status::Failed);
}

#[tokio::test(start_paused = true)]
async fn while_a_snapshot_is_read_a_status_selection_is_offered_all_that_fits() {
    let stage = Stage::new();
    let running = Selector {
        status: StatusSet::default().with(Status::Running),
        subject: Some(name("s-1")),
        ..Selector::default()
    };
    let s = stage.watch(running, 0);
    stage.publish("a", 2, Status::Queued);
    millis(10).await;
    assert_eq!(stage.sink.versions(), [2]);
    let (newest, _) = stage.hub.newest(&key("a")).unwrap();
    assert!(!s.decide(&newest), "it was never in");
    s.admit(&name("a"));
    assert!(s.decide(&newest), "it was in, and has left");
    assert!(!s.decide(&newest), "once");
}

#[tokio::test(start_paused = true)]
async fn a_mark_waits_for_the_frames_that_wait_for_their_window() {
    let stage = Stage::new();
    let _s = stage.watch(Selector::default(), 0);
    let acme = name("acme");
    assert_eq!(stage.hub.mark(&acme), None);
    stage.hub.verified(std::slice::from_ref(&acme), cursor(10));
    assert_eq!(stage.hub.mark(&acme).unwrap()[..], cursor(10).encode());

    stage.publish("a", 11, Status::Running);
    settle().await;
    stage.publish("a", 12, Status::Running);
    stage.hub.verified(std::slice::from_ref(&acme), cursor(20));
    settle().await;
    assert_eq!(stage.hub.mark(&acme).unwrap()[..], cursor(10).encode());
    // A second read while the first promise is open does not push it away.
    stage.hub.verified(std::slice::from_ref(&acme), cursor(30));
    millis(510).await;
    assert_eq!(stage.sink.versions(), [11, 12]);
    assert_eq!(stage.hub.mark(&acme).unwrap()[..], cursor(20).encode());
    // The frame that was owed did not itself claim it.
    assert_eq!(
        stage.sink.got()[1].mark.as_deref(),
        Some(&*cursor(10).encode())
    );
    assert_eq!(stage.hub.passes(&acme), 3);
}

#[tokio::test(start_paused = true)]
async fn a_mark_never_covers_a_version_that_was_replaced_before_it_left() {
    let stage = Stage::new();
    let _s = stage.watch(Selector::default(), 0);
    let acme = name("acme");
    stage.publish("a", 1, Status::Running);
    settle().await;
    for version in 2..200 {
        stage.publish("a", version, Status::Running);
        stage
            .hub
            .verified(std::slice::from_ref(&acme), cursor(version + 1));
        millis(7).await;
        let newest = stage.sink.got().last().unwrap().version;
        if let Some(mark) = stage.hub.full_mark(&acme) {
            assert!(mark.end <= newest + 1, "{} past {newest}", mark.end);
        }
    }
    millis(600).await;
    assert!(stage.hub.full_mark(&acme).unwrap().end > 1);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_job_is_forgotten_once_a_read_has_seen_it_and_its_old_frame_stays_old() {
    let stage = Stage::new();
    let _s = stage.watch(Selector::default(), 0);
    stage.publish("a", 5, Status::Completed);
    millis(60_000).await;
    assert_eq!(
        stage.hub.version(&key("a")),
        Some(5),
        "nothing proves it old"
    );
    stage.hub.verified(&[name("acme")], cursor(6));
    millis(60_000).await;
    assert_eq!(stage.hub.version(&key("a")), None);
    assert_eq!(stage.hub.jobs(), 0);
    stage.publish("a", 5, Status::Completed);
    millis(600).await;
    assert_eq!(stage.sink.versions(), [5]);
    assert!(stage.hub.covers(&frame("a", 5, Status::Completed)));
    assert!(!stage.hub.covers(&frame("b", 6, Status::Running)));
}

#[tokio::test(start_paused = true)]
async fn whoever_may_have_shown_a_job_is_told_that_it_is_gone() {
    let stage = Stage::new();
    let _s = stage.watch(by_job("a"), 0);
    stage.publish("a", 5, Status::Completed);
    stage.hub.gone(&key("a"));
    stage.hub.gone(&key("b"));
    millis(10).await;
    assert_eq!(stage.sink.versions(), [5], "its last frame comes first");
    assert_eq!(*stage.sink.gone.lock().unwrap(), ["a"]);
    let _t = stage.watch(
        Selector {
            subject: Some(name("s-1")),
            ..Selector::default()
        },
        1,
    );
    stage.hub.gone(&key("c"));
    stage.hub.gone_labelled(&key("d"), &labels(Some("s-1")));
    stage.hub.gone_labelled(&key("e"), &labels(Some("s-2")));
    millis(10).await;
    assert_eq!(*stage.sink.gone.lock().unwrap(), ["a", "d"]);
}

#[tokio::test(start_paused = true)]
async fn a_large_round_gives_way_and_reaches_all() {
    let stage = Stage::new();
    let all: Vec<_> = (0..1000).map(|n| stage.watch(by_job("a"), n)).collect();
    assert_eq!(stage.hub.viewers(), 1000);
    stage.publish("a", 1, Status::Running);
    let mut turns = 0;
    while stage.sink.got().len() < 1000 {
        tokio::task::yield_now().await;
        turns += 1;
    }
    assert!(turns > 10, "{turns}");
    drop(all);
    assert_eq!(stage.hub.viewers(), 0);
}
