//! Why a credential was not taken.

/// Why a credential was not taken. What the bearer is told says nothing of our keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// None was given where one is needed.
    #[error("a credential is needed")]
    Missing,
    /// It is malformed, not signed by a key of ours, or its claims are not what is wanted.
    #[error("the token is not valid here")]
    Bad,
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
    /// The keys that could vouch for it cannot be had now.
    #[error("the keys that vouch for tokens cannot be had now")]
    Unavailable,
}
