//! The schema: the files of `sql/schema` in order, each once, under an advisory lock, all in one transaction.
//!
//! A file that was applied never changes; one that did is an error, not a repair. A newer schema than this program
//! knows (another node was upgraded first) is taken as compatible: files only add.

use deadpool_postgres::Transaction;

use super::Error;

/// Name and text of every file.
const FILES: [(&str, &str); 2] = [
    ("001_jobs", include_str!("../../sql/schema/001_jobs.sql")),
    (
        "002_tickets",
        include_str!("../../sql/schema/002_tickets.sql"),
    ),
];

/// What the advisory lock of all migrations is called: any number that only we use.
const LOCK: &str = "select pg_advisory_xact_lock(7020, 1)";

/// Applies what is missing and answers the epoch of the database.
pub async fn migrate(client: &mut deadpool_postgres::Object) -> Result<u64, Error> {
    let work = client.transaction().await?;
    // A long migration, or another node's, may take its time.
    work.batch_execute("set local statement_timeout = '300s'; set local lock_timeout = '300s'")
        .await?;
    work.batch_execute(LOCK).await?;
    work.batch_execute(
        "create table if not exists schema_files (name text primary key, checksum text not null, \
         applied_at timestamptz not null default now())",
    )
    .await?;
    for (name, text) in FILES {
        apply(&work, name, text).await?;
    }
    let epoch = identify(&work).await?;
    work.commit().await?;
    Ok(epoch)
}

async fn apply(work: &Transaction<'_>, name: &str, text: &str) -> Result<(), Error> {
    let text = text.replace("\r\n", "\n");
    let row = work.query_one("select md5($1)", &[&text]).await?;
    let checksum: String = row.get(0);
    let known = work
        .query_opt(
            "select checksum from schema_files where name = $1",
            &[&name],
        )
        .await?;
    match known.map(|row| row.get::<_, String>(0)) {
        Some(applied) if applied == checksum => Ok(()),
        Some(_) => Err(Error::Broken(format!(
            "schema file {name} is not the one this database was made with: use the program that made it, or another database"
        ))),
        None => {
            work.batch_execute(&text).await?;
            work.execute(
                "insert into schema_files (name, checksum) values ($1, $2)",
                &[&name, &checksum],
            )
            .await?;
            tracing::info!(file = name, "schema file applied");
            Ok(())
        }
    }
}

/// The epoch of this database. A new one is drawn at first, and again where the rows have come into another cluster or
/// onto another timeline (a dump, a backup, a promoted standby): the transaction ids in them and in old cursors mean
/// nothing there, so the rows are stamped anew.
async fn identify(work: &Transaction<'_>) -> Result<u64, Error> {
    let row = work
        .query_one(
            "select system_identifier || '.' || timeline_id from pg_control_system(), pg_control_checkpoint()",
            &[],
        )
        .await?;
    let system: String = row.get(0);
    let known = work
        .query_opt("select epoch, system from meta", &[])
        .await?;
    if let Some(row) = &known
        && row.get::<_, String>(1) == system
    {
        return Ok(row.get::<_, i64>(0).cast_unsigned());
    }
    let drawn = work
        .query_one(
            "select ('x' || left(md5(gen_random_uuid()::text), 15))::bit(60)::bigint",
            &[],
        )
        .await?;
    let epoch: i64 = drawn.get(0);
    work.execute(
        "insert into meta (epoch, system) values ($1, $2) \
         on conflict (single) do update set epoch = excluded.epoch, system = excluded.system",
        &[&epoch, &system],
    )
    .await?;
    if known.is_some() {
        tracing::warn!(
            "the database has come into another cluster or onto another timeline: every cursor starts anew"
        );
        for table in ["jobs", "graves", "history"] {
            work.batch_execute(&format!("update {table} set xid = pg_current_xact_id()"))
                .await?;
        }
        work.batch_execute(
            "update jobs set ended_xid = pg_current_xact_id() where ended_xid is not null",
        )
        .await?;
    }
    Ok(epoch.cast_unsigned())
}
