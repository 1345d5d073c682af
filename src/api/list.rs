//! What people look through: the list of jobs, and the history of one.

use axum::Json;
use axum::extract::State;
use axum::response::Response;

use crate::api::answer::History;
use crate::api::{App, answer};
use crate::http::path::{JobPath, ProjectPath, Watch};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::sight;
use crate::progress::MAX_COUNT;
use crate::tracker::Listing;

const MOST: u64 = 1000;
const DEFAULT: u64 = 100;

/// `GET …/jobs`: newest first.
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
