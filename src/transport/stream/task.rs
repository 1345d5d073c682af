//! What a stream does beside waiting, and the tiles it shows.

use std::sync::Arc;

use crate::progress::Name;

/// What a stream is to do beside waiting.
#[derive(Debug)]
pub enum Task {
    /// Read the snapshot of the subscription with this tag, from this cursor.
    Snapshot(u32, Option<String>),
    /// Ask a job to stop: which, why.
    Cancel(Name, Option<Box<str>>),
}

/// The tiles a stream asked for.
#[derive(Debug)]
pub struct Tiles {
    /// What the client calls the subscription.
    pub number: u64,
    /// What it was told last.
    pub told: Option<Arc<str>>,
}
