//! Recoverable errors, real ones: a backend that is terminated in the middle of each phase, and a database that is away.

use std::time::Duration;

use serde_json::Value;
use tokio_postgres::Config;

use super::{
    super::{folder::sample, ingestion::store::Store},
    rig::{Rig, ingestion},
};

/// Terminates the backend of the ingestion, in the middle of a statement, as soon as `when` holds in the database:
/// holds a lock that the next step needs, and ends whoever waits for it.
async fn terminate(rig: &Rig, when: &str, table: &str) {
    let (mut holder, watcher) = (rig.sql().await, rig.sql().await);
    let there = "select to_regclass('examples.chunk_words') is not null";
    for condition in [there, when] {
        while !watcher
            .query_one(condition, &[])
            .await
            .unwrap()
            .get::<_, bool>(0)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let transaction = holder.transaction().await.unwrap();
    transaction
        .batch_execute(&format!("lock table {table} in share mode"))
        .await
        .unwrap();
    let end = "select pg_terminate_backend(pid) from (select distinct pid from pg_locks where not granted) as waiting
               where pg_backend_pid() = any (pg_blocking_pids(pid))";
    while transaction.execute(end, &[]).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    transaction.rollback().await.unwrap();
}

#[tokio::test]
async fn a_connection_lost_in_any_phase_costs_an_attempt_and_no_document() {
    let staged = "examples.staged_document";
    for (phase, when, table) in [
        (
            "parse",
            "select count(*) = 3 from examples.staged_document",
            staged,
        ),
        (
            "extract",
            "select count(*) > 3 from examples.staged_document where step = 'extracted'",
            staged,
        ),
        (
            "index",
            "select count(*) > 3 from examples.staged_document where step = 'indexed'",
            staged,
        ),
        (
            "store",
            "select count(*) > 3 from examples.document",
            "examples.document",
        ),
    ] {
        let rig = Rig::start().await;
        let mut ingestion = ingestion(sample("rfc-dns.tar.zst"));
        ingestion.pace = 20.0; // a sixtieth of a second for each document, so that there is a middle
        let begun = ingestion.begin(&rig.reporter, None);
        let job = begun.job.clone();
        let (outcome, ()) = tokio::join!(begun.finish(&rig.store), terminate(&rig, when, table));
        let done = outcome.unwrap();
        assert_eq!(
            (done.stored, done.files, done.attempts),
            (10, 10, 2),
            "lost in {phase}"
        );
        let state = rig.state(job.id()).await;
        assert_eq!(
            (&state["status"], &state["attempt"]),
            (&"completed".into(), &2.into())
        );
        assert!(
            state["metadata"]["last_error"]
                .as_str()
                .unwrap()
                .starts_with("attempt 1: database: "),
            "{state}"
        );
        let history = rig.history(job.id()).await;
        let (_, retrying) = history
            .iter()
            .find(|(kind, _)| kind == "retrying")
            .expect("a retry");
        assert_eq!(retrying["error"]["code"], "database_lost", "{retrying}");
        assert_eq!(
            (&retrying["error"]["retryable"], &retrying["error"]["phase"]),
            (&true.into(), &phase.into())
        );
        let chunks = rig.number("select count(*) from examples.chunk", &[]).await;
        assert_eq!(chunks.unsigned_abs(), done.chunks);
        assert_eq!(
            rig.number("select count(*) from examples.staged_chunk", &[])
                .await,
            0
        );
        assert_eq!(rig.search("punycode").await.documents, 1);
        let first_attempt =
            "select count(*) from examples.document where stored_at <= $1::text::timestamptz";
        let began_again = retrying_at(&rig, job.id()).await;
        let before = rig.number(first_attempt, &[&began_again]).await;
        assert_eq!(
            before > 3,
            phase == "store",
            "{before} documents of the first attempt stayed as they were"
        );
    }
}

/// When the job went back to the queue.
async fn retrying_at(rig: &Rig, job: &str) -> String {
    let path = rig.client().path(&format!("jobs/{job}/history?limit=1000"));
    let history = rig.client().get(&path).await.expect(200).json();
    let items = history["items"].as_array().unwrap().clone();
    let retrying = |item: &&Value| {
        item["type"]
            .as_str()
            .is_some_and(|kind| kind.ends_with(":retrying"))
    };
    items.iter().find(retrying).unwrap()["at"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_database_that_stays_away_fails_the_job_after_five_attempts_and_it_is_worth_a_retry() {
    let rig = Rig::start().await;
    let mut nowhere = Config::new();
    nowhere
        .host_path(&rig.folder.0)
        .user("nobody")
        .dbname("nothing");
    let store = Store::new(&nowhere, 2).unwrap();
    let begun = rig.begin(sample("rfc-dns.tar.zst"));
    let job = begun.job.clone();
    let error = begun.finish(&store).await.unwrap_err();
    assert_eq!((error.code(), error.passes()), ("database_away", true));
    let state = rig.state(job.id()).await;
    assert_eq!(
        (&state["status"], &state["attempt"]),
        (&"failed".into(), &5.into())
    );
    assert_eq!(
        (&state["error"]["code"], &state["error"]["retryable"]),
        (&"database_away".into(), &true.into())
    );
    let retries = rig
        .history(job.id())
        .await
        .into_iter()
        .filter(|(kind, _)| kind == "retrying")
        .count();
    assert_eq!(retries, 4);
}

#[tokio::test]
async fn another_process_goes_on_where_a_killed_one_stopped() {
    let rig = Rig::start().await;
    let mut slow = ingestion(sample("rfc-dns.tar.zst"));
    slow.pace = 20.0;
    let silent = milepost::worker::Reporter::off();
    let killed = {
        let store = Store::new(&rig.database.config(), 1).unwrap();
        let begun = slow.begin(&silent, Some("resumed"));
        tokio::spawn(async move { begun.finish(&store).await })
    };
    drop(rig.store.client().await.unwrap());
    let half = "select count(*) > 4 from examples.staged_document where step = 'extracted'";
    let client = rig.sql().await;
    while !client.query_one(half, &[]).await.unwrap().get::<_, bool>(0) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    killed.abort();
    let _ = killed.await;
    let before = rig
        .number(
            "select count(*) from examples.staged_document where step = 'extracted'",
            &[],
        )
        .await;
    assert!((5..=10).contains(&before));
    let staged = "select max(staged_at)::text from examples.staged_document";
    let staged: String = client.query_one(staged, &[]).await.unwrap().get(0);
    let begun = ingestion(sample("rfc-dns.tar.zst")).begin(&rig.reporter, Some("resumed"));
    let done = begun.finish(&rig.store).await.unwrap();
    assert_eq!((done.stored, done.attempts), (10, 1));
    let later = "select count(*) from examples.document where stored_at > $1::text::timestamptz";
    assert_eq!(rig.number(later, &[&staged]).await, 10);
    assert_eq!(rig.state("resumed").await["status"], "completed");
}

#[tokio::test]
async fn a_cancel_between_two_attempts_is_the_end() {
    let rig = Rig::start().await;
    let mut nowhere = Config::new();
    nowhere
        .host_path(&rig.folder.0)
        .user("nobody")
        .dbname("nothing");
    let store = Store::new(&nowhere, 2).unwrap();
    let mut ingestion = ingestion(sample("rfc-dns.tar.zst"));
    ingestion.wait = Duration::from_secs(2);
    let begun = ingestion.begin(&rig.reporter, None);
    let job = begun.job.clone();
    let cancel = async {
        assert!(job.known(Duration::from_secs(60)).await);
        while rig.state(job.id()).await["error"]["code"] != "database_away" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let path = rig.client().path(&format!("jobs/{}/cancel", job.id()));
        rig.client()
            .post(&path, &serde_json::json!({}))
            .await
            .expect(200);
    };
    let (outcome, ()) = tokio::join!(begun.finish(&store), cancel);
    let state = rig.state(job.id()).await;
    assert_eq!(
        (&state["status"], &state["attempt"]),
        (&"cancelled".into(), &1.into())
    );
    let error = outcome.unwrap_err();
    assert!(
        ["cancelled", "database_away"].contains(&error.code()),
        "{error}"
    );
}
