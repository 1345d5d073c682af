//! How a ticket is got.

use crate::http::describe::{Anyone, Caller, InProject};

/// The route's description.
#[utoipa::path(
    post, path = "/v1/projects/{project}/tickets", operation_id = "createTicket", tag = "watch",
    summary = "A ticket for one stream",
    description = "Opens one stream within 30 s, by `?ticket=` on `/events` and `/ws`, whose browser clients cannot send headers.",
    params(InProject),
    responses(
        Anyone, Caller,
        (status = 201, description = "The ticket.", body = ref("#/components/schemas/Ticket")),
    ),
    security(("bearer" = ["watch"])),
)]
#[allow(dead_code)] // read by the macro only
pub(super) fn post() {}
