//! The OpenAPI document against the code: it is valid, it has every route and no other, it names every code that the
//! code answers with, and what the service really answers is what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use milepost::api::openapi::{self, document};
use serde_json::{Map, Value, json};

use crate::support::postgres;
use crate::support::service::Service;

fn doc() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(document)
}

fn operations() -> Vec<(&'static str, &'static str, &'static Map<String, Value>)> {
    let paths = doc()["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(m, o)| (m.as_str(), path.as_str(), o.as_object().unwrap()))
    });
    all.collect()
}

/// What a reference means, or the value itself.
fn meant(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(to) => doc()
            .pointer(to.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{to} is nowhere")),
        None => value,
    }
}

/// A validator of `schema` that knows the document's components.
fn validator(schema: &Value) -> Validator {
    let whole = json!({ "components": doc()["components"], "allOf": [schema] });
    jsonschema::draft202012::new(&whole).unwrap_or_else(|e| panic!("{e}: {schema}"))
}

fn holds(schema: &Value, value: &Value) {
    let validator = validator(schema);
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?} in {value} by {schema}");
}

/// Every media type object of an operation, with where it stands.
fn bodies() -> Vec<(String, &'static Value)> {
    let mut all = Vec::new();
    for (method, path, operation) in operations() {
        let responses = operation["responses"].as_object().unwrap();
        let answered = responses
            .iter()
            .map(|(status, r)| (status.as_str(), meant(r)));
        let sent = operation.get("requestBody").map(|b| ("request", b));
        for (what, holder) in answered.chain(sent) {
            for (media, content) in holder["content"].as_object().into_iter().flatten() {
                all.push((format!("{method} {path} {what} {media}"), content));
            }
        }
    }
    all
}

#[test]
fn every_schema_compiles_and_its_examples_hold() {
    for (name, schema) in doc()["components"]["schemas"].as_object().unwrap() {
        assert!(
            jsonschema::meta::is_valid(schema),
            "{name} is no schema: {schema}"
        );
        let by_name = json!({ "$ref": format!("#/components/schemas/{name}") });
        validator(&by_name);
        for example in schema["examples"].as_array().into_iter().flatten() {
            holds(&by_name, example);
        }
    }
}

#[test]
fn every_body_has_an_example_that_holds() {
    let bodies = bodies();
    assert!(bodies.len() > 100, "{}", bodies.len());
    for (place, content) in bodies {
        let example = content.get("example");
        holds(
            &content["schema"],
            example.unwrap_or_else(|| panic!("{place} has no example")),
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &'static Value) {
        match value {
            Value::Object(members) => {
                // An example is data: nothing in it is a reference.
                if members.get("$ref").is_some_and(Value::is_string) {
                    meant(value);
                }
                members.values().for_each(walk);
            }
            Value::Array(items) => items.iter().for_each(walk),
            _ => {}
        }
    }
    walk(doc());
}

#[test]
fn operations_are_named_once_and_say_what_they_are() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let place = format!("{method} {path}");
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{place}"
        );
        for text in ["summary", "description"] {
            assert!(!operation[text].as_str().unwrap().is_empty(), "{place}");
        }
        let tags: Vec<&Value> = doc()["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| &t["name"])
            .collect();
        assert!(
            operation["tags"]
                .as_array()
                .unwrap()
                .iter()
                .all(|t| tags.contains(&t)),
            "{place}"
        );
        let of_path: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let described: BTreeSet<&str> = parameters
            .into_iter()
            .flatten()
            .filter(|p| p["in"] == "path")
            .map(|p| p["name"].as_str().unwrap())
            .collect();
        assert_eq!(of_path, described, "{place}");
        let secured = operation["security"][0].get("bearer").is_some();
        assert_eq!(secured, path.starts_with("/v1/"), "{place}");
        let responses = operation["responses"].as_object().unwrap();
        if secured {
            assert!(
                ["401", "403", "404"]
                    .iter()
                    .all(|s| responses.contains_key(*s)),
                "{place}"
            );
        }
        for (status, header) in [
            ("401", "WWW-Authenticate"),
            ("405", "Allow"),
            ("429", "Retry-After"),
            ("503", "Retry-After"),
        ] {
            if let Some(response) = responses.get(status) {
                assert_eq!(
                    meant(response)["headers"][header]["required"],
                    true,
                    "{place} {status}"
                );
            }
        }
    }
}

