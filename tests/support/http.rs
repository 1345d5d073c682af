//! A plain HTTP client: one connection a request, whole answers, and streams where asked for.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: hyper::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    /// The header, or the empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |v| v.to_str().expect("text"))
    }

    /// The same answer, if it has this status.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}", self.body);
        self
    }
}

/// Who is asked.
#[derive(Debug, Clone)]
pub struct Client {
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// Whose jobs.
    pub project: String,
    /// What it sends with every request.
    pub headers: Vec<(String, String)>,
}

impl Client {
    /// Asks about the jobs of project `acme`, and brings nothing.
    pub fn of(address: String) -> Self {
        Self {
            address,
            project: "acme".into(),
            headers: Vec::new(),
        }
    }

    /// The same about another project.
    pub fn about(&self, project: &str) -> Self {
        let mut client = self.clone();
        project.clone_into(&mut client.project);
        client
    }

    /// The same with this header, in place of any of its name.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(n, _)| n != name);
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same with this token.
    pub fn bearing(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// A path under its project.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/projects/{}/{rest}", self.project)
    }

    /// Sends a request and hands back the answer while its body is still coming.
    pub async fn open(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, String> {
        let socket = TcpStream::connect(&self.address)
            .await
            .map_err(|e| e.to_string())?;
        let _ = socket.set_nodelay(true);
        let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
            .await
            .map_err(|e| e.to_string())?;
        tokio::spawn(connection);
        send.send_request(request).await.map_err(|e| e.to_string())
    }

    /// A request for this address.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Request<Full<Bytes>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.address);
        let own = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(headers.iter().copied()) {
            request = request.header(name, value);
        }
        request
            .body(Full::new(Bytes::copy_from_slice(body)))
            .expect("a request")
    }

    /// Sends a request; `Err` where the connection broke.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let response = self.open(self.request(method, path, headers, body)).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|e| e.to_string())?.to_bytes();
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    /// Sends a request.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.try_send(method, path, headers, body)
            .await
            .unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(
            "POST",
            path,
            &[("content-type", "application/json")],
            body.to_string().as_bytes(),
        )
        .await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(
            "PUT",
            path,
            &[("content-type", "application/json")],
            body.to_string().as_bytes(),
        )
        .await
    }

    /// Makes a job of its project.
    pub async fn create(&self, id: &str, body: &Value) -> Answer {
        let path = self.path(&format!("jobs/{id}"));
        self.put(&path, body).await.expect(201)
    }

    /// Reports on a job of its project; answers with the status, too.
    pub async fn report(&self, id: &str, body: &Value) -> Answer {
        let path = self.path(&format!("jobs/{id}/reports"));
        self.post(&path, body).await
    }
}
