//! Postgres: the pool, the errors, the statements of `sql/query`.
//!
//! Everything that is true lies here. Knows no HTTP, no viewer and no rule of the machine: it writes what was decided,
//! where the version is still the one decided on, and reads it back.

pub mod commit;
mod conditions;
pub mod embedded;
pub mod error;
pub mod health;
pub mod jobs;
pub mod listener;
pub mod notify;
pub mod pool;
pub mod read;
pub mod schema;
pub mod tickets;
pub mod time;
pub mod upkeep;

use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

pub use commit::{Won, Write};
pub use error::Error;
pub use jobs::Held;

/// Parameters of a statement.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A database of jobs. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    /// This process among all that write here.
    pub node: Uuid,
    /// Which database this is: part of every cursor.
    pub epoch: u64,
}

impl Store {
    /// Connects, brings the schema up to date, and notes which database this is.
    pub async fn open(config: &tokio_postgres::Config, size: usize) -> Result<Self, Error> {
        let pool = pool::build(config, size)?;
        let mut client = pool::client(&pool).await?;
        let epoch = schema::migrate(&mut client).await?;
        drop(client);
        Ok(Self {
            pool,
            node: Uuid::now_v7(),
            epoch,
        })
    }

    /// Closes the pool; whoever asks afterwards is told that the database is unavailable.
    pub fn close(&self) {
        self.pool.close();
    }

    /// Runs one prepared statement within the time limit. A connection that failed is not given out again.
    async fn query(&self, sql: &'static str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let client = pool::client(&self.pool).await?;
        let rows = pool::within(async {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, params).await
        })
        .await;
        if rows.as_ref().is_err_and(Error::is_connection) {
            drop(deadpool_postgres::Object::take(client));
        }
        rows
    }

    /// The same for a statement that only reads: a connection that turns out to be dead at once costs one more try.
    /// A server that does not answer at all has cost the caller enough.
    async fn read(&self, sql: &'static str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        const AT_ONCE: Duration = Duration::from_secs(1);
        let began = Instant::now();
        match self.query(sql, params).await {
            Err(error) if error.is_connection() && began.elapsed() < AT_ONCE => {
                self.query(sql, params).await
            }
            other => other,
        }
    }
}