/// The paths of the router, as it prints them itself: axum has no other way to ask, and a print without them would
/// leave the document with paths too many.
async fn routes() -> BTreeSet<String> {
    let printed = crate::http::printed_router().await;
    let quoted = printed
        .split('"')
        .filter(|part| part.starts_with('/') && !part.starts_with("/{*__private"));
    quoted.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else_is() {
    // The pages, and what they are made of.
    let page = |path: &String| {
        let files = [".js", ".png", ".svg", ".webmanifest"];
        path == "/"
            || path == "/docs"
            || path.starts_with("/assets/")
            || files.iter().any(|end| path.ends_with(end))
    };
    // Where whatever is under a project and leads nowhere meets the gate.
    let nowhere = |path: &String| {
        path.ends_with("{project}") || path.ends_with('/') || path.contains("{*rest}")
    };
    let routes: BTreeSet<String> = routes()
        .await
        .into_iter()
        .filter(|path| !page(path) && !nowhere(path))
        .collect();
    let described: BTreeSet<String> = operations()
        .iter()
        .map(|(_, path, _)| (*path).to_owned())
        .collect();
    assert_eq!(routes, described);
}

#[tokio::test]
async fn every_path_takes_the_methods_that_are_described() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let mut methods: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (method, path, _) in operations() {
        let known = methods.entry(path).or_default();
        known.insert(method.to_uppercase());
        if method == "get" {
            known.insert("HEAD".to_owned());
        }
    }
    for (path, known) in methods {
        let path = path.replace("{project}", "acme").replace("{id}", "a");
        let refused = service
            .client
            .send("PATCH", &path, &[], b"")
            .await
            .expect(405);
        let allowed: BTreeSet<String> = refused
            .header("allow")
            .split(',')
            .map(|m| m.trim().to_owned())
            .collect();
        assert_eq!(allowed, known, "{path}");
    }
}

/// The codes in `text`: a status and a code beside each other, as everything that makes a problem has them.
fn codes(text: &str) -> BTreeSet<(u16, String)> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('(') {
        let after = text[at + 1..].trim_start();
        let Some((status, rest)) = after.split_once(',') else {
            continue;
        };
        let Some(code) = rest
            .trim_start()
            .strip_prefix('"')
            .and_then(|r| r.split('"').next())
        else {
            continue;
        };
        let word = !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if let (Ok(status @ 400..=599), true) = (status.trim().parse(), word) {
            found.insert((status, code.to_owned()));
        }
    }
    for after in text.split("conflict(\"").skip(1) {
        found.insert((409, after.split('"').next().unwrap().to_owned()));
    }
    found
}

/// Every status and code that some operation names.
fn named() -> BTreeSet<(u16, String)> {
    let mut named = BTreeSet::new();
    for (place, content) in bodies() {
        if !place.ends_with("application/problem+json") {
            continue;
        }
        let own = &content["schema"]["allOf"][1]["properties"];
        let status = own["status"]["enum"][0].as_u64().unwrap();
        for code in own["code"]["enum"].as_array().unwrap() {
            let status = u16::try_from(status).unwrap();
            named.insert((status, code.as_str().unwrap().to_owned()));
        }
    }
    named
}

