//! Streams over real sockets, fed by a real hub: what a viewer is given, in which order, and with which cursors.
//! Snapshots come from a list instead of Postgres; the conformance suite has the whole service.

mod race;
mod slow;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use milepost::hub::{Health, Hub};
use milepost::progress::{JobKey, Kind, Labels, Name, Selector, Status, StatusSet, Timestamp};
use milepost::tracker::{Error, Page, Pages};
use milepost::transport::Viewers;
use milepost::transport::endings::Ending;
use milepost::transport::heartbeat::Tick;
use milepost::transport::stream::snapshot::{Read, Source, read};
use milepost::transport::stream::{Orders, Seed, Stream, Visitor, attend};
use milepost::transport::words::Framing;
use milepost::transport::ws::codec::Manners;
use milepost::wire::{Cursor, Frame, Snapshot};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

const PATIENCE: Duration = Duration::from_secs(20);

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn frame(id: &str, version: u64, status: Status, xid: u64) -> Arc<Frame> {
    let key = JobKey {
        project: name("acme"),
        id: name(id),
    };
    let labels = Labels {
        kind: Kind::parse("scan").unwrap(),
        subject: None,
        owner: None,
        parent: None,
    };
    let json = format!(r#"{{"type":"scan:progress","job":"{id}","version":{version}}}"#);
    Arc::new(Frame::new(key, version, status, labels, &json).written_by(xid))
}

fn cursor(end: u64) -> Cursor {
    Cursor::of(7, Snapshot::parse(&format!("{end}:{end}:")).unwrap())
}

/// What is stored, and how far the read sees. A gate holds the read back in the middle.
#[derive(Default)]
struct Stored {
    rows: Mutex<Vec<Arc<Frame>>>,
    sees: u64,
    reset: bool,
    gate: Option<Arc<Gate>>,
}

#[derive(Default)]
struct Gate {
    reached: Notify,
    open: Notify,
}

impl Source for Stored {
    fn pages(&self, _: &Name, selector: &Selector, given: Option<&str>) -> Pages {
        let since = given.and_then(Cursor::decode).filter(|_| !self.reset);
        let fresh = |f: &Arc<Frame>| since.as_ref().is_none_or(|c| !c.seen.sees(f.xid));
        let rows = self.rows.lock().unwrap();
        let items: Vec<_> = rows
            .iter()
            .filter(|f| selector.selects(&f.key.id, &f.labels, f.status) && fresh(f))
            .cloned()
            .collect();
        let page = Page {
            items,
            cursor: cursor(self.sees),
            reset: self.reset && given.is_some(),
            more: false,
        };
        let gate = self.gate.clone();
        Box::pin(futures_util::stream::once(async move {
            if let Some(gate) = gate {
                gate.reached.notify_one();
                gate.open.notified().await;
            }
            Ok(page)
        }))
    }

    fn job<'a>(&'a self, key: &'a JobKey) -> Read<'a> {
        let rows = self.rows.lock().unwrap();
        let found = rows.iter().find(|f| f.key == *key).cloned();
        Box::pin(async move { found.ok_or(Error::NotFound) })
    }
}

struct Stage {
    hub: Hub,
    stream: Arc<Stream>,
    client: TcpStream,
    _stop: Option<DropGuard>,
}

impl Stage {
    async fn new(framing: Framing) -> Self {
        Self::with(framing, None).await
    }

    async fn with(framing: Framing, orders: Option<Arc<dyn Orders>>) -> Self {
        let hub = Hub::new();
        let stop = CancellationToken::new();
        let (running, token) = (hub.clone(), stop.clone());
        tokio::spawn(async move { running.run(token).await });
        let stage = Self::on(hub, framing, orders).await;
        Self {
            _stop: Some(stop.drop_guard()),
            ..stage
        }
    }

    /// On a hub that runs already.
    async fn on(hub: Hub, framing: Framing, orders: Option<Arc<dyn Orders>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Small buffers on both sides: a viewer that does not read is behind after a few hundred frames.
        let client = TcpSocket::new_v4().unwrap();
        client.set_recv_buffer_size(4096).unwrap();
        let client = client
            .connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        socket2::SockRef::from(&socket)
            .set_send_buffer_size(4096)
            .unwrap();
        let seed = Seed {
            socket,
            place: None,
            framing,
            head: String::new(),
            lifetime: None,
            visitor: Visitor::anybody(),
            manners: Manners::default(),
        };
        let stream = Stream::new(1, (hub.clone(), name("acme")), seed, orders);
        tokio::spawn(attend::run(Arc::clone(&stream), bytes::Bytes::new()));
        Self {
            hub,
            stream,
            client,
            _stop: None,
        }
    }

    fn publish(&self, id: &str, version: u64, status: Status, xid: u64) {
        self.hub.publish(frame(id, version, status, xid));
    }

    /// Subscribes and reads the snapshot.
    async fn watch(&self, selector: Selector, (number, given): (u64, Option<&str>), rows: &Stored) {
        let selector = Arc::new(selector.normal());
        let tag = self.stream.subscribe(number, selector, true);
        read(&self.stream, tag, given, rows).await.unwrap();
    }

    /// The next event, or message.
    async fn next(&mut self) -> String {
        let next = timeout(PATIENCE, next(&mut self.client, self.stream.framing));
        next.await.expect("it comes").expect("it is open")
    }

    async fn closed(&mut self) {
        let mut byte = [0];
        let read = timeout(PATIENCE, self.client.read(&mut byte)).await;
        assert!(matches!(read.expect("it closes"), Ok(0)), "{byte:?}");
    }

    /// Ticks with this health until `done`.
    fn tick(&self, health: Health) {
        self.stream.tick(&Tick {
            time: Timestamp(1_700_000_000_000),
            health,
            keys: None,
        });
        self.stream.tiles_are(&Arc::from(r#"{"total":1}"#));
    }
}

async fn next(client: &mut TcpStream, framing: Framing) -> Option<String> {
    match framing {
        Framing::Sse => {
            let mut text = Vec::new();
            while !text.ends_with(b"\n\n") {
                text.push(client.read_u8().await.ok()?);
            }
            Some(String::from_utf8(text).unwrap())
        }
        Framing::Ws => {
            let first = client.read_u8().await.ok()?;
            let length = match client.read_u8().await.ok()? {
                126 => usize::from(client.read_u16().await.ok()?),
                short => usize::from(short),
            };
            let mut text = vec![0; length];
            client.read_exact(&mut text).await.ok()?;
            match first {
                0x81 => Some(String::from_utf8(text).unwrap()),
                0x88 => Some(format!("close {}", u16::from_be_bytes([text[0], text[1]]))),
                other => Some(format!("control {other:x}")),
            }
        }
    }
}

fn job(event: &str) -> (String, u64) {
    let data = event.split("data: ").last().unwrap_or(event);
    let value: serde_json::Value = serde_json::from_str(data.trim()).expect(event);
    let id = value["job"].as_str().expect(event).to_owned();
    (id, value["version"].as_u64().expect(event))
}

fn id(event: &str) -> Option<&str> {
    event.lines().find_map(|l| l.strip_prefix("id: "))
}

fn by_job(ids: &[&str]) -> Selector {
    Selector {
        jobs: ids.iter().copied().map(name).collect(),
        ..Selector::default()
    }
}

fn is(event: &str, id: &str, version: u64) {
    assert_eq!(job(event), (id.to_owned(), version), "{event}");
}

#[tokio::test]
async fn rows_then_synced_then_live_with_cursors_that_do_not_run_ahead() {
    let mut stage = Stage::new(Framing::Sse).await;
    let rows = Stored {
        rows: Mutex::new(vec![
            frame("a", 3, Status::Running, 5),
            frame("b", 1, Status::Queued, 6),
        ]),
        sees: 10,
        ..Stored::default()
    };
    stage.watch(Selector::default(), (0, None), &rows).await;
    for (expected, version) in [("a", 3), ("b", 1)] {
        let event = stage.next().await;
        is(&event, expected, version);
        let halfway = Cursor::decode(id(&event).unwrap()).unwrap();
        assert_eq!(halfway.halfway.unwrap().after.as_str(), expected);
    }
    let synced = stage.next().await;
    assert!(synced.starts_with("event: synced\n"), "{synced}");
    assert_eq!(id(&synced), Some(&*cursor(10).encode()));

    // What the snapshot gave is not given again, what is newer is.
    stage.publish("a", 3, Status::Running, 5);
    stage.publish("b", 2, Status::Running, 12);
    let event = stage.next().await;
    is(&event, "b", 2);
    assert_eq!(id(&event), Some(&*cursor(10).encode()));
    stage.hub.verified(&[name("acme")], cursor(20));
    stage.publish("c", 1, Status::Running, 21);
    let event = stage.next().await;
    is(&event, "c", 1);
    assert_eq!(id(&event), Some(&*cursor(20).encode()));
}

#[tokio::test]
async fn what_changes_while_the_snapshot_is_read_comes_before_synced_and_once() {
    let mut stage = Stage::new(Framing::Sse).await;
    let gate = Arc::new(Gate::default());
    let rows = Stored {
        rows: Mutex::new(vec![
            frame("a", 3, Status::Running, 5),
            frame("b", 4, Status::Running, 6),
        ]),
        sees: 10,
        gate: Some(Arc::clone(&gate)),
        ..Stored::default()
    };
    let stream = Arc::clone(&stage.stream);
    let tag = stream.subscribe(0, Arc::new(Selector::default()), true);
    let reading = tokio::spawn(async move { read(&stream, tag, None, &rows).await });
    gate.reached.notified().await;
    stage.publish("a", 3, Status::Running, 5); // in the snapshot, too
    stage.publish("b", 5, Status::Running, 11); // newer
    stage.publish("new", 1, Status::Queued, 12);
    while stage.hub.stamp() < 3 {
        tokio::task::yield_now().await;
    }
    gate.open.notify_one();
    reading.await.unwrap().unwrap();
    is(&stage.next().await, "a", 3);
    is(&stage.next().await, "b", 4);
    let mut late = vec![job(&stage.next().await), job(&stage.next().await)];
    late.sort();
    assert_eq!(late, [("b".to_owned(), 5), ("new".to_owned(), 1)]);
    assert!(stage.next().await.starts_with("event: synced"));
}

#[tokio::test]
async fn a_cursor_is_answered_with_what_is_newer_and_a_useless_one_with_a_reset() {
    let mut stage = Stage::new(Framing::Sse).await;
    let stored = || {
        Mutex::new(vec![
            frame("a", 3, Status::Running, 5),
            frame("b", 1, Status::Queued, 9),
        ])
    };
    let rows = Stored {
        rows: stored(),
        sees: 10,
        ..Stored::default()
    };
    let given = cursor(7).encode();
    stage
        .watch(Selector::default(), (0, Some(&given)), &rows)
        .await;
    let event = stage.next().await;
    is(&event, "b", 1);
    assert_eq!(id(&event), Some(&*given));
    assert!(stage.next().await.starts_with("event: synced"));

    let mut stage = Stage::new(Framing::Sse).await;
    let rows = Stored {
        rows: stored(),
        sees: 10,
        reset: true,
        ..Stored::default()
    };
    stage
        .watch(Selector::default(), (0, Some("rubbish")), &rows)
        .await;
    assert_eq!(stage.next().await, "event: reset\ndata: {}\n\n");
    is(&stage.next().await, "a", 3);
}

#[tokio::test]
async fn events_end_when_every_named_job_has_and_say_so_in_the_cursor() {
    let mut stage = Stage::new(Framing::Sse).await;
    let rows = Stored {
        rows: Mutex::new(vec![
            frame("a", 3, Status::Completed, 5),
            frame("b", 1, Status::Running, 6),
        ]),
        sees: 10,
        ..Stored::default()
    };
    let selector = by_job(&["a", "b"]);
    stage.watch(selector.clone(), (0, None), &rows).await;
    is(&stage.next().await, "a", 3);
    is(&stage.next().await, "b", 1);
    assert!(stage.next().await.starts_with("event: synced"));
    stage.publish("b", 2, Status::Running, 11);
    stage.publish("b", 3, Status::Failed, 12);
    let mut last = job(&stage.next().await);
    if last.1 == 2 {
        last = job(&stage.next().await);
    }
    assert_eq!(last, ("b".to_owned(), 3));
    let end = stage.next().await;
    assert!(end.starts_with("event: end\n"), "{end}");
    assert!(end.contains(r#"{"reason":"finished"}"#));
    let given = Cursor::decode(id(&end).unwrap()).unwrap();
    assert!(given.finished);
    assert_eq!(given.selection, Cursor::digest(&selector.normal()));
    stage.closed().await;
    assert_eq!(stage.hub.viewers(), 0);
}

#[tokio::test]
async fn a_job_that_ended_before_the_cursor_is_not_waited_for() {
    let mut stage = Stage::new(Framing::Sse).await;
    let rows = Stored {
        rows: Mutex::new(vec![frame("a", 3, Status::Completed, 5)]),
        sees: 10,
        ..Stored::default()
    };
    let given = cursor(8).encode();
    stage
        .watch(by_job(&["a", "expired"]), (0, Some(&given)), &rows)
        .await;
    assert!(stage.next().await.starts_with("event: synced"));
    // The list answers for what it has; "expired" is asked for by itself only where the whole is not found.
    stage.hub.gone(&JobKey {
        project: name("acme"),
        id: name("expired"),
    });
    assert!(stage.next().await.starts_with("event: gone"));
    assert!(stage.next().await.contains("finished"));
    stage.closed().await;
}

#[tokio::test]
async fn one_version_goes_out_once_however_many_subscriptions_select_it() {
    let mut stage = Stage::new(Framing::Ws).await;
    let rows = Stored {
        rows: Mutex::new(vec![frame("a", 3, Status::Running, 5)]),
        sees: 10,
        ..Stored::default()
    };
    stage.watch(Selector::default(), (1, None), &rows).await;
    stage.watch(by_job(&["a"]), (2, None), &rows).await;
    is(&stage.next().await, "a", 3);
    assert!(stage.next().await.contains(r#""type":"synced""#));
    let synced = stage.next().await;
    assert!(
        synced.contains(r#""id":2"#) && synced.contains("synced"),
        "{synced}"
    );
    stage.publish("a", 4, Status::Running, 11);
    is(&stage.next().await, "a", 4);
    stage.publish("a", 5, Status::Completed, 12);
    is(&stage.next().await, "a", 5);
    let end = stage.next().await;
    assert!(
        end.contains(r#""type":"end""#) && end.contains(r#""id":2"#),
        "{end}"
    );
    stage.publish("b", 1, Status::Running, 13);
    is(&stage.next().await, "b", 1);
}

#[tokio::test]
async fn a_row_the_hub_does_not_know_yet_comes_through_the_live_subscription() {
    let mut stage = Stage::new(Framing::Ws).await;
    let empty = Stored {
        sees: 10,
        ..Stored::default()
    };
    stage.watch(Selector::default(), (1, None), &empty).await;
    assert!(stage.next().await.contains("synced"));
    let rows = Stored {
        rows: Mutex::new(vec![frame("a", 3, Status::Running, 15)]),
        sees: 20,
        ..Stored::default()
    };
    stage.watch(by_job(&["a"]), (2, None), &rows).await;
    let mut got = [stage.next().await, stage.next().await];
    got.sort();
    assert!(got.iter().any(|m| m.contains("synced")), "{got:?}");
    is(got.iter().find(|m| !m.contains("synced")).unwrap(), "a", 3);
    stage.publish("a", 3, Status::Running, 15);
    stage.publish("a", 4, Status::Completed, 21);
    is(&stage.next().await, "a", 4);
}

#[tokio::test]
async fn a_job_that_leaves_a_status_is_given_once_more() {
    let mut stage = Stage::new(Framing::Ws).await;
    let rows = Stored {
        rows: Mutex::new(vec![
            frame("a", 3, Status::Running, 5),
            frame("q", 1, Status::Queued, 6),
        ]),
        sees: 10,
        ..Stored::default()
    };
    let running = Selector {
        status: StatusSet::default().with(Status::Running),
        ..Selector::default()
    };
    stage.watch(running, (1, None), &rows).await;
    is(&stage.next().await, "a", 3);
    assert!(stage.next().await.contains("synced"));
    stage.publish("q", 2, Status::Cancelled, 11);
    stage.publish("a", 4, Status::Failed, 12);
    is(&stage.next().await, "a", 4);
}

#[tokio::test]
async fn who_reads_slowly_gets_the_newest_of_each_job_and_no_backlog() {
    let mut stage = Stage::new(Framing::Sse).await;
    let empty = Stored {
        sees: 10,
        ..Stored::default()
    };
    stage.watch(Selector::default(), (0, None), &empty).await;
    // Distinct jobs pass the limiter at once: fill the socket, then write each job's end behind it.
    let jobs = 3_000;
    for n in 0..jobs {
        stage.publish(&format!("j{n}"), 1, Status::Running, 11);
    }
    while stage.hub.stamp() < jobs {
        tokio::task::yield_now().await;
    }
    for n in 0..jobs {
        stage.publish(&format!("j{n}"), 2, Status::Completed, 12);
    }
    while stage.hub.stamp() < 2 * jobs {
        tokio::task::yield_now().await;
    }
    let mut seen: HashMap<String, u64> = HashMap::new();
    let (mut ends, mut frames) = (0, 0);
    assert!(stage.next().await.starts_with("event: synced"));
    while ends < jobs {
        let (id, version) = job(&stage.next().await);
        let before = seen.insert(id, version).unwrap_or(0);
        assert!(version > before);
        ends += u64::from(version == 2);
        frames += 1;
    }
    assert!(frames < 2 * jobs, "nothing was skipped: {frames}");
}

#[tokio::test]
async fn a_viewer_that_leaves_is_forgotten() {
    let stage = Stage::new(Framing::Ws).await;
    let empty = Stored {
        sees: 10,
        ..Stored::default()
    };
    stage.watch(Selector::default(), (1, None), &empty).await;
    assert_eq!(stage.hub.viewers(), 1);
    let weak = Arc::downgrade(&stage.stream);
    let (hub, stream) = (stage.hub.clone(), stage.stream);
    drop(stream);
    drop(stage.client);
    let gone = async {
        while hub.viewers() > 0 || weak.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone)
        .await
        .expect("nothing is left of it");
}

#[tokio::test]
async fn it_says_stale_and_fresh_and_ends_when_that_lasts() {
    let mut stage = Stage::new(Framing::Sse).await;
    let stale = |millis: i64| Health {
        stale: Some(Timestamp(1_700_000_000_000 - millis)),
        outages: 0,
    };
    stage.tick(stale(6_000));
    stage.tick(stale(7_000));
    let event = stage.next().await;
    assert!(event.starts_with("event: stale") && event.contains("2023-11-14T22:13:14.000Z"));
    stage.tick(Health::default());
    assert!(stage.next().await.starts_with("event: fresh"));
    stage.tick(stale(30_000));
    let end = stage.next().await;
    assert!(
        end.contains("unavailable") && end.contains("retry_after_seconds"),
        "{end}"
    );
    stage.closed().await;
}

#[tokio::test]
async fn an_outage_ends_what_was_there_and_not_what_comes_later() {
    let mut stage = Stage::new(Framing::Ws).await;
    stage.hub.unavailable();
    stage.tick(stage.hub.health());
    assert!(stage.next().await.contains("retry_after_seconds"));
    assert_eq!(stage.next().await, "close 1013");
    let health = stage.hub.health();
    let hub = stage.hub.clone();
    assert_eq!(hub.health(), health);
}

#[tokio::test]
async fn the_tiles_come_when_they_change() {
    let mut stage = Stage::new(Framing::Ws).await;
    stage.stream.subscribe_tiles(2);
    stage.tick(Health::default());
    stage.tick(Health::default());
    stage.stream.end(Ending::Restarting);
    assert_eq!(
        stage.next().await,
        r#"{"type":"summary","data":{"total":1}}"#
    );
    assert_eq!(stage.next().await, "close 1012");
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    if payload.len() < 126 {
        bytes.push(0x80 | payload.len() as u8);
    } else {
        bytes.push(0x80 | 126);
        bytes.extend((payload.len() as u16).to_be_bytes());
    }
    bytes.extend([1, 2, 3, 4]);
    let mask = [1u8, 2, 3, 4];
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
    bytes
}

#[tokio::test]
async fn what_breaks_the_protocol_is_answered_with_its_code() {
    let mut unmasked = masked(0x81, b"x");
    unmasked[1] &= 0x7f;
    for (bytes, code) in [
        (unmasked, 1002),
        (masked(0xc1, b"x"), 1002),
        (masked(0x83, b"x"), 1002),
        (masked(0x82, b"x"), 1003),
        (masked(0x81, &[0xff]), 1007),
        (masked(0x81, &[b'a'; 16_385]), 1009),
    ] {
        let mut stage = Stage::new(Framing::Ws).await;
        let _ = stage.client.write_all(&bytes).await;
        assert_eq!(stage.next().await, format!("close {code}"));
        // Nothing it says counts any more, so it is not waited for: no tick is needed.
        let mut rest = Vec::new();
        let read = timeout(PATIENCE, stage.client.read_to_end(&mut rest)).await;
        assert_eq!(read.expect("it is shut").unwrap_or(0), 0);
    }
}

#[tokio::test]
async fn a_close_is_answered_once_and_what_follows_is_ignored() {
    let mut stage = Stage::new(Framing::Ws).await;
    let mut bytes = masked(0x88, &1001u16.to_be_bytes());
    bytes.extend(masked(0x89, b"late"));
    stage.client.write_all(&bytes).await.unwrap();
    assert_eq!(stage.next().await, "close 1001");
    stage.closed().await;
}

#[tokio::test]
async fn pings_are_answered_and_a_flood_is_not() {
    let mut stage = Stage::new(Framing::Ws).await;
    stage.client.write_all(&masked(0x89, b"hi")).await.unwrap();
    assert_eq!(stage.next().await, "control 8a");
    let flood: Vec<u8> = (0..1000).flat_map(|_| masked(0x89, b"")).collect();
    let _ = stage.client.write_all(&flood).await;
    let mut pongs = 0;
    let last = loop {
        let next = stage.next().await;
        if next != "control 8a" {
            break next;
        }
        pongs += 1;
    };
    assert!(pongs <= 40, "{pongs}");
    assert!(last.contains("limited"), "{last}");
    assert_eq!(stage.next().await, "close 4429");
}

struct Complains;

impl Orders for Complains {
    fn said(&self, stream: &Arc<Stream>, text: &str) {
        stream.bad_command(None, text);
    }
}

#[tokio::test]
async fn the_third_bad_command_is_the_end() {
    let mut stage = Stage::with(Framing::Ws, Some(Arc::new(Complains))).await;
    for _ in 0..4 {
        let _ = stage.client.write_all(&masked(0x81, b"nonsense")).await;
    }
    for _ in 0..3 {
        let error = stage.next().await;
        assert!(error.contains(r#""code":"bad_command""#), "{error}");
    }
    assert_eq!(stage.next().await, "close 4400");
}

/// Moves the clock on and ticks once. The clock stands still only meanwhile: sockets are real.
async fn later(stage: &Stage, seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    stage.tick(Health::default());
    tokio::time::resume();
}

#[tokio::test]
async fn a_sign_of_life_comes_every_fifteen_seconds_with_the_cursor() {
    for framing in [Framing::Sse, Framing::Ws] {
        let mut stage = Stage::new(framing).await;
        let empty = Stored {
            sees: 10,
            ..Stored::default()
        };
        stage.watch(Selector::default(), (0, None), &empty).await;
        assert!(stage.next().await.contains("synced"));
        stage.tick(Health::default());
        for _ in 0..2 {
            later(&stage, 15).await;
            // A WebSocket is pinged by its protocol, too.
            let mut ping = stage.next().await;
            if ping == "control 89" {
                ping = stage.next().await;
            }
            assert!(ping.contains("2023-11-14T22:13:20.000Z"), "{ping}");
            assert!(ping.contains(&cursor(10).encode()), "{ping}");
            stage.client.write_all(&masked(0x8a, b"")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_peer_that_answers_no_protocol_ping_is_dropped() {
    let mut stage = Stage::new(Framing::Ws).await;
    later(&stage, 20).await;
    later(&stage, 10).await;
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stage.client.read_to_end(&mut bytes)).await;
    read.expect("it is dropped").expect("no reset");
    assert!(bytes.windows(2).any(|w| w == [0x89, 0]));
}

#[tokio::test]
async fn a_close_that_is_not_answered_is_waited_for_a_moment_only() {
    let mut stage = Stage::new(Framing::Ws).await;
    stage.stream.end(Ending::Rotated);
    assert_eq!(stage.next().await, "close 4409");
    later(&stage, 5).await;
    stage.closed().await;
}

#[tokio::test]
async fn events_are_rotated_within_their_lifetime_and_may_come_back_with_the_cursor() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let seed = Seed {
        socket: listener.accept().await.unwrap().0,
        place: None,
        framing: Framing::Sse,
        head: String::new(),
        lifetime: Some(Duration::from_secs(600)),
        visitor: Visitor::anybody(),
        manners: Manners::default(),
    };
    let hub = Hub::new();
    let stream = Stream::new(1, (hub, name("acme")), seed, None);
    tokio::spawn(attend::run(Arc::clone(&stream), bytes::Bytes::new()));
    let tick = Tick {
        time: Timestamp(0),
        health: Health::default(),
        keys: None,
    };
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(479)).await;
    stream.tick(&tick);
    assert!(stream.is_open());
    tokio::time::advance(Duration::from_secs(122)).await;
    stream.tick(&tick);
    tokio::time::resume();
    let mut text = String::new();
    let read = timeout(PATIENCE, client.read_to_string(&mut text)).await;
    read.expect("it closes").unwrap();
    assert!(text.contains(r#"{"reason":"rotated"}"#), "{text}");
}

#[tokio::test]
async fn a_drain_ends_all_streams_spread_over_its_window() {
    let viewers = Viewers::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut clients = Vec::new();
    let mut places = Vec::new();
    for _ in 0..20 {
        clients.push(
            TcpStream::connect(listener.local_addr().unwrap())
                .await
                .unwrap(),
        );
        let seed = Seed {
            socket: listener.accept().await.unwrap().0,
            place: None,
            framing: Framing::Ws,
            head: String::new(),
            lifetime: None,
            visitor: Visitor::anybody(),
            manners: Manners::default(),
        };
        let whose = (Hub::new(), name("acme"));
        let stream = Stream::new(viewers.next_id(), whose, seed, None);
        places.push(viewers.add(&stream));
        tokio::spawn(attend::run(stream, bytes::Bytes::new()));
    }
    assert_eq!(viewers.counts().ws, 20);
    let open = || viewers.all().iter().filter(|s| s.is_open()).count();
    tokio::time::pause();
    let draining = viewers.clone();
    let drain = tokio::spawn(async move { draining.drain(Duration::from_secs(10)).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(open() > 10, "{}", open());
    drain.await.unwrap();
    assert_eq!(open(), 0);
    tokio::time::resume();
    for client in &mut clients {
        let last = timeout(PATIENCE, next(client, Framing::Ws)).await;
        assert_eq!(last.unwrap().unwrap(), "close 1012");
    }
    drop(places);
    assert_eq!(viewers.counts().ws, 0);
}
