//! What the tests share: directories that go away, waiting for a condition, a database of
//! one's own.

pub mod postgres;
pub mod scratch;
pub mod wait;
