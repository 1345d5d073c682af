//! What is between a file and a stored document: parsed, extracted, indexed, each step kept for the attempt that may have
//! to go on from there.

use super::{
    chunk::Chunk,
    extract::Extracted,
    outcome::IngestError,
    parse::{Kind, Parsed},
    resemblance,
    store::{At, Store},
};

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

    /// Refuses a document that was staged.
    pub async fn give_up(&self, at: At<'_>) -> Result<(), IngestError> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await?;
        let chunks = "delete from examples.staged_chunk where job = $1 and path = $2";
        transaction.execute(chunks, &[&at.job, &at.path]).await?;
        let refuse =
            "update examples.staged_document set step = 'refused' where job = $1 and path = $2";
        transaction.execute(refuse, &[&at.job, &at.path]).await?;
        Ok(transaction.commit().await?)
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
