//! The words of a worker as JSON Schema: a schema for each type of report, alone and with the job it is about.

use serde_json::{Map, Value, json};

use super::{NO_NUL, count, message, metadata, object, or_null, reference, text, unit, with};
use crate::progress::{MAX_COUNTERS, NOTICES_PER_SECOND};
use crate::wire::body::MAX_ITEMS;
use crate::wire::report::{
    MAX_CODE, MAX_NOTICE, MAX_NOTICE_DATA, MAX_PHASE_NAME, MAX_RESULT, MAX_WORKER,
};

/// The types of reports.
const TYPES: [&str; 9] = [
    "started",
    "phase",
    "progress",
    "notice",
    "heartbeat",
    "retrying",
    "completed",
    "failed",
    "cancelled",
];

/// Members of an object by name, with their schemas.
type Members = Vec<(&'static str, Value)>;

/// Adds every schema by its name.
pub(super) fn add(all: &mut Map<String, Value>) {
    let mut add = |name: &str, schema| all.insert(name.to_owned(), schema);
    for addressed in [false, true] {
        let prefix = if addressed { "Addressed" } else { "" };
        for word in TYPES {
            add(&report_name(word, addressed), report(word, addressed));
        }
        add(&format!("{prefix}Report"), one_of(addressed));
        add(&format!("{prefix}Reports"), one_or_many(addressed));
        add(&format!("{prefix}ReportLines"), lines(addressed));
    }
}

fn report_name(word: &str, addressed: bool) -> String {
    let (first, rest) = word.split_at(1);
    let prefix = if addressed { "Addressed" } else { "" };
    format!("{prefix}Report{}{rest}", first.to_uppercase())
}

/// A report of this type; `addressed` where the body names its job.
fn report(word: &str, addressed: bool) -> Value {
    let failed = || ("error", reference("Failure"));
    let (needed, own, what): (Members, Members, &str) = match word {
        "started" => (
            vec![],
            vec![
                (
                    "worker",
                    text(1, MAX_WORKER, "One run of a worker process."),
                ),
                ("total", count("How much there is to do.")),
                ("unit", unit()),
                ("message", message()),
            ],
            "Claims the job: opens an attempt.",
        ),
        "phase" => (
            vec![("name", text(1, MAX_PHASE_NAME, "Which one."))],
            vec![
                ("total", count("How much there is to do in it.")),
                ("unit", unit()),
                ("message", message()),
            ],
            "Ends the running phase and starts this one.",
        ),
        "progress" => (
            vec![],
            vec![
                (
                    "current",
                    count("How much is done; never lower than before."),
                ),
                ("total", count("How much there is to do.")),
                ("unit", unit()),
                ("message", message()),
                ("metadata", metadata()),
            ],
            "How far the work is. Absolute values: saying it twice is harmless.",
        ),
        "notice" => (
            vec![("message", text(0, MAX_NOTICE, "A sentence for people."))],
            vec![
                (
                    "level",
                    json!({ "type": "string", "enum": ["info", "success", "warning", "error", null], "default": "info" }),
                ),
                ("code", text(1, MAX_CODE, "A stable word for programs.")),
                ("data", object(Some(MAX_NOTICE_DATA))),
            ],
            "Something happened.",
        ),
        "heartbeat" => (vec![], vec![], "The worker lives."),
        "retrying" => (
            vec![failed()],
            vec![("message", message())],
            "This attempt failed; the job is queued again.",
        ),
        "completed" => (
            vec![],
            vec![("result", object(Some(MAX_RESULT))), ("message", message())],
            "The end: it is done.",
        ),
        "failed" => (vec![failed()], vec![], "The end: it failed."),
        _ => (
            vec![],
            vec![("message", message())],
            "The end: the worker gave up.",
        ),
    };
    let job = addressed.then(|| ("job", reference("Name")));
    let r#type = ("type", json!({ "type": "string", "const": word }));
    let needed: Vec<_> = job.into_iter().chain([r#type]).chain(needed).collect();
    let names: Vec<&str> = needed.iter().map(|(name, _)| *name).collect();
    let mut optional = own;
    optional.push((
        "attempt",
        count("The attempt it speaks for: an older one is refused."),
    ));
    if word != "heartbeat" {
        optional.push((
            "seq",
            count("Rising per attempt: an old one changes nothing."),
        ));
    }
    let optional = optional
        .into_iter()
        .map(|(name, schema)| (name, or_null(schema)));
    let mut properties: Map<String, Value> = needed
        .into_iter()
        .chain(optional)
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    if word == "progress" {
        properties.insert("percent".to_owned(), percent());
        properties.insert("counters".to_owned(), or_null(counters()));
    }
    let what = match word {
        "notice" => {
            format!("{what} More than {NOTICES_PER_SECOND} a second on one job are refused.")
        }
        _ => what.to_owned(),
    };
    json!({
        "type": "object", "additionalProperties": false, "description": what,
        "required": names, "properties": properties, "examples": [example(word, addressed)]
    })
}

fn percent() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 100, "description": "Only where there is nothing to count." })
}

