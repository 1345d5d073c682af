//! WebSocket: the handshake, checked before anything is answered. What travels then is in [`codec`] and [`message`] (frames) and
//! [`commands`] (what clients say).

pub mod codec;
pub mod commands;
pub mod message;
pub mod order;

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::query::Query;
use super::session::{self, Opening, Work};
use super::stream::Visitor;
use super::words::Framing;
use crate::auth::Scope;
use crate::http::admitted::narrower;
use crate::http::describe::{
    Anyone, Caller, InProject, Parameter, Selection, parameters, refusals,
};
use crate::http::{Admitted, Problem};
use crate::server::Takeover;
use crate::transport::Shared;
use crate::transport::endings::Ending;
use crate::transport::sse::Opened;

/// The sub-protocol.
pub const PROTOCOL: &str = "milepost.v1";

parameters!(
    /// The handshake of RFC 6455.
    Shaken = [
        Parameter::Needed("Upgrade", "Upgrade", "Always `websocket`."),
        Parameter::Needed("Connection", "Connection", "Names `Upgrade`."),
        Parameter::Needed("Sec-WebSocket-Version", "WebSocketVersion", "Always 13."),
        Parameter::Needed("Sec-WebSocket-Key", "WebSocketKey", "16 random bytes as base64."),
        Parameter::Header("Sec-WebSocket-Protocol", "Protocol", "The sub-protocol; beside it `bearer.<token>`."),
    ]
);

refusals!(
    /// Of what is no handshake.
    Unshaken = [(426, "This is a WebSocket.", &["upgrade_required"])]
);

/// `GET /v1/projects/{project}/ws`.
///
/// # Errors
/// 400 or 426 for a handshake that is none, 404 for a job that does not exist.
#[utoipa::path(
    get, path = "/v1/projects/{project}/ws", operation_id = "watchWebSocket", tag = "watch",
    summary = "Watch by WebSocket", description = "Sub-protocol `milepost.v1`. With a selector the frames simply come; without one the client subscribes. Without a credential the socket opens, and everything waits for `auth`.",
    params(InProject, Selection, Opened, Shaken),
    responses(
        Anyone, Caller, Unshaken,
        (status = 101, description = "The socket is open.", headers(
            ("Upgrade", description = "Always `websocket`."),
            ("Sec-WebSocket-Accept", description = "The answer to the key."),
            ("Sec-WebSocket-Protocol", description = "Where it was offered."),
        )),
    ),
    security(("bearer" = ["watch"]), ()),
)]
pub async fn upgrade(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    Extension(takeover): Extension<Takeover>,
    request: axum::extract::Request,
) -> Result<Response, Problem> {
    let handshake = Handshake::read(request.method(), request.version(), request.headers());
    let admitted = Admitted::of(request.extensions())?.clone();
    drop(request);
    let grant = match admitted.grant {
        Some(_) => Some(Arc::clone(admitted.may(Scope::Watch)?)),
        None => None,
    };
    let handshake = handshake?;
    let query = Query::read(
        query.as_deref().unwrap_or(""),
        &["cursor", "follow", "summary", "ticket"],
    )?;
    let (follow, tiles) = (query.flag("follow")?, query.flag("summary")?);
    let cursor = query.get("cursor").map(str::to_owned);
    if let Some(grant) = &grant {
        if tiles && grant.narrowing.is_some() {
            return Err(narrower("the summary is of all of them"));
        }
        let selector = (query.selector.clone()).within(grant.narrowing.as_ref());
        let whose = (&admitted.project, &selector);
        session::known(&app, whose, cursor.as_deref()).await?;
    }
    let shares = match &grant {
        Some(_) => &app.shares.streams,
        None => &app.shares.waiting,
    };
    let admission = shares.admit(admitted.caller())?;
    let stopping = app.shutdown.is_cancelled();
    let desk = commands::Desk::new(app.clone());
    let opening = Opening {
        app,
        project: admitted.project.clone(),
        framing: Framing::Ws,
        head: handshake.head(),
        lifetime: None,
        orders: Some(Arc::new(desk)),
        visitor: Visitor::of(admitted, admission),
    };
    let first = query.selects.then_some((query.selector, cursor));
    let work = Work {
        first,
        ends: !follow,
        tiles,
        refused: stopping.then_some(Ending::Restarting),
    };
    match takeover
        .take(move |taken| session::run(taken, opening, work))
        .await {}
}

/// A handshake that may be answered with 101.
#[derive(Debug)]
pub struct Handshake {
    accept: String,
    protocol: bool,
}

