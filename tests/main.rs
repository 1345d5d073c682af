//! Every test, in one binary: linked once, with one embedded server.

// Clippy's own exception for tests covers only the functions marked as such, not their helpers.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod asyncapi;
mod auth;
mod browser;
mod cluster;
mod command_line;
mod conformance;
mod credentials;
mod demo;
mod echo;
mod edge;
mod embedded;
mod faults;
mod guides;
mod hostile;
mod http;
mod hub;
mod layers;
mod machine;
mod openapi;
mod parsing;
mod problems;
mod seeds;
mod server;
mod shape;
mod streams;
mod support;
mod terminal;
mod tracker;
mod types;
mod worker;
mod workers;
