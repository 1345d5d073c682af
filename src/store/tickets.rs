//! Tickets, by the digest of their text.

use super::time::{from_sql, to_sql};
use super::{Error, Store};
use crate::progress::{Name, Timestamp};

/// What is kept of a ticket.
#[derive(Debug)]
pub struct Kept<'a> {
    /// SHA-256 of its text.
    pub digest: &'a [u8],
    /// Where it opens a stream.
    pub project: &'a Name,
    /// What its bearer may do.
    pub allows: &'a str,
    /// What its stream's cursors are sealed with.
    pub seal: &'a [u8],
    /// When the token behind it ends.
    pub expires: Option<Timestamp>,
}

/// A ticket that was brought.
#[derive(Debug)]
pub struct Brought {
    /// What its bearer may do.
    pub allows: String,
    /// What its stream's cursors are sealed with.
    pub seal: Vec<u8>,
    /// Whether it had opened its stream before.
    pub again: bool,
}

impl Store {
    /// Keeps a new ticket; answers until when it can be used.
    pub async fn issue_ticket(&self, kept: &Kept<'_>, seconds: f64) -> Result<Timestamp, Error> {
        let expires = kept.expires.map(to_sql);
        let params: super::Params<'_> = &[
            &kept.digest,
            &kept.project.as_str(),
            &kept.allows,
            &kept.seal,
            &expires,
            &seconds,
        ];
        let rows = self
            .query(include_str!("../../sql/query/ticket_issue.sql"), params)
            .await?;
        let row = rows.first();
        row.map(|row| from_sql(row.get("until")))
            .ok_or_else(|| Error::Broken("no ticket was kept".into()))
    }

    /// The ticket of this digest, opened now where it was not before and is at most `seconds` old.
    pub async fn open_ticket(
        &self,
        digest: &[u8],
        project: &Name,
        seconds: f64,
    ) -> Result<Option<Brought>, Error> {
        let params: super::Params<'_> = &[&digest, &project.as_str(), &seconds];
        let rows = self
            .query(include_str!("../../sql/query/ticket_open.sql"), params)
            .await?;
        Ok(rows.first().map(|row| Brought {
            allows: row.get("allows"),
            seal: row.get("seal"),
            again: row.get("again"),
        }))
    }
}
