//! Who may reach the service from where, by whether it asks for credentials.

use std::process::{Command, Stdio};

use serde_json::json;

use super::{SECRET, claims_with, signed};
use crate::support::postgres;
use crate::support::service::Service;

#[tokio::test]
async fn an_open_address_needs_credentials_and_says_so() {
    let database = postgres::database().await;
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let output = Command::new(env!("CARGO_BIN_EXE_milepost"))
            .args([
                "serve",
                "--listen",
                address,
                "--database-url",
                &database.url(),
            ])
            .env_remove("MILEPOST_JWT_SECRET")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{address}");
        assert!(output.stdout.is_empty(), "{address}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
        for word in [
            "--listen",
            "credentials",
            "--jwt-secret",
            "--jwks",
            "127.0.0.1",
        ] {
            assert!(said.contains(word), "{said}");
        }
    }
}

#[tokio::test]
async fn with_credentials_it_answers_whatever_it_is_called() {
    let database = postgres::database().await;
    let secret = crate::support::scratch::Scratch::new();
    let file = secret.join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let at = format!("@{}", file.display());
    let url = database.url();
    let service = Service::run(
        "serve",
        "0.0.0.0:0",
        &["--database-url", &url, "--jwt-secret", &at],
    );
    let port = service.client.address.rsplit_once(':').unwrap().1;
    let client = crate::support::http::Client::of(format!("127.0.0.1:{port}"));
    let token = format!("Bearer {}", signed(&claims_with(json!({}))));
    for host in [
        "milepost.example",
        "milepost.example:8443",
        "192.0.2.7",
        "127.0.0.1",
    ] {
        for (headers, status) in [(&[][..], 401), (&[("authorization", token.as_str())], 200)] {
            let mut request = client.request("GET", &client.path("jobs"), headers, b"");
            request.headers_mut().insert("host", host.parse().unwrap());
            let response = client.open(request).await.unwrap();
            assert_eq!(response.status(), status, "{host}");
        }
    }
    // Without credentials it answers to this machine's names alone.
    let open = Service::on(&database);
    let mut request = open
        .client
        .request("GET", &open.client.path("jobs"), &[], b"");
    request
        .headers_mut()
        .insert("host", "milepost.example".parse().unwrap());
    assert_eq!(open.client.open(request).await.unwrap().status(), 403);
    let logged = || open.log().matches("refused: ").count();
    crate::support::wait::until("the log", || logged() == 1);
}
