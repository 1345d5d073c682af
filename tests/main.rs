//! Every test that drives the real thing, in one binary: linked once, with one embedded server.

// Clippy's own exception for tests covers only the functions marked as such, not their helpers.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod command_line;
mod layers;
mod parsing;
mod problems;
