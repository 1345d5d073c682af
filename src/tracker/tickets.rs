//! Tickets: a token turned into a text that opens one stream, on whichever node it is brought to.

use super::{Error, Tracker};
use crate::auth::{Grant, Seal, Ticket, record, ticket};
use crate::progress::{Name, Timestamp};
use crate::store::tickets::Kept;

/// A new ticket.
#[derive(Debug)]
pub struct Issued {
    /// Its text.
    pub ticket: Ticket,
    /// Until when it opens its stream.
    pub expires_at: Timestamp,
}

/// What a ticket that was brought allows.
#[derive(Debug)]
pub struct Opened {
    /// What its bearer may do.
    pub grant: Grant,
    /// What the cursors of its stream are sealed with.
    pub seal: Seal,
}

impl Tracker {
    /// A ticket that opens one stream of `project` with what `grant` allows.
    pub async fn issue_ticket(&self, project: &Name, grant: &Grant) -> Result<Issued, Error> {
        let (ticket, secret) = (Ticket::new(), Seal::secret());
        let (ticket, secret) = ticket.zip(secret).ok_or(Error::Unavailable)?;
        let kept = Kept {
            digest: &ticket.digest(),
            project,
            allows: &record::write(grant),
            seal: &secret,
            expires: grant.expires,
        };
        let store = &self.inner.store;
        let expires_at = store.issue_ticket(&kept, ticket::LIFETIME).await?;
        Ok(Issued { ticket, expires_at })
    }

    /// What a ticket allows that is brought to a stream of `project`: the first time within half a minute of its
    /// making, and again with a cursor that its stream was given. `None` = nothing. Whether the token behind it still
    /// holds is for the caller to see.
    pub async fn open_ticket(
        &self,
        project: &Name,
        text: &str,
        cursor: Option<&str>,
    ) -> Result<Option<Opened>, Error> {
        let Some(ticket) = Ticket::parse(text) else {
            return Ok(None);
        };
        let (store, digest) = (&self.inner.store, ticket.digest());
        let brought = store.open_ticket(&digest, project, ticket::LIFETIME);
        let Some(brought) = brought.await? else {
            return Ok(None);
        };
        let seal = Seal::of(&brought.seal);
        if brought.again && !cursor.is_some_and(|c| seal.is_on(c)) {
            return Ok(None);
        }
        let grant = record::read(&brought.allows);
        Ok(grant.map(|grant| Opened { grant, seal }))
    }
}
