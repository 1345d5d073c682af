//! How the documents describe themselves.

use crate::http::describe::{Anyone, Parameter, parameters};

parameters!(
    /// What a client has already.
    Held = [Parameter::Header(
        "If-None-Match",
        "EntityTags",
        "Answer 304 where this is the version there is."
    )]
);

/// Its route is [`super::routes`], which closes over the document.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "getOpenApi", tag = "operate",
    summary = "This document", description = "OpenAPI 3.1, generated from the code.",
    params(Held),
    responses(
        Anyone,
        (status = 200, description = "The document.", body = ref("#/components/schemas/OpenApi"),
            headers(("ETag", description = "Its version."))),
        (status = 304, description = "It is the one that the client has.",
            headers(("ETag", description = "Its version."))),
    ),
    security(()),
)]
#[allow(dead_code)] // read by the macro only
pub(super) fn get() {}

/// Its route is [`crate::api::asyncapi::routes`].
#[utoipa::path(
    get, path = "/asyncapi.json", operation_id = "getAsyncApi", tag = "operate",
    summary = "What travels over streams",
    description = "AsyncAPI 3.0: every message and command over WebSocket, every server-sent event.",
    params(Held),
    responses(
        Anyone,
        (status = 200, description = "The document.", body = ref("#/components/schemas/AsyncApi"),
            headers(("ETag", description = "Its version."))),
        (status = 304, description = "It is the one that the client has.",
            headers(("ETag", description = "Its version."))),
    ),
    security(()),
)]
#[allow(dead_code)] // read by the macro only
pub(super) fn get_streams() {}
