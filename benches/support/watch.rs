//! A viewer of project `bench` over each transport, light enough for a thousand of them in one process.

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::line::{Line, request};

/// A way to watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code)] // not every bench has use for all
pub enum Transport {
    WebSocket,
    Events,
    Poll,
}

/// What a viewer is given.
#[derive(Debug)]
pub enum Given {
    /// A frame.
    Frame(Bytes),
    /// Anything else, by its name.
    Word(String),
}

/// A viewer.
pub struct Watch {
    line: Line,
    transport: Transport,
    query: String,
    /// The newest cursor it was given; a WebSocket's is not kept.
    pub cursor: Option<String>,
    waiting: VecDeque<Given>,
    synced: bool,
}

#[derive(serde::Deserialize)]
struct Page<'a> {
    cursor: String,
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

impl Watch {
    /// Begins to watch what `query` selects, from `cursor` on. `None` = it was refused.
    pub async fn open(
        address: &str,
        transport: Transport,
        query: &str,
        cursor: Option<String>,
    ) -> Option<Self> {
        let mut watch = Self {
            line: Line::open(address).await,
            transport,
            query: query.to_owned(),
            cursor,
            waiting: VecDeque::new(),
            synced: false,
        };
        let (route, status, headers) = match transport {
            Transport::Poll => return Some(watch),
            Transport::Events => ("events", 200, "accept: text/event-stream\r\n"),
            Transport::WebSocket => ("ws", 101, UPGRADE),
        };
        let path = watch.path(route);
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\r\n").into_bytes();
        let head = match watch.line.write(&request).await {
            true => watch.line.head().await?,
            false => return None,
        };
        (head.status == status).then_some(watch)
    }

    fn path(&self, route: &str) -> String {
        let cursor = self.cursor.as_ref().map(|c| format!("&cursor={c}"));
        let cursor = cursor.unwrap_or_default();
        format!("/v1/projects/bench/{route}?{}{cursor}", self.query)
    }

    /// The next thing it is given; `None` = closed.
    pub async fn next(&mut self) -> Option<Given> {
        loop {
            if let Some(given) = self.waiting.pop_front() {
                return Some(given);
            }
            match self.transport {
                Transport::Poll => self.poll().await?,
                Transport::Events => self.event().await?,
                Transport::WebSocket => self.message().await?,
            }
        }
    }

    /// Waits for the end of the first snapshot.
    pub async fn synced(&mut self) -> Option<()> {
        loop {
            if matches!(self.next().await?, Given::Word(word) if word == "synced") {
                return Some(());
            }
        }
    }

    async fn poll(&mut self) -> Option<()> {
        let wait = if self.synced { 25 } else { 0 };
        let path = format!("{}&wait={wait}", self.path("progress"));
        let body = self.line.done(&request("GET", &path, "")).await;
        let page: Page<'_> = serde_json::from_slice(&body).expect("a page");
        let frames = page.items.iter().map(|raw| raw.get().as_bytes());
        let frames = frames.map(|raw| Given::Frame(body.slice_ref(raw)));
        self.waiting.extend(frames);
        self.cursor = Some(page.cursor);
        if !std::mem::replace(&mut self.synced, true) {
            self.waiting.push_back(Given::Word("synced".into()));
        }
        Some(())
    }

    async fn event(&mut self) -> Option<()> {
        let event = self.line.until(b"\n\n").await?;
        let (mut name, mut data) = (None, None);
        for line in event.split(|b| *b == b'\n') {
            if let Some(text) = line.strip_prefix(b"data: ") {
                data = Some(event.slice_ref(text));
            } else if let Some(text) = line.strip_prefix(b"event: ") {
                name = Some(String::from_utf8_lossy(text).into_owned());
            } else if let Some(text) = line.strip_prefix(b"id: ") {
                self.cursor = Some(String::from_utf8_lossy(text).into_owned());
            }
        }
        let given = match (name, data) {
            (Some(name), _) => Given::Word(name),
            (None, Some(data)) => Given::Frame(data),
            (None, None) => return Some(()),
        };
        self.waiting.push_back(given);
        Some(())
    }

    async fn message(&mut self) -> Option<()> {
        let head = self.line.exactly(2).await?;
        let (opcode, length) = (head.first()? & 15, head.get(1)? & 127);
        let length = match length {
            126 => self.line.exactly(2).await?,
            127 => self.line.exactly(8).await?,
            _ => Bytes::copy_from_slice(&[length]),
        };
        let length = length.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        let payload = self.line.exactly(length).await?;
        match opcode {
            1 => self.waiting.push_back(text(payload)),
            8 => return None,
            9 => {
                let mut pong = vec![0x8A, 0x80 | u8::try_from(length).ok()?, 0, 0, 0, 0];
                pong.extend_from_slice(&payload); // masked with zeros
                self.line.write(&pong).await;
            }
            _ => {}
        }
        Some(())
    }
}

/// The rest of the head of a handshake; what the key is does not matter to who does not check the answer.
const UPGRADE: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: milepost.v1\r\n";

/// A message: a frame begins with its type, and that has a colon.
fn text(payload: Bytes) -> Given {
    let kind = payload.strip_prefix(b"{\"type\":\"").unwrap_or(&[]);
    let mut kind = kind.iter().take_while(|b| **b != b'"');
    if kind.any(|b| *b == b':') {
        return Given::Frame(payload);
    }
    let word: Value = serde_json::from_slice(&payload).expect("JSON");
    Given::Word(word["type"].as_str().unwrap_or_default().to_owned())
}
