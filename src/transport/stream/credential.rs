//! What a WebSocket may do, from its handshake or from what it said since.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::Instant;

use super::inner::Phase;
use super::{Hold, Stream};
use crate::auth::Grant;
use crate::limit::{Caller, Shares, TooMany};
use crate::progress::{Narrowing, Selector};
use crate::transport::endings::Ending;
use crate::transport::session::Work;

/// What a new credential makes a stream do.
#[derive(Debug, Default)]
pub struct Renewed {
    /// What had waited for the first one.
    pub first: Option<Work>,
    /// The subscriptions to be made anew since it narrows differently: number, selection, whether it has an end.
    pub again: Vec<(u64, Selector, bool)>,
    /// The number of the tiles, where it may not see them any more.
    pub tiles: Option<u64>,
}

impl Stream {
    /// What its credential allows; `None` = it has yet to show one.
    pub fn grant(&self) -> Option<Arc<Grant>> {
        self.inner().ws.as_ref()?.grant.clone()
    }

    /// Where it comes from; `None` = it is no WebSocket.
    pub fn address(&self) -> Option<IpAddr> {
        Some(self.inner().ws.as_ref()?.address)
    }

    /// Who is counted for what is said over it.
    pub fn caller(&self) -> Option<Caller> {
        let inner = self.inner();
        let ws = inner.ws.as_ref()?;
        Some(Caller::of(ws.grant.as_deref(), ws.address))
    }

    /// Notes what it does once it has shown a credential.
    pub fn put_off(&self, work: Work) {
        if let Some(ws) = &mut self.inner().ws {
            ws.first = Some(work);
        }
    }

    /// Notes that a credential is being looked at: what is said meanwhile waits for the outcome.
    pub fn begin_authorizing(&self) {
        if let Some(ws) = &mut self.inner().ws {
            ws.deferred.get_or_insert_default();
        }
    }

    /// Keeps what was said while a credential is being looked at; `false` = none is.
    pub fn defer(&self, text: &str) -> bool {
        const MOST: usize = 100;
        let mut inner = self.inner();
        let Some(said) = inner.ws.as_mut().and_then(|ws| ws.deferred.as_mut()) else {
            return false;
        };
        if said.len() < MOST {
            said.push_back(text.to_owned());
        } else {
            self.close(&mut inner, Ending::Limited);
        }
        true
    }

    /// The next of what was said while a credential was looked at. `None` = that was all, or the stream has ended;
    /// from then on nothing waits. Until then all else does, or it would come before what was said first.
    pub fn next_deferred(&self) -> Option<String> {
        let mut inner = self.inner();
        let open = inner.phase == Phase::Open;
        let ws = inner.ws.as_mut()?;
        let next = ws.deferred.as_mut().and_then(VecDeque::pop_front);
        let next = next.filter(|_| open);
        if next.is_none() {
            ws.deferred = None;
        }
        next
    }

    /// Takes a credential in place of the one it had.
    ///
    /// # Errors
    /// Its caller has as many streams as it may.
    pub fn renew(&self, grant: &Arc<Grant>, shares: &Shares) -> Result<Renewed, TooMany> {
        let mut inner = self.inner();
        let inner = &mut *inner;
        inner.hold = Hold::of(Some(grant), Instant::now());
        let Some(ws) = &mut inner.ws else {
            return Ok(Renewed::default());
        };
        let (before, after) = (ws.grant.as_deref(), Some(&**grant));
        let caller = |grant| Caller::of(grant, ws.address);
        if ws.grant.is_none() || caller(before) != caller(after) {
            inner.admission = shares.streams.admit(caller(after))?;
        }
        let (first, before) = (ws.first.take(), ws.grant.replace(Arc::clone(grant)));
        let within = |g: &Arc<Grant>| g.narrowing.as_deref().cloned();
        let before: Option<Narrowing> = before.as_ref().and_then(within);
        let mut renewed = Renewed {
            first,
            ..Renewed::default()
        };
        if before != within(grant) {
            // Nothing is given any more that the one before allowed, and this one may not.
            for sub in inner.subs.drain(..) {
                let selector = Selector::clone(sub.subscription.selector());
                let selector = selector.within(grant.narrowing.as_ref());
                let again = (sub.number, selector, sub.left.is_some());
                renewed.again.push(again);
            }
            let narrow = grant.narrowing.is_some();
            renewed.tiles = inner.tiles.take_if(|_| narrow).map(|t| t.number);
        }
        Ok(renewed)
    }
}
