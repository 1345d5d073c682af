//! `GET /openapi.json`: what every route says of itself, gathered into one OpenAPI 3.1 document.
//!
//! Operations are described beside their handlers (`#[utoipa::path]`), bodies beside their readers
//! ([`crate::wire::schema`]), answers in [`answers`]. Made once, when the routes are.

pub mod answers;
mod describe;
mod samples;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::api::file::File;
use crate::api::{health, jobs, list, reports, summary, tickets};
use crate::transport::{poll, sse, ws};
use crate::wire;

/// Where it is.
pub const PATH: &str = "/openapi.json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Milepost",
        description = "Progress of long work, persisted in Postgres, pushed to people over WebSocket, server-sent events and polling. Every GET is also understood as HEAD, but for WebSocket. A frame is byte for byte the same on every transport.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        list::jobs, jobs::post, jobs::get, jobs::put, jobs::delete, jobs::cancel, jobs::retry,
        list::history, reports::of_job, reports::of_project, summary::get,
        poll::progress, sse::events, ws::upgrade, tickets::post,
        health::live, health::ready, health::metrics_for_loopback, describe::get, describe::get_streams,
    ),
    tags(
        (name = "watch", description = "One selector, three transports, and a ticket for browsers."),
        (name = "jobs", description = "Make, find, stop and forget jobs."),
        (name = "report", description = "What workers say."),
        (name = "operate", description = "For those who run the service."),
    )
)]
struct Gathered;

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let mut document = Gathered::openapi();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("Claims: `exp`, `sub`, `projects`, `scope` (of watch, report, cancel, create, delete), and, to narrow, `jobs` and `owners`. Without any credentials configured the service listens on loopback only, and needs none."))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(token));
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    let schemas = schemas();
    finish(&mut document, &schemas);
    samples::add(&mut document);
    let refusals = share_refusals(&mut document);
    if let Some(Value::Object(components)) = document.get_mut("components") {
        components.insert("schemas".to_owned(), Value::Object(schemas));
        components.insert("responses".to_owned(), Value::Object(refusals));
    }
    document
}

/// Every schema by its name.
fn schemas() -> Map<String, Value> {
    let mut all = wire::schema::all();
    all.extend(answers::all());
    all
}

/// What a header of an answer is, and whether that answer always has it.
const HEADERS: [(&str, &str, bool); 10] = [
    ("Allow", "Methods", true),
    ("ETag", "EntityTag", true),
    ("Location", "Location", true),
    ("Preference-Applied", "Applied", false),
    ("Retry-After", "Seconds", true),
    ("Sec-WebSocket-Accept", "WebSocketAccept", true),
    ("Sec-WebSocket-Protocol", "Protocol", false),
    ("Sec-WebSocket-Version", "WebSocketVersion", false),
    ("Upgrade", "Upgrade", true),
    ("WWW-Authenticate", "Challenge", true),
];

/// Marks a body that may be left out.
const OPTIONAL: &str = "x-optional";

/// What is the same wherever it appears, and so is not said beside every handler: what a header is, an example of
/// every body, and that a body is needed.
fn finish(value: &mut Value, schemas: &Map<String, Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| finish(item, schemas)),
        Value::Object(members) => {
            if let Some(Value::Object(headers)) = members.get_mut("headers") {
                for (name, header) in headers {
                    let known = HEADERS.iter().find(|(known, ..)| known == name);
                    if let (Some((_, schema, always)), Some(header)) =
                        (known, header.as_object_mut())
                    {
                        let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
                        header.insert("schema".to_owned(), schema);
                        header.insert("required".to_owned(), (*always).into());
                    }
                }
            }
            if let Some(Value::Object(content)) = members.get_mut("content") {
                for media in content.values_mut().filter_map(Value::as_object_mut) {
                    if !media.contains_key("example")
                        && let Some(example) = example(media.get("schema"), schemas)
                    {
                        media.insert("example".to_owned(), example);
                    }
                }
            }
            if let Some(Value::Object(body)) = members.get_mut("requestBody") {
                let optional = body.remove(OPTIONAL).is_some();
                body.insert("required".to_owned(), (!optional).into());
            }
            members
                .values_mut()
                .for_each(|inner| finish(inner, schemas));
        }
        _ => {}
    }
}

/// Takes every refusal out of its operation and leaves a reference: most are the same everywhere.
fn share_refusals(document: &mut Value) -> Map<String, Value> {
    let mut shared: Map<String, Value> = Map::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for operation in operations {
        let Some(Value::Object(responses)) = operation.get_mut("responses") else {
            continue;
        };
        for (status, response) in responses {
            if !status.starts_with(['4', '5']) {
                continue;
            }
            // The same status may mean different things: numbered in the order of the paths.
            let name = (1..).map(|n| format!("{status}-{n}")).find(|name| {
                let known = shared
                    .entry(name.as_str())
                    .or_insert_with(|| response.clone());
                known == response
            });
            let name = name.unwrap_or_default();
            *response = json!({ "$ref": format!("#/components/responses/{name}") });
        }
    }
    shared
}

/// The first example of the schema that is meant.
fn example(schema: Option<&Value>, schemas: &Map<String, Value>) -> Option<Value> {
    let path = schema?.get("$ref")?.as_str()?;
    let named = schemas.get(path.rsplit('/').next()?)?;
    named.get("examples")?.get(0).cloned()
}

/// The document's route.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let file = File::new("application/json", document().to_string());
    let answer = async move |headers: HeaderMap| file.answer(&headers).into_response();
    Router::new().route(PATH, get(answer))
}
