//! The front of the demonstration: lets a page see how fast it goes, start a sync, and import a
//! file of its own. It answers as soon as the job exists; the rest is seen by watching it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path as Segment, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Demo, File, PATIENCE, PROJECT, audits,
    import::ROWS_PER_SECOND,
    mapping::MAPPINGS,
    new_id,
    samples::{self, FEEDS, TABLES},
    sync::RULES_PER_SECOND,
    upload::Spool,
    wish::Wish,
};
use crate::http::Problem;
use crate::http::query::Query;

/// How many jobs the front runs at once.
const JOBS: usize = 8;

/// What the routes of the front share.
#[derive(Clone)]
pub struct Front {
    pub demo: Arc<Demo>,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    jobs: Arc<Semaphore>,
    pub turns: Arc<AtomicUsize>,
    pub audits: Arc<audits::Turns>,
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
        audits: Arc::default(),
    };
    Router::new()
        .route("/demo", get(about))
        .route("/demo/feeds/{id}/sync", post(sync))
        .route("/demo/imports", post(import))
        .route("/demo/audits", post(audits::start))
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
        "targets": audits::list(),
        "people": audits::PEOPLE,
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
        return Err(Problem::new(404, "not_found", text));
    };
    let turn = front.turns.fetch_add(1, Ordering::Relaxed);
    let sync = front.demo.sync(feed, turn, &front.stop);
    let job = new_id();
    let begun = sync.begin(&job, &front.demo.reporter);
    begun.job.known(PATIENCE).await;
    let database = front.demo.database.clone();
    front.tasks.spawn(async move {
        super::log(begun.finish(&database).await);
        drop(permit);
    });
    Ok(accepted(&job))
}

async fn import(
    State(front): State<Front>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let permit = front.permit()?;
    let wish = Wish::read(query)?;
    let (file, spool) = match wish.sample {
        Some(table) => {
            let pace = wish.pace.unwrap_or(front.demo.pace);
            (front.demo.sample(table, pace), None)
        }
        None => {
            let uploads = samples::uploads(&front.demo.data);
            let spool = Spool::receive(&uploads, (&headers, body), front.demo.upload_limit).await?;
            let path = spool.path().to_owned();
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
        .begin(&job, &front.demo.database, &front.demo.reporter)
        .await;
    begun.job.known(PATIENCE).await;
    front.tasks.spawn(async move {
        super::log(begun.finish().await);
        drop((spool, permit));
    });
    Ok(accepted(&job))
}

impl Front {
    /// A place among the jobs of the page.
    pub fn permit(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.jobs.clone().try_acquire_owned().map_err(|_| {
            let text =
                format!("{JOBS} jobs of the page are under way: try again when one has ended");
            Problem::new(429, "limited", text).retry_after(5)
        })
    }
}

/// The answer once a job exists.
pub fn accepted(job: &str) -> Response {
    let location = format!("/v1/projects/{PROJECT}/jobs/{job}");
    let body = json!({"project": PROJECT, "job": job});
    (
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(body),
    )
        .into_response()
}
