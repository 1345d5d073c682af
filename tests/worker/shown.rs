//! What a worker shows of itself: a token, one that is renewed, a handshake.

use std::io::Read;
use std::net::TcpListener;

use milepost::worker::Reporter;
use serde_json::{Value, json};

use super::rig::{self, LONG};
use crate::auth::signer::Signer;
use crate::support::postgres;
use crate::support::scratch::Scratch;
use crate::support::service::Service;

const SECRET: &str = "a secret of thirty-two bytes or more";

fn token(expires: i64) -> String {
    let scope = "create report watch";
    let claims = json!({"sub": "worker", "projects": ["acme"], "scope": scope, "exp": expires});
    Signer::secret(SECRET).token(None, &claims)
}

#[tokio::test]
async fn a_token_that_has_expired_is_read_again_from_its_file() {
    let database = postgres::database().await;
    let service = Service::serve(&["--database-url", &database.url(), "--jwt-secret", SECRET]);
    let folder = Scratch::new();
    let file = folder.join("token");
    std::fs::write(&file, token(1)).expect("written");
    let builder = rig::builder(&service.client.address);
    let builder = builder.token_file(&file).expect("a token");
    let job = builder.build().expect("a reporter").job("scan").start();
    job.inc(3);
    let ending = job.complete(());
    rig::counted(&service.client, "401").await;
    let good = token(4_000_000_000);
    std::fs::write(&file, format!("{good}\n")).expect("written");
    assert!(ending.within(LONG).await);
    let client = service.client.bearing(&good);
    let state: Value = rig::state(&client, job.id()).await;
    assert_eq!(state["progress"]["current"], 3);
}

#[test]
fn https_is_spoken() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let reporter = Reporter::builder(&format!("https://{address}"));
    let reporter = reporter.project("acme").build().expect("a reporter");
    let job = reporter.job("scan").start();
    let (mut socket, _) = listener.accept().expect("a worker");
    let mut first = [0];
    socket.read_exact(&mut first).expect("a byte");
    assert_eq!(first, [22], "RFC 8446, section 5.1: a handshake");
    drop((socket, listener, job));
}
