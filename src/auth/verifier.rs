//! The one door for tokens: says what a token allows, or why it is not taken.

use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::claims::{self, Expected};
use super::denied::Denied;
use super::fetch;
use super::grant::{Grant, KeyId};
use super::jwks::Jwks;
use super::key::{Algorithm, Key};
use super::mint::Minted;
use super::refresh;
use super::rounds::Rounds;
use super::secret::Secret;
use super::settings::Settings;
use super::source::JwksSource;
use super::token::Token;
use super::trust::Trust;
use crate::progress::Timestamp;

/// How often tokens can make us look at a file, and at an address: seconds between, and how many at once.
const FILE_GATE: (u64, u32) = (1, 1);
const URL_GATE: (u64, u32) = (10, 3);

/// The keys cannot be had: where, why, and how to mend it.
#[derive(Debug, thiserror::Error)]
#[error("the JWKS {place} cannot be used: {why}: {mend}")]
pub struct OpenError {
    place: String,
    why: String,
    mend: &'static str,
}

/// Says what tokens allow. Cheap to clone: all clones are one.
#[derive(Debug, Clone)]
pub struct Verifier(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    secrets: Vec<Secret>,
    jwks: Option<JwksSource>,
    expected: Expected,
    trust: RwLock<Arc<Trust>>,
    pub(super) rounds: Rounds,
}

impl Verifier {
    /// A verifier by these settings. Reads the file of a JWKS (and blocks for that); what is at an address is fetched
    /// by [`Verifier::run`].
    ///
    /// # Errors
    /// The file cannot be read, or has no key that could be used.
    pub fn open(settings: Settings) -> Result<Self, OpenError> {
        let others = match &settings.jwks {
            Some(JwksSource::File(path)) => Some(read(path)?),
            Some(JwksSource::Url(_)) => None,
            None => Some(Vec::new()),
        };
        let complete = others.is_some();
        let ours = settings.secrets.iter().map(Key::secret);
        let keys = ours.chain(others.into_iter().flatten()).collect();
        let (period, burst) = match &settings.jwks {
            Some(JwksSource::Url(_)) => URL_GATE,
            _ => FILE_GATE,
        };
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        Ok(Self(Arc::new(Inner {
            secrets: settings.secrets,
            jwks: settings.jwks,
            expected: Expected {
                issuer: settings.issuer,
                audience: settings.audience,
            },
            trust: RwLock::new(Arc::new(Trust::new(keys, complete))),
            rounds: Rounds::new(Duration::from_secs(period), burst),
        })))
    }

    /// What the token allows at `now`, where that was found out before: costs no signature. `None` = it was not.
    #[must_use]
    pub fn remembered(&self, token: &str, now: Timestamp) -> Option<Result<Arc<Grant>, Denied>> {
        let grant = self.0.trust().remembered(token)?;
        Some(grant.alive(now).map(|()| grant))
    }

    /// A verifier by the secrets of these settings and the keys in a set that is at hand; `None` = it is no set.
    #[doc(hidden)] // for the fuzzer
    #[must_use]
    pub fn of(settings: Settings, set: &[u8]) -> Option<Self> {
        let set = Jwks::parse(set).ok()?;
        let verifier = Self::open(settings).ok()?;
        verifier.0.trust_others(set.keys);
        Some(verifier)
    }

    /// What the token allows at `now`.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Grant>, Denied> {
        let trust = self.0.trust();
        if let Some(grant) = trust.remembered(token) {
            return grant.alive(now).map(|()| grant);
        }
        let parsed = Token::parse(token).ok_or(Denied::Bad)?;
        let (trust, key) = match trust.voucher(&parsed) {
            Some(key) => (trust, key),
            None => match self.voucher_of_late(trust, &parsed).await {
                Ok(found) => found,
                Err(denied) => return Err(parsed.unvouched(denied)),
            },
        };
        let claims = parsed.claims().ok_or(Denied::Bad)?;
        let grant = claims::grant(&claims, key, &self.0.expected, now)?;
        let grant = Arc::new(grant);
        trust.remember(token, &grant);
        Ok(grant)
    }

    /// Looks at the keys of others once more for a token that none of those `known` vouches for: they may have been
    /// changed a moment ago.
    async fn voucher_of_late(
        &self,
        known: Arc<Trust>,
        token: &Token<'_>,
    ) -> Result<(Arc<Trust>, KeyId), Denied> {
        if token.algorithm == Algorithm::Hs256 || self.0.jwks.is_none() {
            return Err(Denied::Bad);
        }
        self.0.rounds.one_more().await;
        let trust = self.0.trust();
        if !trust.complete {
            return Err(Denied::Unavailable);
        }
        if Arc::ptr_eq(&trust, &known) {
            return Err(Denied::Bad);
        }
        let key = trust.voucher(token).ok_or(Denied::Bad)?;
        Ok((trust, key))
    }

    /// Whether a key is still trusted. Cheap enough for every stream and second.
    #[must_use]
    pub fn holds(&self, key: KeyId) -> bool {
        self.0.trust().holds(key)
    }

    /// Whether tokens can be judged: false while nobody can get in because no key was had yet.
    #[must_use]
    pub fn ready(&self) -> bool {
        let trust = self.0.trust();
        trust.complete || !trust.keys.is_empty()
    }

    /// Keeps the keys fresh until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        if let Some(source) = &self.0.jwks {
            refresh::run(&self.0, source, &stop).await;
        }
    }

    /// A token of ours, signed with the first secret; `None` where there is no secret.
    #[must_use]
    pub fn mint(&self, minted: &Minted) -> Option<String> {
        self.0.secrets.first().map(|secret| minted.sign(secret))
    }
}

impl Inner {
    pub(super) fn trust(&self) -> Arc<Trust> {
        let trust = self.trust.read();
        trust.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Trusts these keys of others, and no others, besides our secrets. Whether that changed anything.
    pub(super) fn trust_others(&self, others: Vec<Key>) -> bool {
        let ours = self.secrets.iter().map(Key::secret);
        let keys: Vec<Key> = ours.chain(others).collect();
        let trust = self.trust.write();
        let mut trust = trust.unwrap_or_else(PoisonError::into_inner);
        let changed = !trust.complete || trust.keys != keys;
        if changed {
            *trust = Arc::new(Trust::new(keys, true));
        }
        changed
    }
}

fn read(path: &std::path::Path) -> Result<Vec<Key>, OpenError> {
    let wrong = |why: String, mend| OpenError {
        place: format!("file {}", path.display()),
        why,
        mend,
    };
    let fetched = fetch::file(path)
        .map_err(|e| wrong(e.to_string(), "see that it is there and may be read"))?;
    let jwks = Jwks::parse(&fetched.text)
        .map_err(|e| wrong(e.to_string(), "it must be like {\"keys\":[…]}"))?;
    if jwks.keys.is_empty() {
        let why = "it has no key that can be used".to_owned();
        let mend = "give RSA keys of 2048 bits or more, P-256 or Ed25519 keys, for signatures";
        return Err(wrong(why, mend));
    }
    Ok(jwks.keys)
}
