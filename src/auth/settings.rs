//! What tokens are judged by.

use super::secret::Secret;
use super::source::JwksSource;

/// What tokens are judged by. At least a secret or a JWKS, or nobody gets in.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The secrets that tokens may be signed with (HS256). All verify, the first mints.
    pub secrets: Vec<Secret>,
    /// Where the keys of others are (RS256, ES256, EdDSA).
    pub jwks: Option<JwksSource>,
    /// Who must have issued a token (`iss`); `None` = anybody who holds a key.
    pub issuer: Option<String>,
    /// Whom a token must be for (`aud`); `None` = whoever names nobody, or [`AUDIENCE`].
    pub audience: Option<String>,
}

/// What a token that names an audience must name where none is set.
pub const AUDIENCE: &str = "milepost";
