//! Milepost.
pub mod store;
