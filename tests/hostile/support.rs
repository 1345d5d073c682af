//! The service under fire: how bytes are sent to it, what every answer must be like, what must hold afterwards.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::postgres::{self, TestDatabase};
use crate::support::service::Service;
use crate::support::watch::{ALL, Watch};

/// How long anything may take before a test gives up. Far beyond every deadline of the service.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Part of everything that is sent as a secret. It must come back nowhere.
pub const CANARY: &str = "canary7f3a";

/// The service and its database.
pub struct Target {
    pub service: Service,
    pub database: TestDatabase,
}

/// Runs a section of the list against a service with these settings.
pub async fn section(settings: &[&str], rows: impl AsyncFn(&Target, &str)) {
    let target = Target::start(settings).await;
    rows(&target, "first").await;
    target.is_healthy("first").await;
    let before = target.series().await;
    rows(&target, "second").await;
    target.is_healthy("second").await;
    assert_eq!(target.series().await, before, "the series of the metrics");
    target.log_is_clean();
}

impl Target {
    pub async fn start(settings: &[&str]) -> Self {
        let database = postgres::durable_database().await;
        let url = database.url();
        let log = ["--log-format", "json", "--log", "info,milepost=debug"];
        let all = [&["--database-url", &url], &log[..], settings].concat();
        Self {
            service: Service::serve(&all),
            database,
        }
    }

    /// Another node on the same database.
    pub fn beside(&self) -> Service {
        Service::on(&self.database)
    }

    pub fn address(&self) -> &str {
        &self.service.client.address
    }

    /// Sends these bytes and reads one answer; `None` = the connection was closed without a word.
    pub async fn say(&self, bytes: impl AsRef<[u8]>) -> Option<Reply> {
        say(self.address(), bytes.as_ref()).await
    }

    /// Sends all rows, one after the other, and tells all that were not answered as they should be.
    pub async fn all(&self, rows: Vec<Row>) {
        let mut wrong = Vec::new();
        for row in rows {
            let reply = self.say(&row.request).await;
            if let Err(why) = row.judge(reply.as_ref()) {
                wrong.push(format!("row {}: {why}", row.name));
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    /// A usual job can be made, reported, finished, and watched in every way.
    pub async fn is_healthy(&self, id: &str) {
        let client = &self.service.client;
        client.get("/healthz").await.expect(200);
        // Not at once where it has just started, or its database has just come back.
        let ready = async { while client.get("/readyz").await.status != 200 {} };
        timeout(PATIENCE, ready).await.expect("it is ready");
        let id = format!("healthy-{id}");
        client
            .create(&id, &json!({"kind": "scan", "total": 2}))
            .await;
        let mut viewers = Vec::new();
        for transport in ALL {
            let watch = Watch::open(client, transport, &format!("job={id}"), None).await;
            viewers.push(watch.expect("a stream"));
        }
        for (report, status) in [
            (json!({"type": "started", "worker": "w", "seq": 1}), 200),
            (json!({"type": "progress", "current": 1, "seq": 2}), 202),
            (json!({"type": "completed", "seq": 3}), 200),
        ] {
            client.report(&id, &report).await.expect(status);
        }
        for viewer in &mut viewers {
            while viewer.state().await["status"] != "completed" {}
        }
    }

    /// The names and labels of everything that is counted.
    pub async fn series(&self) -> BTreeSet<String> {
        let client = &self.service.client;
        client.get("/metrics").await.expect(200); // so that this request is itself among them
        let text = client.get("/metrics").await.expect(200).body;
        let text = String::from_utf8(text.to_vec()).expect("text");
        assert!(!text.contains(CANARY), "{text}");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let names = lines.filter_map(|line| line.rsplit_once(' '));
        names.map(|(series, _)| series.to_owned()).collect()
    }

    /// One event = one JSON object on one line, no error, no secret. (That there is no panic is looked after by
    /// whoever started the process.)
    pub fn log_is_clean(&self) {
        let log = self.service.log();
        assert!(log.contains("\"ready\""), "{log}");
        assert!(!log.contains(CANARY), "{log}");
        let raw = |c: char| c.is_control() && c != '\n';
        assert!(!log.contains(raw), "control characters in {log:?}");
        for line in log.lines() {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert_ne!(event["level"], "ERROR", "{line}");
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the service closed the connection after it.
    pub closed: bool,
}

impl Reply {
    /// The values of a header, joined by commas.
    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let values: Vec<&str> = lines
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// See [`Target::say`].
pub async fn say(address: &str, bytes: &[u8]) -> Option<Reply> {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    let (mut read, mut write) = socket.split();
    // Whoever is refused early need not have been read to the end.
    let sending = async {
        let _ = write.write_all(bytes).await;
    };
    let bodiless = bytes.starts_with(b"HEAD ");
    let (reply, ()) = timeout(PATIENCE, async {
        tokio::join!(reply(&mut read, bodiless), sending)
    })
    .await
    .unwrap_or_else(|_| panic!("no answer to {:?}", shown(bytes)));
    reply
}

/// The start of what was sent.
pub fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned()
}

/// Reads an answer; where it says that the connection closes, until it does.
pub async fn reply(read: &mut (impl AsyncReadExt + Unpin), bodiless: bool) -> Option<Reply> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            if !bytes.starts_with(b"HTTP/1.1 100") {
                break end;
            }
            bytes.drain(..end + 4);
            continue;
        }
        if !more(read, &mut bytes).await {
            assert!(bytes.is_empty(), "half an answer: {:?}", shown(&bytes));
            return None;
        }
    };
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes).expect("text");
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
    let mut reply = Reply {
        status: status.unwrap_or_else(|| panic!("a status in {head}")),
        head,
        body,
        closed: false,
    };
    if reply.status == 101 {
        return Some(reply);
    }
    let length = match reply.header("content-length") {
        _ if bodiless || matches!(reply.status, 204 | 304) => Some(0),
        length => length.map(|l| l.parse().expect("a length")),
    };
    let says_so = reply.header("connection").is_some_and(|c| c == "close");
    while length.is_none_or(|l| reply.body.len() < l) || says_so {
        if !more(read, &mut reply.body).await {
            reply.closed = true;
            break;
        }
    }
    if let Some(length) = length {
        assert_eq!(reply.body.len(), length, "{reply:?}");
    }
    Some(reply)
}

/// Reads some more; `false` = there is no more.
async fn more(read: &mut (impl AsyncReadExt + Unpin), bytes: &mut Vec<u8>) -> bool {
    matches!(read.read_buf(bytes).await, Ok(1..))
}

/// Bytes to be sent, and what must come back.
pub struct Row {
    name: String,
    request: Vec<u8>,
    status: u16,
    code: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    closes: bool,
}

/// A row of the list: its number and what it is, the request, the status.
pub fn row(name: impl Into<String>, request: impl Into<Vec<u8>>, status: u16) -> Row {
    Row {
        name: name.into(),
        request: request.into(),
        status,
        code: "",
        headers: Vec::new(),
        closes: false,
    }
}

impl Row {
    /// The problem has this code.
    pub fn code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// The answer has this header, with this value (any, where it is empty).
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The connection is closed after the answer.
    pub fn closes(self) -> Self {
        Self {
            closes: true,
            ..self
        }
    }

