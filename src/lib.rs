//! Milepost: progress of long work, persisted in Postgres, watched over WebSocket, server-sent events and polling.

pub mod api;
pub mod hub;
pub mod metrics;
pub mod progress;
pub mod tracker;
pub mod wire;
