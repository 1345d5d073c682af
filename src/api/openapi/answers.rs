//! What the service answers, and what it takes in paths, queries and headers, as JSON Schema. Bodies that it takes
//! and frames are [`crate::wire::schema`].

use serde_json::{Map, Value, json};

use crate::progress::{MAX_COUNT, Status};
use crate::transport::schema;
use crate::wire;

/// Every schema by its name.
#[must_use]
pub fn all() -> Map<String, Value> {
    let mut all = Map::new();
    for part in [parameters(), headers(), answers(), watching(), operation()] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    all
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": MAX_COUNT })
}

fn statuses() -> Vec<&'static str> {
    Status::ALL.into_iter().map(Status::as_str).collect()
}

fn time() -> Value {
    json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$" })
}

/// An object of exactly these members.
fn exactly(members: Value) -> Value {
    let names: Vec<&String> = members
        .as_object()
        .map_or_else(Vec::new, |m| m.keys().collect());
    json!({ "type": "object", "additionalProperties": false, "required": names, "properties": members })
}

/// The same, and an example of it.
fn shown(mut schema: Value, example: Value) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.insert("examples".to_owned(), json!([example]));
    }
    schema
}

fn parameters() -> Value {
    let words: Vec<&str> = statuses().into_iter().chain(["active"]).collect();
    json!({
        "Names": { "type": "array", "maxItems": 200, "items": reference("Name") },
        "StatusWord": { "type": "string", "enum": words },
        "StatusWords": { "type": "array", "items": reference("StatusWord") },
        "Text": { "type": "string", "pattern": r"^[^\x00]*$" },
        "Flag": { "type": "boolean", "default": false },
        "Moment": { "type": "string", "format": "date-time", "examples": ["2026-11-20T12:00:00.000Z"] },
        "Wait": {
            "type": "integer", "minimum": 0, "maximum": u64::MAX,
            "description": "Seconds. More than 25 is taken as 25."
        },
        "PageSize": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 },
        "PollSize": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 500 },
        "Number": count(),
        "Cursor": {
            "type": "string", "pattern": r"^[^\x00]*$",
            "description": "Opaque. Whatever it is, the answer is correct: at worst the whole snapshot, marked as a reset."
        },
        "EntityTags": { "type": "string", "description": "Entity tags, or `*`.", "examples": ["\"42\""] },
        "WebSocketKey": {
            "type": "string", "pattern": "^[A-Za-z0-9+/]{21}[AQgw]==$", "description": "16 bytes as base64.",
            "examples": ["dGhlIHNhbXBsZSBub25jZQ=="]
        },
        "WebSocketVersion": { "type": "string", "const": "13" },
        "Upgrade": { "type": "string", "const": "websocket" },
        "Connection": { "type": "string", "const": "Upgrade" },
        "Protocol": { "type": "string", "const": "milepost.v1" },
    })
}

fn headers() -> Value {
    json!({
        "EntityTag": { "type": "string", "pattern": "^\"[0-9a-f]+\"$", "examples": ["\"42\""] },
        "Location": {
            "type": "string", "pattern": "^/v1/projects/[A-Za-z0-9._-]+/jobs/[A-Za-z0-9._-]+$",
            "examples": ["/v1/projects/acme/jobs/import-1"]
        },
        "Seconds": { "type": "integer", "minimum": 0 },
        "Challenge": { "type": "string", "pattern": "^Bearer", "examples": ["Bearer"] },
        "Methods": { "type": "string", "pattern": "^[A-Z]+(, ?[A-Z]+)*$", "examples": ["GET,HEAD"] },
        "Applied": { "type": "string", "const": "wait=25" },
        "WebSocketAccept": { "type": "string", "pattern": "^[A-Za-z0-9+/]{27}=$" },
    })
}

