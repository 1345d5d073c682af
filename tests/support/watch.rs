//! Viewers over each transport, behind one face, so that one list of expectations runs over all three.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::http::Client;

/// A way to watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Poll,
    Events,
    WebSocket,
}

/// All of them.
pub const ALL: [Transport; 3] = [Transport::Poll, Transport::Events, Transport::WebSocket];

/// What a viewer is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A frame, byte for byte.
    Frame(Bytes),
    /// The snapshot is complete.
    Synced,
    /// The cursor was of no use.
    Reset,
    /// A job was deleted or expired.
    Gone(String),
    /// The stream ends, why.
    End(String),
    /// The socket closed, with this code.
    Closed(Option<u16>),
    /// Anything else: its type, and what it says.
    Other(String, Value),
}

impl Given {
    /// The state in a frame.
    pub fn state(&self) -> Option<Value> {
        let Given::Frame(bytes) = self else {
            return None;
        };
        let frame: Value = serde_json::from_slice(bytes).expect("a frame is JSON");
        Some(frame["data"].clone())
    }
}

/// A viewer.
pub struct Watch {
    client: Client,
    query: String,
    /// The newest cursor it was given.
    pub cursor: Option<String>,
    waiting: VecDeque<Given>,
    line: Line,
}

enum Line {
    Poll { synced: bool },
    Events { body: Incoming, buffer: Vec<u8> },
    WebSocket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
    Closed,
}

impl Watch {
    /// Begins to watch a selection of the client's project; `Err` is the status of a refusal.
    pub async fn open(
        client: &Client,
        transport: Transport,
        query: &str,
        cursor: Option<&str>,
    ) -> Result<Self, u16> {
        let mut watch = Self {
            client: client.clone(),
            query: query.to_owned(),
            cursor: cursor.map(str::to_owned),
            waiting: VecDeque::new(),
            line: Line::Closed,
        };
        match transport {
            Transport::Poll => {
                watch.line = Line::Poll { synced: false };
                watch.poll(0).await?;
            }
            Transport::Events => watch.line = watch.events().await?,
            Transport::WebSocket => watch.line = watch.socket().await?,
        }
        Ok(watch)
    }

    fn path(&self, route: &str) -> String {
        let cursor = self.cursor.as_ref().map(|c| format!("cursor={c}"));
        let parts: Vec<&str> = [self.query.as_str()]
            .into_iter()
            .chain(cursor.as_deref())
            .collect();
        let query = parts
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join("&");
        self.client.path(&format!("{route}?{query}"))
    }

    async fn events(&self) -> Result<Line, u16> {
        let headers = [("accept", "text/event-stream")];
        let request = self
            .client
            .request("GET", &self.path("events"), &headers, b"");
        let response = self.client.open(request).await.map_err(|_| 0_u16)?;
        if response.status() != 200 {
            return Err(response.status().as_u16());
        }
        Ok(Line::Events {
            body: response.into_body(),
            buffer: Vec::new(),
        })
    }

