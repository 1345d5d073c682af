//! Where documents are kept: a bounded pool of connections, what is stored, and how a document gets there.
//!
//! Every step of a document is one transaction on a connection of its own, given back at once, so that any number of
//! ingestions share a few connections; and what a step has done, a later attempt finds done.

use std::{collections::HashMap, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::sync::OnceCell;
use tokio_postgres::{Config, NoTls};

use super::outcome::IngestError;

/// The advisory lock under which the schema is made.
const SCHEMA_LOCK: i64 = 0x6d70_6373_7600;
/// How long connecting takes at most, and how long a connection may be silent while something is sent.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(30);
/// What is staged is not waited for longer than this.
const FORGOTTEN: &str = "1 day";

/// The documents.
pub struct Store {
    pool: Pool,
    ready: OnceCell<()>,
}

/// One document of one ingestion.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The ingestion.
    pub job: &'a str,
    /// The file.
    pub path: &'a str,
}

/// What is known of a file already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// An earlier attempt refused it.
    Refused,
    /// An earlier attempt parsed it, and is to go on from there.
    Staged,
    /// This job stored it.
    Done,
    /// An earlier job stored it, with this SHA-256.
    Stored(Vec<u8>),
}

impl Store {
    /// Documents in the schema `examples` of a database, over so many connections at most. Does not connect yet.
    pub fn new(database: &Config, connections: usize) -> Result<Self, IngestError> {
        let manager = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let mut database = database.clone();
        database.connect_timeout(CONNECT).tcp_user_timeout(SILENCE);
        let pool = Pool::builder(Manager::from_config(database, NoTls, manager))
            .max_size(connections)
            .runtime(Runtime::Tokio1)
            .create_timeout(Some(CONNECT))
            .build()?;
        Ok(Self {
            pool,
            ready: OnceCell::new(),
        })
    }

    /// A connection, to a database that has the tables.
    pub async fn client(&self) -> Result<Object, IngestError> {
        let mut client = self.pool.get().await?;
        self.ready.get_or_try_init(|| prepare(&mut client)).await?;
        Ok(client)
    }

    /// What is known of the files of a collection, by path.
    pub async fn seen(
        &self,
        job: &str,
        collection: &str,
    ) -> Result<HashMap<String, Seen>, IngestError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(include_str!("seen.sql")).await?;
        let mut seen = HashMap::new();
        for row in client.query(&statement, &[&job, &collection]).await? {
            let what = match (row.try_get("step")?, row.try_get("mine")?) {
                ("stored", true) => Seen::Done,
                ("stored", false) => Seen::Stored(row.try_get("hash")?),
                ("refused", _) => Seen::Refused,
                _ => Seen::Staged,
            };
            let staged = matches!(what, Seen::Refused | Seen::Staged);
            let path: String = row.try_get("path")?;
            if staged || !seen.contains_key(&path) {
                seen.insert(path, what);
            }
        }
        Ok(seen)
    }

    /// Lets a document be found, with all its chunks, in place of what was stored under its path; how many chunks.
    pub async fn store(&self, at: At<'_>, collection: &str) -> Result<u64, IngestError> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await?;
        let store = transaction
            .prepare_cached(include_str!("store.sql"))
            .await?;
        let id: i64 = transaction
            .query_one(&store, &[&at.job, &at.path, &collection])
            .await?
            .try_get(0)?;
        transaction
            .execute("delete from examples.chunk where document = $1", &[&id])
            .await?;
        let chunks = transaction
            .prepare_cached(include_str!("store_chunks.sql"))
            .await?;
        let chunks = transaction
            .execute(&chunks, &[&at.job, &at.path, &id])
            .await?;
        let staged = "delete from examples.staged_document where job = $1 and path = $2";
        transaction.execute(staged, &[&at.job, &at.path]).await?;
        transaction.commit().await?;
        Ok(chunks)
    }

    /// How many documents, chunks and near duplicates a job has stored.
    pub async fn stored(&self, job: &str) -> Result<[u64; 3], IngestError> {
        let client = self.client().await?;
        let count = "select count(*), count(twin), (select count(*) from examples.chunk c
                         join examples.document d on d.id = c.document where d.job = $1)
                     from examples.document where job = $1";
        let row = client.query_one(count, &[&job]).await?;
        let number = |at| Ok::<_, IngestError>(row.try_get::<_, i64>(at)?.unsigned_abs());
        Ok([number(0)?, number(2)?, number(1)?])
    }

    /// Removes what a job has staged, and what others left that ended without this.
    pub async fn forget(&self, job: &str) -> Result<(), IngestError> {
        let client = self.client().await?;
        let forget = format!(
            "delete from examples.staged_document where job = $1 or staged_at < now() - interval '{FORGOTTEN}'"
        );
        client.execute(&forget, &[&job]).await?;
        Ok(())
    }
}

/// Makes the tables, where they are not there; several programs may try at once.
async fn prepare(client: &mut Object) -> Result<(), IngestError> {
    client
        .batch_execute("set client_min_messages = warning")
        .await?;
    let transaction = client.transaction().await?;
    transaction
        .execute("select pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK])
        .await?;
    transaction
        .batch_execute(include_str!("schema.sql"))
        .await?;
    Ok(transaction.commit().await?)
}
