//! A network that cuts connections: before the request is through, before the answer is, in the middle of it. What
//! was said arrives all the same, in order, and once.

use std::net::SocketAddr;

use milepost::worker::Level;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use super::rig::{self, LONG, Rig};

/// Passes on to `service`, badly. It ends with the runtime.
async fn proxy(service: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((worker, _)) = listener.accept().await else {
                return;
            };
            tokio::spawn(pass(worker, service.clone(), number));
        }
    });
    address
}

/// One connection. Every third takes a request and drops it; every third lets it through and drops the answer; the
/// others answer so many bytes and no more.
async fn pass(mut worker: TcpStream, service: String, number: u64) -> Option<()> {
    if number % 3 == 1 {
        worker.read_u8().await.ok()?;
        return None;
    }
    let mut service = TcpStream::connect(service).await.ok()?;
    let (mut asks, mut answers) = worker.split();
    let (mut replies, mut requests) = service.split();
    let answered = async {
        if number % 3 == 2 {
            replies.read_u8().await.ok()?;
            return None;
        }
        let most = 300 + number * 997 % 4000;
        copy(&mut (&mut replies).take(most), &mut answers)
            .await
            .ok()?;
        answers.shutdown().await.ok()
    };
    tokio::select! {
        _ = copy(&mut asks, &mut requests) => None,
        done = answered => done,
    }
}

#[tokio::test]
async fn everything_arrives_in_order_and_once_over_a_network_that_cuts_connections() {
    let rig = Rig::start().await;
    let address = proxy(rig.client().address.clone()).await;
    let reporter = rig::builder(&address.to_string())
        .build()
        .expect("a reporter");
    let job = reporter.job("scan").id("through").start();
    let other = reporter.job("scan").id("beside").start();
    for phase in 0..6_u64 {
        let name = format!("phase-{phase}");
        let guard = job.phase(name.as_str());
        guard.total(50);
        for n in guard.track(0..50_u64) {
            if n % 10 == 0 {
                let text = (phase * 50 + n).to_string();
                job.notice(Level::Info, "found", text);
                other.inc(1);
            }
        }
        let done = |state: &serde_json::Value| {
            state["phase"] == name.as_str() && state["progress"]["current"] == 50
        };
        rig.until("through", done).await;
    }
    assert!(job.complete(json!({"done": true})).within(LONG).await);
    assert!(other.complete(()).within(LONG).await);
    let history = rig.history("through").await;
    let named = |kind: &'static str, field: &'static str| {
        let of_kind = history.iter().filter(move |(what, _)| what == kind);
        of_kind.map(move |(_, data)| data[field].as_str().unwrap_or_default().to_owned())
    };
    let found: Vec<u64> = named("notice", "message")
        .filter_map(|text| text.parse().ok())
        .collect();
    assert_eq!(found, (0..300).step_by(10).collect::<Vec<u64>>());
    assert_eq!(named("phase", "name").count(), 6, "{history:?}");
    assert_eq!(named("started", "").count(), 1, "one attempt");
    let state = rig.state("beside").await;
    assert_eq!(
        (&state["status"], &state["progress"]["current"]),
        (&json!("completed"), &json!(30))
    );
}
