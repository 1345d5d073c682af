//! Where documents are kept: a bounded pool of connections, and one function for each step that a document takes.
//!
//! Every step is one transaction on a connection of its own, given back at once, so that any number of ingestions share
//! a few connections; and what a step has done, a later attempt finds done.

use std::collections::HashMap;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use tokio::sync::OnceCell;
use tokio_postgres::{Config, NoTls};

use super::{
    chunk::Chunk,
    extract::Extracted,
    outcome::IngestError,
    parse::{Kind, Parsed},
    resemblance,
};

/// The advisory lock under which the schema is made.
const SCHEMA_LOCK: i64 = 0x6d70_6373_7600;
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

/// A document as it was parsed.
pub struct Text {
    /// What sort of document.
    pub kind: Kind,
    /// The name of its encoding.
    pub encoding: String,
    /// What stands before it.
    pub head: String,
    /// The document.
    pub body: String,
}

impl Store {
    /// Documents in the schema `examples` of a database, over so many connections at most. Does not connect yet.
    pub fn new(database: &Config, connections: usize) -> Result<Self, IngestError> {
        let manager = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(database.clone(), NoTls, manager);
        let pool = Pool::builder(manager).max_size(connections).build()?;
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

    /// Keeps a file that was parsed.
    pub async fn stage(
        &self,
        at: At<'_>,
        file: (&[u8], &[u8]),
        parsed: &Parsed,
    ) -> Result<(), IngestError> {
        let (client, (content, hash)) = (self.client().await?, file);
        let statement = client.prepare_cached(include_str!("stage.sql")).await?;
        let (encoding, kind) = (parsed.encoding.to_string(), parsed.kind.name());
        let pages = i32::try_from(parsed.pages).unwrap_or(i32::MAX);
        let Parsed {
            head, body, tail, ..
        } = parsed;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
            &at.job, &at.path, &content, &hash, &encoding, &kind, &pages, head, body, tail,
        ];
        client.execute(&statement, &values).await?;
        Ok(())
    }

    /// Remembers that a file was refused, so that nobody is told twice.
    pub async fn refuse(&self, at: At<'_>) -> Result<(), IngestError> {
        let client = self.client().await?;
        let refuse =
            "insert into examples.staged_document (job, path, step) values ($1, $2, 'refused')
                      on conflict (job, path) do nothing";
        client.execute(refuse, &[&at.job, &at.path]).await?;
        Ok(())
    }

    /// The paths of the documents that have come as far as `step`, in order.
    pub async fn waiting(&self, job: &str, step: &str) -> Result<Vec<String>, IngestError> {
        let client = self.client().await?;
        let waiting =
            "select path from examples.staged_document where job = $1 and step = $2 order by path";
        let rows = client.query(waiting, &[&job, &step]).await?;
        Ok(rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()?)
    }

    /// A document as it was parsed.
    pub async fn text(&self, at: At<'_>) -> Result<Text, IngestError> {
        let client = self.client().await?;
        let text = "select kind, encoding, head, body from examples.staged_document where job = $1 and path = $2";
        let row = client.query_one(text, &[&at.job, &at.path]).await?;
        Ok(Text {
            kind: Kind::named(row.try_get(0)?),
            encoding: row.try_get(1)?,
            head: row.try_get(2)?,
            body: row.try_get(3)?,
        })
    }

    /// Keeps what was extracted, with the earlier document that it nearly is, and how nearly.
    pub async fn extracted(
        &self,
        at: At<'_>,
        collection: &str,
        extracted: &Extracted,
    ) -> Result<Option<(String, f64)>, IngestError> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await?;
        let about = serde_json::to_string(&extracted.about).unwrap_or_default();
        let twins = transaction
            .prepare_cached(include_str!("twins.sql"))
            .await?;
        let rows = transaction
            .query(&twins, &[&at.job, &collection, &at.path, &extracted.sketch])
            .await?;
        let twin = nearest(&rows, &extracted.sketch)?;
        let path = twin.as_ref().map(|(path, _)| path);
        let keep = "update examples.staged_document
                    set (step, about, sketch, twin) = ('extracted', $3::text::jsonb, $4, $5)
                    where job = $1 and path = $2 and step = 'parsed'";
        let kept = transaction
            .execute(keep, &[&at.job, &at.path, &about, &extracted.sketch, &path])
            .await?;
        if kept == 1 {
            let numbers: Vec<i32> = (1..).take(extracted.chunks.len()).collect();
            let column =
                |of: fn(&Chunk) -> &str| extracted.chunks.iter().map(of).collect::<Vec<_>>();
            let (headings, bodies) = (column(|chunk| &chunk.heading), column(|chunk| &chunk.body));
            let keep = "insert into examples.staged_chunk (job, path, number, heading, body)
                        select $1, $2, * from unnest($3::int[], $4::text[], $5::text[])";
            transaction
                .execute(keep, &[&at.job, &at.path, &numbers, &headings, &bodies])
                .await?;
        }
        transaction.commit().await?;
        Ok(twin)
    }

    /// Makes the text search vectors of a document.
    pub async fn index(&self, at: At<'_>) -> Result<(), IngestError> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await?;
        let done =
            "update examples.staged_document set step = 'indexed' where job = $1 and path = $2";
        transaction.execute(done, &[&at.job, &at.path]).await?;
        let index = transaction
            .prepare_cached(include_str!("index.sql"))
            .await?;
        transaction.execute(&index, &[&at.job, &at.path]).await?;
        Ok(transaction.commit().await?)
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

fn nearest(
    rows: &[tokio_postgres::Row],
    sketch: &[i64],
) -> Result<Option<(String, f64)>, IngestError> {
    let mut nearest = None;
    for row in rows {
        let share = resemblance::resemblance(sketch, &row.try_get::<_, Vec<i64>>(1)?);
        if share >= resemblance::NEAR && nearest.as_ref().is_none_or(|(_, best)| share > *best) {
            nearest = Some((row.try_get(0)?, share));
        }
    }
    Ok(nearest)
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
