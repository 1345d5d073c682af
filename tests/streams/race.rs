//! Snapshots and live frames at once, on two threads: whatever the order of writing, publishing, catching up and
//! subscribing, a connection's versions rise and everybody is given every ending.

use std::collections::BTreeMap;

use super::*;

/// A database of one table: rows, and the last transaction.
#[derive(Default)]
struct Table(Mutex<(BTreeMap<Name, Arc<Frame>>, u64)>);

impl Table {
    fn write(&self, id: &str, version: u64, status: Status) -> Arc<Frame> {
        let mut table = self.0.lock().unwrap();
        table.1 += 1;
        let written = frame(id, version, status, table.1);
        table.0.insert(name(id), Arc::clone(&written));
        written
    }

    fn read(&self) -> (Vec<Arc<Frame>>, u64) {
        let table = self.0.lock().unwrap();
        (table.0.values().cloned().collect(), table.1 + 1)
    }
}

impl Source for Table {
    fn pages(&self, _: &Name, selector: &Selector, _: Option<&str>) -> Pages {
        let (rows, end) = self.read();
        let chosen = |f: &Arc<Frame>| selector.selects(&f.key.id, &f.labels, f.status);
        let page = Page {
            items: rows.into_iter().filter(chosen).collect(),
            cursor: cursor(end),
            reset: false,
            more: false,
        };
        // The answer takes its time: what it says may be old when it comes.
        Box::pin(futures_util::stream::once(async move {
            tokio::time::sleep(Duration::from_millis(end % 7)).await;
            Ok(page)
        }))
    }

    fn job<'a>(&'a self, key: &'a JobKey) -> Read<'a> {
        let found = self.0.lock().unwrap().0.get(&key.id).cloned();
        Box::pin(async move { found.ok_or(Error::NotFound) })
    }
}

const JOBS: [&str; 4] = ["a", "b", "c", "d"];
const LAST: u64 = 120;

/// Writes every job to its end; publishes late, and now and then not at all.
async fn work(hub: Hub, table: Arc<Table>) {
    for version in 1..=LAST {
        for (n, job) in JOBS.iter().enumerate() {
            let ended = version == LAST;
            let status = if ended {
                Status::Completed
            } else {
                Status::Running
            };
            let written = table.write(job, version, status);
            let hub = hub.clone();
            let lost = (version + n as u64).is_multiple_of(5);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(version % 4)).await;
                if !lost {
                    hub.publish(written);
                }
            });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Catches up every 50 ms, from a cursor that was taken before the last pass, as a project that came meanwhile needs.
async fn catch_up(hub: Hub, table: Arc<Table>) {
    let (mut before, mut last) = (cursor(1), cursor(1));
    loop {
        let (rows, end) = table.read();
        for row in rows.iter().filter(|r| !before.seen.sees(r.xid)) {
            hub.publish(Arc::clone(row));
        }
        hub.verified(&[name("acme")], cursor(end));
        before = std::mem::replace(&mut last, cursor(end));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Watches with one subscription, then a second over it, until it was given the end of every job.
async fn watch(stage: Stage, table: Arc<Table>, delay: u64) {
    let Stage {
        stream, mut client, ..
    } = stage;
    tokio::time::sleep(Duration::from_millis(delay)).await;
    let framing = stream.framing;
    let subscribing = tokio::spawn(async move {
        let all = Arc::new(Selector::default());
        let tag = stream.subscribe(1, all, false);
        read(&stream, tag, None, &*table).await.unwrap();
        if framing == Framing::Ws {
            tokio::time::sleep(Duration::from_millis(delay % 300)).await;
            let some = Arc::new(by_job(&["a", "c"]).normal());
            let tag = stream.subscribe(2, some, false);
            read(&stream, tag, None, &*table).await.unwrap();
        }
        stream
    });
    let mut versions: BTreeMap<String, u64> = BTreeMap::new();
    while versions.values().filter(|v| **v == LAST).count() < JOBS.len() {
        let given = timeout(PATIENCE, next(&mut client, framing)).await;
        let given = given
            .unwrap_or_else(|_| panic!("an ending is missing: {versions:?}, after {delay} ms"))
            .expect("it stays open");
        if given.contains("synced") {
            continue;
        }
        let (id, version) = job(&given);
        let before = versions.insert(id.clone(), version).unwrap_or(0);
        assert!(version > before, "{id}: {version} after {before}");
    }
    subscribing.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_rise_and_every_ending_comes_whenever_one_begins_to_watch() {
    let table = Arc::new(Table::default());
    let hub = Hub::new();
    let stop = CancellationToken::new();
    let (running, token) = (hub.clone(), stop.clone());
    tokio::spawn(async move { running.run(token).await });
    let mut viewers = Vec::new();
    for n in 0..60 {
        let framing = if n % 2 == 0 {
            Framing::Ws
        } else {
            Framing::Sse
        };
        let stage = Stage::on(hub.clone(), framing, None).await;
        viewers.push(tokio::spawn(watch(stage, Arc::clone(&table), n * 23)));
    }
    let catching_up = tokio::spawn(catch_up(hub.clone(), Arc::clone(&table)));
    work(hub, table).await;
    for viewer in viewers {
        viewer.await.unwrap();
    }
    catching_up.abort();
    stop.cancel();
}
