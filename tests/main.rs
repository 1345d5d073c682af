//! All tests in one binary, so that they link once.

// Clippy's own exception for tests covers only the functions marked as such, not their helpers.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod machine;
