//! A line for the terminal with every operation: `curl`, with the body that the document shows as its example. Under
//! `x-codeSamples`, where most viewers look for such lines; a test runs them.

use serde_json::{Value, json};

/// Where the lines speak to: a service on this machine.
const SERVICE: &str = "127.0.0.1:8080";

/// What the lines ask for, where the whole of it is rarely meant.
const QUERIES: [(&str, &str); 4] = [
    ("listJobs", "?status=active"),
    ("pollProgress", "?job=import-1"),
    ("watchEvents", "?job=import-1"),
    ("watchWebSocket", "?job=import-1"),
];

/// Adds its line to every operation.
pub(super) fn add(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, methods) in paths.into_iter().flatten() {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            let source = line(method, path, operation);
            let label = source.split(' ').next().unwrap_or_default();
            let sample = json!({ "lang": "Shell", "label": label, "source": source });
            operation["x-codeSamples"] = json!([sample]);
        }
    }
}

fn line(method: &str, path: &str, operation: &Value) -> String {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let query = QUERIES.iter().find(|(known, _)| *known == id);
    let query = query.map_or("", |(_, query)| *query);
    let path = path
        .replace("{project}", "acme")
        .replace("{id}", "import-1");
    if id == "watchWebSocket" {
        return format!("websocat --protocol milepost.v1 'ws://{SERVICE}{path}{query}'");
    }
    let address = format!("'http://{SERVICE}{path}{query}'");
    let how = match (method, id) {
        (_, "watchEvents") => "-N ".to_owned(),
        ("get", _) => String::new(),
        _ => format!("-X {} ", method.to_uppercase()),
    };
    let body = &operation["requestBody"]["content"]["application/json"]["example"];
    let body = match body {
        Value::Null => String::new(),
        body => {
            let body = type_first(body);
            format!(" \\\n  -H 'content-type: application/json' \\\n  -d '{body}'")
        }
    };
    format!("curl {how}{address}{body}")
}

/// JSON keeps its members sorted; what a report is reads better before what it says.
fn type_first(body: &Value) -> String {
    let mut rest = body.clone();
    let word = rest.as_object_mut().and_then(|m| m.remove("type"));
    let text = rest.to_string();
    match (word, text.strip_prefix('{')) {
        (Some(word), Some("}")) => format!(r#"{{"type":{word}}}"#),
        (Some(word), Some(others)) => format!(r#"{{"type":{word},{others}"#),
        _ => body.to_string(),
    }
}
