//! The frame: one state in its envelope, serialised once per version and shared by every socket.
//!
//! The JSON lies in one buffer together with the few bytes that server-sent events put around it, so that no
//! transport copies it: `data: {…}\n\n`. A WebSocket writes its header and the middle part.

use bytes::Bytes;

use crate::progress::{JobKey, Labels, Status};

const BEFORE: &[u8] = b"data: ";
const AFTER: &[u8] = b"\n\n";

/// A state as it is sent, and what is needed to decide who gets it.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Whose state.
    pub key: JobKey,
    /// Which version of it.
    pub version: u64,
    /// The status in it.
    pub status: Status,
    /// The labels in it.
    pub labels: Labels,
    /// The transaction that wrote it, as Postgres counts them; 0 where that is not known.
    pub xid: u64,
    event: Bytes,
}

impl Frame {
    /// A frame around `json`, which has no line break in it.
    #[must_use]
    pub fn new(key: JobKey, version: u64, status: Status, labels: Labels, json: &str) -> Self {
        let mut event = Vec::with_capacity(json.len() + BEFORE.len() + AFTER.len());
        event.extend_from_slice(BEFORE);
        event.extend_from_slice(json.as_bytes());
        event.extend_from_slice(AFTER);
        Self {
            key,
            version,
            status,
            labels,
            xid: 0,
            event: event.into(),
        }
    }

    /// The same frame, with the transaction that wrote it.
    #[must_use]
    pub fn written_by(self, xid: u64) -> Self {
        Self { xid, ..self }
    }

    /// The frame's JSON, shared.
    #[must_use]
    pub fn json(&self) -> Bytes {
        self.event
            .slice(BEFORE.len()..self.event.len() - AFTER.len())
    }

    /// `data: {…}\n\n`, shared: a server-sent event but for its `id:` line.
    #[must_use]
    pub fn event(&self) -> Bytes {
        self.event.clone()
    }
}
