//! The seal on the cursors of a stream that a ticket opened: who comes back with the same URL must bring one, and so
//! must have been given something by that very stream. HMAC-SHA-256, of which the first half is kept.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::random;

/// What parts a cursor and its seal. No cursor has it.
pub const MARK: char = '.';

/// How many bytes of the code are kept.
const KEPT: usize = 16;

/// The key of one stream's seals. Its `Debug` hides it.
#[derive(Clone)]
pub struct Seal(Arc<Key>);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(..)")
    }
}

impl Seal {
    /// A new secret for a seal; `None` where the system gives no randomness.
    #[must_use]
    pub fn secret() -> Option<[u8; 32]> {
        random()
    }

    /// The seal of this secret.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        Self(Arc::new(Key::new(HMAC_SHA256, secret)))
    }

    /// The cursor with its seal.
    #[must_use]
    pub fn put(&self, cursor: &str) -> String {
        let code = self.code(cursor);
        format!("{cursor}{MARK}{}", URL_SAFE_NO_PAD.encode(code))
    }

    /// Whether this is a cursor that was sealed with this secret.
    #[must_use]
    pub fn is_on(&self, sealed: &str) -> bool {
        let Some((cursor, code)) = sealed.split_once(MARK) else {
            return false;
        };
        let told = URL_SAFE_NO_PAD.decode(code).unwrap_or_default();
        verify_slices_are_equal(&told, &self.code(cursor)).is_ok()
    }

    fn code(&self, cursor: &str) -> [u8; KEPT] {
        let tag = sign(&self.0, cursor.as_bytes());
        let mut code = [0; KEPT];
        code.iter_mut().zip(tag.as_ref()).for_each(|(c, t)| *c = *t);
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_is_sealed() {
        let (seal, other) = (Seal::of(b"one"), Seal::of(b"two"));
        let sealed = seal.put("MTs0");
        assert!(sealed.starts_with("MTs0.") && seal.is_on(&sealed));
        assert!(!other.is_on(&sealed));
        for bad in ["", "MTs0", "MTs0.", ".", &sealed.replacen('M', "N", 1)] {
            assert!(!seal.is_on(bad), "{bad}");
        }
        assert!(!seal.is_on(sealed.get(..sealed.len() - 1).unwrap()));
    }
}
