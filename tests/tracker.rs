//! The tracker on a real Postgres: group commit, folding, claims, cursors, silence, several nodes.

mod node;

use std::sync::Arc;
use std::time::Duration;

use milepost::progress::{
    Creation, JobKey, Kind, Labels, Lease, Name, Report, Selector, Status, Tick,
};
use milepost::progress::{NewJob, Refusal, Said};
use milepost::tracker::Error;

use crate::support::postgres::{self, TestDatabase};
use node::Node;

pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub fn key(id: &str) -> JobKey {
    JobKey {
        project: name("acme"),
        id: name(id),
    }
}

pub fn new_job(id: &str) -> NewJob {
    NewJob {
        key: key(id),
        creation: Creation {
            labels: Labels {
                kind: Kind::parse("scan").unwrap(),
                subject: None,
                owner: None,
                parent: None,
            },
            title: None,
            retry_of: None,
            total: Some(100),
            unit: Some("rows".into()),
            phases: Vec::new(),
            metadata: Vec::new(),
            lease: Lease::default(),
        },
    }
}

pub fn report(said: Said) -> Report {
    Report {
        attempt: None,
        seq: None,
        said,
    }
}

pub fn started(worker: &str) -> Report {
    report(Said::Started {
        worker: Some(worker.into()),
        total: None,
        unit: None,
        message: None,
    })
}

pub fn progress(current: u64) -> Report {
    report(Said::Progress(Tick {
        current: Some(current),
        reports: 1,
        ..Tick::default()
    }))
}

pub fn completed() -> Report {
    report(Said::Completed {
        result: None,
        message: None,
    })
}

