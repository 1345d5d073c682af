//! One job: made, read, stopped, run again, forgotten.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;

use crate::api::body::{JsonBody, OptionalBody};
use crate::api::held::Held;
use crate::api::{App, answer};
use crate::auth::{self, Grant};
use crate::http::describe::{
    Anyone, Caller, InProject, OfJob, Parameter, Sender, parameters, refusals,
};
use crate::http::path::{Cancel, Create, Delete, JobPath, ProjectPath, Watch};
use crate::http::problem::Problem;
use crate::http::query::{Query, Wait};
use crate::http::sight;
use crate::progress::{JobKey, Name, NewJob};
use crate::tracker::Error;
use crate::wire::{body, creation};

/// The longest time an answer is held, in seconds.
pub const MAX_WAIT: u64 = 25;

parameters!(
    /// What the reader of one job may say.
    Read = [
        Parameter::Query("wait", "Wait", "How long to hold the answer where If-None-Match names the newest version."),
        Parameter::Header("If-None-Match", "EntityTags", "Answer 304 where this is the newest version."),
    ]
);

refusals!(
    /// Of a creation.
    Making = [
        (409, "The id is in use, or was within 30 days.", &["exists"]),
        (422, "The body is JSON, but not valid: `errors` says where.", &["invalid", "no_parent"]),
    ]
);

refusals!(
    /// Of a deletion.
    Deleting = [(409, "The job has not ended.", &["not_finished"])]
);

refusals!(
    /// Of a wish to stop.
    Cancelling = [(409, "The job has ended otherwise.", &["finished"])]
);

refusals!(
    /// Of a repetition.
    Retrying = [
        (409, "The job has neither failed nor been cancelled, or the new id is in use.", &["not_retryable", "exists"]),
        (422, "The body is JSON, but not valid: `errors` says where.", &["invalid", "no_parent"]),
    ]
);

/// `POST …/jobs`: a new job under an id of ours, which sorts by time.
#[utoipa::path(
    post, path = "/v1/projects/{project}/jobs", operation_id = "createJob", tag = "jobs",
    summary = "Create a job", description = "Under an id of the service's, which sorts by time.",
    params(InProject),
    request_body(content = ref("#/components/schemas/Creation"), content_type = "application/json"),
    responses(
        Anyone, Caller, Sender, Making,
        (status = 201, description = "The new job.", body = ref("#/components/schemas/Frame"),
            headers(("ETag", description = "The version."), ("Location", description = "Where the job is.")),
            links(
                ("get" = (operation_id = "getJob", parameters(("project" = "$response.body#/data/project"), ("id" = "$response.body#/data/id")))),
                ("report" = (operation_id = "reportOnJob", parameters(("project" = "$response.body#/data/project"), ("id" = "$response.body#/data/id")))),
                ("cancel" = (operation_id = "cancelJob", parameters(("project" = "$response.body#/data/project"), ("id" = "$response.body#/data/id")))),
            )),
    ),
    security(("bearer" = ["create"])),
)]
pub async fn post(
    State(app): State<App>,
    path: ProjectPath<Create>,
    query: Query,
    JsonBody(bytes): JsonBody,
) -> Result<Response, Problem> {
    query.done()?;
    let id = Name::parse(&uuid::Uuid::now_v7().to_string())
        .map_err(|_| Problem::new(500, "internal", "no id could be made: repeat the request"))?;
    let project = path.project;
    create(&app, &path.grant, JobKey { project, id }, &bytes).await
}

/// `PUT …/jobs/{id}`: a new job under an id of the caller's.
#[utoipa::path(
    put, path = "/v1/projects/{project}/jobs/{id}", operation_id = "putJob", tag = "jobs",
    summary = "Create a job under an id", description = "The same body again answers the job as it stands.",
    params(OfJob),
    request_body(content = ref("#/components/schemas/Creation"), content_type = "application/json"),
    responses(
        Anyone, Caller, Sender, Making,
        (status = 200, description = "It was created so before: the job as it stands.", body = ref("#/components/schemas/Frame"), headers(("ETag", description = "The version."))),
        (status = 201, description = "The new job.", body = ref("#/components/schemas/Frame"),
            headers(("ETag", description = "The version."), ("Location", description = "Where the job is.")),
            links(
                ("get" = (operation_id = "getJob", parameters(("project" = "$response.body#/data/project"), ("id" = "$response.body#/data/id")))),
                ("report" = (operation_id = "reportOnJob", parameters(("project" = "$response.body#/data/project"), ("id" = "$response.body#/data/id")))),
                ("cancel" = (operation_id = "cancelJob", parameters(("project" = "$response.body#/data/project"), ("id" = "$response.body#/data/id")))),
            )),
    ),
    security(("bearer" = ["create"])),
)]
pub async fn put(
    State(app): State<App>,
    path: JobPath<Create>,
    query: Query,
    JsonBody(bytes): JsonBody,
) -> Result<Response, Problem> {
    query.done()?;
    create(&app, &path.grant, path.key, &bytes).await
}

async fn create(app: &App, grant: &Grant, key: JobKey, bytes: &Bytes) -> Result<Response, Problem> {
    let creation = body::one(bytes, creation::creation)?;
    let new = NewJob { key, creation };
    sight::make(&app.tracker, grant, &new).await?;
    let (frame, new) = app.tracker.create(new).await?;
    Ok(answer::made(&frame, new))
}

