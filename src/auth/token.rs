//! A token's text taken apart, before anybody asks who signed it: its form, and what its header says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::denied::Denied;
use super::json;
use super::key::Algorithm;

/// The most bytes a token may have.
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// A token that has the right form. Nothing in it is believed yet.
#[derive(Debug)]
pub(super) struct Token<'a> {
    /// What it says it is signed with: one of those we take.
    pub algorithm: Algorithm,
    /// The name of the key, if it gives one.
    pub kid: Option<String>,
    /// What is signed: the first two parts as they stand.
    pub signed: &'a [u8],
    /// The signature.
    pub signature: Vec<u8>,
    claims: Vec<u8>,
}

impl<'a> Token<'a> {
    /// The parts of `text`, if it has the form of a token.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST_TOKEN {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?; // a fourth part is no base64url
        let header = json::object(&part(header)?)?;
        let (algorithm, kid) = judged(&header)?;
        Some(Self {
            algorithm,
            kid,
            signed: signed.as_bytes(),
            signature: part(signature)?,
            claims: part(claims)?,
        })
    }

    /// Says in the log which key would have been wanted, and gives `denied` back.
    pub fn unvouched(&self, denied: Denied) -> Denied {
        // From outside, so no more of it than a name has.
        let kid: Option<String> = self.kid.as_ref().map(|k| k.chars().take(64).collect());
        let algorithm = self.algorithm.name();
        tracing::debug!(algorithm, ?kid, "no key vouches for a token");
        denied
    }

    /// The claims, once a key has vouched for them.
    pub fn claims(&self) -> Option<Map<String, Value>> {
        json::object(&self.claims)
    }
}

/// One part: base64url without padding, and something in it. A text that differs in bits that are not used is
/// another text for the same bytes, and is refused.
fn part(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}

/// What the header says that matters here. Keys that it brings or points to (`jwk`, `jku`, `x5u`) are not looked at.
fn judged(header: &Map<String, Value>) -> Option<(Algorithm, Option<String>)> {
    if header.contains_key("crit") {
        return None; // it asks for an extension, and we know none
    }
    let known = ["JWT", "at+jwt"];
    let is_known = |typ: &str| known.iter().any(|k| k.eq_ignore_ascii_case(typ));
    if header
        .get("typ")
        .is_some_and(|t| !t.as_str().is_some_and(is_known))
    {
        return None;
    }
    let algorithm = Algorithm::parse(header.get("alg")?.as_str()?)?;
    let kid = match header.get("kid") {
        None => None,
        Some(kid) => Some(kid.as_str()?.to_owned()),
    };
    Some((algorithm, kid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_header(header: &str) -> String {
        format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header))
    }

    #[test]
    fn only_the_exact_form_is_taken() {
        let good =
            with_header(r#"{"alg":"HS256","typ":"jwt","jku":"https://evil.example","kid":"a"}"#);
        let token = Token::parse(&good).unwrap();
        assert_eq!(token.algorithm, Algorithm::Hs256);
        assert_eq!(token.kid.as_deref(), Some("a"));
        assert!(Token::parse(&with_header(r#"{"alg":"EdDSA","typ":"AT+JWT"}"#)).is_some());
        for bad in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":"nOnE"}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":null}"#,
            "{}",
            r#"["HS256"]"#,
            r#"{"alg":"HS256","crit":[]}"#,
            r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
            r#"{"alg":"HS256","typ":"JOSE"}"#,
            r#"{"alg":"HS256","typ":null}"#,
            r#"{"alg":"HS256","kid":7}"#,
            r#"{"alg":"HS256","alg":"HS256"}"#,
        ] {
            assert!(Token::parse(&with_header(bad)).is_none(), "{bad}");
        }
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
        for bad in [
            String::new(),
            "..".into(),
            header.clone(),
            format!("{header}.e30"),
            format!("{header}.e30."),
            format!("{header}..AA"),
            format!(".{header}.e30.AA"),
            format!("{header}.e30.AA.AA"),
            format!("{header}.e30.AA=="),
            format!("{header}.e30.AB"), // the same byte, spelt with bits that are not used
            format!("{header}.e30.A+"),
            format!("{header}.e30.AA\n"),
            format!(" {header}.e30.AA"),
            format!("{header}.e30.{}", "A".repeat(LONGEST_TOKEN)),
        ] {
            assert!(Token::parse(&bad).is_none(), "{bad}");
        }
    }
}
