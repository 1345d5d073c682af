//! What browsers make of the service, asked of the real binary and a real Chromium: what a hostile page can do, what
//! an allowed one may, and an EventSource that outlives the service. The dashboard has tests of its own, in `web/tests`.

mod allowed;
mod chromium;
mod foreign;
mod lasting;

use axum::Router;
use axum::response::Html;
use milepost::auth::{Minted, Scopes, Secret, now};
use milepost::progress::Name;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::support::http::{Answer, Client};

/// What the services of these tests sign with.
const SECRET: &str = "q3Zt0cUo9Jx2mVb7LwYk5RhNs8Td1Ea4";

/// Everything a page can try at a service: a function of what to try it with.
const ATTEMPTS: &str = include_str!("browser/attempts.js");

/// A token for everything in project `acme`, for an hour.
fn token() -> String {
    let issued = now();
    let mut expires = issued;
    expires.0 += 3_600_000;
    let minted = Minted {
        subject: "ann".into(),
        projects: vec![Name::parse("acme").unwrap()],
        scopes: Scopes::all(),
        issued,
        expires,
        jobs: None,
        owners: None,
        issuer: None,
        audience: None,
    };
    minted.sign(&Secret::new(SECRET.as_bytes()).unwrap())
}

/// A web server of somebody else, with nothing but an empty page; its port.
async fn elsewhere() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let page = Router::new().fallback(async || Html("<!doctype html><title>Elsewhere</title>"));
    tokio::spawn(async move { axum::serve(listener, page).await });
    port
}

/// A port that nobody is given unasked, so that a service which comes back finds it free.
fn quiet_port() -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (first..32_000).find(free).expect("a free port")
}

/// Sends JSON to project `acme` with a token.
async fn send(client: &Client, method: &str, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", token());
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let path = format!("/v1/projects/acme/{path}");
    client
        .send(method, &path, &headers, body.to_string().as_bytes())
        .await
}

/// The job as it stands, byte for byte.
async fn job(client: &Client, id: &str) -> Answer {
    let bearer = format!("Bearer {}", token());
    let headers = [("authorization", bearer.as_str())];
    let path = format!("/v1/projects/acme/jobs/{id}");
    client.send("GET", &path, &headers, b"").await.expect(200)
}
