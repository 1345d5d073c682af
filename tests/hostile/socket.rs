//! A WebSocket by hand, which can say what no library would.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::support::{PATIENCE, Target, bare, reply};

/// The headers of a good handshake.
pub const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A socket behind its handshake.
pub struct Socket {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// What the service said.
#[derive(Debug, PartialEq)]
pub enum Told {
    Text(String),
    Ping,
    Pong(Vec<u8>),
    Close(u16, String),
    /// The connection is over.
    Eof,
}

/// A frame as a client sends it: first byte, payload.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut bytes = vec![first];
    match payload.len() {
        n @ 0..126 => bytes.push(0x80 | u8::try_from(n).expect("short")),
        n @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(n).expect("short").to_be_bytes());
        }
        n => {
            bytes.push(0x80 | 127);
            bytes.extend((n as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(b, m)| b ^ m));
    bytes
}

/// A text message.
pub fn text(message: &str) -> Vec<u8> {
    frame(0x81, message.as_bytes())
}

impl Socket {
    /// Opens a socket of the project, with this query.
    pub async fn open(target: &Target, project: &str, query: &str) -> Self {
        let mut stream = TcpStream::connect(target.address())
            .await
            .expect("a connection");
        let path = format!("/v1/projects/{project}/ws?{query}");
        let request = bare("GET", &path, UPGRADE);
        stream.write_all(&request).await.expect("sent");
        let reply = timeout(PATIENCE, reply(&mut stream, false)).await;
        let reply = reply.expect("in time").expect("an answer");
        assert_eq!(reply.status, 101, "{reply:?}");
        Self {
            stream,
            bytes: reply.body,
        }
    }

    /// Sends bytes; that the service may have closed already is seen when reading.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Says that nothing more comes.
    pub async fn shut(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// What comes next.
    pub async fn next(&mut self) -> Told {
        let next = timeout(PATIENCE, self.read()).await;
        next.expect("something comes in time")
    }

    async fn read(&mut self) -> Told {
        loop {
            if let Some(told) = self.whole() {
                return told;
            }
            if !matches!(self.stream.read_buf(&mut self.bytes).await, Ok(1..)) {
                assert!(self.bytes.is_empty(), "half a frame: {:?}", self.bytes);
                return Told::Eof;
            }
        }
    }

    fn whole(&mut self) -> Option<Told> {
        let [first, second, rest @ ..] = &self.bytes[..] else {
            return None;
        };
        assert_eq!(second & 0x80, 0, "a server never masks");
        let (length, start) = match second {
            126 => (
                usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])),
                4,
            ),
            127 => {
                let bytes: [u8; 8] = rest.get(..8)?.try_into().expect("eight");
                let length = u64::from_be_bytes(bytes);
                (usize::try_from(length).expect("it fits"), 10)
            }
            n => (usize::from(*n), 2),
        };
        let first = *first;
        let payload = self.bytes.get(start..start + length)?.to_vec();
        self.bytes.drain(..start + length);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        Some(match first {
            0x81 => Told::Text(text(&payload)),
            0x88 => {
                let code = payload.first_chunk().expect("a code");
                Told::Close(u16::from_be_bytes(*code), text(&payload[2..]))
            }
            0x89 => Told::Ping,
            0x8a => Told::Pong(payload),
            other => panic!("a frame that begins with {other:#x}"),
        })
    }

    /// The next message, past pings.
    pub async fn message(&mut self) -> Value {
        loop {
            match self.next().await {
                Told::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Told::Ping | Told::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The messages up to the first of this type, and that one.
    pub async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            all.push(self.message().await);
            if all.last().is_some_and(|m| m["type"] == kind) {
                return all;
            }
        }
    }

    /// Everything up to the close, and its code; 0 = the connection ended without one. The close is answered.
    pub async fn ending(&mut self) -> (Vec<Told>, u16) {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Told::Close(code, _) => {
                    self.send(&frame(0x88, &code.to_be_bytes())).await;
                    return (all, code);
                }
                Told::Eof => return (all, 0),
                told => all.push(told),
            }
        }
    }
}
