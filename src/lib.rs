//! Milepost: progress of long work, persisted in Postgres, watched over WebSocket, server-sent events and polling.

pub mod api;
pub mod bus;
pub mod cli;
pub mod config;
pub mod demo;
pub mod http;
pub mod hub;
pub mod metrics;
pub mod progress;
pub mod server;
pub mod shutdown;
pub mod store;
pub mod telemetry;
pub mod tracker;
pub mod transport;
pub mod wire;
