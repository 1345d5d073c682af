//! Milepost: progress of long work, persisted in Postgres, watched over WebSocket, server-sent events and polling.

pub mod api;
pub mod hub;
pub mod progress;
pub mod server;
pub mod tracker;
pub mod transport;
pub mod wire;
