//! Writes what a scan found: all of it or nothing.
//!
//! The same scan twice changes nothing. A finding that stays keeps the day it was found first.

use tokio_postgres::{Client, Transaction, types::ToSql};

use super::{
    ScanError, document::Checked, finding::Finding, known::collective, rule::RULES_VERSION,
    summary::Summary,
};

/// How many rows are written by one statement.
const BATCH: usize = 200;
/// The advisory lock under which the schema is made: the same number in all workers that share it.
const SCHEMA_LOCK: i64 = 0x6d70_6373_7600;
/// How many documents the result names.
const WORST: i64 = 5;

/// The documents with the most findings, and how many.
pub type Worst = Vec<(String, i64)>;

/// What is to be written about a repository.
pub struct Outcome<'a> {
    /// Its name.
    pub repository: &'a str,
    /// Documents that were read and checked, with the findings of their own rules.
    pub checked: &'a [Checked],
    /// Findings of the rules over all documents.
    pub collective: &'a [Finding],
    /// Documents that are gone.
    pub gone: &'a [String],
}

impl Outcome<'_> {
    /// How many rows there are to write.
    pub fn rows(&self) -> u64 {
        (self.checked.len() + self.gone.len() + self.findings().count()) as u64
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        let own = self.checked.iter().flat_map(|document| &document.findings);
        own.chain(self.collective)
    }

    /// Writes it, and counts what then stands in the tables: in `summary`, and the documents with
    /// the most findings. `written` hears of every batch, and ends the writing with an error.
    pub async fn write(
        &self,
        client: &mut Client,
        summary: &mut Summary,
        mut written: impl FnMut(u64) -> Result<(), ScanError>,
    ) -> Result<Worst, ScanError> {
        let transaction = client.transaction().await?;
        summary.resolved = self.resolve(&transaction).await?;
        written(self.gone.len() as u64)?;
        let upsert = transaction
            .prepare(include_str!("upsert_documents.sql"))
            .await?;
        for batch in self.checked.chunks(BATCH) {
            let paths: Vec<&str> = batch.iter().map(|one| one.path.as_str()).collect();
            let hashes: Vec<&[u8]> = batch.iter().map(|one| one.hash.as_slice()).collect();
            let facts = batch
                .iter()
                .map(|one| serde_json::to_string(&one.facts).unwrap_or_default());
            let facts: Vec<String> = facts.collect();
            let values: [&(dyn ToSql + Sync); 5] =
                [&self.repository, &RULES_VERSION, &paths, &hashes, &facts];
            transaction.execute(&upsert, &values).await?;
            written(batch.len() as u64)?;
        }
        let findings: Vec<&Finding> = self.findings().collect();
        for batch in findings.chunks(BATCH) {
            summary.opened += self.open(&transaction, batch).await?;
            written(batch.len() as u64)?;
        }
        let worst = self.count(&transaction, summary).await?;
        transaction.commit().await?;
        Ok(worst)
    }

    async fn resolve(&self, transaction: &Transaction<'_>) -> Result<u64, ScanError> {
        let checked = self.checked.iter().map(|document| &document.path);
        let touched: Vec<&String> = checked.chain(self.gone).collect();
        let (mut paths, mut rules, mut subjects) = (Vec::new(), Vec::new(), Vec::new());
        for finding in self.findings() {
            paths.push(finding.path.as_str());
            rules.push(finding.rule.id);
            subjects.push(finding.subject.as_str());
        }
        let resolve = include_str!("resolve_findings.sql");
        let values: [&(dyn ToSql + Sync); 6] = [
            &self.repository,
            &touched,
            &collective(),
            &paths,
            &rules,
            &subjects,
        ];
        let resolved = transaction.execute(resolve, &values).await?;
        let remove =
            "delete from examples.scanned_document where repository = $1 and path = any($2)";
        transaction
            .execute(remove, &[&self.repository, &self.gone])
            .await?;
        Ok(resolved)
    }

    async fn open(
        &self,
        transaction: &Transaction<'_>,
        batch: &[&Finding],
    ) -> Result<u64, ScanError> {
        let column = |of: fn(&Finding) -> &str| batch.iter().map(|one| of(one)).collect::<Vec<_>>();
        let paths = column(|one| &one.path);
        let rules = column(|one| one.rule.id);
        let subjects = column(|one| &one.subject);
        let severities = column(|one| one.severity().name());
        let lines: Vec<i64> = batch.iter().map(|one| one.line.into()).collect();
        let messages: Vec<String> = batch.iter().map(|one| one.message()).collect();
        let values: [&(dyn ToSql + Sync); 7] = [
            &self.repository,
            &paths,
            &rules,
            &subjects,
            &severities,
            &lines,
            &messages,
        ];
        let row = transaction
            .query_one(include_str!("upsert_findings.sql"), &values)
            .await?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }

    async fn count(
        &self,
        transaction: &Transaction<'_>,
        summary: &mut Summary,
    ) -> Result<Worst, ScanError> {
        let row = transaction
            .query_one(include_str!("counts.sql"), &[&self.repository])
            .await?;
        let count = |at| row.get::<_, i64>(at).unsigned_abs();
        summary.findings = [count(0), count(1), count(2)];
        summary.invalid = count(3);
        summary.valid = summary.documents.saturating_sub(summary.invalid);
        let worst = "select path, count(*) from examples.scanned_finding where repository = $1
                     group by 1 order by 2 desc, 1 limit $2";
        let rows = transaction
            .query(worst, &[&self.repository, &WORST])
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect())
    }
}

/// Makes the tables where they are not there yet.
pub async fn prepare(client: &mut Client) -> Result<(), ScanError> {
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
