//! A request's body as bytes: of a type that is understood, within its limit, in time. What the bytes say is read by
//! [`crate::wire`].

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::api::limits::{CLOSE, too_large};
use crate::config::Limits;
use crate::http::problem::Problem;
use crate::wire::body::is_array;

/// One JSON document.
#[derive(Debug)]
pub struct JsonBody(pub Bytes);

/// One JSON document, or nothing: no body and no type of one. Reads as `{}` then.
#[derive(Debug)]
pub struct OptionalBody(pub Bytes);

/// One report, an array of them, or a line for each.
#[derive(Debug)]
pub struct ReportBody {
    /// The bytes.
    pub bytes: Bytes,
    /// Whether every line is a document of its own.
    pub lines: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Json,
    Lines,
}

impl<S: Send + Sync> FromRequest<S> for JsonBody
where
    Limits: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let limits = Limits::from_ref(state);
        document(request, &limits).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for OptionalBody
where
    Limits: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let limits = Limits::from_ref(state);
        let headers = request.headers();
        let length = headers.get(header::CONTENT_LENGTH);
        let nothing = !headers.contains_key(header::CONTENT_TYPE)
            && !headers.contains_key(header::TRANSFER_ENCODING)
            && length.is_none_or(|l| l == "0");
        if nothing && hyper::body::Body::is_end_stream(request.body()) {
            return Ok(Self(Bytes::from_static(b"{}")));
        }
        document(request, &limits).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for ReportBody
where
    Limits: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let limits = Limits::from_ref(state);
        let lines = content_type(request.headers())? == Type::Lines;
        let many = |start: &[u8]| lines || is_array(start);
        let bytes = read(request.into_body(), &limits, many).await?;
        Ok(Self { bytes, lines })
    }
}

async fn document(request: Request, limits: &Limits) -> Result<Bytes, Problem> {
    if content_type(request.headers())? != Type::Json {
        return Err(unsupported());
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|l| l.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|l| l > limits.body as u64) {
        return Err(too_large(limits.body));
    }
    read(request.into_body(), limits, |_| false).await
}

/// Collects the body. What begins like a batch, as `many` judges, may be as large as one.
async fn read(body: Body, limits: &Limits, many: impl Fn(&[u8]) -> bool) -> Result<Bytes, Problem> {
    let collected = tokio::time::timeout(limits.body_time, collect(body, limits, many));
    collected.await.unwrap_or_else(|_| {
        let seconds = limits.body_time.as_secs();
        let detail = format!("the body did not arrive within {seconds} s: send it again");
        Err(Problem::new(408, "timeout", detail).header(header::CONNECTION, CLOSE))
    })
}

async fn collect(
    mut body: Body,
    limits: &Limits,
    many: impl Fn(&[u8]) -> bool,
) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::malformed("the body ended early").header(header::CONNECTION, CLOSE)
        })?;
        let Ok(data) = frame.into_data() else {
            continue; // trailers say nothing to us
        };
        bytes.extend_from_slice(&data);
        let most = if bytes.len() > limits.body && many(&bytes) {
            limits.batch
        } else {
            limits.body
        };
        if bytes.len() > most {
            return Err(too_large(most));
        }
    }
    Ok(bytes.freeze())
}

fn content_type(headers: &HeaderMap) -> Result<Type, Problem> {
    let encodings = headers.get_all(header::CONTENT_ENCODING);
    let plain = |v: &header::HeaderValue| v.as_bytes().eq_ignore_ascii_case(b"identity");
    if !encodings.iter().all(plain) {
        let detail = "the body must not be compressed: send it without Content-Encoding";
        return Err(Problem::new(415, "unsupported_encoding", detail));
    }
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unsupported());
    };
    let mut parts = value.to_str().map_err(|_| unsupported())?.split(';');
    let essence = parts.next().unwrap_or("").trim().to_ascii_lowercase();
    if !parts.all(|p| is_utf8(p.trim())) {
        return Err(unsupported());
    }
    match essence.as_str() {
        "application/json" => Ok(Type::Json),
        "application/x-ndjson" => Ok(Type::Lines),
        _ => Err(unsupported()),
    }
}

/// Whether a parameter of the type says what holds anyway.
fn is_utf8(parameter: &str) -> bool {
    let value = parameter
        .split_once('=')
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    parameter.is_empty()
        || value.is_some_and(|(_, v)| v.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

fn unsupported() -> Problem {
    let detail = "the body must be application/json (on the report routes also application/x-ndjson): say so in Content-Type";
    Problem::new(415, "unsupported_media_type", detail)
}
