//! Many jobs at once, many notices of one: how often one asks, and in which order things arrive.

use std::time::{Duration, Instant};

use milepost::worker::{Job, Level};

use super::rig::{LONG, Rig, metrics};

/// How many requests the route of reports has answered.
async fn requests(rig: &Rig) -> u64 {
    let text = metrics(rig.client()).await;
    let lines = text.lines().filter(|line| {
        line.starts_with("milepost_requests_total") && line.contains("{project}/reports\"")
    });
    let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

#[tokio::test]
async fn a_hundred_jobs_are_one_request_four_times_a_second() {
    let rig = Rig::start().await;
    let reporter = rig.reporter();
    let jobs: Vec<Job> = (0..100)
        .map(|n| reporter.job("scan").id(&format!("job-{n}")).start())
        .collect();
    for job in &jobs {
        job.inc(1);
        rig.until(job.id(), |state| state["progress"]["current"] == 1)
            .await;
    }
    let (begun, before) = (Instant::now(), requests(&rig).await);
    let last = jobs.last().expect("a job");
    let mut seen = 1;
    while begun.elapsed() < Duration::from_secs(2) {
        jobs.iter().for_each(|job| job.inc(1));
        let more = |state: &serde_json::Value| state["progress"]["current"].as_u64() > Some(seen);
        let state = rig.until(last.id(), more).await;
        seen = state["progress"]["current"].as_u64().expect("a count");
    }
    let asked = requests(&rig).await - before;
    let most = begun.elapsed().as_millis() / 250 + 2;
    assert!(asked > 0 && u128::from(asked) <= most, "{asked} of {most}");
    let all = jobs[0].current();
    for job in &jobs {
        job.complete(());
    }
    assert!(reporter.close(LONG).await);
    for job in &jobs {
        let state = rig.state(job.id()).await;
        assert_eq!(state["status"], "completed");
        assert_eq!(state["progress"]["current"], all);
    }
}

#[tokio::test]
async fn notices_come_in_order_at_the_pace_the_service_takes_and_none_is_refused() {
    let rig = Rig::start().await;
    let job = rig.reporter().job("scan").start();
    for n in 0..120 {
        job.notice(Level::Info, "found", n.to_string());
    }
    job.phase("after"); // does not wait for them
    rig.until(job.id(), |state| state["phase"] == "after").await;
    assert!(job.complete(()).await);
    let history = rig.history(job.id()).await;
    let found: Vec<u64> = history
        .iter()
        .filter(|(what, _)| what == "notice")
        .filter_map(|(_, data)| data["message"].as_str()?.parse().ok())
        .collect();
    assert_eq!(found, (0..120).collect::<Vec<_>>());
    let text = metrics(rig.client()).await;
    assert!(!text.contains("too_many_notices"), "{text}");
}

#[tokio::test]
async fn a_parent_ends_after_its_parts_and_counts_them() {
    let rig = Rig::start().await;
    let reporter = rig.reporter();
    let parent = reporter.job("release").start();
    for n in 0..20 {
        let part = parent.child("scan").start();
        part.inc(1);
        if n % 5 == 0 {
            drop(part);
        } else {
            part.complete(());
        }
    }
    assert!(parent.complete(()).await);
    let state = rig.state(parent.id()).await;
    assert_eq!(state["children"]["total"], 20, "{state}");
    assert_eq!(state["status"], "completed");
    let path = rig
        .client()
        .path(&format!("jobs?parent={}&limit=100", parent.id()));
    let parts = rig.client().get(&path).await.expect(200).json();
    let parts = parts["items"].as_array().expect("a list");
    let failed = parts
        .iter()
        .filter(|part| part["data"]["status"] == "failed");
    assert_eq!((parts.len(), failed.count()), (20, 4));
}

#[tokio::test]
async fn a_job_that_says_nothing_stays_alive_by_its_heartbeats() {
    let rig = Rig::start().await;
    let lease = Duration::from_secs(5);
    let job = rig.reporter().job("scan").lease(lease).start();
    let beats = || async {
        let text = metrics(rig.client()).await;
        let mut lines = text
            .lines()
            .filter(|line| line.contains("type=\"heartbeat\"") && line.contains("applied"));
        lines
            .find_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let four = async {
        while beats().await < 4 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LONG, four)
        .await
        .expect("four heartbeats");
    assert!(job.complete(()).await);
    let happened: Vec<_> = rig
        .history(job.id())
        .await
        .into_iter()
        .map(|h| h.0)
        .collect();
    assert_eq!(
        happened,
        ["created", "started", "completed"],
        "it never stalled"
    );
}

#[tokio::test]
async fn what_is_too_much_for_one_request_goes_in_parts() {
    let rig = Rig::with(&["--body-limit", "4096", "--batch-limit", "4096"]).await;
    let reporter = rig.reporter();
    let jobs: Vec<Job> = (0..60).map(|_| reporter.job("scan").start()).collect();
    for job in &jobs {
        assert!(job.known(LONG).await);
    }
    // All at once: the service stands still meanwhile.
    rig.service.signal(libc::SIGSTOP);
    for job in &jobs {
        job.inc(7);
        job.notice(Level::Info, "found", "n".repeat(200));
        job.complete(());
    }
    rig.service.signal(libc::SIGCONT);
    assert!(reporter.close(LONG).await);
    for job in &jobs {
        let state = rig.state(job.id()).await;
        assert_eq!(state["status"], "completed", "{state}");
        assert_eq!(
            (&state["notices"]["total"], &state["progress"]["current"]),
            (&1.into(), &7.into())
        );
    }
}
