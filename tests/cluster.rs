//! Several services on one Postgres tell one truth (P3, P4, P5, P6, P22).

use std::time::Duration;

use serde_json::json;

use crate::support::postgres::{self, TestDatabase};
use crate::support::service::Service;
use crate::support::watch::{ALL, Given, Watch};

async fn two() -> (TestDatabase, Service, Service) {
    let database = postgres::database().await;
    let services = (Service::on(&database), Service::on(&database));
    (database, services.0, services.1)
}

#[tokio::test]
async fn p3_what_is_reported_to_one_is_seen_on_the_other_in_the_same_bytes() {
    let (_database, one, two) = two().await;
    for transport in ALL {
        let id = format!("x-{transport:?}");
        one.client.create(&id, &json!({"kind": "scan"})).await;
        let mut watch = Watch::open(&two.client, transport, &format!("job={id}"), None)
            .await
            .unwrap();
        watch.until(|g| *g == Given::Synced).await;
        for report in [
            json!({"type": "started", "worker": "w"}),
            json!({"type": "phase", "name": "p"}),
            json!({"type": "completed"}),
        ] {
            let answer = one.client.report(&id, &report).await.expect(200).json();
            let given = watch
                .until(|g| g.state().is_some_and(|s| s["version"] == answer["version"]))
                .await;
            let own = one
                .client
                .get(&format!("/v1/projects/acme/jobs/{id}"))
                .await
                .expect(200);
            assert_eq!(given.last(), Some(&Given::Frame(own.body)), "{transport:?}");
        }
    }
}

#[tokio::test]
async fn p5_the_viewers_of_a_killed_service_go_on_at_the_other() {
    let (_database, mut one, two) = two().await;
    for transport in ALL {
        for id in ["still", "moves"] {
            two.client
                .create(
                    &format!("{id}-{transport:?}"),
                    &json!({"kind": "scan", "owner": format!("{transport:?}")}),
                )
                .await;
        }
    }
    let mut cursors = Vec::new();
    for transport in ALL {
        let query = format!("owner={transport:?}");
        let mut watch = Watch::open(&one.client, transport, &query, None)
            .await
            .unwrap();
        watch.until(|g| *g == Given::Synced).await;
        cursors.push((transport, query, watch.cursor.clone().unwrap()));
    }
    one.kill();
    for (transport, query, cursor) in cursors {
        let id = format!("moves-{transport:?}");
        two.client
            .report(
                &id,
                &json!([{"type": "started", "worker": "w"}, {"type": "completed"}]),
            )
            .await
            .expect(200);
        let mut watch = Watch::open(&two.client, transport, &query, Some(&cursor))
            .await
            .unwrap();
        let given = watch.until(|g| *g == Given::Synced).await;
        assert!(!given.contains(&Given::Reset), "{transport:?}");
        let states: Vec<_> = given.iter().filter_map(Given::state).collect();
        assert_eq!(states.len(), 1, "only what changed: {states:?}");
        assert_eq!(
            (&states[0]["id"], &states[0]["status"]),
            (&json!(id), &json!("completed"))
        );
    }
}

#[tokio::test]
async fn p6_the_ending_comes_though_every_listener_is_killed() {
    let (database, one, two) = two().await;
    let killer = database.connect().await;
    let killing = tokio::spawn(async move {
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity \
                    where datname = current_database() and query ilike 'listen%' and pid <> pg_backend_pid()";
        loop {
            let _ = killer.query(kill, &[]).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    for transport in ALL {
        let id = format!("k-{transport:?}");
        one.client.create(&id, &json!({"kind": "scan"})).await;
        let mut watch = Watch::open(&two.client, transport, &format!("job={id}"), None)
            .await
            .unwrap();
        watch.until(|g| *g == Given::Synced).await;
        one.client
            .report(
                &id,
                &json!([{"type": "started", "worker": "w"}, {"type": "completed"}]),
            )
            .await
            .expect(200);
        watch
            .until(|g| g.state().is_some_and(|s| s["status"] == "completed"))
            .await;
    }
    killing.abort();
}

#[tokio::test]
async fn p22_forged_hints_change_and_reveal_nothing() {
    let (database, one, two) = two().await;
    one.client.create("real", &json!({"kind": "scan"})).await;
    let mut watch = Watch::open(&two.client, ALL[1], "kind=scan", None)
        .await
        .unwrap();
    watch.until(|g| *g == Given::Synced).await;
    let forger = database.connect().await;
    let node = "0199c0de-0000-7000-8000-000000000000";
    for hint in [
        "garbage",
        "?",
        "acme real 99",
        &"x".repeat(7_999),
        &format!("{node}\nacme real 99\nacme ghost 3\nother x 1\nacme real 0\n../.. a 1"),
    ] {
        for _ in 0..50 {
            forger
                .execute("select pg_notify('milepost', $1)", &[&hint])
                .await
                .unwrap();
        }
    }
    one.client
        .report("real", &json!({"type": "started", "worker": "w"}))
        .await
        .expect(200);
    let given = watch.until(|g| matches!(g, Given::Frame(_))).await;
    assert_eq!(given.len(), 1, "nothing but the frame: {given:?}");
    assert_eq!(given[0].state().unwrap()["version"], 2);
}

#[tokio::test]
async fn f43_five_services_start_on_one_empty_database() {
    let database = postgres::empty().await;
    let url = database.url();
    let starting = (0..5).map(|_| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || Service::serve(&["--database-url", &url]))
    });
    let services: Vec<Service> = futures_util::future::join_all(starting)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let applied = services
        .iter()
        .filter(|s| s.log().contains("schema file applied"))
        .count();
    assert_eq!(applied, 1);
}
