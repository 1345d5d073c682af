//! LISTEN as a stream of hints, on a connection of its own that is never in a transaction.
//!
//! A hint may be lost, doubled, late or forged: it only says where to look. So the connection proves itself: it sends
//! itself a nonce and expects it back, which also notices a pooler that swallows notifications and a dead peer.
//! After every (re)connect the consumer is told to look everywhere ([`Heard::Resync`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls};
use tokio_util::sync::CancellationToken;

/// The one channel of all projects: channels are per database.
pub const CHANNEL: &str = "milepost";
const PROBE_EVERY: Duration = Duration::from_secs(5);
const PROBE_WITHIN: Duration = Duration::from_secs(2);
const CONNECT: Duration = Duration::from_secs(3);

/// What the listener tells.
#[derive(Debug)]
pub enum Heard {
    /// Anything may have been missed: look everywhere.
    Resync,
    /// The text of a notification.
    Hint(String),
}

/// Listens until `stop`. `proven` says whether the last probe came back. Hints that nobody takes in time are
/// replaced by one `Resync`.
pub async fn listen(
    config: tokio_postgres::Config,
    heard: mpsc::Sender<Heard>,
    proven: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    let mut backoff = Duration::from_millis(50);
    while !stop.is_cancelled() {
        let began = Instant::now();
        tokio::select! {
            () = stop.cancelled() => break,
            result = session(&config, &heard, &proven) => {
                if let Err(error) = result {
                    tracing::warn!(%error, "the connection that listens for hints was lost");
                }
            }
        }
        proven.store(false, Ordering::Relaxed);
        if began.elapsed() > Duration::from_secs(10) {
            backoff = Duration::from_millis(50);
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(backoff) => {}
        }
        backoff = (backoff * 2).min(Duration::from_secs(2));
    }
}

#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{0}")]
    Database(#[from] tokio_postgres::Error),
    #[error("no connection within {} s", CONNECT.as_secs())]
    Connect,
    #[error("a probe did not come back within {} s: does a pooler sit between?", PROBE_WITHIN.as_secs())]
    Probe,
    #[error("the server closed it")]
    Closed,
}

async fn session(
    config: &tokio_postgres::Config,
    heard: &mpsc::Sender<Heard>,
    proven: &Arc<AtomicBool>,
) -> Result<(), Lost> {
    let (client, connection) = timeout(CONNECT, config.connect(NoTls))
        .await
        .map_err(|_| Lost::Connect)??;
    let ear = Ear {
        nonce: format!("?{}", uuid::Uuid::now_v7()),
        heard: heard.clone(),
        missed: AtomicBool::new(true),
        returned: Notify::new(),
    };
    let ear = Arc::new(ear);
    // The pump must run before LISTEN: the client's own answers come through it, too.
    let mut pump = tokio::spawn(pump(connection, ear.clone()));
    let result = tokio::select! {
        result = prove(&client, &ear, proven) => result,
        ended = &mut pump => ended.unwrap_or(Err(Lost::Closed)),
    };
    pump.abort();
    result
}

/// What the pump and the prober share.
struct Ear {
    nonce: String,
    heard: mpsc::Sender<Heard>,
    /// Something could not be handed on.
    missed: AtomicBool,
    /// The nonce came back.
    returned: Notify,
}

/// Hands notifications on, never waiting for whoever takes them.
async fn pump<S, T>(mut connection: Connection<S, T>, ear: Arc<Ear>) -> Result<(), Lost>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut messages = stream::poll_fn(move |cx| connection.poll_message(cx));
    while let Some(message) = messages.next().await {
        let AsyncMessage::Notification(note) = message? else {
            continue;
        };
        if note.payload() == ear.nonce {
            ear.returned.notify_one();
        } else if !note.payload().starts_with('?')
            && ear
                .heard
                .try_send(Heard::Hint(note.payload().to_owned()))
                .is_err()
        {
            ear.missed.store(true, Ordering::Relaxed);
        }
    }
    Err(Lost::Closed)
}

/// Listens, then asks again and again whether what is sent arrives.
async fn prove(client: &Client, ear: &Ear, proven: &AtomicBool) -> Result<(), Lost> {
    timeout(CONNECT, client.batch_execute(&format!("listen {CHANNEL}")))
        .await
        .map_err(|_| Lost::Connect)??;
    let mut every = tokio::time::interval(PROBE_EVERY);
    let mut look = tokio::time::interval(Duration::from_millis(200));
    loop {
        tokio::select! {
            _ = every.tick() => {
                let notify = async { client.execute("select pg_notify($1, $2)", &[&CHANNEL, &ear.nonce]).await };
                timeout(PROBE_WITHIN, notify).await.map_err(|_| Lost::Probe)??;
                timeout(PROBE_WITHIN, ear.returned.notified()).await.map_err(|_| Lost::Probe)?;
                proven.store(true, Ordering::Relaxed);
            }
            // Starts as missed: only after LISTEN was answered may the consumer look, or the gap stays open.
            _ = look.tick() => {
                if ear.missed.swap(false, Ordering::Relaxed) && ear.heard.try_send(Heard::Resync).is_err() {
                    ear.missed.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}