#[test]
fn every_code_is_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut said) = (Vec::new(), BTreeSet::new());
    for part in ["api", "auth", "http", "server", "transport"] {
        folders.push(root.join(part));
        said.extend(codes(
            &fs::read_to_string(root.join(format!("{part}.rs"))).unwrap(),
        ));
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("http/describe.rs") {
                let text = fs::read_to_string(&path).unwrap();
                said.extend(codes(text.split("#[cfg(test)]").next().unwrap()));
            }
        }
    }
    // That the reading works is seen from codes of every kind of place.
    for known in [
        (400, "malformed"),
        (404, "not_found"),
        (409, "fenced"),
        (414, "uri_too_long"),
        (415, "unsupported_encoding"),
        (426, "upgrade_required"),
        (503, "unavailable"),
    ] {
        assert!(said.contains(&(known.0, known.1.to_owned())), "{known:?}");
    }
    let missing: Vec<_> = said.difference(&named()).cloned().collect();
    assert!(
        missing.is_empty(),
        "answered and not described: {missing:?}"
    );
}

/// What the document says of the answer to an operation.
fn check(operation: &str, answer: &crate::support::http::Answer) {
    let (_, _, described) = operations()
        .into_iter()
        .find(|(_, _, o)| o["operationId"] == operation)
        .unwrap();
    let status = answer.status.to_string();
    let response = described["responses"]
        .get(&status)
        .unwrap_or_else(|| panic!("{operation} does not describe {status}"));
    let response = meant(response);
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let value = answer.headers.get(name.to_lowercase());
        assert!(
            value.is_some() || header["required"] == false,
            "{operation} {status}: no {name}"
        );
    }
    let Some(content) = response["content"].as_object() else {
        assert!(answer.body.is_empty(), "{operation} {status}");
        return;
    };
    let content = &content[answer.header("content-type")];
    if answer.header("content-type").ends_with("json") {
        holds(&content["schema"], &answer.json());
    }
}

#[tokio::test]
async fn what_is_answered_is_what_is_described() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let client = &service.client;
    let project = "/v1/projects/acme";
    let job = format!("{project}/jobs/a");
    let creation = doc()["components"]["schemas"]["Creation"]["examples"][0].clone();
    check(
        "createJob",
        &client
            .post(&format!("{project}/jobs"), &creation)
            .await
            .expect(201),
    );
    check("putJob", &client.put(&job, &creation).await.expect(201));
    check("putJob", &client.put(&job, &creation).await.expect(200));
    check(
        "putJob",
        &client
            .put(&job, &json!({ "kind": "scan" }))
            .await
            .expect(409),
    );
    check(
        "putJob",
        &client
            .put(&job, &json!({ "kind": "Scan", "x": 1 }))
            .await
            .expect(422),
    );
    check(
        "putJob",
        &client.send("PUT", &job, &[], b"{}").await.expect(415),
    );
    check(
        "deleteJob",
        &client.send("DELETE", &job, &[], b"").await.expect(409),
    );
    let reports = format!("{job}/reports");
    check(
        "reportOnJob",
        &client
            .post(&reports, &json!({ "type": "completed" }))
            .await
            .expect(409),
    );
    let many =
        json!([{ "type": "started" }, { "type": "no" }, { "type": "progress", "current": 1 }]);
    check(
        "reportOnJob",
        &client.post(&reports, &many).await.expect(202),
    );
    let addressed = json!({ "job": "a", "type": "notice", "message": "n" });
    check(
        "reportOnProject",
        &client
            .post(&format!("{project}/reports"), &addressed)
            .await
            .expect(200),
    );
    check(
        "cancelJob",
        &client
            .post(&format!("{job}/cancel"), &json!({ "reason": "r" }))
            .await
            .expect(200),
    );
    check(
        "reportOnJob",
        &client
            .post(&reports, &json!({ "type": "cancelled" }))
            .await
            .expect(200),
    );
    check(
        "retryJob",
        &client
            .send("POST", &format!("{job}/retry"), &[], b"")
            .await
            .expect(201),
    );
    check(
        "retryJob",
        &client
            .send("POST", &format!("{job}/retry"), &[], b"")
            .await
            .expect(200),
    );
    check("getJob", &client.get(&job).await.expect(200));
    check(
        "getJob",
        &client
            .send("GET", &job, &[("if-none-match", "*")], b"")
            .await
            .expect(304),
    );
    check(
        "getJob",
        &client.get(&format!("{job}?wait=x")).await.expect(400),
    );
    check(
        "getHistory",
        &client.get(&format!("{job}/history")).await.expect(200),
    );
    check(
        "listJobs",
        &client
            .get(&format!("{project}/jobs?limit=1"))
            .await
            .expect(200),
    );
    check(
        "pollProgress",
        &client
            .get(&format!("{project}/progress?wait=0"))
            .await
            .expect(200),
    );
    check(
        "pollProgress",
        &client
            .get(&format!("{project}/progress?job=none"))
            .await
            .expect(404),
    );
    check(
        "watchEvents",
        &client
            .get(&format!("{project}/events?job=a"))
            .await
            .expect(200),
    );
    check(
        "watchWebSocket",
        &client.get(&format!("{project}/ws")).await.expect(426),
    );
    check(
        "getSummary",
        &client.get(&format!("{project}/summary")).await.expect(200),
    );
    check(
        "deleteJob",
        &client.send("DELETE", &job, &[], b"").await.expect(204),
    );
    check("getJob", &client.get(&job).await.expect(404));
    check("isAlive", &client.get("/healthz").await.expect(200));
    // The rig's Postgres does not flush, so it is not ready.
    check("isReady", &client.get("/readyz").await.expect(503));
    check("getMetrics", &client.get("/metrics").await.expect(200));
}

