//! The keys that are trusted now, and the tokens they were found to vouch for. Never changed: when the keys change,
//! another takes its place, and what was remembered by the old ones goes with them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::grant::{Grant, KeyId};
use super::key::{Algorithm, Key};
use super::token::Token;

/// The most keys of others that are tried for one token: signatures of a bad one cost us, not its sender.
const MOST_TRIED: usize = 16;

/// The most tokens remembered,
const MOST_REMEMBERED: usize = 4096;

/// and the most bytes of them.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The keys that are trusted now.
#[derive(Debug)]
pub(super) struct Trust {
    /// The secrets first.
    pub keys: Vec<Key>,
    /// False until all of them were had for the first time.
    pub complete: bool,
    remembered: RwLock<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    grants: HashMap<Box<str>, Arc<Grant>>,
    bytes: usize,
}

impl Trust {
    pub fn new(keys: Vec<Key>, complete: bool) -> Self {
        Self {
            keys,
            complete,
            remembered: RwLock::default(),
        }
    }

    /// Whether `id` is among the keys.
    pub fn holds(&self, id: KeyId) -> bool {
        self.keys.iter().any(|k| k.id == id)
    }

    /// The key that signed the token.
    pub fn voucher(&self, token: &Token<'_>) -> Option<KeyId> {
        let most = match token.algorithm {
            Algorithm::Hs256 => usize::MAX, // as many as were configured
            _ => MOST_TRIED,
        };
        let mut fitting = self.keys.iter().filter(|k| k.fits(token)).take(most);
        fitting.find(|k| k.vouches(token)).map(|k| k.id)
    }

    /// What the token with this text was found to allow. It may have ended since.
    pub fn remembered(&self, text: &str) -> Option<Arc<Grant>> {
        let all = self.remembered.read();
        all.unwrap_or_else(PoisonError::into_inner)
            .grants
            .get(text)
            .cloned()
    }

    /// Remembers what a token allows; when there is no room, forgets all others, most of which have ended.
    pub fn remember(&self, text: &str, grant: &Arc<Grant>) {
        let all = self.remembered.write();
        let mut all = all.unwrap_or_else(PoisonError::into_inner);
        if all.grants.len() >= MOST_REMEMBERED || all.bytes + text.len() > MOST_BYTES {
            *all = Remembered::default();
        }
        if all.grants.insert(text.into(), grant.clone()).is_none() {
            all.bytes += text.len();
        }
    }
}
