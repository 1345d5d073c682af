//! Postgres.
pub mod embedded;
