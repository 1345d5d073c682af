//! The staging table of an import: made, filled by `COPY`, dropped; and those that killed imports
//! left behind. Also the two advisory locks that let several imports run at once.

use milepost::worker::Job;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::{
    mapping::{Mapping, ROWS},
    outcome::ImportError,
};

/// The advisory lock under which the schema is made.
const SCHEMA_LOCK: i64 = 0x6d70_6373_7600;

/// Makes the final tables where they are missing, and removes the staging tables of imports that
/// were killed: those whose lock nobody holds.
pub async fn prepare(client: &mut Client) -> Result<(), ImportError> {
    client
        .batch_execute("set time zone 'UTC'; set client_min_messages = warning")
        .await?;
    let transaction = client.transaction().await?;
    transaction
        .execute("select pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK])
        .await?;
    transaction
        .batch_execute(include_str!("schema.sql"))
        .await?;
    transaction.commit().await?;
    let left = "select tablename from pg_tables where schemaname = 'examples' and tablename ~ '^stage_[0-9]+$'";
    for row in client.query(left, &[]).await? {
        let name: String = row.get(0);
        let Some(number) = name
            .strip_prefix("stage_")
            .and_then(|n| n.parse::<i64>().ok())
        else {
            continue;
        };
        let free = client
            .query_one("select pg_try_advisory_lock($1)", &[&number])
            .await?;
        if free.get(0) {
            let drop = format!(
                "drop table if exists examples.{name}; select pg_advisory_unlock({number})"
            );
            client.batch_execute(&drop).await?;
        }
    }
    Ok(())
}

/// Imports into the same tables merge one after the other: they would wait for each other's rows
/// anyway, and in different orders they would wait in a circle.
pub async fn turn(
    transaction: &Transaction<'_>,
    mapping: &Mapping,
    job: &Job,
) -> Result<(), ImportError> {
    if mapping.name == ROWS.name {
        return Ok(());
    }
    let lock = |how: &str| {
        format!(
            "select {how}(hashtextextended('examples.{}', 0))",
            mapping.name
        )
    };
    let free = transaction
        .query_one(&lock("pg_try_advisory_xact_lock"), &[])
        .await?;
    if !free.get::<_, bool>(0) {
        job.message("Waiting for another import into the same tables");
        transaction
            .execute(&lock("pg_advisory_xact_lock"), &[])
            .await?;
    }
    job.message("Merging");
    Ok(())
}

/// A staging table of one import, guarded by an advisory lock as long as the import lives.
#[derive(Clone)]
pub struct Stage {
    /// Its name with the schema.
    pub table: String,
    number: i64,
}

impl Stage {
    /// Makes the table that `mapping` stages its rows in.
    pub async fn create(client: &Client, mapping: &Mapping) -> Result<Self, ImportError> {
        let number =
            (Uuid::now_v7().as_u128() >> 64) as i64 & i64::MAX ^ i64::from(std::process::id());
        let table = format!("examples.stage_{number}");
        client
            .execute("select pg_advisory_lock($1)", &[&number])
            .await?;
        // Rows up to a page are kept as they are: compressing what is dropped soon is wasted time.
        let columns = mapping.stage();
        let create = format!(
            "create unlogged table {table} (n bigint primary key, {columns}) with (toast_tuple_target = 8160, autovacuum_enabled = off)"
        );
        client.batch_execute(&create).await?;
        Ok(Self { table, number })
    }

    /// The statement that fills it.
    pub fn copy(&self) -> String {
        format!("copy {} from stdin (format binary)", self.table)
    }

    /// Removes it.
    pub async fn drop(&self, client: &Client) -> Result<(), ImportError> {
        let Self { table, number } = self;
        let drop = format!("drop table {table}; select pg_advisory_unlock({number})");
        Ok(client.batch_execute(&drop).await?)
    }
}
