//! Cursors: coming back, and coming back with nonsense (P4, P20).

use serde_json::json;

use super::{Site, frames, ids};
use crate::support::watch::{ALL, Given, Watch};

#[tokio::test]
async fn p20_a_cursor_brings_only_what_changed_and_fits_every_transport() {
    let site = Site::new().await;
    for id in ["a", "b", "c"] {
        site.create(id).await;
    }
    for first in ALL {
        let mut watch = site.watch(first, "kind=scan").await;
        watch.until(|g| *g == Given::Synced).await;
        let cursor = watch.cursor.clone().expect("a cursor comes with `synced`");
        drop(watch);
        let changed = site
            .service
            .client
            .post(
                "/v1/projects/acme/jobs/b/reports",
                &json!({"type": "notice", "level": "info", "message": "m"}),
            )
            .await;
        assert_eq!(changed.status, 200);
        for second in ALL {
            let mut watch = site.resume(second, "kind=scan", &cursor).await;
            let given = watch.until(|g| *g == Given::Synced).await;
            assert_eq!(ids(&frames(&given)), ["b"], "{first:?} then {second:?}");
            assert!(!given.contains(&Given::Reset));
        }
    }
}

#[tokio::test]
async fn p20_a_useless_cursor_is_answered_with_a_reset_and_everything() {
    let site = Site::new().await;
    site.create("a").await;
    for transport in ALL {
        for cursor in [
            "-1",
            "abc",
            "18446744073709551616",
            "MTsw",
            &"A".repeat(2000),
        ] {
            let mut watch = site.resume(transport, "kind=scan", cursor).await;
            let given = watch.until(|g| *g == Given::Synced).await;
            assert_eq!(
                given.first(),
                Some(&Given::Reset),
                "{transport:?} {cursor:.9}"
            );
            assert_eq!(ids(&frames(&given)), ["a"]);
        }
    }
}

#[tokio::test]
async fn p5_who_was_away_is_told_the_ending() {
    let site = Site::new().await;
    site.create("j").await;
    site.report("j", json!({"type": "started", "worker": "w"}))
        .await;
    for transport in ALL {
        let id = format!("j-{transport:?}");
        site.create(&id).await;
        site.report(&id, json!({"type": "started", "worker": "w"}))
            .await;
        let query = format!("job={id}");
        let mut watch = site.watch(transport, &query).await;
        watch.until(|g| *g == Given::Synced).await;
        let cursor = watch.cursor.clone().unwrap();
        drop(watch);
        site.report(
            &id,
            json!({"type": "failed", "error": {"code": "x", "message": "m", "retryable": false}}),
        )
        .await;
        let mut watch = site.resume(transport, &query, &cursor).await;
        assert_eq!(watch.state().await["status"], "failed", "{transport:?}");
    }
}

#[tokio::test]
async fn an_unknown_job_is_not_found_unless_it_went_while_one_watched() {
    let site = Site::new().await;
    for transport in ALL {
        let refused = Watch::open(&site.service.client, transport, "job=nobody", None).await;
        assert_eq!(refused.err(), Some(404), "{transport:?}");
        let (id, stays) = (
            format!("gone-{transport:?}"),
            format!("stays-{transport:?}"),
        );
        site.create(&id).await;
        site.create(&stays).await;
        let query = format!("job={id}&job={stays}");
        let mut watch = site.watch(transport, &query).await;
        watch.until(|g| *g == Given::Synced).await;
        let cursor = watch.cursor.clone().unwrap();
        let job = format!("/v1/projects/acme/jobs/{id}");
        let client = &site.service.client;
        client
            .post(&format!("{job}/cancel"), &json!({}))
            .await
            .expect(200);
        client.send("DELETE", &job, &[], b"").await.expect(204);
        client.send("GET", &job, &[], b"").await.expect(404);
        let mut again = site.resume(transport, &query, &cursor).await;
        let given = again.until(|g| *g == Given::Synced).await;
        assert!(ids(&frames(&given)).is_empty(), "{transport:?}");
    }
}
