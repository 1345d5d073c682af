//! A secret that tokens are signed with, and what is too weak to be one.

use std::fmt;
use std::sync::Arc;

/// The fewest bytes a secret may have (RFC 7518, section 3.2).
pub const SHORTEST: usize = 32;

/// The longest word, repeated, that makes a secret no better than the word.
const LONGEST_WORD: usize = 8;

/// How the secrets of examples begin, in lower case, letters and digits only.
const EXAMPLES: [&str; 9] = [
    "astringsecretatleast256bitslong", // jwt.io's own
    "changeme",
    "changethis",
    "mysecret",
    "placeholder",
    "replaceme",
    "replacethis",
    "your256bitsecret",
    "yoursecret",
];

/// Why a text is not taken as a secret. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// There is none.
    #[error("it is empty")]
    Empty,
    /// Fewer bytes than [`SHORTEST`].
    #[error("it is shorter than {SHORTEST} bytes")]
    Short,
    /// One that stands in examples.
    #[error("it is a placeholder from an example")]
    Example,
    /// A short word over and over.
    #[error("it is one short word over and over")]
    Repeated,
}

/// A secret of at least [`SHORTEST`] bytes. Cheap to clone; its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<[u8]>);

impl Secret {
    /// The secret, if it can be one.
    ///
    /// # Errors
    /// What makes it too easy to guess.
    pub fn new(bytes: &[u8]) -> Result<Self, WeakSecret> {
        if bytes.is_empty() {
            return Err(WeakSecret::Empty);
        }
        if is_example(bytes) {
            return Err(WeakSecret::Example);
        }
        if bytes.len() < SHORTEST {
            return Err(WeakSecret::Short);
        }
        if (1..=LONGEST_WORD).any(|n| repeats(bytes, n)) {
            return Err(WeakSecret::Repeated);
        }
        Ok(Self(bytes.into()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

fn is_example(bytes: &[u8]) -> bool {
    let letters = bytes.iter().filter(|b| b.is_ascii_alphanumeric());
    let plain: Vec<u8> = letters.map(u8::to_ascii_lowercase).collect();
    let begins = |example: &&str| plain.starts_with(example.as_bytes());
    EXAMPLES.iter().any(begins)
}

/// Whether its first `n` bytes come over and over, with the last time cut short perhaps.
fn repeats(bytes: &[u8], n: usize) -> bool {
    bytes
        .iter()
        .skip(n)
        .zip(bytes)
        .all(|(b, before)| b == before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_easy_to_guess_is_no_secret() {
        let rows: [(&str, WeakSecret); 10] = [
            ("", WeakSecret::Empty),
            ("x", WeakSecret::Short),
            ("8 bytes!", WeakSecret::Short),
            ("5f0c1a9e7b3d2846a1c9e0f7b5d3482", WeakSecret::Short), // 31
            ("change-me", WeakSecret::Example),
            (
                "CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME",
                WeakSecret::Example,
            ),
            (
                "a-string-secret-at-least-256-bits-long",
                WeakSecret::Example,
            ),
            (
                "your-256-bit-secret-your-256-bit-secret",
                WeakSecret::Example,
            ),
            ("secretsecretsecretsecretsecretsecret", WeakSecret::Repeated),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                WeakSecret::Repeated,
            ),
        ];
        for (text, why) in rows {
            assert_eq!(Secret::new(text.as_bytes()).unwrap_err(), why, "{text:?}");
        }
        let good = Secret::new(b"5f0c1a9e7b3d2846a1c9e0f7b5d34821").unwrap();
        assert_eq!(format!("{good:?}"), "Secret(hidden)");
    }
}
