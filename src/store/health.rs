//! Whether the server keeps what it acknowledges.

use super::{Error, Store};

impl Store {
    /// `Err` in words where the server takes no writes, or might lose one that it acknowledged.
    pub async fn durable(&self) -> Result<Result<(), String>, Error> {
        let rows = self
            .read(include_str!("../../sql/query/health.sql"), &[])
            .await?;
        let row = rows
            .first()
            .ok_or_else(|| Error::Broken("no answer".into()))?;
        if row.get("read_only") {
            return Ok(Err("the database is read-only".into()));
        }
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            if row.get::<_, &str>(setting) == "off" {
                return Ok(Err(format!(
                    "the database runs with {setting} = off: an acknowledged report could be lost"
                )));
            }
        }
        Ok(Ok(()))
    }

    /// How full the server's queue of notifications is, 0 to 1.
    pub async fn notification_queue(&self) -> Result<f64, Error> {
        let rows = self
            .read(include_str!("../../sql/query/notification_queue.sql"), &[])
            .await?;
        Ok(rows.first().map_or(0.0, |row| row.get("usage")))
    }
}
