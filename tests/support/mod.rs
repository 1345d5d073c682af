//! What every test stands on: a real Postgres, one empty database per test.
#![allow(clippy::expect_used)] // a test may end in a panic

use std::env;

use tokio_postgres::{Config, NoTls};
use uuid::Uuid;

/// An empty database of its own. The server is that of `MILEPOST_TEST_DATABASE_URL`.
pub async fn database() -> Config {
    let url = env::var("MILEPOST_TEST_DATABASE_URL");
    let url = url.expect("MILEPOST_TEST_DATABASE_URL names the Postgres that tests may use");
    let mut config: Config = url.parse().expect("a Postgres URL");
    let (client, connection) = config.connect(NoTls).await.expect("a running Postgres");
    let connection = tokio::spawn(connection);
    let name = format!("test_{}", Uuid::now_v7().simple());
    let create = format!("create database {name}");
    client
        .batch_execute(&create)
        .await
        .expect("the right to create databases");
    drop(client);
    connection.await.expect("joined").expect("closed");
    config.dbname(&name);
    config
}
