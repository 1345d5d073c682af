//! The AsyncAPI document against the code: its schemas are draft 7 and its examples hold, it names whatever a stream can
//! say and understand, and what is sent to the real service by it is answered by it. (What any other test is given over
//! a stream is held against it, too: `support/schema.rs`. Against AsyncAPI's own schema: `tests/judges/asyncapi`.)

use std::collections::BTreeSet;
use std::sync::OnceLock;

use milepost::api::asyncapi::{self, document};
use milepost::progress::Happening;
use milepost::transport::endings::Ending;
use milepost::transport::schema::{commands, events, messages};
use milepost::transport::ws::order;
use serde_json::{Map, Value, json};

use crate::support::postgres;
use crate::support::schema::check_message;
use crate::support::service::Service;
use crate::support::watch::{Given, Transport, Watch};

fn doc() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(document)
}

fn channel(name: &str) -> &'static Map<String, Value> {
    doc()["channels"][name]["messages"].as_object().unwrap()
}

#[test]
fn every_schema_is_of_draft_7_and_its_examples_hold() {
    for (name, schema) in doc()["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft7::meta::is_valid(schema), "{name}");
        let whole = json!({ "components": doc()["components"], "allOf": [schema] });
        let validator = jsonschema::draft7::new(&whole).unwrap();
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert!(validator.is_valid(example), "{name}: {example}");
        }
    }
}

#[test]
fn every_message_has_an_example_that_holds() {
    let mut examples = 0;
    for of in ["socket", "events"] {
        for (name, message) in channel(of) {
            for example in message["examples"].as_array().unwrap() {
                check_message(of, name, &example["payload"]);
                examples += 1;
            }
        }
    }
    assert!(examples > 25, "{examples}");
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(to) = members.get("$ref").and_then(Value::as_str) {
                    let there = doc().pointer(to.trim_start_matches('#'));
                    assert!(there.is_some(), "{to} is nowhere");
                }
                members.values().for_each(walk);
            }
            Value::Array(items) => items.iter().for_each(walk),
            _ => {}
        }
    }
    walk(doc());
}

/// What the code has is listed by the code: that those lists are whole is tested beside them.
#[test]
fn whatever_a_stream_can_say_or_understand_is_named() {
    let names = |of: &str| -> BTreeSet<&str> { channel(of).keys().map(String::as_str).collect() };
    let said: Vec<_> = messages().into_iter().chain(commands()).collect();
    let mut over_sockets: BTreeSet<&str> = said.iter().map(|d| d.name).collect();
    over_sockets.insert("frame");
    assert_eq!(names("socket"), over_sockets);
    let said = events();
    let mut over_events: BTreeSet<&str> = said.iter().map(|d| d.name).collect();
    over_events.insert("frame");
    assert_eq!(names("events"), over_events);

    let sent: BTreeSet<&str> = doc()["operations"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|operation| operation["messages"].as_array().unwrap())
        .map(|message| message["$ref"].as_str().unwrap())
        .collect();
    for of in ["socket", "events"] {
        for name in names(of) {
            let path = format!("#/channels/{of}/messages/{name}");
            assert!(sent.contains(path.as_str()), "no operation has {path}");
        }
    }
}

#[test]
fn every_type_of_frame_is_named() {
    let schema = &doc()["components"]["schemas"]["Frame"]["properties"]["type"];
    let pattern = json!({ "type": "string", "pattern": schema["pattern"] });
    let validator = jsonschema::draft7::new(&pattern).unwrap();
    for of in ["socket", "events"] {
        let types = channel(of)["frame"]["x-types"].as_array().unwrap();
        assert_eq!(types.len(), Happening::ALL.len());
        for (named, happening) in types.iter().zip(Happening::ALL) {
            let word = happening.as_str();
            assert_eq!(named["type"], word);
            assert!(!named["meaning"].as_str().unwrap().is_empty(), "{word}");
            assert!(validator.is_valid(&json!(format!("feed:sync:{word}"))));
        }
    }
    assert!(!validator.is_valid(&json!("feed:sync:danced")));
}

#[test]
fn every_ending_is_named() {
    let words = |of: &str, field: &str| -> BTreeSet<String> {
        let rows = doc()["channels"][of]["x-endings"].as_array().unwrap();
        rows.iter().map(|row| row[field].to_string()).collect()
    };
    let codes: BTreeSet<String> = Ending::ALL.iter().map(|e| e.code().to_string()).collect();
    assert_eq!(words("socket", "code"), codes);
    for ending in Ending::ALL {
        let word = json!(ending.word()).to_string();
        assert!(words("socket", "reason").contains(&word), "{word}");
        assert_eq!(
            words("events", "reason").contains(&word),
            ending.is_for_events(),
            "{word}"
        );
    }
}

