//! Document ingestion: parse, extract, index (Postgres full-text search), store; and the search over it.
//!
//! `ingestion` is the job; the files above it know nothing of jobs or of Postgres, so that each can be read, and
//! tested, alone.

pub mod book;
pub mod chunk;
pub mod encoding;
pub mod extract;
pub mod language;
pub mod parse;
pub mod resemblance;
pub mod rfc;