    fn judge(&self, reply: Option<&Reply>) -> Result<(), String> {
        let Some(reply) = reply else {
            return Err("closed without a word".into());
        };
        let answer = || format!("{} {}", reply.head, shown(&reply.body));
        if reply.status != self.status {
            return Err(format!("not {}: {}", self.status, answer()));
        }
        for (name, value) in &self.headers {
            let there = reply.header(name);
            if there.as_deref().is_none_or(|v| !v.contains(value)) {
                return Err(format!("no {name}: {value}: {}", answer()));
            }
        }
        if self.closes && !reply.closed {
            return Err(format!("not closed: {}", answer()));
        }
        is_proper(reply, !self.request.starts_with(b"HEAD "))?;
        if !self.code.is_empty() && reply.json()["code"] != self.code {
            return Err(format!("not {}: {}", self.code, answer()));
        }
        Ok(())
    }
}

/// What holds of every answer: a refusal is a problem, nothing secret is said back, no browser guesses or stores.
pub fn is_proper(reply: &Reply, has_body: bool) -> Result<(), String> {
    let whole = format!("{}{}", reply.head, String::from_utf8_lossy(&reply.body));
    if whole.contains(CANARY) {
        return Err(format!("says a secret: {whole}"));
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        if reply.status != 101 && reply.header(name).as_deref() != Some(value) {
            return Err(format!("no {name}: {whole}"));
        }
    }
    if reply.status < 400 || !has_body {
        return Ok(());
    }
    let problem = reply.header("content-type").as_deref() == Some("application/problem+json");
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let words = ["type", "title", "detail", "code"];
    if problem && body["status"] == reply.status && words.iter().all(|w| body[w].is_string()) {
        Ok(())
    } else {
        Err(format!("no problem: {whole}"))
    }
}

/// A request with these lines of headers (each with its line end) and no body.
pub fn bare(method: &str, target: &str, headers: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}

/// `GET`.
pub fn get(target: &str) -> Vec<u8> {
    bare("GET", target, "")
}

/// A request with a body and its length.
pub fn with_body(method: &str, target: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = format!("{headers}Content-Length: {}\r\n", body.len());
    [&bare(method, target, &length), body].concat()
}

/// A request with a JSON body.
pub fn json_body(method: &str, target: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    with_body(method, target, "Content-Type: application/json\r\n", body)
}

/// Opens a connection, sends these bytes, and reads until `needle` has come.
pub async fn until(address: &str, bytes: &[u8], needle: &str) -> (String, TcpStream) {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket.write_all(bytes).await.expect("sent");
    let mut all = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&all).contains(needle) {
            let came = more(&mut socket, &mut all).await;
            assert!(came, "no {needle} in {:?}", String::from_utf8_lossy(&all));
        }
    };
    timeout(PATIENCE, reading).await.expect("it comes in time");
    (String::from_utf8_lossy(&all).into_owned(), socket)
}

/// Makes a job and starts it.
pub async fn running(target: &Target, project: &str, id: &str) {
    let path = format!("/v1/projects/{project}/jobs/{id}");
    let client = &target.service.client;
    let creation = json!({"kind": "scan", "total": 100});
    client.put(&path, &creation).await.expect(201);
    let started = json!({"type": "started", "worker": "w", "seq": 1});
    let reports = format!("{path}/reports");
    client.post(&reports, &started).await.expect(200);
}