fn answers() -> Value {
    let fault = exactly(json!({
        "pointer": { "type": "string", "description": "JSON pointer into the body." },
        "detail": { "type": "string" },
    }));
    let standing = json!({
        "type": "object", "additionalProperties": false, "required": ["status", "attempt"],
        "description": "Where the job stands.",
        "properties": { "status": { "enum": statuses() }, "version": count(), "attempt": count() }
    });
    let problem = json!({
        "type": "object", "required": ["type", "title", "status", "detail", "code"],
        "description": "A refusal (RFC 9457).",
        "properties": {
            "type": { "const": "about:blank" }, "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "A sentence for people, with the remedy." },
            "code": { "type": "string", "pattern": "^[a-z][a-z0-9_]*$", "description": "A stable word for programs." },
            "errors": { "type": "array", "items": fault, "description": "What is wrong with the body, and where." },
            "retry_after_seconds": count(), "job": standing,
        }
    });
    let answer = exactly(json!({
        "version": count(), "status": { "enum": statuses() }, "attempt": count(),
        "applied": { "type": "boolean", "description": "False where it changed nothing: it was known, or old." },
        "durable": { "type": "boolean", "description": "True where it is in Postgres, flushed; false where it will be within 500 ms." },
        "cancel_requested": { "type": "boolean", "description": "Somebody wishes that the work stops." },
    }));
    let one = json!({
        "version": 8, "status": "running", "attempt": 1, "applied": true, "durable": true, "cancel_requested": false
    });
    let items = exactly(json!({
        "items": { "type": "array", "items": { "anyOf": [reference("ReportAnswer"), reference("Problem")] } },
    }));
    let line = exactly(json!({
        "number": count(), "version": count(), "at": time(), "type": { "type": "string" },
        "data": { "type": "object" },
    }));
    let history = exactly(json!({
        "items": { "type": "array", "items": line },
        "next": { "type": ["integer", "null"], "description": "The number to go on after; null where this was all." },
    }));
    let jobs = exactly(json!({
        "items": { "type": "array", "items": reference("Frame") },
        "page": { "type": ["string", "null"], "description": "What to ask with as `page` for what comes next; null where this was all." },
    }));
    json!({
        "Problem": problem,
        "ReportAnswer": shown(answer, one.clone()),
        "ReportAnswers": shown(items, json!({ "items": [one.clone()] })),
        "ReportOutcome": {
            "anyOf": [reference("ReportAnswer"), reference("ReportAnswers")], "examples": [one],
            "description": "To one report one answer; to an array or to lines a list, in order."
        },
        "History": shown(history, json!({
            "items": [{ "number": 1, "version": 1, "at": "2026-11-20T12:00:00.000Z", "type": "feed:sync:created", "data": {} }],
            "next": null
        })),
        "JobList": shown(jobs, json!({ "items": [wire::schema::example()], "page": null })),
    })
}

fn watching() -> Value {
    let counts = |words: &[&str]| {
        let members: Map<String, Value> =
            words.iter().map(|w| ((*w).to_owned(), count())).collect();
        exactly(Value::Object(members))
    };
    let some = json!({ "type": "object", "propertyNames": { "enum": statuses() }, "additionalProperties": count() });
    let kind = exactly(json!({
        "by_status": some,
        "counters": { "type": "object", "additionalProperties": { "type": "number" } },
    }));
    let summary = exactly(json!({
        "total": count(), "stalled": count(), "by_status": counts(&statuses()),
        "by_kind": { "type": "object", "additionalProperties": kind },
        "last_24h": counts(&["completed", "failed", "cancelled"]),
    }));
    let tiles: Value = serde_json::from_str(schema::TILES).unwrap_or_default();
    let events = schema::events().into_iter().map(|event| event.name);
    let events: Vec<&str> = ["message"].into_iter().chain(events).collect();
    let page = json!({
        "type": "object", "additionalProperties": false, "required": ["cursor", "reset", "poll_after_ms", "items"],
        "properties": {
            "cursor": { "type": "string" },
            "reset": { "type": "boolean", "description": "These replace what the cursor spoke of." },
            "poll_after_ms": count(),
            "more": { "const": true, "description": "More are waiting: ask at once." },
            "stale": { "const": true, "description": "The database could not be verified for 5 s." },
            "items": { "type": "array", "items": reference("Frame") },
        }
    });
    let ticket = exactly(json!({ "ticket": { "type": "string" }, "expires_at": time() }));
    json!({
        "Summary": shown(summary, tiles),
        "Page": shown(page, json!({ "cursor": "AbC1", "reset": false, "poll_after_ms": 2000, "items": [wire::schema::example()] })),
        "Ticket": shown(ticket, json!({ "ticket": "q1w2e3", "expires_at": "2026-11-20T12:00:30.000Z" })),
        "StreamEvent": {
            "type": "object", "required": ["data"],
            "description": "One event of the stream. Without a name it is a frame.",
            "properties": {
                "event": { "enum": events },
                "id": { "type": "string", "description": "The cursor." },
                "data": { "type": "string", "contentMediaType": "application/json" },
                "retry": { "type": "integer", "minimum": 1000, "description": "Milliseconds to wait before coming back." }
            },
            "examples": [{ "event": "end", "data": "{\"reason\":\"finished\"}" }]
        },
    })
}

fn operation() -> Value {
    let said = |word: &str| {
        shown(
            exactly(json!({ "status": { "const": word } })),
            json!({ "status": word }),
        )
    };
    json!({
        "Alive": said("alive"),
        "Ready": said("ready"),
        "Metrics": {
            "type": "string", "description": "OpenMetrics text.",
            "examples": ["# HELP milepost_commits Statements that wrote jobs.\n# EOF\n"]
        },
        "AsyncApi": {
            "type": "object", "required": ["asyncapi", "info", "channels", "operations"],
            "properties": {
                "asyncapi": { "const": "3.0.0" }, "info": { "type": "object" },
                "channels": { "type": "object" }, "operations": { "type": "object" }
            },
            "examples": [{ "asyncapi": "3.0.0", "info": { "title": "Milepost", "version": env!("CARGO_PKG_VERSION") }, "channels": {}, "operations": {} }]
        },
        "OpenApi": {
            "type": "object", "required": ["openapi", "info", "paths"],
            "properties": { "openapi": { "type": "string" }, "info": { "type": "object" }, "paths": { "type": "object" } },
            "examples": [{ "openapi": "3.1.0", "info": { "title": "Milepost", "version": env!("CARGO_PKG_VERSION") }, "paths": {} }]
        },
    })
}
