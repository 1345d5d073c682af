//! What the hub hands to a viewer, and how the viewer takes it.

use std::sync::Arc;

use crate::progress::{JobKey, Labels};
use crate::wire::{Cursor, Frame};

/// How far a project's viewers have been given everything, ready to be sent.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The encoded cursor.
    pub text: Arc<str>,
    /// The first transaction its snapshot knows nothing of: a rough measure of which of two is newer.
    pub end: u64,
}

impl Mark {
    /// The mark of a cursor.
    #[must_use]
    pub fn new(cursor: &Cursor) -> Self {
        Self {
            text: cursor.encode().into(),
            end: cursor.seen.end(),
        }
    }
}

/// One frame on its way to everybody.
#[derive(Debug)]
pub struct Emission {
    /// What is sent.
    pub frame: Arc<Frame>,
    /// Rises with every emission. One that is not above the last one a sink has sent is not sent again.
    pub stamp: u64,
    /// What everybody who is caught up was given before this frame. `None` until the first catch-up read.
    pub mark: Option<Mark>,
    /// How many catch-up reads of the project were through when the frame set out.
    pub passes: u64,
}

/// Who takes frames. Every call returns at once. It may ask the hub something: the hub holds no lock meanwhile.
pub trait Sink: Send + Sync {
    /// A frame that the subscription `tag` selects. Offered once for each subscription that does.
    fn offer(&self, emission: &Emission, tag: u32);

    /// A job that the subscription `tag` may have shown was deleted or has expired.
    fn gone(&self, key: &JobKey, tag: u32);
}

/// What a departure is told with.
#[derive(Debug, Clone)]
pub struct Departure {
    /// Which job.
    pub key: JobKey,
    /// Its labels, where they are known.
    pub labels: Option<Labels>,
}
