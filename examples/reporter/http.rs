//! One kept-alive HTTP/1.1 connection to the service: sends a JSON body, gives back status and JSON.
//!
//! It reconnects when the connection is gone, and nothing more: it knows neither jobs nor reports,
//! and never repeats a request by itself. Plain `http://` only.

use std::{io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, client::conn::http1::SendRequest, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};

/// How long one request may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer read, in bytes.
const ANSWER_LIMIT: usize = 4 << 20;

/// The connection, opened on the first request.
pub struct Http {
    authority: String,
    prefix: String,
    token: Option<String>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// What the service answered.
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// The `Retry-After` header, where it gives seconds.
    pub retry_after: Option<Duration>,
    /// The body, `null` where it was not JSON.
    pub body: Value,
}

impl Http {
    /// A client of `server`, a URL like `http://127.0.0.1:8080`. `None` where it is not one.
    pub fn new(server: &str, token: Option<String>) -> Option<Self> {
        let rest = server.strip_prefix("http://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let ported = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let prefix = path.trim_end_matches('/');
        Some(Self {
            authority: if ported {
                host.to_owned()
            } else {
                format!("{host}:80")
            },
            prefix: if prefix.is_empty() {
                String::new()
            } else {
                format!("/{prefix}")
            },
            token,
            sender: None,
        })
    }

    /// Sends one request and reads its answer. An error means that nothing certain is known
    /// about what the service did with it.
    pub async fn send(&mut self, method: &str, path: &str, body: Bytes) -> io::Result<Answer> {
        let answer = timeout(PATIENCE, self.exchange(method, path, body)).await;
        let answer = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }

    async fn exchange(&mut self, method: &str, path: &str, body: Bytes) -> io::Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.prefix))
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body)).map_err(io::Error::other)?;
        let sender = self.connected().await?;
        let response = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|v| v.to_str().ok()?.parse().ok());
        let body = Limited::new(response.into_body(), ANSWER_LIMIT).collect();
        let body = body.await.map_err(io::Error::other)?.to_bytes();
        Ok(Answer {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        })
    }

    async fn connected(&mut self) -> io::Result<&mut SendRequest<Full<Bytes>>> {
        let usable = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            self.sender = None;
        }
        match &mut self.sender {
            Some(sender) => Ok(sender),
            empty => {
                let stream = TcpStream::connect(&self.authority).await?;
                stream.set_nodelay(true)?;
                let shake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
                let (sender, connection) = shake.await.map_err(io::Error::other)?;
                // Ends by itself when the sender is dropped or the peer closes.
                tokio::spawn(connection);
                Ok(empty.insert(sender))
            }
        }
    }
}