/// `GET …/jobs/{id}`: its frame, or 304 to who has it; with `wait`, once there is a newer one.
#[utoipa::path(
    get, path = "/v1/projects/{project}/jobs/{id}", operation_id = "getJob", tag = "watch",
    summary = "One job's frame", description = "With a strong ETag, which is its version.",
    params(OfJob, Read),
    responses(
        Anyone, Caller,
        (status = 200, description = "The newest frame.", body = ref("#/components/schemas/Frame"),
            headers(("ETag", description = "The version."), ("Preference-Applied", description = "Where `wait` was cut."))),
        (status = 304, description = "The client has it.",
            headers(("ETag", description = "The version."), ("Preference-Applied", description = "Where `wait` was cut."))),
    ),
    security(("bearer" = ["watch"])),
)]
pub async fn get(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Watch>,
    mut query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wait = query.wait(MAX_WAIT)?;
    query.done()?;
    let held = Held::of(&headers);
    let mut frame = sight::frame(&app.tracker, &grant, &key).await?;
    if let Some(wait) = wait
        && held.names(frame.version)
        && !frame.status.is_terminal()
    {
        // No frame goes out to a token that has ended meanwhile.
        let left = grant.left(auth::now());
        let time = left.map_or(wait.duration(), |left| left.min(wait.duration()));
        let newer = app.tracker.get_newer(&key, frame.version, time);
        tokio::select! {
            newer = newer => frame = newer?,
            // The server drains: what is held is still right.
            () = app.shutdown.cancelled() => {}
        }
    }
    let mut response = held.answer(&frame);
    if wait.is_some_and(|w| w.clamped) {
        // The word of RFC 7240 for "this is what was done of your wish".
        let said = HeaderValue::from_static("wait=25");
        response.headers_mut().insert("preference-applied", said);
    }
    Ok(response)
}

/// `DELETE …/jobs/{id}`.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/jobs/{id}", operation_id = "deleteJob", tag = "jobs",
    summary = "Forget a job that has ended", description = "Its id is not given again for 30 days.",
    params(OfJob),
    responses(Anyone, Caller, Deleting, (status = 204, description = "It is forgotten.")),
    security(("bearer" = ["delete"])),
)]
pub async fn delete(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Delete>,
    query: Query,
) -> Result<StatusCode, Problem> {
    query.done()?;
    sight::touch(&app.tracker, &grant, &key).await?;
    app.tracker.delete(&key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/jobs/{id}/cancel`.
#[utoipa::path(
    post, path = "/v1/projects/{project}/jobs/{id}/cancel", operation_id = "cancelJob", tag = "jobs",
    summary = "Ask a job to stop", description = "Final at once on a queued job; a running one is `cancelling` until its worker answers. Saying it again is harmless.",
    params(OfJob),
    request_body(content = ref("#/components/schemas/CancelWish"), content_type = "application/json", extensions(("x-optional" = json!(true)))),
    responses(
        Anyone, Caller, Sender, Cancelling,
        (status = 200, description = "The job as it stands.", body = ref("#/components/schemas/Frame"), headers(("ETag", description = "The version."))),
    ),
    security(("bearer" = ["cancel"])),
)]
pub async fn cancel(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Cancel>,
    query: Query,
    OptionalBody(bytes): OptionalBody,
) -> Result<Response, Problem> {
    query.done()?;
    let reason = body::one(&bytes, creation::cancel)?;
    sight::touch(&app.tracker, &grant, &key).await?;
    let by = grant.subject.clone();
    let frame = app.tracker.cancel(&key, reason, by).await?;
    Ok(answer::frame(StatusCode::OK, &frame))
}

/// `POST …/jobs/{id}/retry`.
#[utoipa::path(
    post, path = "/v1/projects/{project}/jobs/{id}/retry", operation_id = "retryJob", tag = "jobs",
    summary = "Run a job again", description = "A new queued job with the creation's fields of one that failed or was cancelled.",
    params(OfJob),
    request_body(content = ref("#/components/schemas/RetryWish"), content_type = "application/json", extensions(("x-optional" = json!(true)))),
    responses(
        Anyone, Caller, Sender, Retrying,
        (status = 200, description = "It was asked for before: the same new job, as it stands.", body = ref("#/components/schemas/Frame"), headers(("ETag", description = "The version."))),
        (status = 201, description = "The new job.", body = ref("#/components/schemas/Frame"),
            headers(("ETag", description = "The version."), ("Location", description = "Where the job is.")),
            links(
                ("get" = (operation_id = "getJob", parameters(("project" = "$response.body#/data/project"), ("id" = "$response.body#/data/id")))),
                ("report" = (operation_id = "reportOnJob", parameters(("project" = "$response.body#/data/project"), ("id" = "$response.body#/data/id")))),
                ("cancel" = (operation_id = "cancelJob", parameters(("project" = "$response.body#/data/project"), ("id" = "$response.body#/data/id")))),
            )),
    ),
    security(("bearer" = ["create"])),
)]
pub async fn retry(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Create>,
    query: Query,
    OptionalBody(bytes): OptionalBody,
) -> Result<Response, Problem> {
    query.done()?;
    let anew = body::one(&bytes, creation::retry)?;
    sight::touch(&app.tracker, &grant, &key).await?;
    sight::make_again(&grant, anew.id.as_ref())?;
    let (frame, new) = app.tracker.retry(&key, anew.id, anew.metadata).await?;
    if grant.sees(&frame.key.id, &frame.labels) {
        Ok(answer::made(&frame, new))
    } else {
        Err(Error::Exists.into()) // it was asked before, by somebody who may see more
    }
}

impl Wait {
    fn duration(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
