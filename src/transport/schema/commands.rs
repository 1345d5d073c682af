//! What a client may say over a WebSocket, as JSON Schema. The reader is [`crate::transport::ws::order`].

use serde_json::{Value, json};

use super::{Described, Members, capital, count, object, reference};
use crate::http::query::MAX_JOBS;

/// Every command.
#[must_use]
pub fn commands() -> Vec<Described> {
    [subscribe(), unsubscribe(), auth(), cancel(), pong()].into()
}

fn command(
    (name, what): (&'static str, &'static str),
    mut needed: Members,
    optional: Members,
    example: Value,
) -> Described {
    needed.insert(0, ("op", json!({ "type": "string", "const": name })));
    Described {
        name,
        schema_name: format!("{}Command", capital(name)),
        what,
        schema: Value::Object(object(what, needed, optional)),
        example,
    }
}

/// Leaving it out, or `null`, is no condition.
fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn one_or_many(one: &Value, what: &str) -> Value {
    json!({
        "anyOf": [one, { "type": "array", "minItems": 1, "maxItems": MAX_JOBS, "items": one }, { "type": "null" }],
        "description": what
    })
}

fn subscribe() -> Described {
    let flag = |what| json!({ "type": "boolean", "default": false, "description": what });
    let cursor = json!({ "type": ["string", "null"], "description": "Only what changed since it was given." });
    let status = reference("StatusWord");
    let optional = vec![
        ("job", one_or_many(&reference("Name"), "One of these jobs.")),
        ("kind", or_null(reference("Kind"))),
        ("subject", or_null(reference("Name"))),
        ("owner", or_null(reference("Name"))),
        ("parent", or_null(reference("Name"))),
        (
            "status",
            one_or_many(
                &status,
                "Jobs in one of these; `active` is all that are not terminal.",
            ),
        ),
        ("cursor", cursor),
        (
            "summary",
            flag("Not jobs, but the project's tiles; then without any condition."),
        ),
        (
            "follow",
            flag("Do not end when all that is named has ended."),
        ),
    ];
    command(
        (
            "subscribe",
            "Watch what the conditions select; none selects the whole project. An id in use: its selection is replaced.",
        ),
        vec![("id", count("The client's own number for it."))],
        optional,
        json!({ "op": "subscribe", "id": 1, "job": ["import-1"] }),
    )
}

fn unsubscribe() -> Described {
    command(
        ("unsubscribe", "Watch it no more."),
        vec![("id", count("Which subscription."))],
        vec![],
        json!({ "op": "unsubscribe", "id": 1 }),
    )
}

fn auth() -> Described {
    let token = json!({ "type": "string", "description": "A JWT." });
    command(
        (
            "auth",
            "A token: the first within 10 s where the handshake had none, a newer one before the old one ends.",
        ),
        vec![("token", token)],
        vec![],
        json!({ "op": "auth", "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl" }),
    )
}

fn cancel() -> Described {
    let reason = json!({
        "type": ["string", "null"], "maxLength": 1000, "pattern": r"^[^\x00]*$", "description": "Why."
    });
    command(
        ("cancel", "Ask a job to stop. Needs the scope `cancel`."),
        vec![("job", reference("Name"))],
        vec![("reason", reason)],
        json!({ "op": "cancel", "job": "import-1", "reason": "wrong feed" }),
    )
}

fn pong() -> Described {
    command(
        (
            "pong",
            "An answer to `ping`, for clients that like to give one. Nothing waits for it.",
        ),
        vec![],
        vec![],
        json!({ "op": "pong" }),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::transport::ws::order::{self, Command};

    /// The words that serde says it would have taken in place of the one it was given.
    fn expected(text: &str) -> BTreeSet<String> {
        let error = serde_json::from_str::<Command>(text)
            .unwrap_err()
            .to_string();
        let listed = error.split_once("expected").map_or("", |(_, list)| list);
        listed
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_command_and_every_member_of_it_is_described() {
        let ops: BTreeSet<String> = commands().iter().map(|c| c.name.to_owned()).collect();
        assert_eq!(ops, expected(r#"{"op":"?"}"#));
        for command in commands() {
            let mut odd = command.example.clone();
            odd["?"] = 1.into();
            let mut members: BTreeSet<String> = expected(&odd.to_string());
            members.insert("op".into());
            let described = command.schema["properties"].as_object().unwrap();
            let described: BTreeSet<String> = described.keys().cloned().collect();
            assert_eq!(described, members, "{}", command.name);
        }
    }

    #[test]
    fn every_example_is_understood() {
        for command in commands() {
            let text = command.example.to_string();
            assert!(order::glance(&text).is_some(), "{text}");
        }
    }
}