fn counters() -> Value {
    json!({
        "type": "object", "maxProperties": MAX_COUNTERS, "additionalProperties": { "type": "number" },
        "propertyNames": { "minLength": 1, "maxLength": 64, "pattern": NO_NUL },
        "description": format!("Numbers by name, the last value wins. At most {MAX_COUNTERS} names in a job.")
    })
}

fn example(word: &str, addressed: bool) -> Value {
    let error = json!({ "code": "feed_unreachable", "message": "The feed does not answer", "retryable": true });
    let own = match word {
        "started" => json!({ "worker": "importer-7f3a", "total": 3000, "unit": "rules" }),
        "phase" => json!({ "name": "parse", "total": 3000, "unit": "rules" }),
        "progress" => {
            json!({ "current": 1500, "message": "Parsing rules", "counters": { "added": 12 } })
        }
        "notice" => {
            json!({ "level": "warning", "code": "bad_rule", "message": "line 88: unknown field" })
        }
        "retrying" | "failed" => json!({ "error": error }),
        "completed" => json!({ "result": { "rules": 3000 } }),
        _ => json!({}),
    };
    let mut first = json!({ "type": word, "seq": 7 });
    if let Some(members) = first.as_object_mut() {
        if word == "heartbeat" {
            members.remove("seq");
        }
        if addressed {
            members.insert("job".to_owned(), "import-1".into());
        }
    }
    with(first, own)
}

fn one_of(addressed: bool) -> Value {
    let path = |word: &str| format!("#/components/schemas/{}", report_name(word, addressed));
    let all: Vec<Value> = TYPES
        .into_iter()
        .map(|word| json!({ "$ref": path(word) }))
        .collect();
    let mapping: Map<String, Value> = TYPES
        .into_iter()
        .map(|word| (word.to_owned(), path(word).into()))
        .collect();
    json!({
        "description": "What a worker says about a job.",
        "oneOf": all, "discriminator": { "propertyName": "type", "mapping": mapping },
        "examples": [example("progress", addressed)]
    })
}

fn one_or_many(addressed: bool) -> Value {
    let name = if addressed {
        "AddressedReport"
    } else {
        "Report"
    };
    json!({
        "anyOf": [
            reference(name),
            {
                "type": "array", "minItems": 1, "maxItems": MAX_ITEMS,
                "items": { "anyOf": [reference(name), true] },
                "description": "In order. An item that is no report is refused alone, within the answer."
            }
        ],
        "examples": [example("progress", addressed), [example("phase", addressed), example("progress", addressed)]]
    })
}

fn lines(addressed: bool) -> Value {
    let line = |word| example(word, addressed).to_string();
    json!({
        "type": "string", "pattern": r"[^\t\n\f\r ]",
        "description": format!("One report per line, at most {MAX_ITEMS}. A line that is none is refused alone, within the answer. Empty lines are passed over."),
        "examples": [format!("{}\n{}\n", line("progress"), line("heartbeat"))]
    })
}
