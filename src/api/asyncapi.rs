//! `GET /asyncapi.json`: what travels over WebSocket and server-sent events, as one AsyncAPI 3.0 document.
//!
//! Owns the channels and operations. What the messages are is [`crate::transport::schema`]'s, beside the code that
//! writes and reads them; schemas and parameters that the OpenAPI document has are taken from there.

mod endings;
mod frames;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Map, Value, json};

use crate::api::file::File;
use crate::api::openapi;
use crate::transport::schema::{self, Described};
use crate::transport::{EVENTS, SOCKET};

/// Where it is.
pub const PATH: &str = "/asyncapi.json";

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let http = openapi::document();
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Milepost streams", "version": env!("CARGO_PKG_VERSION"),
            "description": "How long work is watched live. Every frame is a job's whole state, byte for byte the same on every transport: draw from `data`, and drop a frame whose version is not newer than what you hold. Requests and answers are in `/openapi.json`.",
            "license": { "name": "MIT OR Apache-2.0" },
            "tags": [{ "name": "watch" }]
        },
        "defaultContentType": "application/json",
        "servers": { "ws": server("ws"), "http": server("http") },
        "channels": { "socket": socket(&http), "events": events() },
        "operations": operations(&http),
        "components": { "securitySchemes": credentials() },
    });
    let schemas = needed(&document, &all(&http));
    document["components"]["schemas"] = schemas.into();
    document
}

fn server(protocol: &str) -> Value {
    json!({
        "host": "{host}", "protocol": protocol,
        "description": "Any node. Behind TLS: `wss` and `https`.",
        "variables": { "host": { "default": "127.0.0.1:8080", "description": "Where the service listens." } },
        "security": [{ "$ref": "#/components/securitySchemes/bearer" }, { "$ref": "#/components/securitySchemes/ticket" }]
    })
}

fn credentials() -> Value {
    json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "In the handshake's Authorization header; where a browser cannot send one, as the sub-protocol `bearer.<token>` beside `milepost.v1`, or by the command `auth`. Without any credentials configured the service listens on loopback only, and needs none."
        },
        "ticket": {
            "type": "httpApiKey", "in": "query", "name": "ticket",
            "description": "From `POST /v1/projects/{project}/tickets`; opens one stream within 30 s."
        }
    })
}

/// Every schema that something here may refer to.
fn all(http: &Value) -> Map<String, Value> {
    let known = http["components"]["schemas"].as_object();
    let mut all = known.cloned().unwrap_or_default();
    let streams = [schema::messages(), schema::events(), schema::commands()];
    all.extend(
        streams
            .into_iter()
            .flatten()
            .map(|d| (d.schema_name, d.schema)),
    );
    all
}

/// Those of them that the document refers to, and what they refer to in turn.
fn needed(document: &Value, all: &Map<String, Value>) -> Map<String, Value> {
    let (mut found, mut open) = (Map::new(), references(document));
    while let Some(name) = open.pop() {
        if let (false, Some(schema)) = (found.contains_key(&name), all.get(&name)) {
            open.extend(references(schema));
            found.insert(name, schema.clone());
        }
    }
    found
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|to| to.strip_prefix("#/components/schemas/"));
            let inner = members.values().flat_map(references);
            own.map(str::to_owned).into_iter().chain(inner).collect()
        }
        _ => Vec::new(),
    }
}

/// A message whose payload is one of the described things.
fn message(described: &Described) -> Value {
    json!({
        "name": described.name, "title": described.name, "summary": described.what,
        "payload": { "$ref": format!("#/components/schemas/{}", described.schema_name) },
        "examples": [{ "payload": described.example }]
    })
}

fn named<'a>(messages: impl IntoIterator<Item = &'a Described>) -> Map<String, Value> {
    let named = messages
        .into_iter()
        .map(|d| (d.name.to_owned(), message(d)));
    named.collect()
}

fn channel((address, server): (&str, &str), messages: Map<String, Value>) -> Value {
    json!({
        "address": address, "messages": messages,
        "servers": [{ "$ref": format!("#/servers/{server}") }],
        "parameters": { "project": { "description": "The project.", "examples": ["acme"] } },
    })
}

