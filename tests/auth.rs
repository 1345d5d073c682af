//! Tokens and the keys that vouch for them: every way to get one wrong, keys that come and go, addresses that fail.

mod fetched;
mod file;
mod minting;
pub mod signer;
mod tokens;

use std::time::Duration;

use milepost::auth::{JwksSource, Secret, Settings, Verifier};
use milepost::progress::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The moment of these tests, in seconds.
const NOW: i64 = 1_790_000_000;

/// A secret like one that somebody makes.
const SECRET: &str = "q3Zt0cUo9Jx2mVb7LwYk5RhNs8Td1Ea4";

fn now() -> Timestamp {
    Timestamp(NOW * 1000)
}

fn secret() -> Secret {
    Secret::new(SECRET.as_bytes()).unwrap()
}

fn with_secret() -> Settings {
    Settings {
        secrets: vec![secret()],
        ..Settings::default()
    }
}

fn with_jwks(source: &str) -> Settings {
    Settings {
        jwks: Some(JwksSource::parse(source).unwrap()),
        ..Settings::default()
    }
}

/// Claims that are all as they should be.
fn claims() -> Value {
    json!({ "sub": "ann", "exp": NOW + 60, "projects": ["acme"], "scope": "watch" })
}

/// Those claims, but for one.
fn claims_with(name: &str, value: Value) -> Value {
    let mut all = claims();
    all[name] = value;
    all
}

/// Keeps the keys fresh until dropped.
fn run(verifier: &Verifier) -> DropGuard {
    let stop = CancellationToken::new();
    tokio::spawn(verifier.clone().run(stop.clone()));
    stop.drop_guard()
}

/// Waits until `done`, however long that takes.
async fn until(what: &str, done: impl Fn() -> bool) {
    let limit = std::time::Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(std::time::Instant::now() < limit, "in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
