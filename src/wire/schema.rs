//! What comes in and what a frame is, as JSON Schema (draft 2020-12) for the OpenAPI document. The limits are those of
//! the readers; what a schema cannot say (bytes of an object, names that must differ) stands in its description.

use serde_json::{Map, Value, json};

use super::creation::{MAX_TITLE, WEIGHTS};
use super::report::{MAX_CODE, MAX_MESSAGE, MAX_PHASE_NAME, MAX_RESULT, MAX_UNIT};
use super::strict::MAX_DEPTH;
use crate::progress::{Lease, MAX_COUNT, MAX_METADATA, MAX_PHASES};

mod report;

/// The schema of a frame.
pub const FRAME: &str = include_str!("frame.schema.json");

const NO_NUL: &str = r"^[^\x00]*$";

/// Every schema by its name.
#[must_use]
pub fn all() -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, schema| all.insert(name.to_owned(), schema);
    add("Name", name());
    add("Kind", kind());
    add("Json", any());
    add("Object", object(None));
    add("Frame", frame());
    add("Creation", creation());
    add("PhasePlan", phase_plan());
    add("Nothing", nothing());
    add("CancelWish", cancel());
    add("RetryWish", retry());
    add("Failure", failure());
    report::add(&mut all);
    all
}

fn name() -> Value {
    json!({
        "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        "description": "A project, an id, a subject or an owner.", "examples": ["feed-123"]
    })
}

fn kind() -> Value {
    json!({
        "type": "string", "maxLength": 64, "pattern": "^[a-z][a-z0-9_-]*(:[a-z][a-z0-9_-]*){0,3}$",
        "description": "What sort of job: up to four parts, joined by colons.", "examples": ["feed:sync"]
    })
}

/// The contract's own schema, without the keyword that only a document of its own has.
fn frame() -> Value {
    let mut frame: Value = serde_json::from_str(FRAME).unwrap_or_default();
    if let Some(members) = frame.as_object_mut() {
        members.remove("$schema");
        members.insert("title".to_owned(), "Frame".into());
        members.insert(
            "description".to_owned(),
            "A job's state in its envelope: what every transport carries. At most 64 KiB.".into(),
        );
        members.insert("examples".to_owned(), json!([example()]));
    }
    frame
}

/// A frame as it may come.
#[must_use]
pub fn example() -> Value {
    let at = "2026-11-20T12:00:00.000Z";
    json!({
        "type": "feed:sync:progress", "timestamp": at,
        "data": {
            "project": "acme", "id": "import-1", "kind": "feed:sync", "title": "SigmaHQ",
            "subject": "feed-123", "owner": "u-17", "parent": null, "retry_of": null,
            "version": 42, "status": "running", "attempt": 1, "message": "Parsing rules",
            "progress": { "current": 1500, "total": 3000, "unit": "rules", "percent": 50.0 },
            "phase": null, "phases": [], "rate": { "per_second": 300.0 },
            "eta": { "seconds": 5, "finish_at": "2026-11-20T12:00:05.000Z" },
            "counters": { "added": 12 }, "metadata": { "source": "main" },
            "notices": { "total": 0, "recent": [] },
            "children": null, "cancel": null, "stalled_at": null, "result": null, "error": null,
            "created_at": at, "started_at": at, "updated_at": at, "finished_at": null
        }
    })
}

fn any() -> Value {
    let here = "#/components/schemas/Json";
    json!({
        "description": format!("Any JSON without U+0000. A body is nested at most {MAX_DEPTH} deep, names no key of an object twice, and has no number beyond the range of a double."),
        "anyOf": [
            { "type": ["null", "boolean", "number"] },
            { "type": "string", "pattern": NO_NUL },
            { "type": "array", "items": { "$ref": here } },
            { "type": "object", "propertyNames": { "pattern": NO_NUL }, "additionalProperties": { "$ref": here } }
        ]
    })
}

/// An object that passes through unread.
fn object(bytes: Option<usize>) -> Value {
    let limit = bytes.map(|b| format!(" At most {b} bytes as compact JSON."));
    json!({
        "type": "object", "propertyNames": { "pattern": NO_NUL },
        "additionalProperties": { "$ref": "#/components/schemas/Json" },
        "description": format!("An object that passes through unread.{}", limit.unwrap_or_default())
    })
}

fn text(least: usize, most: usize, what: &str) -> Value {
    let mut text =
        json!({ "type": "string", "maxLength": most, "pattern": NO_NUL, "description": what });
    if let Some(members) = text.as_object_mut().filter(|_| least > 0) {
        members.insert("minLength".to_owned(), least.into());
    }
    text
}

fn count(what: &str) -> Value {
    whole(0, MAX_COUNT, what)
}

fn whole(low: u64, high: u64, what: &str) -> Value {
    json!({ "type": "integer", "minimum": low, "maximum": high, "description": what })
}

