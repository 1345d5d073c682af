//! What a stream says beside frames, as bytes of either transport. Event names are constants, ids are cursors; all
//! other text is JSON, so none of it can break a line.

use serde_json::json;

use super::endings::Ending;
use super::error_code::ErrorCode;
use super::ws::message;
use crate::progress::{Name, Timestamp};

/// How a stream puts its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Sse,
    /// WebSocket text messages.
    Ws,
}

/// One message that is not a frame.
#[derive(Debug, Clone)]
pub enum Word<'a> {
    /// A subscription was accepted (WebSocket alone), with the cursor it came with.
    Subscribed(u64, Option<&'a str>),
    /// The snapshot of a subscription is complete; the cursor that now holds.
    Synced(u64, Option<&'a str>),
    /// A subscription is over, as asked (WebSocket alone).
    Unsubscribed(u64),
    /// The snapshot that follows replaces what the cursor asked for.
    Reset(u64),
    /// A subscription (`Some`) or the stream (`None`) is over; with the cursor to come back with.
    End(Option<u64>, Ending, Option<&'a str>),
    /// A sign of life.
    Ping(Timestamp, Option<&'a str>),
    /// Nothing could be verified since then.
    Stale(Timestamp),
    /// It can again.
    Fresh,
    /// A job was deleted or has expired.
    Gone(&'a Name),
    /// The tiles: JSON text.
    Summary(&'a str),
    /// A command was refused (WebSocket alone): which subscription, code, explanation, seconds to wait.
    Error(Option<u64>, ErrorCode, &'a str, Option<u64>),
    /// A command was carried out (WebSocket alone).
    Accepted(&'a str, &'a Name),
    /// A token was taken (WebSocket alone); until when it holds.
    Authorized(Option<Timestamp>),
}

/// A moment as the contract writes it.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

impl Word<'_> {
    /// The event's name, and the message's `type`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Word::Subscribed(..) => "subscribed",
            Word::Synced(..) => "synced",
            Word::Unsubscribed(_) => "unsubscribed",
            Word::Reset(_) => "reset",
            Word::End(..) => "end",
            Word::Ping(..) => "ping",
            Word::Stale(_) => "stale",
            Word::Fresh => "fresh",
            Word::Gone(_) => "gone",
            Word::Summary(_) => "summary",
            Word::Error(..) => "error",
            Word::Accepted(..) => "accepted",
            Word::Authorized(_) => "authorized",
        }
    }

    /// The bytes; empty where a transport has no such word.
    #[must_use]
    pub fn bytes(&self, framing: Framing) -> Vec<u8> {
        match framing {
            Framing::Sse => self.event(),
            Framing::Ws => message::text(&self.message()),
        }
    }

    fn event(&self) -> Vec<u8> {
        let Some((id, data)) = self.data() else {
            return Vec::new();
        };
        let name = self.name();
        let id = id.map(|c| format!("id: {c}\n")).unwrap_or_default();
        format!("event: {name}\n{id}data: {data}\n\n").into_bytes()
    }

    /// The id and the data of the event; `None` = server-sent events have no such word. An `error` would be taken for
    /// EventSource's own, which says that the connection is lost.
    pub(super) fn data(&self) -> Option<(Option<&str>, String)> {
        let (id, data) = match self {
            Word::Subscribed(..)
            | Word::Unsubscribed(_)
            | Word::Accepted(..)
            | Word::Authorized(_)
            | Word::Error(..) => return None,
            Word::Synced(_, cursor) => (*cursor, json!({ "cursor": cursor })),
            Word::Reset(_) | Word::Fresh => (None, json!({})),
            Word::End(_, ending, cursor) => {
                let mut data = json!({ "reason": ending.word() });
                add_retry(&mut data, ending.retry_after());
                (*cursor, data)
            }
            Word::Ping(at, cursor) => {
                let data = json!({ "timestamp": rfc3339(*at), "cursor": cursor });
                (*cursor, data)
            }
            Word::Stale(since) => (None, json!({ "since": rfc3339(*since) })),
            Word::Gone(job) => (None, json!({ "job": job.as_str() })),
            Word::Summary(text) => return Some((None, summary(text))),
        };
        Some((id, data.to_string()))
    }

    pub(super) fn message(&self) -> String {
        let mut message = match self {
            Word::Subscribed(id, cursor) | Word::Synced(id, cursor) => {
                json!({ "id": id, "cursor": cursor })
            }
            Word::Unsubscribed(id) | Word::Reset(id) => json!({ "id": id }),
            Word::End(id, ending, cursor) => {
                let mut end = json!({ "reason": ending.word() });
                if let Some(id) = id {
                    end["id"] = (*id).into();
                }
                if let Some(cursor) = cursor {
                    end["cursor"] = (*cursor).into();
                }
                add_retry(&mut end, ending.retry_after());
                end
            }
            Word::Ping(at, cursor) => json!({ "timestamp": rfc3339(*at), "cursor": cursor }),
            Word::Stale(since) => json!({ "since": rfc3339(*since) }),
            Word::Fresh => json!({}),
            Word::Gone(job) => json!({ "job": job.as_str() }),
            Word::Summary(text) => return summary(text),
            Word::Error(id, code, message, retry) => {
                let mut error = json!({ "code": code.as_str(), "message": message });
                if let Some(id) = id {
                    error["id"] = (*id).into();
                }
                add_retry(&mut error, *retry);
                error
            }
            Word::Accepted(op, job) => json!({ "op": op, "job": job.as_str() }),
            Word::Authorized(until) => json!({ "expires_at": until.map(rfc3339) }),
        };
        message["type"] = self.name().into();
        message.to_string()
    }
}

fn add_retry(to: &mut serde_json::Value, seconds: Option<u64>) {
    if let Some(seconds) = seconds {
        to["retry_after_seconds"] = seconds.into();
    }
}

fn summary(text: &str) -> String {
    format!(r#"{{"type":"summary","data":{text}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(word: &Word<'_>) -> String {
        String::from_utf8(word.bytes(Framing::Sse)).unwrap()
    }

    #[test]
    fn words_as_events() {
        assert_eq!(
            event(&Word::Synced(0, Some("abc"))),
            "event: synced\nid: abc\ndata: {\"cursor\":\"abc\"}\n\n"
        );
        assert_eq!(
            event(&Word::End(None, Ending::Finished, Some("f"))),
            "event: end\nid: f\ndata: {\"reason\":\"finished\"}\n\n"
        );
        assert!(event(&Word::End(None, Ending::Unavailable, None)).contains("retry_after_seconds"));
        assert_eq!(event(&Word::Subscribed(1, None)), "");
    }

    #[test]
    fn words_as_messages() {
        let text = Word::Ping(Timestamp(1_700_000_000_123), None).message();
        let ping: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(ping["timestamp"], "2023-11-14T22:13:20.123Z");
        assert!(ping["cursor"].is_null());
        let message = Word::Error(Some(3), ErrorCode::Limited, "a \"b\"\n", Some(2)).message();
        let error: serde_json::Value = serde_json::from_str(&message).unwrap();
        assert_eq!(error["id"], 3);
        assert_eq!(error["retry_after_seconds"], 2);
        assert!(!message.contains('\n'));
    }
}
