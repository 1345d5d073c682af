//! Tickets: for streams whose clients cannot send headers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::api::App;
use crate::api::body::OptionalBody;
use crate::http::describe::{Anyone, Caller, InProject, Sender};
use crate::http::path::{ProjectPath, Watch};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::wire::{body, creation, write};

/// A ticket as its bearer gets it.
#[derive(Debug, Serialize)]
pub struct Ticket {
    ticket: String,
    expires_at: String,
}

/// `POST …/tickets`: opens one stream of the project within half a minute.
#[utoipa::path(
    post, path = "/v1/projects/{project}/tickets", operation_id = "createTicket", tag = "watch",
    summary = "A ticket for one stream",
    description = "Opens one stream within 30 s, by `?ticket=` on `/events` and `/ws`, whose browser clients cannot send headers.",
    params(InProject),
    request_body(content = ref("#/components/schemas/Nothing"), content_type = "application/json", extensions(("x-optional" = json!(true)))),
    responses(
        Anyone, Caller, Sender,
        (status = 201, description = "The ticket.", body = ref("#/components/schemas/Ticket")),
    ),
    security(("bearer" = ["watch"])),
)]
pub async fn post(
    State(app): State<App>,
    ProjectPath { project, grant, .. }: ProjectPath<Watch>,
    query: Query,
    OptionalBody(bytes): OptionalBody,
) -> Result<(StatusCode, Json<Ticket>), Problem> {
    query.done()?;
    body::one(&bytes, creation::nothing)?;
    let issued = app.tracker.issue_ticket(&project, &grant).await?;
    let ticket = Ticket {
        ticket: issued.ticket.as_str().to_owned(),
        expires_at: write::time_text(issued.expires_at),
    };
    Ok((StatusCode::CREATED, Json(ticket)))
}
