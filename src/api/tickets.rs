//! Tickets: for streams whose clients cannot send headers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::api::App;
use crate::api::body::OptionalBody;
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
