//! A hundred ingestions at once, over a few connections.

use std::sync::Arc;

use super::{
    super::ingestion::store::Store,
    rig::{Rig, ingestion},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_at_once_share_four_connections_and_all_of_them_end() {
    let rig = Rig::start().await;
    let store = Arc::new(Store::new(&rig.database.config(), 4).unwrap());
    let running: Vec<_> = (0..100)
        .map(|number| {
            let folder = format!("{number}");
            rig.folder.file(
                &format!("{folder}/a.txt"),
                format!("The first document of folder number{number}"),
            );
            rig.folder.file(
                &format!("{folder}/b.txt"),
                format!("And this is the second one, of number{number} too"),
            );
            let mut ingestion = ingestion(rig.folder.0.join(&folder));
            ingestion.collection = format!("folder-{number}");
            let begun = ingestion.begin(&rig.reporter, Some(&format!("many-{number}")));
            let store = store.clone();
            tokio::spawn(async move { begun.finish(&store).await })
        })
        .collect();
    let (watcher, mut most) = (rig.sql().await, 0);
    let connections = "select count(*) from pg_stat_activity
                       where datname = current_database() and pid <> pg_backend_pid()";
    while !running.iter().all(|one| one.is_finished()) {
        most = most.max(
            watcher
                .query_one(connections, &[])
                .await
                .unwrap()
                .get::<_, i64>(0),
        );
        tokio::task::yield_now().await;
    }
    assert!((1..=4).contains(&most), "{most} connections");
    for one in running {
        let done = one.await.unwrap().unwrap();
        assert_eq!((done.stored, done.attempts), (2, 1));
    }
    let summary = rig
        .client()
        .get(&rig.client().path("summary"))
        .await
        .expect(200)
        .json();
    assert_eq!(summary["by_status"]["completed"], 100, "{summary}");
    let list = rig
        .client()
        .get(&rig.client().path("jobs?limit=200"))
        .await
        .expect(200)
        .json();
    let percents = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| &frame["data"]["progress"]["percent"]);
    assert!(
        percents
            .clone()
            .all(|percent| percent.as_f64() == Some(100.0))
    );
    assert_eq!(percents.count(), 100);
    assert_eq!(
        rig.number("select count(*) from examples.document", &[])
            .await,
        200
    );
    for number in [0, 42, 99] {
        let found = rig.search(&format!("number{number}")).await;
        assert_eq!(found.documents, 2, "{number}");
    }
}