/// The line for the terminal of an operation, as a shell runs it here: what it answers with.
async fn run(operation: &str, address: &str) -> String {
    let (_, _, described) = operations()
        .into_iter()
        .find(|(_, _, o)| o["operationId"] == operation)
        .unwrap();
    let line = described["x-codeSamples"][0]["source"].as_str().unwrap();
    let line = line.replace("127.0.0.1:8080", address);
    let silent = format!("{line} -sS -m 20 -o /dev/null -w '%{{http_code}}'");
    let mut shell = tokio::process::Command::new("sh");
    let ran = shell.args(["-c", &silent]).output().await.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{line}: {said}");
    String::from_utf8(ran.stdout).unwrap()
}

/// Every operation's `curl`, in the order of a job's life.
#[tokio::test]
async fn the_lines_for_the_terminal_work() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let address = &service.client.address;
    let id = "import-1";
    let mut left: BTreeSet<&str> = operations()
        .iter()
        .map(|(_, _, o)| o["operationId"].as_str().unwrap())
        .collect();
    // Not curl's, and not ready on a database that does not flush.
    assert!(left.remove("watchWebSocket") && left.remove("isReady"));
    let mut run = async |operation: &'static str, status: &str| {
        assert_eq!(run(operation, address).await, status, "{operation}");
        left.remove(operation);
    };
    run("createJob", "201").await;
    run("putJob", "201").await;
    let started = json!({ "type": "started" });
    service.client.report(id, &started).await.expect(200);
    run("reportOnJob", "202").await;
    run("reportOnProject", "202").await;
    for operation in [
        "getJob",
        "listJobs",
        "getHistory",
        "pollProgress",
        "getSummary",
    ] {
        run(operation, "200").await;
    }
    run("createTicket", "201").await;
    run("cancelJob", "200").await;
    let cancelled = json!({ "type": "cancelled" });
    service.client.report(id, &cancelled).await.expect(200);
    run("watchEvents", "200").await;
    run("retryJob", "201").await;
    run("deleteJob", "204").await;
    for operation in ["isAlive", "getMetrics", "getOpenApi", "getAsyncApi"] {
        run(operation, "200").await;
    }
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn the_document_is_served_with_a_validator() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let whole = service.client.get(openapi::PATH).await.expect(200);
    assert_eq!(whole.header("content-type"), "application/json");
    assert_eq!(&whole.json(), doc());
    check("getOpenApi", &whole);
    let held = [("if-none-match", whole.header("etag"))];
    let again = service
        .client
        .send("GET", openapi::PATH, &held, b"")
        .await
        .expect(304);
    check("getOpenApi", &again);
    assert_eq!(doc()["openapi"], "3.1.0");
    assert_eq!(doc()["info"]["version"], env!("CARGO_PKG_VERSION"));
}
