//! Audits for several people at once: each sees their own, and nothing of anybody else's is mixed in.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::Value;

use super::rig::{Rig, audit, audit_for};
use crate::support::watch::{ALL, Given, Watch};

const PEOPLE: [&str; 3] = ["ada", "grace", "linus"];

/// What a watcher of one person is given until all of these jobs have ended.
async fn watched(rig: &Rig, query: &str, jobs: &BTreeSet<String>) -> Vec<Value> {
    let mut given = Vec::new();
    for transport in ALL {
        let mut watch = Watch::open(&rig.service.client, transport, query, None)
            .await
            .unwrap();
        let mut ended = BTreeSet::new();
        while ended != *jobs {
            let next = watch.next().await;
            let Given::Frame(_) = next else { continue };
            let state = next.state().unwrap();
            if state["finished_at"].is_string() {
                ended.insert(state["id"].as_str().unwrap().to_owned());
            }
            given.push(state);
        }
    }
    given
}

#[tokio::test]
async fn each_person_sees_their_own_audits_and_nothing_else() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&[
        "ada-one",
        "ada-two",
        "grace-one",
        "grace-two",
        "linus-one",
        "linus-two",
    ]);
    let mut jobs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut begun = Vec::new();
    for person in PEOPLE {
        for part in ["one", "two"] {
            let file = rig.lockfile(
                &format!("{person}-{part}"),
                &[&format!("{person}-{part} 1.0.0")],
            );
            let mut audit = audit_for(person, audit(part, file, Some(advisories.clone())));
            audit.pace = 20.0;
            let started = audit.begin(&rig.reporter);
            jobs.entry(person)
                .or_default()
                .insert(started.job.id().to_owned());
            begun.push(started);
        }
    }
    let database = rig.database.config();
    let work = join_all(begun.into_iter().map(|begun| begun.finish(&database)));
    let views = join_all(PEOPLE.map(|person| {
        let (rig, jobs) = (&rig, &jobs[person]);
        async move {
            watched(
                rig,
                &format!("owner={person}&kind=vulnerability:audit"),
                jobs,
            )
            .await
        }
    }));
    let (outcomes, views) = tokio::join!(work, views);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.as_ref().is_ok_and(|summary| summary.findings == 1))
    );
    for (person, states) in PEOPLE.into_iter().zip(views) {
        for state in states {
            assert_eq!(state["owner"], person);
            for notice in state["notices"]["recent"].as_array().unwrap() {
                let package = notice["data"]["package"].as_str().unwrap();
                let own = format!("{person}-{}", state["subject"].as_str().unwrap());
                assert_eq!(package, own, "a finding of somebody else");
            }
        }
        let open = rig.open(person).await;
        assert_eq!(open.into_values().collect::<Vec<_>>(), [1, 1]);
    }
}

#[tokio::test]
async fn what_is_known_to_one_person_is_new_to_the_next() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&["a"]);
    let file = rig.lockfile("target", &["a 1.0.0"]);
    let run = async |person: &str| {
        let audit = audit_for(
            person,
            audit("target", file.clone(), Some(advisories.clone())),
        );
        let summary = rig.audit(audit).await.0.unwrap();
        (summary.new, summary.known)
    };
    assert_eq!(
        (run("ada").await, run("grace").await, run("ada").await),
        ((1, 0), (1, 0), (0, 1))
    );
}

#[tokio::test]
async fn audits_of_one_target_for_one_person_go_one_after_the_other() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&["a"]);
    let file = rig.lockfile("target", &["a 1.0.0", "b 1.0.0", "c 1.0.0"]);
    let audits = [(); 6].map(|()| {
        let mut audit = audit_for(
            "ada",
            audit("target", file.clone(), Some(advisories.clone())),
        );
        audit.pace = 1.0;
        rig.audit(audit)
    });
    let done = join_all(audits).await;
    let new: u64 = done
        .iter()
        .map(|(outcome, _)| outcome.as_ref().unwrap().new)
        .sum();
    let known: u64 = done
        .iter()
        .map(|(outcome, _)| outcome.as_ref().unwrap().known)
        .sum();
    assert_eq!(
        (new, known),
        (1, 5),
        "found once, and known to the other five"
    );
}

#[tokio::test]
async fn an_audit_that_waits_for_its_turn_can_be_cancelled() {
    let rig = Rig::start().await;
    let advisories = rig.advisories(&["a"]);
    let file = rig.lockfile("target", &["a 1.0.0"]);
    let holder = rig.connect().await;
    let lock = "select pg_advisory_lock(hashtextextended('ada/target', 2))";
    holder.execute(lock, &[]).await.unwrap();
    let audit = audit_for("ada", audit("target", file, Some(advisories)));
    let halt = audit.halt.clone();
    let begun = audit.begin(&rig.reporter);
    let id = begun.job.id().to_owned();
    let database = rig.database.config();
    let running = tokio::spawn(async move { begun.finish(&database).await });
    let client = &rig.service.client;
    let path = client.path(&format!("jobs/{id}"));
    loop {
        let answer = client.get(&path).await;
        let waits = |state: &Value| {
            state["message"]
                .as_str()
                .is_some_and(|text| text.starts_with("Waiting"))
        };
        if answer.status == 200 && waits(&answer.json()["data"]) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    halt.cancel();
    assert!(running.await.unwrap().is_err());
    assert_eq!(rig.state(&id).await["status"], "cancelled");
}
