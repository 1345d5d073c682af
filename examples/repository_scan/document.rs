//! What is known of one document: read now, or kept from the scan before.

use serde::{Deserialize, Serialize};

use super::finding::Finding;

/// What the rules of a whole repository ask of a document. Kept with it, so that a file that did
/// not change need not be read again.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The identifier, and its line.
    pub identifier: Option<(u64, u32)>,
    /// The title, or nothing.
    pub title: String,
    /// The status, or nothing.
    pub status: String,
    /// The type, or nothing.
    #[serde(rename = "type")]
    pub kind: String,
    /// The category, or nothing.
    pub category: String,
    /// The day of creation as YYYY-MM-DD, and its line.
    pub created: Option<(String, u32)>,
    /// The end of the last call as YYYY-MM-DD, and its line.
    pub deadline: Option<(String, u32)>,
    /// The identifiers that it requires, and their line.
    pub requires: Vec<(u64, u32)>,
    /// Where it was moved to.
    pub moved_to: Option<String>,
}

/// A document that was read and checked.
#[derive(Debug)]
pub struct Checked {
    /// Its path inside the repository.
    pub path: String,
    /// SHA-256 of the file.
    pub hash: Vec<u8>,
    /// What is known of it.
    pub facts: Facts,
    /// What its own rules found.
    pub findings: Vec<Finding>,
}
