//! HTTP.
pub mod path;
pub mod problem;
pub mod query;
