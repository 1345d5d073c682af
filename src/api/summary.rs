//! The tiles of a dashboard.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::api::App;
use crate::http::admitted::narrower;
use crate::http::describe::{Anyone, Caller, InProject};
use crate::http::path::{ProjectPath, Watch};
use crate::http::problem::Problem;
use crate::http::query::Query;

/// `GET …/summary`: the tracker's text as it is.
#[utoipa::path(
    get, path = "/v1/projects/{project}/summary", operation_id = "getSummary", tag = "watch",
    summary = "The tiles of a dashboard", description = "At most one second old.",
    params(InProject),
    responses(Anyone, Caller, (status = 200, description = "The tiles.", body = ref("#/components/schemas/Summary"))),
    security(("bearer" = ["watch"])),
)]
pub async fn get(
    State(app): State<App>,
    ProjectPath { project, grant, .. }: ProjectPath<Watch>,
    query: Query,
) -> Result<Response, Problem> {
    query.done()?;
    if grant.narrowing.is_some() {
        return Err(narrower("the summary is of all of them"));
    }
    let text = app.tracker.summary(&project).await?;
    let text = bytes::Bytes::copy_from_slice(text.as_bytes());
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
