//! Milepost: progress of long work, persisted in Postgres, watched over WebSocket, server-sent events and polling.

pub mod bus;
pub mod hub;
pub mod progress;
pub mod store;
pub mod tracker;
pub mod wire;
