//! Every JSON shape of the contract, its schema, and the frame as shared bytes.
//!
//! Knows the vocabulary of [`crate::progress`] and nothing else of the service.

pub mod body;
mod check;
pub mod creation;
pub mod cursor;
pub mod event;
pub mod frame;
pub mod invalid;
pub mod memory;
pub mod page;
pub mod pairs;
mod raw;
pub mod report;
pub mod schema;
pub mod state;
pub mod stored;
mod strict;
pub mod write;

pub use cursor::{Cursor, Snapshot};
pub use frame::Frame;
pub use invalid::{Fault, Invalid};
