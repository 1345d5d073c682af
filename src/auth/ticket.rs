//! Tickets: what stands in a URL for a token, once and for half a minute.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::random;

/// How long a ticket may lie before it is used, in seconds.
pub const LIFETIME: f64 = 30.0;

/// How long the text of a ticket is.
const LENGTH: usize = 43;

/// A ticket. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket(Box<str>);

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket(..)")
    }
}

impl Ticket {
    /// A new one that nobody can guess; `None` where the system gives no randomness.
    #[must_use]
    pub fn new() -> Option<Self> {
        let bytes: [u8; 32] = random()?;
        Some(Self(URL_SAFE_NO_PAD.encode(bytes).into()))
    }

    /// The ticket, if `text` has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == LENGTH && URL_SAFE_NO_PAD.decode(text).is_ok();
        fits.then(|| Self(text.into()))
    }

    /// What its bearer says.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it: SHA-256, which suffices for a text that cannot be guessed.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        digest(&SHA256, self.0.as_bytes()).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_texts_of_one_form_and_never_shown() {
        let (one, other) = (Ticket::new().unwrap(), Ticket::new().unwrap());
        assert_ne!(one, other);
        assert_eq!(Ticket::parse(one.as_str()), Some(one.clone()));
        assert_eq!(one.digest().len(), 32);
        assert!(!format!("{one:?}").contains(one.as_str()));
        for bad in ["", "a", &"a".repeat(44), &format!("{}=", "a".repeat(42))] {
            assert_eq!(Ticket::parse(bad), None, "{bad}");
        }
    }
}
