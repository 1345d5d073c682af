//! Every JSON shape of the contract, and the frame as shared bytes.
//!
//! Knows the vocabulary of [`crate::progress`] and nothing else of the service.

pub mod cursor;
pub mod event;
pub mod frame;
pub mod memory;
pub mod pairs;
pub mod state;
pub mod write;

pub use cursor::{Cursor, Snapshot};
pub use frame::Frame;
