//! A connection that is read in pieces: HTTP/1.1 with kept-alive requests, by hand, so that a measured request is one
//! write and its answer is taken the moment it is there.

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection and what has been read ahead of it.
pub struct Line {
    pub socket: TcpStream,
    pub buffer: BytesMut,
}

/// The head of an answer.
pub struct Head {
    pub status: u16,
    length: usize,
}

impl Line {
    /// Connects.
    pub async fn open(address: &str) -> Self {
        let socket = TcpStream::connect(address).await.expect("a connection");
        socket.set_nodelay(true).expect("a socket option");
        Self {
            socket,
            buffer: BytesMut::new(),
        }
    }

    /// Reads more; `false` = the other side has closed.
    pub async fn fill(&mut self) -> bool {
        self.buffer.reserve(8192);
        matches!(self.socket.read_buf(&mut self.buffer).await, Ok(1..))
    }

    /// Writes all of it; whether that went well.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).await.is_ok()
    }

    /// What comes before `end`, which is taken out as well.
    pub async fn until(&mut self, end: &[u8]) -> Option<Bytes> {
        let mut looked = 0;
        loop {
            let window = self.buffer.get(looked..).unwrap_or(&[]);
            if let Some(at) = window.windows(end.len()).position(|w| w == end) {
                let part = self.buffer.split_to(looked + at).freeze();
                self.buffer.advance(end.len());
                return Some(part);
            }
            looked = self.buffer.len().saturating_sub(end.len() - 1);
            if !self.fill().await {
                return None;
            }
        }
    }

    /// Exactly so many bytes.
    pub async fn exactly(&mut self, count: usize) -> Option<Bytes> {
        while self.buffer.len() < count {
            if !self.fill().await {
                return None;
            }
        }
        Some(self.buffer.split_to(count).freeze())
    }

    /// The head of an answer.
    pub async fn head(&mut self) -> Option<Head> {
        let head = self.until(b"\r\n\r\n").await?;
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let status = text.split(' ').nth(1).and_then(|s| s.parse().ok())?;
        let length = text
            .lines()
            .find_map(|l| l.strip_prefix("content-length: "));
        let length = length.and_then(|l| l.parse().ok()).unwrap_or(0);
        Some(Head { status, length })
    }

    /// Sends a request and waits for its whole answer.
    pub async fn ask(&mut self, request: &str) -> (u16, Bytes) {
        assert!(self.write(request.as_bytes()).await, "written");
        let head = self.head().await.expect("an answer");
        let body = self.exactly(head.length).await.expect("a body");
        (head.status, body)
    }

    /// The same, where anything but success is the end of the bench.
    pub async fn done(&mut self, request: &str) -> Bytes {
        let (status, body) = self.ask(request).await;
        assert!((200..300).contains(&status), "{status} {body:?}\n{request}");
        body
    }
}

/// The text of a request.
pub fn request(method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// A report of a job of project `bench`.
#[allow(dead_code)]
pub fn report(job: &str, body: &str) -> String {
    request(
        "POST",
        &format!("/v1/projects/bench/jobs/{job}/reports"),
        body,
    )
}

/// The creation of a job of project `bench`.
#[allow(dead_code)]
pub fn create(job: &str, body: &str) -> String {
    request("PUT", &format!("/v1/projects/bench/jobs/{job}"), body)
}
