//! The ingestions of the demonstration: the collections, a lane, the routes that start one and search what was ingested.
//!
//! One of the collections meets an outage: the backend of its connection is terminated while it works, once in each
//! ingestion, as happens when a database restarts. The worker is not told; it loses its connection.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use ruzstd::decoding::StreamingDecoder;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::sleep};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle, task::TaskTracker};

use super::{Demo, PATIENCE, front, pace};
use crate::http::{Problem, query::Query};

#[path = "../../examples/ingestion/mod.rs"]
mod library;

use library::{
    ingestion::{Begun, Ingestion},
    outcome::IngestError,
    search::{Found, search},
    store::Store,
};

const DNS: &[u8] = include_bytes!("../../examples/data/rfc-dns.tar.zst");
const DNSSEC: &[u8] = include_bytes!("../../examples/data/rfc-dnssec.tar.zst");
const BOOKS: &[u8] = include_bytes!("../../examples/data/gutenberg.tar.zst");

/// Connections to the database: of the page's ingestions and searches, and of the lane.
const CONNECTIONS: usize = 4;
/// How many hits a page gets.
const HITS: u32 = 20;

/// Documents to ingest.
pub struct Collection {
    id: &'static str,
    title: &'static str,
    source: &'static str,
    documents: u32,
    outage: bool,
}

const COLLECTIONS: [Collection; 4] = [
    Collection {
        id: "dns",
        title: "RFCs on the DNS",
        source: "rfc-dns.tar.zst",
        documents: 10,
        outage: false,
    },
    Collection {
        id: "dnssec",
        title: "RFCs on DNS security, the database lost midway",
        source: "rfc-dnssec.tar.zst",
        documents: 10,
        outage: true,
    },
    Collection {
        id: "books",
        title: "Books of Project Gutenberg",
        source: "gutenberg.tar.zst",
        documents: 3,
        outage: false,
    },
    Collection {
        id: "inbox",
        title: "A shared folder, as people leave it",
        source: "inbox",
        documents: 6,
        outage: false,
    },
];

/// The collections, as a page is told of them.
pub fn about() -> Vec<Value> {
    let about =
        |one: &Collection| json!({"id": one.id, "title": one.title, "documents": one.documents});
    COLLECTIONS.iter().map(about).collect()
}

/// Writes the samples below `data`.
pub fn unpack(data: &Path) -> io::Result<()> {
    let folder = data.join("demo");
    for (name, bytes) in [
        ("rfc-dns.tar.zst", DNS),
        ("rfc-dnssec.tar.zst", DNSSEC),
        ("gutenberg.tar.zst", BOOKS),
    ] {
        fs::write(folder.join(name), bytes)?;
    }
    inbox(&folder.join("inbox"))
}

/// What lies about in folders: files in an old encoding, without an end, without a word, and what is no text at all.
fn inbox(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes);
    write("empty.txt", b"\r\n")?;
    write("archive.txt", BOOKS.split_at(20_000).0)?;
    write("minutes.txt", b"Minutes\r\n\r\nMme Lef\xE8vre asked for caf\xE9 \x96 and was given the minutes to read.\r\n")?;
    let mut archive = tar::Archive::new(StreamingDecoder::new(DNS).map_err(io::Error::other)?);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut entry, &mut bytes)?;
        match name.as_str() {
            "rfc8020.txt" => write("rfc8020.txt", &bytes)?,
            "rfc1591.txt" => write(
                "rfc1591 (download).txt",
                bytes.split_at(bytes.len() * 2 / 3).0,
            )?,
            "rfc2119.txt" => write(
                "RFC2119.TXT",
                String::from_utf8_lossy(&bytes)
                    .replace('\n', "\r\n")
                    .as_bytes(),
            )?,
            _ => {}
        }
    }
    Ok(())
}

/// All that an ingestion needs.
struct Works {
    demo: Arc<Demo>,
    store: Store,
    stop: CancellationToken,
}

impl Works {
    fn new(demo: &Arc<Demo>, stop: &CancellationToken) -> Result<Self, IngestError> {
        Ok(Self {
            demo: demo.clone(),
            store: Store::new(&demo.database, CONNECTIONS)?,
            stop: stop.clone(),
        })
    }

    fn begin(&self, collection: &Collection, pace: f64) -> Begun {
        let source: PathBuf = self.demo.data.join("demo").join(collection.source);
        let ingestion = Ingestion {
            collection: collection.id.into(),
            title: collection.title.into(),
            source,
            anew: true, // else there would be nothing to see the second time
            pace,
            wait: self.demo.rest().min(Duration::from_secs(2)),
            halt: self.stop.clone(),
        };
        ingestion.begin(&self.demo.reporter, None)
    }