/// May also be `null`, which is the same as leaving it out.
fn or_null(mut schema: Value) -> Value {
    match schema.as_object_mut() {
        Some(members) if members.contains_key("type") => {
            let one = members.remove("type").unwrap_or_default();
            members.insert("type".to_owned(), json!([one, "null"]));
            schema
        }
        _ => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object with these members and no other: `required` ones first.
fn members<const R: usize, const O: usize>(
    required: [(&str, Value); R],
    optional: [(&str, Value); O],
) -> Value {
    let names: Vec<&str> = required.iter().map(|(name, _)| *name).collect();
    let optional = optional.map(|(name, schema)| (name, or_null(schema)));
    let all = required.into_iter().chain(optional);
    let properties: Map<String, Value> = all.map(|(n, s)| (n.to_owned(), s)).collect();
    json!({ "type": "object", "additionalProperties": false, "required": names, "properties": properties })
}

fn with(mut schema: Value, entries: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (schema.as_object_mut(), entries) {
        members.extend(more);
    }
    schema
}

fn unit() -> Value {
    text(0, MAX_UNIT, "What is counted.")
}

fn message() -> Value {
    text(0, MAX_MESSAGE, "A sentence for people.")
}

fn metadata() -> Value {
    object(Some(MAX_METADATA))
}

fn creation() -> Value {
    let Lease {
        lease_seconds,
        lost_after_seconds,
        start_within_seconds,
    } = Lease::default();
    let seconds =
        |low, high, default: u32, what| with(whole(low, high, what), json!({ "default": default }));
    let phases = json!({
        "type": "array", "maxItems": MAX_PHASES, "items": reference("PhasePlan"),
        "description": "The plan, in order. No name twice."
    });
    let schema = members(
        [("kind", reference("Kind"))],
        [
            ("title", text(0, MAX_TITLE, "What people call it.")),
            ("subject", reference("Name")),
            ("owner", reference("Name")),
            ("parent", reference("Name")),
            (
                "total",
                count("How much there is to do, where there are no phases."),
            ),
            ("unit", unit()),
            ("phases", phases),
            ("metadata", metadata()),
            (
                "lease_seconds",
                seconds(
                    5,
                    3600,
                    lease_seconds,
                    "How long its worker may be silent before the job counts as stalled.",
                ),
            ),
            (
                "lost_after_seconds",
                seconds(
                    0,
                    86_400,
                    lost_after_seconds,
                    "How long it may be stalled before it ends.",
                ),
            ),
            (
                "start_within_seconds",
                seconds(
                    0,
                    u64::from(i32::MAX.unsigned_abs()),
                    start_within_seconds,
                    "How long it may be queued before it fails; 0 = any time.",
                ),
            ),
        ],
    );
    with(
        schema,
        json!({
            "description": "What a job is created with. A parent must exist and not be terminal.",
            "examples": [{
                "kind": "feed:sync", "title": "SigmaHQ", "subject": "feed-123", "owner": "u-17",
                "phases": [{ "name": "fetch", "total": 1, "unit": "archive" }, { "name": "parse", "weight": 8, "unit": "rules" }],
                "metadata": { "source": "main" }
            }]
        }),
    )
}

fn phase_plan() -> Value {
    let weight = json!({
        "type": "number", "minimum": WEIGHTS.start(), "maximum": WEIGHTS.end(), "default": 1,
        "description": "Its share of the whole, relative to the others."
    });
    members(
        [("name", text(1, MAX_PHASE_NAME, "Its name."))],
        [
            ("weight", weight),
            ("total", count("How much there is to do in it.")),
            ("unit", unit()),
        ],
    )
}

fn nothing() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "description": "There is nothing to say.",
        "examples": [{}]
    })
}

fn cancel() -> Value {
    let reason = text(0, MAX_MESSAGE, "Why.");
    with(
        members([], [("reason", reason)]),
        json!({ "examples": [{ "reason": "not needed any more" }] }),
    )
}

fn retry() -> Value {
    with(
        members([], [("id", reference("Name")), ("metadata", metadata())]),
        json!({
            "description": "What the new job has in place of the old one's.",
            "examples": [{ "metadata": { "source": "fix" } }]
        }),
    )
}

fn failure() -> Value {
    let code = json!({
        "type": "string", "pattern": format!("^[a-z][a-z0-9_]{{0,{}}}$", MAX_CODE - 1), "description": "A stable word for programs."
    });
    let retryable = json!({ "type": "boolean", "default": false, "description": "Whether another try may help." });
    members(
        [("code", code), ("message", message())],
        [
            ("retryable", retryable),
            ("retry_after_seconds", count("When another try may help.")),
            ("phase", text(1, MAX_PHASE_NAME, "Where it failed.")),
            ("details", object(Some(MAX_RESULT))),
        ],
    )
}
