//! One key that vouches for tokens, and the only algorithm it does so with.
//!
//! The library's provider is named at every call: its process-wide default panics where two are compiled in.

use std::fmt;

use aws_lc_rs::digest;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm as Library, DecodingKey};

use super::grant::KeyId;
use super::secret::Secret;
use super::token::Token;

/// What tokens may be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// HMAC with SHA-256, by a secret of ours.
    Hs256,
    /// RSA (PKCS #1 v1.5) with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm of this name, exactly.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Hs256, Self::Rs256, Self::Es256, Self::EdDsa];
        all.into_iter().find(|a| a.name() == name)
    }

    /// Its name (RFC 7518, RFC 8037).
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    fn library(self) -> Library {
        match self {
            Self::Hs256 => Library::HS256,
            Self::Rs256 => Library::RS256,
            Self::Es256 => Library::ES256,
            Self::EdDsa => Library::EdDSA,
        }
    }
}

/// A key that vouches for tokens.
#[derive(Clone)]
pub(super) struct Key {
    /// Stands for the key itself.
    pub id: KeyId,
    /// The one algorithm it is for.
    pub algorithm: Algorithm,
    /// Its name, where it has one.
    pub kid: Option<String>,
    material: DecodingKey,
}

impl Key {
    /// A secret of ours.
    pub fn secret(secret: &Secret) -> Self {
        let material = DecodingKey::from_secret(secret.bytes());
        Self::new(Algorithm::Hs256, &[secret.bytes()], material)
    }

    /// An RSA key of modulus `n` and exponent `e`, both without leading zeros.
    pub fn rsa(n: &[u8], e: &[u8]) -> Self {
        let material = DecodingKey::from_rsa_raw_components(n, e);
        Self::new(Algorithm::Rs256, &[n, e], material)
    }

    /// The point (`x`, `y`) of P-256.
    pub fn p256(x: &[u8; 32], y: &[u8; 32]) -> Self {
        let point = [&[4], x.as_slice(), y].concat(); // 4 = uncompressed
        let material = DecodingKey::from_ec_der(&point);
        Self::new(Algorithm::Es256, &[&point], material)
    }

    /// The point `x` of Ed25519.
    pub fn ed25519(x: &[u8; 32]) -> Self {
        Self::new(Algorithm::EdDsa, &[x], DecodingKey::from_ed_der(x))
    }

    fn new(algorithm: Algorithm, parts: &[&[u8]], material: DecodingKey) -> Self {
        let id = id_of(algorithm, parts);
        Self {
            id,
            algorithm,
            kid: None,
            material,
        }
    }

    /// Under this name.
    pub fn named(self, kid: Option<String>) -> Self {
        Self { kid, ..self }
    }

    /// Whether a token may be for this key: the algorithm decides, and a `kid` only among keys of others.
    pub fn fits(&self, token: &Token<'_>) -> bool {
        let named =
            self.algorithm == Algorithm::Hs256 || token.kid.is_none() || token.kid == self.kid;
        self.algorithm == token.algorithm && named
    }

    /// Whether it signed the token.
    pub fn vouches(&self, token: &Token<'_>) -> bool {
        let library = self.algorithm.library();
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&library, &self.material);
        verifier.is_ok_and(|v| v.verify(token.signed, &token.signature).is_ok())
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        (self.id, &self.kid) == (other.id, &other.kid)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, {:?})", self.algorithm.name(), self.kid)
    }
}

/// The same on every node, and another for every key. Of a secret it tells no more than a token signed with it.
fn id_of(algorithm: Algorithm, parts: &[&[u8]]) -> KeyId {
    let mut hash = digest::Context::new(&digest::SHA256);
    for part in [algorithm.name().as_bytes()].iter().chain(parts) {
        hash.update(&part.len().to_be_bytes());
        hash.update(part);
    }
    let first = hash
        .finish()
        .as_ref()
        .iter()
        .take(8)
        .fold(0, |id, b| id << 8 | u64::from(*b));
    KeyId(first)
}