    async fn finish(self: &Arc<Self>, begun: Begun, collection: &Collection) {
        let (works, job) = (self.clone(), begun.job.id().to_owned());
        let outage = collection.outage.then(|| {
            AbortOnDropHandle::new(tokio::spawn(async move {
                if let Err(error) = outage(&works.store, &job).await {
                    tracing::info!(%error, "the outage of the demonstration did not take place");
                }
            }))
        });
        super::log(begun.finish(&self.store).await);
        drop(outage);
    }
}

/// Loses the connection of an ingestion, once half of its documents are indexed: holds on to the rows it is going to
/// need next, and terminates the backend that waits for them.
async fn outage(store: &Store, job: &str) -> Result<(), IngestError> {
    const HALF: &str = "select count(*) > 0 and count(*) <= 2 * count(*) filter (where step = 'indexed')
                        from examples.staged_document where job = $1 and step in ('parsed', 'extracted', 'indexed')";
    const HOLD: &str =
        "select from examples.staged_document where job = $1 and step = 'extracted' for update";
    const TERMINATE: &str = "select pg_terminate_backend(pid) from (select distinct pid from pg_locks where not granted)
                             as waiting where pg_backend_pid() = any (pg_blocking_pids(pid))";
    let mut client = store.client().await?;
    while !client
        .query_one(HALF, &[&job])
        .await?
        .try_get::<_, bool>(0)?
    {
        sleep(Duration::from_millis(10)).await;
    }
    let transaction = client.transaction().await?;
    if transaction.execute(HOLD, &[&job]).await? > 0 {
        while transaction.execute(TERMINATE, &[]).await? == 0 {
            sleep(Duration::from_millis(10)).await;
        }
    }
    Ok(transaction.rollback().await?)
}

/// The lane: one collection after the other.
pub async fn lane(demo: &Arc<Demo>, stop: &CancellationToken) {
    let works = match Works::new(demo, stop) {
        Ok(works) => Arc::new(works),
        Err(error) => return tracing::error!(%error, "no ingestions in the demonstration"),
    };
    for collection in COLLECTIONS.iter().cycle() {
        works
            .finish(works.begin(collection, demo.pace), collection)
            .await;
        if !demo.pause(stop).await {
            break;
        }
    }
}

#[derive(Clone)]
struct Front {
    works: Arc<Works>,
    tasks: TaskTracker,
    jobs: Arc<Semaphore>,
}

/// `POST /demo/ingestions?collection=ID` (`&pace=`, where it is not that of the demonstration) and `GET /demo/ingestions/search?q=…`.
pub fn routes(demo: &Arc<Demo>, tasks: TaskTracker, stop: &CancellationToken) -> Router {
    let works = match Works::new(demo, stop) {
        Ok(works) => Arc::new(works),
        Err(error) => {
            tracing::error!(%error, "no ingestions in the demonstration");
            return Router::new();
        }
    };
    let jobs = Arc::new(Semaphore::new(front::JOBS));
    Router::new()
        .route("/demo/ingestions", post(ingest))
        .route("/demo/ingestions/search", get(find))
        .with_state(Front { works, tasks, jobs })
}

async fn ingest(State(front): State<Front>, mut query: Query) -> Result<Response, Problem> {
    let known = COLLECTIONS.map(|collection| collection.id).join(", ");
    let id = query.take("collection")?;
    let pace = query.parsed("pace", "a number from 0 to 1000000", |text| {
        text.parse().ok().filter(|pace| (0.0..=1e6).contains(pace))
    })?;
    query.done()?;
    let Some(collection) = COLLECTIONS
        .iter()
        .find(|collection| Some(collection.id) == id.as_deref())
    else {
        return Err(Problem::new(
            404,
            "not_found",
            format!("no such collection; there are {known}"),
        ));
    };
    let permit = front::permit(&front.jobs)?;
    let begun = front
        .works
        .begin(collection, pace.unwrap_or(front.works.demo.pace));
    let job = begun.job.clone();
    let works = front.works.clone();
    front.tasks.spawn(async move {
        works.finish(begun, collection).await;
        drop(permit);
    });
    job.known(PATIENCE).await;
    Ok(front::accepted(job.id()))
}

async fn find(State(front): State<Front>, mut query: Query) -> Result<Json<Found>, Problem> {
    let wanted = query.take("q")?.unwrap_or_default();
    let collection = query.take("collection")?;
    query.done()?;
    let found = search(&front.works.store, &wanted, collection.as_deref(), HITS).await;
    found.map(Json).map_err(|error| {
        tracing::warn!(%error, "a search of the demonstration failed");
        Problem::new(503, "unavailable", "the documents cannot be searched now").retry_after(2)
    })
}
