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
mod refresh;
mod rounds;
pub mod scope;
pub mod secret;
pub mod settings;
pub mod source;
mod token;
mod trust;
pub mod verifier;

pub use denied::Denied;
pub use grant::{Grant, KeyId};
pub use mint::Minted;
pub use scope::{Scope, Scopes};
pub use secret::Secret;
pub use settings::Settings;
pub use source::JwksSource;
pub use token::LONGEST_TOKEN;
pub use verifier::{OpenError, Verifier};