#[tokio::test]
async fn a_job_lives_and_every_version_is_stored() {
    let database = postgres::database().await;
    let node = Node::start(&database).await;
    let (frame, made) = node.tracker.create(new_job("a")).await.unwrap();
    assert!(made);
    assert_eq!(frame.version, 1);
    assert!(
        !node.tracker.create(new_job("a")).await.unwrap().1,
        "the same creation is as good as made"
    );
    let pair = |key: &str, value: &str| (key.into(), milepost::progress::Object::checked(value));
    for metadata in [
        vec![pair("x", "1"), pair("y", r#"{"a":1,"b":2}"#)],
        vec![pair("y", r#"{"b":2,"a":1}"#), pair("x", "1")],
    ] {
        let mut labelled = new_job("labelled");
        labelled.creation.metadata = metadata;
        node.tracker
            .create(labelled)
            .await
            .expect("the order of keys says nothing");
    }
    let mut other = new_job("a");
    other.creation.title = Some("other".into());
    assert!(matches!(
        node.tracker.create(other).await,
        Err(Error::Exists)
    ));

    let answers = node
        .tracker
        .report(&key("a"), vec![started("w"), progress(10)], false)
        .await;
    let first = answers[0].clone().unwrap();
    assert_eq!((first.version, first.attempt, first.durable), (2, 1, true));
    let tick = answers[1].clone().unwrap();
    assert!(!tick.durable && tick.applied);
    let durable = node
        .tracker
        .report(&key("a"), vec![progress(20)], true)
        .await
        .remove(0)
        .unwrap();
    assert!(durable.durable);
    let done = node
        .tracker
        .report(&key("a"), vec![completed()], false)
        .await
        .remove(0)
        .unwrap();
    assert_eq!(done.status, Status::Completed);
    let frame = node.tracker.get(&key("a")).await.unwrap();
    assert_eq!(frame.version, done.version);
    let late = node
        .tracker
        .report(&key("a"), vec![progress(30)], false)
        .await
        .remove(0);
    assert!(matches!(
        late,
        Err(Error::Refused {
            refusal: Refusal::Finished { .. },
            ..
        })
    ));
    let (lines, _) = node.tracker.history(&key("a"), 0, 100).await.unwrap();
    let words: Vec<&str> = lines.iter().map(|l| l.what.as_str()).collect();
    assert_eq!(words, ["created", "started", "completed"]);
    node.stop().await;
}

#[tokio::test]
async fn p3_many_reports_at_once_leave_no_gap_and_lose_nothing() {
    let database = postgres::database().await;
    let node = Arc::new(Node::start(&database).await);
    for job in 0..20 {
        node.tracker
            .create(new_job(&format!("j{job}")))
            .await
            .unwrap();
        node.tracker
            .report(&key(&format!("j{job}")), vec![started("w")], false)
            .await
            .remove(0)
            .unwrap();
    }
    let mut tasks = Vec::new();
    for writer in 0..32_u64 {
        let node = node.clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..10 {
                let key = key(&format!("j{}", (writer + n) % 20));
                let notice = Said::Notice {
                    level: milepost::progress::Level::Info,
                    code: None,
                    message: format!("{writer}-{n}").into(),
                    data: milepost::progress::Object::empty(),
                };
                node.tracker
                    .report(&key, vec![report(notice)], false)
                    .await
                    .remove(0)
                    .unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let client = database.connect().await;
    let row = client
        .query_one("select count(*), count(distinct data::json->>'message') from history where type = 'notice'", &[])
        .await
        .unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (320, 320));
    let gaps = client
        .query("select from history group by project, id having max(number) <> count(*) or min(number) <> 1", &[])
        .await
        .unwrap();
    assert!(gaps.is_empty());
    node.stop().await;
}

#[tokio::test]
async fn p9_one_of_many_workers_claims() {
    let database = postgres::database().await;
    let (one, two) = (Node::start(&database).await, Node::start(&database).await);
    for round in 0..20 {
        let id = format!("c{round}");
        one.tracker.create(new_job(&id)).await.unwrap();
        let (key, nodes) = (key(&id), [&one, &two]);
        let claims = (0..8).map(|w| {
            let node = nodes[w % 2];
            let (key, worker) = (key.clone(), format!("w{w}"));
            async move {
                node.tracker
                    .report(&key, vec![started(&worker)], false)
                    .await
                    .remove(0)
            }
        });
        let won = futures_util::future::join_all(claims)
            .await
            .into_iter()
            .filter(Result::is_ok)
            .count();
        assert_eq!(won, 1, "round {round}");
    }
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn p20_a_cursor_brings_what_changed_since() {
    let database = postgres::database().await;
    let node = Node::start(&database).await;
    for id in ["a", "b", "c", "d", "e"] {
        node.tracker.create(new_job(id)).await.unwrap();
    }
    let all = Selector::default();
    let project = name("acme");
    let ids = |page: &milepost::tracker::Page| -> Vec<String> {
        page.items.iter().map(|f| f.key.id.to_string()).collect()
    };
    let first = node.tracker.page(&project, &all, None, 2).await.unwrap();
    assert_eq!(
        (ids(&first), first.more),
        (vec!["a".into(), "b".into()], true)
    );
    // What changes while the pages are read comes again after them.
    node.tracker
        .report(&key("a"), vec![started("w")], false)
        .await
        .remove(0)
        .unwrap();
    let second = node
        .tracker
        .page(&project, &all, Some(&first.cursor.encode()), 2)
        .await
        .unwrap();
    assert_eq!(ids(&second), ["c", "d"]);
    let third = node
        .tracker
        .page(&project, &all, Some(&second.cursor.encode()), 2)
        .await
        .unwrap();
    assert_eq!((ids(&third), third.more), (vec!["e".into()], false));
    let fourth = node
        .tracker
        .page(&project, &all, Some(&third.cursor.encode()), 2)
        .await
        .unwrap();
    assert_eq!((ids(&fourth), fourth.reset), (vec!["a".into()], false));
    let fifth = node
        .tracker
        .page(&project, &all, Some(&fourth.cursor.encode()), 2)
        .await
        .unwrap();
    assert!(fifth.items.is_empty());
    for garbage in ["abc", "-1", &"9".repeat(10_000), "MTsw"] {
        let page = node
            .tracker
            .page(&project, &all, Some(garbage), 10)
            .await
            .unwrap();
        assert_eq!((page.items.len(), page.reset), (5, true), "{garbage:.20}");
    }
    // Another project's cursor is as good as none.
    let page = node
        .tracker
        .page(&name("other"), &all, Some(&fifth.cursor.encode()), 10)
        .await
        .unwrap();
    assert!(page.reset && page.items.is_empty());
    let running = Selector {
        status: milepost::progress::StatusSet::default().with(Status::Running),
        ..Selector::default()
    };
    node.tracker
        .report(&key("a"), vec![completed()], false)
        .await
        .remove(0)
        .unwrap();
    let left = node
        .tracker
        .page(&project, &running, Some(&fifth.cursor.encode()), 10)
        .await
        .unwrap();
    assert_eq!(
        ids(&left),
        ["a"],
        "a job that leaves a selection is in it once more"
    );
    node.stop().await;
}

#[tokio::test]
async fn p11_silence_is_seen_and_ends() {
    let database = postgres::database().await;
    let node = Node::start(&database).await;
    let mut job = new_job("quiet");
    job.creation.lease = Lease {
        lease_seconds: 5,
        lost_after_seconds: 1,
        start_within_seconds: 0,
    };
    node.tracker.create(job).await.unwrap();
    node.tracker
        .report(&key("quiet"), vec![started("w")], false)
        .await
        .remove(0)
        .unwrap();
    // The worker spoke long ago, as the database sees it.
    let client = database.connect().await;
    client
        .execute("alter table jobs disable trigger jobs_guard", &[])
        .await
        .unwrap();
    client
        .execute(
            "update jobs set seen_at = seen_at - interval '5 seconds'",
            &[],
        )
        .await
        .unwrap();
    let mut version = 2;
    for expected in [Status::Running, Status::Failed] {
        let frame = node
            .tracker
            .get_newer(&key("quiet"), version, Duration::from_secs(20))
            .await
            .unwrap();
        assert_eq!(
            frame.status,
            expected,
            "{}",
            String::from_utf8_lossy(&frame.json())
        );
        version = frame.version;
        client
            .execute(
                "update jobs set seen_at = seen_at - interval '1 second' where status = 'running'",
                &[],
            )
            .await
            .unwrap();
    }
    let frame = node.tracker.get(&key("quiet")).await.unwrap();
    assert!(String::from_utf8_lossy(&frame.json()).contains("\"worker_lost\""));
    node.stop().await;
}

/// A job with a lease of 5 s whose worker spoke `seconds` ago, as the database sees it.
async fn silent_for(
    database: &TestDatabase,
    node: &Node,
    (seconds, lease): (u32, u32),
) -> tokio_postgres::Client {
    let mut job = new_job("quiet");
    job.creation.lease.lease_seconds = lease;
    node.tracker.create(job).await.unwrap();
    let claimed = node
        .tracker
        .report(&key("quiet"), vec![started("w")], false)
        .await;
    claimed[0].clone().unwrap();
    let client = database.connect().await;
    let back = format!(
        "alter table jobs disable trigger jobs_guard;
         update jobs set seen_at = clock_timestamp() - interval '{seconds} seconds'"
    );
    client.batch_execute(&back).await.unwrap();
    client
}

#[tokio::test]
async fn p11_a_worker_that_spoke_again_is_not_found_silent_anew() {
    let database = postgres::database().await;
    let node = Node::start(&database).await;
    let client = silent_for(&database, &node, (100, 5)).await;
    let patience = Duration::from_secs(20);
    let stalled = node.tracker.get_newer(&key("quiet"), 2, patience).await;
    assert!(text(&stalled.unwrap()).contains(":stalled\""));
    let beat = report(Said::Heartbeat);
    let answers = node.tracker.report(&key("quiet"), vec![beat], false).await;
    assert_eq!(answers[0].clone().unwrap().version, 4);
    let since = "select seen_at > clock_timestamp() - interval '60 seconds' from jobs";
    let spoke: bool = client.query_one(since, &[]).await.unwrap().get(0);
    assert!(
        spoke,
        "the sign of life is written with the version it makes"
    );
    node.stop().await;
}

#[tokio::test]
async fn p11_what_was_said_and_is_not_booked_yet_is_no_silence() {
    let database = postgres::database().await;
    let node = Node::start(&database).await;
    // Longer than the node takes to stop, on any machine: it must not find the silence first.
    let client = silent_for(&database, &node, (0, 60)).await;
    node.stop().await;
    let back = "update jobs set seen_at = clock_timestamp() - interval '100 seconds'";
    client.batch_execute(back).await.unwrap();
    let silent = include_str!("../sql/query/silent.sql");
    for (grace, found) in [(1000.0_f64, 0), (0.0, 1)] {
        let rows = client.query(silent, &[&10_i64, &grace]).await.unwrap();
        assert_eq!(rows.len(), found, "{grace} s of grace");
    }
}

#[tokio::test]
async fn p6_another_node_shows_what_one_node_wrote() {
    let database = postgres::database().await;
    let (one, two) = (Node::start(&database).await, Node::start(&database).await);
    one.tracker.create(new_job("far")).await.unwrap();
    let (far, mut version) = (key("far"), 1);
    for report in [started("w"), progress(5), completed()] {
        let waiting = two
            .tracker
            .get_newer(&far, version, Duration::from_secs(10));
        let (seen, _) = tokio::join!(waiting, one.tracker.report(&far, vec![report], true));
        assert_eq!(seen.as_ref().unwrap().version, version + 1);
        version += 1;
        let own = one.tracker.get(&far).await.unwrap();
        assert_eq!(
            own.json(),
            seen.unwrap().json(),
            "the same bytes on both nodes"
        );
    }
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn p1_a_tick_said_again_durably_is_written_when_it_is_answered() {
    let database = postgres::database().await;
    let node = Node::start(&database).await;
    node.tracker.create(new_job("a")).await.unwrap();
    let claim = vec![started("w")];
    node.tracker.report(&key("a"), claim, false).await;
    let tick = |seq, durable| {
        let report = Report {
            seq: Some(seq),
            ..progress(seq)
        };
        let (tracker, key) = (&node.tracker, key("a"));
        async move { tracker.report(&key, vec![report], durable).await.remove(0) }
    };
    // The second one waits for the job's window to open, and its repetition with it.
    tick(1, true).await.unwrap();
    assert!(!tick(2, false).await.unwrap().durable);
    let again = tick(2, true).await.unwrap();
    assert!(again.durable && !again.applied);
    let frame = node.tracker.get(&key("a")).await.unwrap();
    assert!(text(&frame).contains("\"current\":2"), "{}", text(&frame));
    assert_eq!(again.version, frame.version);
    node.stop().await;
}

#[tokio::test]
async fn p10_a_durable_heartbeat_is_judged_by_the_newest_state() {
    let database = postgres::database().await;
    let nodes = [Node::start(&database).await, Node::start(&database).await];
    for round in 0..10 {
        let id = format!("a{round}");
        nodes[0].tracker.create(new_job(&id)).await.unwrap();
        let claim = vec![started("w")];
        nodes[0].tracker.report(&key(&id), claim, false).await;
        let end = vec![completed()];
        nodes[1].tracker.report(&key(&id), end, false).await;
        let beat = vec![report(Said::Heartbeat)];
        let answer = nodes[0].tracker.report(&key(&id), beat, true).await;
        let refused =
            matches!(&answer[0], Err(Error::Refused { refusal, .. }) if refusal.is_final());
        assert!(refused, "{answer:?}");
    }
    for node in &nodes {
        node.stop().await;
    }
}

#[tokio::test]
async fn p1_what_looks_like_a_repetition_to_a_node_that_is_behind_is_not_lost() {
    let database = postgres::database().await;
    let nodes = [Node::start(&database).await, Node::start(&database).await];
    nodes[0].tracker.create(new_job("a")).await.unwrap();
    let claim = vec![started("w")];
    nodes[0].tracker.report(&key("a"), claim, false).await;
    // Each node says the same as before, and the other one has changed it meanwhile.
    for turn in 0..20 {
        let (node, word) = (&nodes[turn % 2], ["fetch", "parse"][turn % 2]);
        let phase = report(Said::Phase {
            name: word.into(),
            total: None,
            unit: None,
            message: None,
        });
        let answers = node.tracker.report(&key("a"), vec![phase], false).await;
        let answer = answers[0].clone().unwrap();
        let frame = node.tracker.get(&key("a")).await.unwrap();
        let phase = format!("\"phase\":\"{word}\"");
        assert!(text(&frame).contains(&phase), "turn {turn}: {answer:?}");
        assert_eq!(answer.version, frame.version);
    }
    for node in &nodes {
        node.stop().await;
    }
}

#[tokio::test]
async fn p6_a_terminal_frame_comes_though_every_listener_is_killed() {
    let database = postgres::database().await;
    let (one, two) = (Node::start(&database).await, Node::start(&database).await);
    let killer = database.connect().await;
    let killing = tokio::spawn(async move {
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity \
                    where datname = current_database() and query ilike '%listen%' and pid <> pg_backend_pid()";
        loop {
            let _ = killer.query(kill, &[]).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    for round in 0..3 {
        let key = key(&format!("k{round}"));
        one.tracker
            .create(new_job(&format!("k{round}")))
            .await
            .unwrap();
        one.tracker
            .report(&key, vec![started("w")], false)
            .await
            .remove(0)
            .unwrap();
        let waiting = two.tracker.get_newer(&key, 2, Duration::from_secs(20));
        let (seen, _) = tokio::join!(waiting, one.tracker.report(&key, vec![completed()], false));
        assert_eq!(seen.unwrap().status, Status::Completed);
    }
    killing.abort();
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn a_parent_counts_its_parts() {
    let database = postgres::database().await;
    let node = Node::start(&database).await;
    let mut part = new_job("part");
    part.creation.labels.parent = Some(name("whole"));
    assert!(matches!(
        node.tracker.create(part.clone()).await,
        Err(Error::NoParent)
    ));
    node.tracker.create(new_job("whole")).await.unwrap();
    node.tracker.create(part).await.unwrap();
    let counted = node
        .tracker
        .get_newer(&key("whole"), 1, Duration::from_secs(10))
        .await
        .unwrap();
    assert!(
        text(&counted).contains(r#""children":{"total":1,"finished":0,"failed":0}"#),
        "{}",
        text(&counted)
    );
    node.tracker
        .report(&key("part"), vec![started("w"), completed()], false)
        .await;
    let counted = node
        .tracker
        .get_newer(&key("whole"), 2, Duration::from_secs(10))
        .await
        .unwrap();
    assert!(
        text(&counted).contains(r#""children":{"total":1,"finished":1,"failed":0}"#),
        "{}",
        text(&counted)
    );
    node.stop().await;
}

#[tokio::test]
async fn a_failed_job_is_retried_once() {
    let database = postgres::database().await;
    let node = Arc::new(Node::start(&database).await);
    let old = key("old");
    node.tracker.create(new_job("old")).await.unwrap();
    assert!(matches!(
        node.tracker.retry(&key("old"), None, None).await,
        Err(Error::NotRetryable)
    ));
    node.tracker
        .cancel(&key("old"), Some("no".into()), None)
        .await
        .unwrap();
    let again =
        futures_util::future::join_all((0..8).map(|_| node.tracker.retry(&old, None, None))).await;
    let made = again.iter().filter(|r| r.as_ref().unwrap().1).count();
    assert_eq!(made, 1);
    let ids: std::collections::HashSet<_> = again
        .iter()
        .map(|r| r.as_ref().unwrap().0.key.id.clone())
        .collect();
    assert_eq!(ids.len(), 1);
    node.tracker.delete(&key("old")).await.unwrap();
    assert!(matches!(
        node.tracker.get(&key("old")).await,
        Err(Error::NotFound)
    ));
    assert!(
        matches!(
            node.tracker.create(new_job("old")).await,
            Err(Error::Exists)
        ),
        "an id is not given again"
    );
    node.stop().await;
}

#[tokio::test]
async fn p1_a_terminated_connection_loses_and_doubles_nothing() {
    let database = postgres::database().await;
    let node = Arc::new(Node::start(&database).await);
    node.tracker.create(new_job("t")).await.unwrap();
    node.tracker
        .report(&key("t"), vec![started("w")], false)
        .await
        .remove(0)
        .unwrap();
    let killer = database.connect().await;
    let killing = tokio::spawn(async move {
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity \
                    where datname = current_database() and pid <> pg_backend_pid() and query like '%held as materialized%'";
        loop {
            let _ = killer.query(kill, &[]).await;
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
    });
    for n in 0..100_u32 {
        let notice = Said::Notice {
            level: milepost::progress::Level::Info,
            code: None,
            message: n.to_string().into(),
            data: milepost::progress::Object::empty(),
        };
        let answer = node
            .tracker
            .report(&key("t"), vec![report(notice)], false)
            .await
            .remove(0);
        if matches!(
            answer,
            Err(Error::Refused {
                refusal: Refusal::TooManyNotices,
                ..
            })
        ) {
            continue;
        }
        answer.unwrap();
    }
    killing.abort();
    let client = database.connect().await;
    let sql = "select count(*), count(distinct data::json->>'message'), max(version) from history where id = 't' and type = 'notice'";
    let row = client.query_one(sql, &[]).await.unwrap();
    let (lines, messages) = (row.get::<_, i64>(0), row.get::<_, i64>(1));
    assert_eq!(lines, messages, "a notice came twice");
    let frame = node.tracker.get(&key("t")).await.unwrap();
    assert_eq!(frame.version, 2 + u64::try_from(lines).unwrap());
    node.stop().await;
}

fn text(frame: &milepost::wire::Frame) -> String {
    String::from_utf8_lossy(&frame.json()).into_owned()
}