    async fn socket(&self) -> Result<Line, u16> {
        let url = format!("ws://{}{}", self.client.address, self.path("ws"));
        let mut request = url.into_client_request().expect("a request");
        request.headers_mut().insert(
            "sec-websocket-protocol",
            "milepost.v1".parse().expect("a header"),
        );
        for (name, value) in &self.client.headers {
            let name: hyper::header::HeaderName = name.parse().expect("a name");
            request
                .headers_mut()
                .insert(name, value.parse().expect("a header"));
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Line::WebSocket(Box::new(socket))),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
                Err(response.status().as_u16())
            }
            Err(_) => Err(0),
        }
    }

    /// Sends a command; WebSocket only.
    pub async fn command(&mut self, command: Value) {
        self.raw(Message::Text(command.to_string().into())).await;
    }

    /// Sends any message; WebSocket only.
    pub async fn raw(&mut self, message: Message) {
        let Line::WebSocket(socket) = &mut self.line else {
            panic!("not a WebSocket")
        };
        let _ = socket.send(message).await;
    }

    /// The next thing it is given, within ten seconds.
    pub async fn next(&mut self) -> Given {
        let given = tokio::time::timeout(Duration::from_secs(20), self.take()).await;
        given.unwrap_or_else(|_| panic!("nothing came for 20 s ({})", self.query))
    }

    /// What it is given up to and with the first that `until` accepts.
    pub async fn until(&mut self, until: impl Fn(&Given) -> bool) -> Vec<Given> {
        let mut all = Vec::new();
        loop {
            let given = self.next().await;
            all.push(given.clone());
            if until(&given) {
                return all;
            }
            assert!(!matches!(given, Given::Closed(_)), "closed early: {all:?}");
        }
    }

    /// The next frame's state, past everything else.
    pub async fn state(&mut self) -> Value {
        loop {
            let given = self.next().await;
            if let Some(state) = given.state() {
                return state;
            }
            assert!(!matches!(given, Given::Closed(_)), "closed");
        }
    }

    async fn take(&mut self) -> Given {
        loop {
            if let Some(given) = self.waiting.pop_front() {
                if let Given::Frame(bytes) = &given {
                    super::schema::check(bytes);
                }
                return given;
            }
            match &mut self.line {
                Line::Closed => return Given::Closed(None),
                Line::Poll { .. } => {
                    if let Err(status) = self.poll(5).await {
                        return Given::Other(format!("status {status}"), Value::Null);
                    }
                }
                Line::Events { .. } => self.read_events().await,
                Line::WebSocket(_) => self.read_socket().await,
            }
        }
    }

    async fn poll(&mut self, wait: u32) -> Result<(), u16> {
        let path = self.path("progress");
        let separator = if path.ends_with('?') { "" } else { "&" };
        let path = format!("{path}{separator}wait={wait}");
        let answer = self
            .client
            .try_send("GET", &path, &[], b"")
            .await
            .map_err(|_| 0_u16)?;
        if answer.status != 200 {
            return Err(answer.status);
        }
        let page = answer.json();
        self.cursor = Some(page["cursor"].as_str().expect("a cursor").to_owned());
        if page["reset"] == true {
            self.waiting.push_back(Given::Reset);
        }
        self.waiting
            .extend(items(&answer.body).into_iter().map(Given::Frame));
        if let Line::Poll { synced } = &mut self.line
            && !*synced
            && page.get("more").is_none()
        {
            *synced = true;
            self.waiting.push_back(Given::Synced);
        }
        Ok(())
    }

    async fn read_events(&mut self) {
        let Line::Events { body, buffer } = &mut self.line else {
            return;
        };
        match body.frame().await {
            Some(Ok(part)) => buffer.extend_from_slice(part.data_ref().map_or(&[], |d| &d[..])),
            _ => {
                self.line = Line::Closed;
                self.waiting.push_back(Given::Closed(None));
                return;
            }
        }
        while let Some(end) = buffer.windows(2).position(|w| w == b"\n\n") {
            let event: Vec<u8> = buffer.drain(..end + 2).collect();
            let (mut name, mut data, mut id) = (String::new(), None, None);
            for line in event.split(|b| *b == b'\n') {
                let text = String::from_utf8_lossy(line);
                if let Some(value) = text.strip_prefix("event: ") {
                    value.clone_into(&mut name);
                } else if line.starts_with(b"data: ") {
                    assert!(data.is_none(), "data on one line");
                    data = Some(Bytes::copy_from_slice(&line[6..]));
                } else if let Some(value) = text.strip_prefix("id: ") {
                    id = Some(value.to_owned());
                }
            }
            self.cursor = id.or(self.cursor.take());
            let Some(data) = data else { continue };
            self.waiting.push_back(if name.is_empty() {
                Given::Frame(data)
            } else {
                said(&name, &data)
            });
        }
    }

    async fn read_socket(&mut self) {
        let Line::WebSocket(socket) = &mut self.line else {
            return;
        };
        let given = match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let value: Value = serde_json::from_str(&text).expect("JSON");
                let kind = value["type"].as_str().expect("a type").to_owned();
                if let Some(cursor) = value["cursor"].as_str() {
                    self.cursor = Some(cursor.to_owned());
                }
                if kind.contains(':') {
                    Given::Frame(Bytes::copy_from_slice(text.as_bytes()))
                } else {
                    super::schema::check_message("socket", &kind, &value);
                    told(kind, value)
                }
            }
            Some(Ok(Message::Close(frame))) => Given::Closed(frame.map(|f| f.code.into())),
            Some(Ok(_)) => return,
            _ => Given::Closed(None),
        };
        if matches!(given, Given::Closed(_)) {
            self.line = Line::Closed;
        }
        self.waiting.push_back(given);
    }
}

/// A named event.
fn said(name: &str, data: &[u8]) -> Given {
    let value = serde_json::from_slice(data).unwrap_or(Value::Null);
    super::schema::check_message("events", name, &value);
    told(name.to_owned(), value)
}

fn told(name: String, value: Value) -> Given {
    let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
    match name.as_str() {
        "synced" => Given::Synced,
        "reset" => Given::Reset,
        "gone" => Given::Gone(text("job")),
        "end" => Given::End(text("reason")),
        _ => Given::Other(name, value),
    }
}

/// The items of a page, cut out byte for byte.
pub fn items(page: &[u8]) -> Vec<Bytes> {
    #[derive(serde::Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        items: Vec<&'a serde_json::value::RawValue>,
    }
    let page: Page<'_> = serde_json::from_slice(page).expect("a page");
    page.items
        .iter()
        .map(|raw| Bytes::copy_from_slice(raw.get().as_bytes()))
        .collect()
}
