//! The front of the demonstration: lets a page see how fast it goes, start a sync, and import a
//! file of its own. It answers as soon as the job exists; the rest is seen by watching it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path as Segment, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::StreamExt;
use serde_json::json;
use tokio::{
    fs,
    io::AsyncWriteExt,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Demo, File, PROJECT,
    import::ROWS_PER_SECOND,
    mapping::{MAPPINGS, Mapping},
    new_id,
    problem::Problem,
    samples::{self, FEEDS, TABLES},
    sync::RULES_PER_SECOND,
};

/// How many jobs the front runs at once.
const JOBS: usize = 8;
/// How long an upload may stand still.
const STILL: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Front {
    demo: Arc<Demo>,
    tasks: TaskTracker,
    stop: CancellationToken,
    jobs: Arc<Semaphore>,
    turns: Arc<AtomicUsize>,
}

/// The routes, see [`super::routes`].
pub fn routes(demo: Arc<Demo>, tasks: TaskTracker, stop: CancellationToken) -> Router {
    let jobs = Arc::new(Semaphore::new(JOBS));
    let front = Front {
        demo,
        tasks,
        stop,
        jobs,
        turns: Arc::default(),
    };
    Router::new()
        .route("/demo", get(about))
        .route("/demo/feeds/{id}/sync", post(sync))
        .route("/demo/imports", post(import))
        .with_state(front)
}

async fn about(State(front): State<Front>) -> Response {
    let demo = &front.demo;
    let feeds = FEEDS
        .iter()
        .map(|feed| json!({"id": feed.id, "title": feed.title}));
    let samples = TABLES.iter().map(|table| json!({"name": table.name}));
    Json(json!({
        "project": PROJECT,
        "pace": demo.pace,
        "rules_per_second": RULES_PER_SECOND * demo.pace,
        "rows_per_second": ROWS_PER_SECOND * demo.pace,
        "pause_seconds": demo.rest().as_secs_f64(),
        "upload_limit": demo.upload_limit,
        "mappings": MAPPINGS.iter().map(|mapping| mapping.name).chain(["rows"]).collect::<Vec<_>>(),
        "feeds": feeds.collect::<Vec<_>>(),
        "samples": samples.collect::<Vec<_>>(),
    }))
    .into_response()
}

async fn sync(
    State(front): State<Front>,
    Segment(id): Segment<String>,
) -> Result<Response, Problem> {
    let permit = front.permit()?;
    let Some(feed) = FEEDS.iter().find(|feed| feed.id == id) else {
        let known = FEEDS.map(|feed| feed.id).join(", ");
        let text = format!("no such feed; there are {known}");
        return Err(Problem(StatusCode::NOT_FOUND, "not_found", text));
    };
    let turn = front.turns.fetch_add(1, Ordering::Relaxed);
    let sync = front.demo.sync(feed, turn, &front.stop);
    let job = new_id();
    let begun = sync.begin(&job, Some(&front.demo.target())).await;
    let database = front.demo.database.clone();
    front.tasks.spawn(async move {
        super::log(begun.finish(&database).await);
        drop(permit);
    });
    Ok(accepted(&job))
}

async fn import(
    State(front): State<Front>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let permit = front.permit()?;
    let wish = Wish::read(&query.unwrap_or_default())?;
    let (file, spool) = match wish.sample {
        Some(table) => {
            let pace = wish.pace.unwrap_or(front.demo.pace);
            (front.demo.sample(table, pace), None)
        }
        None => {
            let spool = front.receive(&headers, body).await?;
            let path = spool.path.clone();
            let Wish {
                title,
                mapping,
                header,
                pace,
                ..
            } = wish;
            (
                File {
                    path,
                    title,
                    mapping,
                    header,
                    pace: pace.unwrap_or(0.0),
                },
                Some(spool),
            )
        }
    };
    let import = front.demo.import(file, &front.stop);
    let job = new_id();
    let begun = import
        .begin(
            job.clone(),
            &front.demo.database,
            Some(&front.demo.target()),
        )
        .await;
    front.tasks.spawn(async move {
        super::log(begun.finish().await);
        drop((spool, permit));
    });
    Ok(accepted(&job))
}