/// A command is taken exactly where the schema takes it.
#[test]
fn the_schemas_of_commands_and_their_reader_agree() {
    let validators: Vec<_> = commands()
        .into_iter()
        .map(|command| {
            let payload = &channel("socket")[command.name]["payload"];
            let whole = json!({ "components": doc()["components"], "allOf": [payload] });
            jsonschema::draft7::new(&whole).unwrap()
        })
        .collect();
    let many: Vec<String> = (0..201).map(|n| format!("j{n}")).collect();
    let tried = [
        json!({ "op": "subscribe", "id": 0 }),
        json!({ "op": "subscribe", "id": 9_007_199_254_740_991_u64 }),
        json!({ "op": "subscribe", "id": 9_007_199_254_740_992_u64 }),
        json!({ "op": "subscribe", "id": -1 }),
        json!({ "op": "subscribe", "id": "1" }),
        json!({ "op": "subscribe" }),
        json!({ "op": "subscribe", "id": 1, "job": "a" }),
        json!({ "op": "subscribe", "id": 1, "job": null, "kind": null, "status": null, "cursor": null }),
        json!({ "op": "subscribe", "id": 1, "job": [] }),
        json!({ "op": "subscribe", "id": 1, "job": many[..200] }),
        json!({ "op": "subscribe", "id": 1, "job": many }),
        json!({ "op": "subscribe", "id": 1, "job": ["../x"] }),
        json!({ "op": "subscribe", "id": 1, "kind": "Scan" }),
        json!({ "op": "subscribe", "id": 1, "status": "active" }),
        json!({ "op": "subscribe", "id": 1, "status": ["failed", "cancelled"] }),
        json!({ "op": "subscribe", "id": 1, "status": "done" }),
        json!({ "op": "subscribe", "id": 1, "summary": true }),
        json!({ "op": "subscribe", "id": 1, "summary": null }),
        json!({ "op": "subscribe", "id": 1, "follow": true, "colour": "red" }),
        json!({ "op": "unsubscribe", "id": 1, "job": "a" }),
        json!({ "op": "auth" }),
        json!({ "op": "cancel", "job": "a" }),
        json!({ "op": "cancel", "job": "a", "reason": null }),
        json!({ "op": "cancel", "job": "a", "reason": "x".repeat(1000) }),
        json!({ "op": "cancel", "job": "a", "reason": "x".repeat(1001) }),
        json!({ "op": "cancel", "job": "a", "reason": "\u{0}" }),
        json!({ "op": "pong", "x": 1 }),
        json!({ "op": "dance" }),
        json!([]),
    ];
    for command in tried {
        let described = validators.iter().any(|v| v.is_valid(&command));
        let taken = order::glance(&command.to_string()).is_some();
        assert_eq!(described, taken, "{command}");
    }
}

/// The example of a command.
fn example(name: &str) -> Value {
    channel("socket")[name]["examples"][0]["payload"].clone()
}

fn is(given: &Given, name: &str) -> bool {
    matches!(given, Given::Other(kind, _) if kind == name)
}

#[tokio::test]
async fn the_examples_are_understood_by_the_real_service_and_answered_as_described() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    client.create("import-1", &json!({ "kind": "scan" })).await;
    let mut socket = Watch::open(client, Transport::WebSocket, "", None)
        .await
        .unwrap();
    socket.command(example("subscribe")).await;
    let given = socket.until(|g| *g == Given::Synced).await;
    assert!(is(&given[0], "subscribed"), "{given:?}");
    socket
        .command(json!({ "op": "subscribe", "id": 2, "summary": true }))
        .await;
    socket.until(|g| is(g, "summary")).await;
    socket.command(example("pong")).await;
    socket.command(example("auth")).await;
    socket
        .until(|g| matches!(g, Given::Other(_, said) if said["code"] == "auth_not_configured"))
        .await;
    socket.command(example("cancel")).await;
    let mut left = BTreeSet::from(["accepted", "cancelled", "end"]);
    while !left.is_empty() {
        let given = socket.next().await;
        if is(&given, "accepted") {
            left.remove("accepted");
        } else if given.state().is_some_and(|s| s["status"] == "cancelled") {
            left.remove("cancelled");
        } else if given == Given::End("finished".into()) {
            left.remove("end");
        }
    }
    socket.command(example("unsubscribe")).await;
    socket.until(|g| is(g, "unsubscribed")).await;
}

#[tokio::test]
async fn the_document_is_served_with_a_validator() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let whole = service.client.get(asyncapi::PATH).await.expect(200);
    assert_eq!(whole.header("content-type"), "application/json");
    assert_eq!(&whole.json(), doc());
    let held = [("if-none-match", whole.header("etag"))];
    let again = service.client.send("GET", asyncapi::PATH, &held, b"");
    again.await.expect(304);
    assert_eq!(doc()["asyncapi"], "3.0.0");
    assert_eq!(doc()["info"]["version"], env!("CARGO_PKG_VERSION"));
}
