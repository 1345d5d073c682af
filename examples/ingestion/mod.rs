//! Document ingestion: parse, extract, index (Postgres full-text search), store; and the search over it.
//!
//! `ingestion` is the job. `source` and `store` are its two ends. The other files know nothing of jobs or of Postgres, so
//! that each can be read, and tested, alone.

pub mod book;
pub mod chunk;
pub mod encoding;
pub mod extract;
#[allow(clippy::module_inception)] // the job is named as its folder
pub mod ingestion;
pub mod language;
pub mod outcome;
pub mod parse;
pub mod resemblance;
pub mod rfc;
pub mod search;
pub mod source;
pub mod store;

use super::pace;