impl Handshake {
    /// Looks at a request.
    ///
    /// # Errors
    /// 400 or 426: what it lacks.
    pub fn read(method: &Method, version: Version, headers: &HeaderMap) -> Result<Self, Problem> {
        let bad = |detail: &str| Err(Problem::new(400, "malformed", detail));
        session::no_body(headers)?;
        if method != Method::GET || !tokens(headers, &header::UPGRADE).any(|t| t == "websocket") {
            return Err(needed("this is a WebSocket: ask for an upgrade to it"));
        }
        if version != Version::HTTP_11 {
            return bad("a WebSocket begins with HTTP/1.1");
        }
        if !tokens(headers, &header::CONNECTION).any(|t| t == "upgrade") {
            return bad("the Connection header does not say upgrade");
        }
        if single(headers, &header::SEC_WEBSOCKET_VERSION) != Some("13") {
            let version = HeaderValue::from_static("13");
            return Err(
                needed("only version 13 of the WebSocket protocol is spoken")
                    .header(header::SEC_WEBSOCKET_VERSION, version),
            );
        }
        let key = single(headers, &header::SEC_WEBSOCKET_KEY);
        let Some(key) = key.filter(|k| STANDARD.decode(k).is_ok_and(|k| k.len() == 16)) else {
            return bad("Sec-WebSocket-Key is given once, and is 16 bytes of base64");
        };
        let offered: Vec<&str> = values(headers, &header::SEC_WEBSOCKET_PROTOCOL).collect();
        let protocol = offered.contains(&PROTOCOL);
        if !offered.is_empty() && !protocol {
            return bad("the sub-protocol is milepost.v1");
        }
        Ok(Self {
            accept: accept(key),
            protocol,
        })
    }

    /// The response. No extension is ever agreed to.
    #[must_use]
    pub fn head(&self) -> String {
        let mut head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {}\r\n",
            self.accept
        );
        if self.protocol {
            let _ = write!(head, "sec-websocket-protocol: {PROTOCOL}\r\n");
        }
        head.push_str("\r\n");
        head
    }
}

/// The answer to a handshake with these headers.
///
/// # Errors
/// As [`upgrade`].
#[doc(hidden)] // for the fuzzer
pub fn glance(headers: &HeaderMap) -> Result<String, Problem> {
    Handshake::read(&Method::GET, Version::HTTP_11, headers).map(|h| h.head())
}

fn accept(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}

fn needed(detail: &str) -> Problem {
    let upgrade = HeaderValue::from_static("websocket");
    let connection = HeaderValue::from_static("upgrade");
    Problem::new(426, "upgrade_required", detail)
        .header(header::UPGRADE, upgrade)
        .header(header::CONNECTION, connection)
}

/// The parts of a header that is a list.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter();
    let lines = lines.filter_map(|v| v.to_str().ok());
    lines
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .filter(|v| !v.is_empty())
}

fn tokens<'a>(headers: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = String> + 'a {
    values(headers, name).map(str::to_ascii_lowercase)
}

/// A header that is given exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    let (first, second) = (lines.next()?, lines.next());
    if second.is_some() {
        return None;
    }
    first.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    const FINE: [(&str, &str); 5] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-extensions", "permessage-deflate"),
    ];

    fn read(changes: &[(&str, &str)]) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in FINE {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let mut seen = Vec::new();
        for (name, value) in changes {
            let name: HeaderName = name.parse().unwrap();
            if !seen.contains(&name) {
                headers.remove(&name);
                seen.push(name.clone());
            }
            if *value != "-" {
                headers.append(name, value.parse().unwrap());
            }
        }
        Handshake::read(&Method::GET, Version::HTTP_11, &headers)
            .map(|h| h.head())
            .map_err(|p| p.into_response().status().to_string())
    }

    #[test]
    fn the_example_of_the_standard_is_answered() {
        let head = read(&[]).unwrap();
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(!head.contains("extensions") && !head.contains("protocol:"));
        let head = read(&[("sec-websocket-protocol", "bearer.x, milepost.v1")]).unwrap();
        assert!(head.contains("sec-websocket-protocol: milepost.v1\r\n"));
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        for (changes, status) in [
            (&[("sec-websocket-version", "12")][..], "426"),
            (&[("sec-websocket-version", "-")], "426"),
            (&[("upgrade", "-")], "426"),
            (&[("upgrade", "h2c")], "426"),
            (&[("connection", "keep-alive")], "400"),
            (&[("sec-websocket-key", "-")], "400"),
            (&[("sec-websocket-key", "")], "400"),
            (&[("sec-websocket-key", "c2hvcnQ=")], "400"),
            (&[("sec-websocket-key", "not base64 at all!!!!!!!")], "400"),
            (
                &[
                    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ],
                "400",
            ),
            (&[("sec-websocket-protocol", "chat")], "400"),
            (&[("content-length", "3")], "400"),
        ] {
            let refused = read(changes).unwrap_err();
            assert!(refused.starts_with(status), "{changes:?}: {refused}");
        }
    }
}
