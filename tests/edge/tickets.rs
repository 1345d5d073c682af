//! Tickets where there is no room: one that opened nothing must open its stream later, for an EventSource comes back
//! with the same URL.

use milepost::auth::{Minted, Scope, Scopes, Secret, now};
use milepost::progress::Name;
use serde_json::json;

use crate::support::postgres;
use crate::support::service::Service;

const SECRET: &str = "q3Zt0cUo9Jx2mVb7LwYk5RhNs8Td1Ea4";

fn token() -> String {
    let issued = now();
    let mut expires = issued;
    expires.0 += 3_600_000;
    let minted = Minted {
        subject: "ann".into(),
        projects: vec![Name::parse("acme").unwrap()],
        scopes: Scopes::default().with(Scope::Watch),
        issued,
        expires,
        jobs: None,
        owners: None,
        issuer: None,
        audience: None,
    };
    minted.sign(&Secret::new(SECRET.as_bytes()).unwrap())
}

#[tokio::test]
async fn a_bearer_whose_share_of_requests_is_used_up_does_not_lose_the_ticket() {
    let database = postgres::database().await;
    let url = database.url();
    let one = ["--requests-per-second", "1", "--jwt-secret", SECRET];
    let service = Service::serve(&[&["--database-url", &url], &one[..]].concat());
    let client = &service.client;
    let bearer = format!("Bearer {}", token());
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let tickets = "/v1/projects/acme/tickets";
    let body = json!({}).to_string();
    let made = loop {
        let made = client
            .send("POST", tickets, &headers, body.as_bytes())
            .await;
        if made.status == 201 {
            break made.json();
        }
        assert_eq!(made.status, 429, "{made:?}");
    };
    // Whatever was left of the share is used up: each of these is the bearer's.
    while client.send("GET", tickets, &headers, b"").await.status != 429 {}
    let ticket = made["ticket"].as_str().unwrap();
    let path = format!("/v1/projects/acme/events?ticket={ticket}");
    let mut seen = Vec::new();
    let opened = loop {
        let accept = [("accept", "text/event-stream")];
        let opened = client
            .open(client.request("GET", &path, &accept, b""))
            .await;
        let status = opened.as_ref().unwrap().status();
        seen.push(status.as_u16());
        if status != 429 {
            break opened.unwrap();
        }
    };
    assert_eq!(opened.status(), 200, "{seen:?}");
}
