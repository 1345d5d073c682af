//! What people look through: the list of jobs, and the history of one.

use axum::Json;
use axum::extract::State;
use axum::response::Response;

use crate::api::answer::History;
use crate::api::{App, answer};
use crate::http::describe::{Anyone, Caller, InProject, OfJob, Parameter, Selection, parameters};
use crate::http::path::{JobPath, ProjectPath, Watch};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::sight;
use crate::progress::MAX_COUNT;
use crate::tracker::Listing;

const MOST: u64 = 1000;
const DEFAULT: u64 = 100;

parameters!(
    /// What narrows the list besides the selector.
    Listed = [
        Parameter::Query("q", "Text", "Jobs with this in their title."),
        Parameter::Query("created_after", "Moment", "Jobs created after this."),
        Parameter::Query("created_before", "Moment", "Jobs created before this."),
        Parameter::Query("limit", "PageSize", "How many at once."),
        Parameter::Query("page", "Text", "Where to go on: the `page` of the answer before. One that is made up is 400."),
    ]
);

parameters!(
    /// Which stretch of the history.
    Stretch = [
        Parameter::Query("after", "Number", "Lines after this number."),
        Parameter::Query("limit", "PageSize", "How many at once."),
    ]
);

/// `GET …/jobs`: newest first.
#[utoipa::path(
    get, path = "/v1/projects/{project}/jobs", operation_id = "listJobs", tag = "jobs",
    summary = "The list for people", description = "Newest first.",
    params(InProject, Selection, Listed),
    responses(Anyone, Caller, (status = 200, description = "A page of the list.", body = ref("#/components/schemas/JobList"))),
    security(("bearer" = ["watch"])),
)]
pub async fn jobs(
    State(app): State<App>,
    ProjectPath { project, grant, .. }: ProjectPath<Watch>,
    mut query: Query,
) -> Result<Response, Problem> {
    let listing = Listing {
        selector: query.selector()?.within(grant.narrowing.as_ref()),
        text: query.take("q")?.filter(|text| !text.is_empty()),
        after: query.moment("created_after")?,
        before: query.moment("created_before")?,
        limit: limit(&mut query)?,
        page: query.take("page")?,
    };
    query.done()?;
    let (frames, page) = app.tracker.list(&project, &listing).await?;
    Ok(answer::frames(&frames, page.as_deref()))
}

/// `GET …/jobs/{id}/history`: oldest first.
#[utoipa::path(
    get, path = "/v1/projects/{project}/jobs/{id}/history", operation_id = "getHistory", tag = "jobs",
    summary = "What happened to a job", description = "Every change of status and phase and every notice, oldest first; not the ticks.",
    params(OfJob, Stretch),
    responses(Anyone, Caller, (status = 200, description = "A stretch of the history.", body = ref("#/components/schemas/History"))),
    security(("bearer" = ["watch"])),
)]
pub async fn history(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Watch>,
    mut query: Query,
) -> Result<Json<History>, Problem> {
    let after = query.number("after", 0, MAX_COUNT)?.unwrap_or(0);
    let limit = limit(&mut query)?;
    query.done()?;
    let seen = sight::frame(&app.tracker, &grant, &key).await?;
    let kind = seen.labels.kind.clone();
    let (lines, next) = app.tracker.history(&key, after, limit).await?;
    let items = lines
        .iter()
        .map(|line| answer::Line::new(&kind, line))
        .collect();
    Ok(Json(History { items, next }))
}

fn limit(query: &mut Query) -> Result<u32, Problem> {
    let limit = query.number("limit", 1, MOST)?.unwrap_or(DEFAULT);
    Ok(u32::try_from(limit).unwrap_or(u32::MAX))
}
