//! A WebSocket that says back what it hears, for judges from outside: everything between the socket and what is done
//! with a message is the service's own (accept loop, handshake, takeover, stream, frames, closes). Only what a
//! message may be is opened, since judges send large ones, binary ones, and many.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, Request};
use axum::response::Response;
use axum::routing::get;
use milepost::http::Problem;
use milepost::hub::{Health, Hub};
use milepost::progress::{Name, Timestamp};
use milepost::server::{Limits, Takeover, serve};
use milepost::transport::Viewers;
use milepost::transport::heartbeat::Tick;
use milepost::transport::stream::{Orders, Seed, Stream, Visitor, attend};
use milepost::transport::words::Framing;
use milepost::transport::ws::codec::Manners;
use milepost::transport::ws::{Handshake, message};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Enough for the largest message of the judged sections.
const OPEN: Manners = Manners {
    most: 1024 * 1024,
    binary: true,
    commands: u32::MAX,
};

struct Echo;

impl Orders for Echo {
    fn said(&self, stream: &Arc<Stream>, text: &str) {
        stream.send(message::text(text));
    }

    fn sent(&self, stream: &Arc<Stream>, bytes: &[u8]) {
        stream.send(message::binary(bytes));
    }
}

/// Serves until the runtime ends.
async fn start() -> SocketAddr {
    let (viewers, hub) = (Viewers::default(), Hub::new());
    let looked_after = viewers.clone();
    tokio::spawn(async move {
        let tick = Tick {
            time: Timestamp(0),
            health: Health::default(),
            keys: None,
        };
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            for stream in looked_after.all() {
                stream.tick(&tick);
            }
        }
    });
    let echo = move |Extension(takeover): Extension<Takeover>, request: Request| {
        let (viewers, hub) = (viewers.clone(), hub.clone());
        async move { echo(takeover, request, (viewers, hub)).await }
    };
    let router: Router = Router::new().route("/", get(echo));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    tokio::spawn(serve(listener, router, Limits::default(), stop, tasks));
    address
}

async fn echo(
    takeover: Takeover,
    request: Request,
    (viewers, hub): (Viewers, Hub),
) -> Result<Response, Problem> {
    let handshake = Handshake::read(request.method(), request.version(), request.headers())?;
    let run = |taken: milepost::server::Taken| async move {
        let seed = Seed {
            socket: taken.socket,
            place: Some(taken.place),
            framing: Framing::Ws,
            head: handshake.head(),
            lifetime: None,
            manners: OPEN,
            visitor: Visitor::anybody(),
        };
        let project = Name::parse("echo").unwrap();
        let stream = Stream::new(
            viewers.next_id(),
            (hub, project),
            seed,
            Some(Arc::new(Echo)),
        );
        let place = viewers.add(&stream);
        attend::run(stream, taken.read).await;
        drop(place);
    };
    match takeover.take(run).await {}
}

/// Not a test: the body of a judge's process. Says where it listens, and serves until its standard input ends.
#[test]
#[ignore = "the body of a process that a judge starts"]
fn process() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let address = runtime.block_on(start());
    println!("listening on ws://{address}");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

#[tokio::test]
async fn fragmented_binary_comes_back_whole_and_a_close_is_answered() {
    let mut socket = TcpStream::connect(start().await).await.unwrap();
    let hello = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut all = hello.as_bytes().to_vec();
    // Masked with zeros: two halves of a binary message, and a close.
    all.extend([0x02, 0x82, 0, 0, 0, 0, 0xff, 0x00]);
    all.extend([0x80, 0x81, 0, 0, 0, 0, 0xfe]);
    all.extend([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
    socket.write_all(&all).await.unwrap();
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    let read = tokio::time::timeout(Duration::from_secs(20), read).await;
    read.expect("it closes").unwrap();
    let expected = [0x82, 3, 0xff, 0x00, 0xfe, 0x88, 2, 0x03, 0xe8];
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{answer:?}");
    assert!(answer.ends_with(&expected), "{answer:?}");
}
