//! What workers say: one report, an array, or a line for each; about one job, or about many of a project.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;

use crate::api::App;
use crate::api::answer::{Answer, Item, List};
use crate::api::body::ReportBody;
use crate::auth::Grant;
use crate::http::describe::{
    Anyone, Caller, InProject, OfJob, Parameter, Sender, parameters, refusals,
};
use crate::http::path::{JobPath, ProjectPath, Report as Says};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::sight;
use crate::metrics::Reported;
use crate::progress::{JobKey, Name, Report};
use crate::tracker;
use crate::wire::body::Items;
use crate::wire::{Invalid, body, report};

type Outcome = Result<tracker::Answer, Problem>;

parameters!(
    /// How sure the answer is to be.
    Durable = [Parameter::Query("durable", "Flag", "Answer when it is in Postgres, whatever it is.")]
);

refusals!(
    /// Of a report.
    Reporting = [
        (
            409,
            "The job, or this attempt, cannot take it: `job` says where it stands.",
            &["not_started", "already_running", "cancelling", "fenced", "finished"],
        ),
        (413, "The body, or the number of its reports, is too large.", &["too_large", "too_many_items"]),
        (429, "Too many requests, or too many notices on one job.", &["limited", "too_many_notices"]),
    ]
);

/// `POST …/jobs/{id}/reports`.
#[utoipa::path(
    post, path = "/v1/projects/{project}/jobs/{id}/reports", operation_id = "reportOnJob", tag = "report",
    summary = "Report on one job", description = "One report, an array, or a line for each. Values are absolute, so saying it twice is harmless. The scope is `report`.",
    params(OfJob, Durable),
    request_body(content(
        (ref("#/components/schemas/Reports") = "application/json"),
        (ref("#/components/schemas/ReportLines") = "application/x-ndjson"),
    )),
    responses(
        Anyone, Caller, Sender, Reporting,
        (status = 200, description = "Taken, and in Postgres.", body = ref("#/components/schemas/ReportOutcome")),
        (status = 202, description = "Taken, and written within 500 ms.", body = ref("#/components/schemas/ReportOutcome")),
    ),
    security(("bearer" = ["report"])),
)]
pub async fn of_job(
    State(app): State<App>,
    JobPath { key, grant, .. }: JobPath<Says>,
    mut query: Query,
    body: ReportBody,
) -> Result<Response, Problem> {
    let durable = query.flag("durable")?;
    query.done()?;
    let read = items(&body, report::report)?;
    let addressed = |item: Result<Report, Invalid>| item.map(|r| (key.id.clone(), r));
    let items = read.items.into_iter().map(addressed).collect();
    let outcomes = submit(&app, (&key.project, &grant), items, durable).await;
    Ok(respond(outcomes, read.many))
}

/// `POST …/reports`: every item names its job.
#[utoipa::path(
    post, path = "/v1/projects/{project}/reports", operation_id = "reportOnProject", tag = "report",
    summary = "Report on many jobs", description = "One report, an array, or a line for each. Values are absolute, so saying it twice is harmless. The scope is `report`.",
    params(InProject, Durable),
    request_body(content(
        (ref("#/components/schemas/AddressedReports") = "application/json"),
        (ref("#/components/schemas/AddressedReportLines") = "application/x-ndjson"),
    )),
    responses(
        Anyone, Caller, Sender, Reporting,
        (status = 200, description = "Taken, and in Postgres.", body = ref("#/components/schemas/ReportOutcome")),
        (status = 202, description = "Taken, and written within 500 ms.", body = ref("#/components/schemas/ReportOutcome")),
    ),
    security(("bearer" = ["report"])),
)]
pub async fn of_project(
    State(app): State<App>,
    ProjectPath { project, grant, .. }: ProjectPath<Says>,
    mut query: Query,
    body: ReportBody,
) -> Result<Response, Problem> {
    let durable = query.flag("durable")?;
    query.done()?;
    let read = items(&body, report::addressed)?;
    let outcomes = submit(&app, (&project, &grant), read.items, durable).await;
    Ok(respond(outcomes, read.many))
}

fn items<T>(body: &ReportBody, read: fn(&str) -> Result<T, Invalid>) -> Result<Items<T>, Problem> {
    let items = if body.lines {
        body::ndjson(&body.bytes, read)
    } else {
        body::json(&body.bytes, read)
    };
    items.map_err(Problem::from)
}

/// Hands every job its reports, in order, all jobs at once; gives the outcomes in the order of the items.
async fn submit(
    app: &App,
    (project, grant): (&Name, &Grant),
    items: Vec<Result<(Name, Report), Invalid>>,
    durable: bool,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(items.len());
    let mut types = Vec::with_capacity(items.len());
    let mut jobs: BTreeMap<Name, (Vec<usize>, Vec<Report>)> = BTreeMap::new();
    for (index, item) in items.into_iter().enumerate() {
        types.push(item.as_ref().map_or("unreadable", |(_, r)| r.said.as_str()));
        match item {
            Ok((id, report)) => {
                let (places, reports) = jobs.entry(id).or_default();
                places.push(index);
                reports.push(report);
                outcomes.push(Err(tracker::Error::Unavailable.into())); // until it is known better
            }
            Err(invalid) => outcomes.push(Err(invalid.into())),
        }
    }
    let answers = jobs.into_iter().map(async |(id, (places, reports))| {
        let project = project.clone();
        let key = JobKey { project, id };
        let answers = match sight::touch(&app.tracker, grant, &key).await {
            Ok(()) => app.tracker.report(&key, reports, durable).await,
            Err(error) => vec![Err(error); reports.len()],
        };
        (places, answers)
    });
    for (places, answers) in join_all(answers).await {
        for (place, answer) in places.into_iter().zip(answers) {
            if let Some(outcome) = outcomes.get_mut(place) {
                *outcome = answer.map_err(Problem::from);
            }
        }
    }
    count(app, &types, &outcomes);
    outcomes
}

fn count(app: &App, types: &[&'static str], outcomes: &[Outcome]) {
    for (r#type, outcome) in types.iter().copied().zip(outcomes) {
        let outcome = match outcome {
            Ok(answer) if answer.applied => "applied",
            Ok(_) => "repeated",
            Err(problem) => problem.code(),
        };
        let label = Reported { r#type, outcome };
        app.metrics.reports.get_or_create(&label).inc();
    }
}

fn respond(mut outcomes: Vec<Outcome>, many: bool) -> Response {
    let folded = outcomes.iter().flatten().any(|answer| !answer.durable);
    let status = if folded {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    if many {
        let items: Vec<Item> = outcomes.into_iter().map(Item::from).collect();
        return (status, Json(List { items })).into_response();
    }
    match outcomes.pop() {
        Some(Ok(answer)) => (status, Json(Answer::from(&answer))).into_response(),
        Some(Err(problem)) => problem.into_response(),
        None => Problem::malformed("the body holds no report").into_response(),
    }
}