/// What the query of an import asks for.
struct Wish {
    title: String,
    mapping: Option<&'static Mapping>,
    header: bool,
    pace: Option<f64>,
    sample: Option<&'static samples::Table>,
}

impl Wish {
    /// Reads `name=`, `mapping=`, `header=true|false`, `pace=` and `sample=`.
    fn read(query: &str) -> Result<Self, Problem> {
        let mut wish = Self {
            title: String::new(),
            mapping: None,
            header: true,
            pace: None,
            sample: None,
        };
        for (name, value) in pairs(query) {
            let known = match name.as_str() {
                "name" => {
                    let printable = value.chars().filter(|c| !c.is_control());
                    wish.title = printable.take(200).collect();
                    true
                }
                "mapping" => {
                    wish.mapping = Mapping::named(&value);
                    wish.mapping.is_some()
                }
                "header" => {
                    wish.header = value == "true";
                    wish.header || value == "false"
                }
                "pace" => {
                    wish.pace = value.parse().ok().filter(|pace| (0.0..=1e6).contains(pace));
                    wish.pace.is_some()
                }
                "sample" => {
                    wish.sample = TABLES.iter().find(|table| table.name == value);
                    wish.sample.is_some()
                }
                _ => false,
            };
            if !known {
                let text = format!("{name}: not a parameter of an import, or not a value it takes");
                return Err(Problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid", text));
            }
        }
        if wish.title.is_empty() {
            wish.title = "upload.csv".into();
        }
        Ok(wish)
    }
}

/// The pairs of a query, percent-decoded.
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let code = after
            .get(..2)
            .and_then(|code| std::str::from_utf8(code).ok());
        let code = code
            .filter(|_| *first == b'%')
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = after
            .get(if code.is_some() { 2 } else { 0 }..)
            .unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A received file, removed when it is no longer needed.
struct Spool {
    path: PathBuf,
}

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Front {
    fn permit(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.jobs.clone().try_acquire_owned().map_err(|_| {
            let text =
                format!("{JOBS} jobs of the page are under way: try again when one has ended");
            Problem(StatusCode::TOO_MANY_REQUESTS, "limited", text)
        })
    }

    /// Writes the body to a file of its own, never more than the limit.
    async fn receive(&self, headers: &HeaderMap, body: Body) -> Result<Spool, Problem> {
        let declared = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok()?.parse().ok());
        if declared.is_some_and(|length: u64| length > self.demo.upload_limit) {
            return Err(too_large(self.demo.upload_limit));
        }
        let spool = Spool {
            path: samples::uploads(&self.demo.data).join(format!("{}.csv", new_id())),
        };
        spooled(&spool.path, body, self.demo.upload_limit).await?;
        Ok(spool)
    }
}

async fn spooled(path: &Path, body: Body, limit: u64) -> Result<(), Problem> {
    let unwritable = |error: std::io::Error| {
        tracing::warn!(%error, path = %path.display(), "cannot write an upload");
        let text = "the upload could not be stored; the log says why".into();
        Problem(StatusCode::INTERNAL_SERVER_ERROR, "storage", text)
    };
    let mut file = fs::File::create(path).await.map_err(unwritable)?;
    let (mut chunks, mut size) = (body.into_data_stream(), 0);
    loop {
        let chunk = timeout(STILL, chunks.next()).await;
        let chunk =
            chunk.map_err(|_| cut_off("the upload stood still", StatusCode::REQUEST_TIMEOUT))?;
        let Some(chunk) = chunk else { break };
        let chunk =
            chunk.map_err(|_| cut_off("the upload was cut off", StatusCode::BAD_REQUEST))?;
        size += chunk.len() as u64;
        if size > limit {
            return Err(too_large(limit));
        }
        file.write_all(&chunk).await.map_err(unwritable)?;
    }
    file.flush().await.map_err(unwritable)
}

fn cut_off(text: &str, status: StatusCode) -> Problem {
    Problem(status, "incomplete", text.into())
}

fn too_large(limit: u64) -> Problem {
    let text = format!("more than {limit} bytes: use the csv_import example for larger files");
    Problem(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
}

fn accepted(job: &str) -> Response {
    let location = format!("/v1/projects/{PROJECT}/jobs/{job}");
    let body = json!({"project": PROJECT, "job": job});
    (
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(body),
    )
        .into_response()
}
