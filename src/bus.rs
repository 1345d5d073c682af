//! The hint between nodes: "these jobs have a newer version". Nothing more rides on it.
//!
//! A hint is sent after the commit, from a connection of its own, and never inside the transaction of a write: the
//! notify lock is held over the flush of the log and would take group commit away. It may be lost, doubled, late or
//! forged; whoever hears it reads Postgres, and the catch-up read finds what no hint told.

pub mod hint;
pub mod postgres;

pub use hint::{Hint, Hints};
