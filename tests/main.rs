//! Tests: one binary, one module per noun.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test fails by panicking

mod hub;
mod server;
mod streams;
