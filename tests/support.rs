//! What the tests share: directories that go away, waiting for a condition, a database and a service of their own,
//! viewers over every transport.

pub mod http;
pub mod postgres;
pub mod schema;
pub mod scratch;
pub mod service;
pub mod wait;
pub mod watch;