fn socket(http: &Value) -> Value {
    let mut messages = named(&schema::messages());
    messages.extend(named(&schema::commands()));
    messages.insert("frame".to_owned(), frames::message());
    let mut channel = channel((SOCKET, "ws"), messages);
    channel["title"] = "WebSocket".into();
    channel["description"] = "Sub-protocol `milepost.v1`. With a selector in the URL the frames simply come; without one the client subscribes. A frame's `type` has a colon, every other message's has none.".into();
    let protocol =
        json!({ "Sec-WebSocket-Protocol": { "type": "string", "const": "milepost.v1" } });
    channel["bindings"] = json!({ "ws": {
        "method": "GET", "bindingVersion": "0.1.0",
        "query": query(http, SOCKET), "headers": { "type": "object", "properties": protocol },
    } });
    channel["x-endings"] = endings::of_sockets();
    channel
}

fn events() -> Value {
    let mut messages = Map::new();
    for event in schema::events() {
        let mut message = message(&event);
        let id = json!({ "type": "string", "description": "The cursor, where the event has one." });
        let name = json!({ "type": "string", "const": event.name });
        message["headers"] = json!({
            "type": "object", "required": ["event"], "properties": { "event": name, "id": id }
        });
        message["contentType"] = "application/json".into();
        messages.insert(event.name.to_owned(), message);
    }
    messages.insert("frame".to_owned(), frames::event());
    let mut channel = channel((EVENTS, "http"), messages);
    channel["title"] = "Server-sent events".into();
    channel["description"] = "Each message here is one event: its `event:` and `id:` lines are the headers, its `data:` line is the payload. The first line is `retry:` with 1000 to 5000 milliseconds. To resume, give the last `id` back as `Last-Event-ID` or `cursor=`. An answer of 204 says: all is over, do not come back.".into();
    channel["x-endings"] = endings::of_events();
    channel
}

/// What a stream's URL may say, as the OpenAPI document has it.
fn query(http: &Value, path: &str) -> Value {
    let parameters = http["paths"][path]["get"]["parameters"].as_array();
    let in_query = parameters
        .into_iter()
        .flatten()
        .filter(|p| p["in"] == "query");
    let all: Map<String, Value> = in_query
        .filter_map(|p| Some((p["name"].as_str()?.to_owned(), p["schema"].clone())))
        .collect();
    json!({ "type": "object", "properties": all })
}

/// Each command with what it is answered, and what is sent unasked.
fn operations(http: &Value) -> Value {
    let mut all = Map::new();
    let channel = |name: &str| json!({ "$ref": format!("#/channels/{name}") });
    let of = |channel: &str, names: &[&str]| -> Vec<Value> {
        let to = |name: &&str| json!({ "$ref": format!("#/channels/{channel}/messages/{name}") });
        names.iter().map(to).collect()
    };
    for command in schema::commands() {
        let mut operation = json!({
            "action": "receive", "channel": channel("socket"), "summary": command.what,
            "messages": of("socket", &[command.name]),
        });
        let answers = answers(command.name);
        if !answers.is_empty() {
            operation["reply"] =
                json!({ "channel": channel("socket"), "messages": of("socket", answers) });
        }
        all.insert(command.name.to_owned(), operation);
    }
    let messages = schema::messages();
    let mut said: Vec<&str> = messages.iter().map(|m| m.name).collect();
    said.insert(0, "frame");
    all.insert(
        "sendMessages".to_owned(),
        json!({
            "action": "send", "channel": channel("socket"), "messages": of("socket", &said),
            "summary": "The newest state of every selected job, signs of life, and endings.",
        }),
    );
    let events = schema::events();
    let mut said: Vec<&str> = events.iter().map(|m| m.name).collect();
    said.insert(0, "frame");
    all.insert(
        "sendEvents".to_owned(),
        json!({
            "action": "send", "channel": channel("events"), "messages": of("events", &said),
            "summary": "The newest state of every selected job, signs of life, and the ending.",
            "bindings": { "http": { "method": "GET", "query": query(http, EVENTS), "bindingVersion": "0.3.0" } },
        }),
    );
    all.into()
}

/// What a command may be answered.
fn answers(command: &str) -> &'static [&'static str] {
    match command {
        "subscribe" => &["subscribed", "reset", "frame", "synced", "end", "error"],
        "unsubscribe" => &["unsubscribed", "error"],
        "auth" => &["authorized", "error"],
        "cancel" => &["accepted", "error"],
        _ => &[],
    }
}

/// The document's route.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let file = File::new("application/json", document().to_string());
    let answer = async move |headers: HeaderMap| file.answer(&headers).into_response();
    Router::new().route(PATH, get(answer))
}
