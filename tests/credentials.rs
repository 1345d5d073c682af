//! Credentials end to end: the real binary on a real Postgres, over real sockets. Who is refused and how, who is let
//! in and for how long, and that nobody is given a byte of what is not theirs.

mod life;
mod narrowed;
mod open;
mod refusals;
mod sockets;
mod tenants;
mod tickets;

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::auth::signer::Signer;
use crate::support::http::Client;
use crate::support::postgres::{self, TestDatabase};
use crate::support::service::Service;
use crate::support::wait;
use crate::support::watch::{Given, Watch};

const SECRET: &str = "wQ7pZt0cUo9Jx2mVb7LwYk5RhNs8Td1Ea4";

/// Every scope.
const ALL_SCOPES: &str = "watch report cancel create delete";

/// What makes a request the beginning of a WebSocket.
const UPGRADE: [(&str, &str); 4] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// A service that asks for credentials, and believes its tests where they call from.
fn service_on(database: &TestDatabase, more: &[&str]) -> Service {
    let url = database.url();
    let arguments = [
        "--database-url",
        &url,
        "--log-format",
        "json",
        "--trusted-proxy",
        "127.0.0.1",
    ];
    let arguments: Vec<&str> = arguments.into_iter().chain(more.iter().copied()).collect();
    Service::set(&[("MILEPOST_JWT_SECRET", SECRET)], &arguments)
}

async fn service(more: &[&str]) -> (TestDatabase, Service) {
    let database = postgres::database().await;
    let service = service_on(&database, more);
    (database, service)
}

/// Now, in seconds.
fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Claims that are all as they should be.
fn claims() -> Value {
    json!({
        "sub": "ann", "exp": seconds() + 600, "projects": ["acme"], "scope": ALL_SCOPES,
    })
}

/// Those claims, but for some.
fn claims_with(others: Value) -> Value {
    let mut all = claims();
    for (name, value) in others.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

/// A token of the service's own secret.
fn signed(claims: &Value) -> String {
    Signer::secret(SECRET).token(None, claims)
}

/// A client with a token of these claims beside the usual ones.
fn client(service: &Service, others: Value) -> Client {
    service.client.bearing(&signed(&claims_with(others)))
}

/// A new ticket.
async fn ticket(client: &Client) -> String {
    let answer = client.post(&client.path("tickets"), &json!({})).await;
    let answer = answer.expect(201).json();
    answer["ticket"].as_str().unwrap().to_owned()
}

/// The lines of the log of who was refused, which are so many.
fn refusals(service: &Service, count: usize) -> Vec<Value> {
    let read = || {
        let log = service.log();
        let complete = log.rsplit_once('\n').map_or("", |(lines, _)| lines);
        let lines = complete
            .lines()
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")));
        let refused = |l: &Value| {
            let message = l["fields"]["message"].as_str();
            message.is_some_and(|m| m.starts_with("refused"))
        };
        lines.filter(refused).collect::<Vec<_>>()
    };
    // What it writes is read by another thread.
    wait::until("the log", || read().len() >= count);
    let lines = read();
    assert_eq!(lines.len(), count, "{lines:?}");
    lines
}

/// What is given up to the end of a stream.
async fn rest(watch: &mut Watch) -> Vec<Given> {
    let mut all = Vec::new();
    loop {
        let given = watch.next().await;
        all.push(given.clone());
        if matches!(given, Given::Closed(_)) {
            return all;
        }
    }
}

/// What a command is answered that is no frame: its type, and all of it.
async fn word(watch: &mut Watch, kind: &str) -> Value {
    let is = |g: &Given| matches!(g, Given::Other(k, _) if k == kind);
    match watch.until(is).await.pop() {
        Some(Given::Other(_, value)) => value,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn is_healthy(log: &str) {
    assert!(
        !log.contains("panicked") && !log.contains("\"ERROR\""),
        "{log}"
    );
}
