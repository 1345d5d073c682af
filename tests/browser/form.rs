//! The page at `/` of a service that asks for credentials: it asks its reader for a token, says what is wrong with
//! one, shows it to the service by every transport, and lets it leave in no address and no console.

use serde_json::{Value, json};

use super::chromium::{Chromium, Page};
use super::{SECRET, quiet_port, send, token, token_of};
use crate::support::postgres::{self, TestDatabase};
use crate::support::scratch::Scratch;
use crate::support::service::Service;

/// What the service signs with after its restart.
const NEXT: &str = "Kx81vRt5Wq0zLp9Bd3Yf7Hc2Mn6Js4Ga";

const ASKS: &str =
    "!document.getElementById('gate').hidden && document.activeElement.id === 'token'";
const LIVE: &str = "document.getElementById('gate').hidden && document.getElementById('link').dataset.state === 'live'";

fn serve(listen: &str, database: &TestDatabase, secrets: &[&str]) -> Service {
    let url = database.url();
    let mut arguments = vec!["--database-url", url.as_str()];
    arguments.extend(secrets.iter().flat_map(|secret| ["--jwt-secret", secret]));
    Service::run("serve", listen, &arguments)
}

async fn says(page: &Page, words: &str) {
    let says = format!("document.getElementById('gate-why').innerText.includes('{words}')");
    page.until(words, &says).await;
}

async fn shows(page: &Page, title: &str) {
    let shows = format!("document.getElementById('active').innerText.includes('{title}')");
    page.until(title, &shows).await;
}

async fn create(service: &Service, id: &str, title: &str) {
    let job = json!({ "kind": "scan", "title": title });
    send(&service.client, "PUT", &format!("jobs/{id}"), &job)
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_asks_for_a_token_and_goes_on_where_it_was() {
    let database = postgres::database().await;
    let listen = format!("127.0.0.1:{}", quiet_port());
    let mut service = serve(&listen, &database, &[SECRET]);
    create(&service, "a", "First job").await;
    let browser = Chromium::start();
    let address = format!("http://{listen}/?project=acme");
    let page = browser.page(&address).await;
    page.until("it asks", ASKS).await;
    assert_eq!(
        page.eval("document.getElementById('gate-why').innerText")
            .await,
        ""
    );

    let (expired, elsewhere) = (
        token_of(SECRET, "acme", -1),
        token_of(SECRET, "other", 3600),
    );
    let unknown = token_of(NEXT, "acme", 3600);
    for (text, words) in [
        ("", "not a token"),
        ("no token at all", "not a token"),
        (expired.as_str(), "has expired"),
        (&elsewhere, "not for the project acme"),
        (&unknown, "does not know"),
    ] {
        page.enter(text).await;
        says(&page, words).await;
    }
    assert_eq!(
        page.eval("sessionStorage.length").await,
        0,
        "what is refused is not kept"
    );
    let good = token();
    page.enter(&format!("Bearer {good} ")).await;
    shows(&page, "First job").await;
    page.until("it is live", LIVE).await;
    let transport = "document.getElementById('link-transport').innerText";
    assert_eq!(page.eval(transport).await, "WebSocket");

    // Kept for this tab, and good for every transport.
    for (name, label) in [
        ("websocket", "WebSocket"),
        ("events", "Server events"),
        ("polling", "Polling"),
    ] {
        page.open(&format!("{address}&transport={name}")).await;
        shows(&page, "First job").await;
        page.until("it is live", LIVE).await;
        assert_eq!(page.eval(transport).await, label);
    }

    // The service comes back, and takes no token of before. What is shown stays; what comes next comes.
    for name in ["events", "websocket"] {
        page.open(&format!("{address}&transport={name}")).await;
        shows(&page, "First job").await;
        page.until("it is live", LIVE).await;
        page.eval("window.same = true").await;
        service.kill();
        service = serve(&listen, &database, &[NEXT]);
        page.until("it asks again", ASKS).await;
        says(&page, "does not know").await;
        shows(&page, "First job").await;
        service.kill();
        service = serve(&listen, &database, &[NEXT, SECRET]);
        let title = format!("Job by {name}");
        create(&service, name, &title).await;
        page.enter(&good).await;
        shows(&page, &title).await;
        assert_eq!(page.eval("window.same").await, true, "without a reload");
    }

    // A token that ends while it is used.
    let short = token_of(SECRET, "acme", 4);
    page.eval(&format!(
        "sessionStorage.setItem('milepost.token', '{short}'), location.reload()"
    ))
    .await;
    page.until("it asks again", ASKS).await;
    says(&page, "has expired").await;
    page.enter(&good).await;
    page.until("it is live", LIVE).await;
    shows(&page, "First job").await;

    page.eval("document.getElementById('forget').click()").await;
    page.until("it asks again", ASKS).await;
    let left = "sessionStorage.length + localStorage.length + document.cookie.length + document.querySelectorAll('.card').length";
    assert_eq!(page.eval(left).await, 0, "nothing is left");

    keeps_secret(&browser.events(), &[&good, &expired, &short]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_is_shown_the_token_too() {
    let folder = Scratch::new();
    let data = folder.join("data");
    let arguments = ["--data-dir", data.to_str().unwrap(), "--jwt-secret", SECRET];
    let service = Service::run("demo", "127.0.0.1:0", &arguments);
    let browser = Chromium::start();
    let page = browser
        .page(&format!("http://{}/", service.client.address))
        .await;
    page.until("it asks", ASKS).await;
    page.enter(&token_of(SECRET, "demo", 3600)).await;
    page.until("it is live", LIVE).await;
    page.until("jobs appear", "document.querySelector('.card') !== null")
        .await;
    let idle = "document.querySelector('.feed:not([aria-disabled])') !== null";
    page.until("a feed is not being synced", idle).await;
    let press =
        "window.pressed = document.querySelector('.feed:not([aria-disabled])'), pressed.click()";
    page.eval(press).await;
    let begun = "[...document.querySelectorAll('#active .card:not([data-folded]) .title')].some((t) => pressed.innerText.includes(t.innerText))";
    page.until("its job appears", begun).await;
}

/// That no token is in an address or in the console; headers are where it belongs.
#[track_caller]
fn keeps_secret(events: &[Value], tokens: &[&str]) {
    let holds = |value: &Value| tokens.iter().any(|token| value.to_string().contains(token));
    let mut seen = 0;
    for event in events {
        let (method, said) = (event["method"].as_str().unwrap_or(""), &event["params"]);
        match method {
            "Network.requestWillBeSent" => {
                seen += 1;
                assert!(
                    !holds(&said["request"]["url"]) && !holds(&said["documentURL"]),
                    "{event}"
                );
            }
            "Network.webSocketCreated" => assert!(!holds(&said["url"]), "{event}"),
            "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded" => {
                assert!(!holds(said), "{event}");
            }
            _ => {}
        }
    }
    assert!(seen > 20, "only {seen} requests were seen");
}
