//! Document ingestion: parse, extract, index (Postgres full-text search), store; and the search over it.
//!
//! `ingestion` is the job, `attempt` one attempt at it. `source` and `store` are its two ends, `staging` is what is
//! between. The other files know nothing of jobs or of Postgres, so that each can be read, and tested, alone.

pub mod attempt;
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
pub mod staging;
pub mod store;

use super::pace;
