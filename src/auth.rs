//! Who calls, and what they may do: tokens and the keys that vouch for them, and the grant that comes of one. Knows
//! no HTTP: where a credential stands in a request is [`crate::api`]'s.
//!
//! A token is a JWT (RFC 7519, by the rules of RFC 8725): HS256 with a secret of ours, or RS256, ES256 or EdDSA with
//! a key of a JWKS. The algorithm picks the kind of key, `kid` picks only among those of the JWKS.

pub mod claims;
pub mod denied;
mod fetch;
pub mod grant;
mod json;
mod jwks;
mod key;
pub mod mint;
pub mod record;
mod refresh;
mod rounds;
pub mod scope;
pub mod seal;
pub mod secret;
pub mod settings;
pub mod source;
pub mod ticket;
mod token;
mod trust;
pub mod verifier;

pub use denied::Denied;
pub use grant::{Grant, KeyId};
pub use mint::Minted;
pub use scope::{Scope, Scopes};
pub use seal::Seal;
pub use secret::Secret;
pub use settings::Settings;
pub use source::JwksSource;
pub use ticket::Ticket;
pub use token::LONGEST_TOKEN;
pub use verifier::{OpenError, Verifier};

use std::time::{SystemTime, UNIX_EPOCH};

use crate::progress::Timestamp;

/// Now, by this machine's wall clock: what the times in a token are held against, and nothing else is.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    Timestamp(millis)
}

/// Bytes that nobody can guess; `None` where the system gives none.
fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(bytes)
}
