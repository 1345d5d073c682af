//! What the tests share: directories that go away, waiting for a condition, a database and a service of their own,
//! viewers over every transport.

pub mod http;
pub mod postgres;
pub mod schema;
pub mod scratch;
pub mod service;
pub mod wait;
pub mod watch;

/// A database of one's own that lasts as long as the rig.
pub async fn database() -> tokio_postgres::Config {
    let database = postgres::database().await;
    let config = database.config();
    std::mem::forget(database);
    config
}
