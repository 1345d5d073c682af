//! Tokens of our own: signed with a secret (HS256), for `milepost token` and for tests.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::scope::{Scope, Scopes};
use super::secret::Secret;
use crate::progress::{Name, Timestamp};

/// What a token of ours says.
#[derive(Debug, Clone)]
pub struct Minted {
    /// Who it is for.
    pub subject: String,
    /// The projects.
    pub projects: Vec<Name>,
    /// What may be done in them.
    pub scopes: Scopes,
    /// When it is made.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Only these jobs; `None` = all.
    pub jobs: Option<Vec<Name>>,
    /// Only jobs of these owners; `None` = all.
    pub owners: Option<Vec<Name>>,
    /// Who says so.
    pub issuer: Option<String>,
    /// Whom it is said to.
    pub audience: Option<String>,
}

impl Minted {
    /// The token.
    #[must_use]
    pub fn sign(&self, secret: &Secret) -> String {
        let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let header = part(json!({ "alg": "HS256", "typ": "JWT" }));
        let signed = format!("{header}.{}", part(self.claims()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.bytes());
        let signature = hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn claims(&self) -> Value {
        let scopes = Scope::ALL.into_iter().filter(|s| self.scopes.holds(*s));
        let words: Vec<&str> = scopes.map(Scope::as_str).collect();
        let all = [
            ("iss", self.issuer.as_ref().map(|i| json!(i))),
            ("sub", Some(json!(self.subject))),
            ("aud", self.audience.as_ref().map(|a| json!(a))),
            ("projects", Some(json!(texts(&self.projects)))),
            ("scope", Some(json!(words.join(" ")))),
            ("jobs", self.jobs.as_ref().map(|j| json!(texts(j)))),
            ("owners", self.owners.as_ref().map(|o| json!(texts(o)))),
            ("iat", Some(seconds(self.issued))),
            ("exp", Some(seconds(self.expires))),
        ];
        let given = all
            .into_iter()
            .filter_map(|(name, v)| Some((name.to_owned(), v?)));
        Value::Object(given.collect::<Map<_, _>>())
    }
}

fn texts(names: &[Name]) -> Vec<&str> {
    names.iter().map(Name::as_str).collect()
}

/// Whole seconds without a fraction, as most readers like them.
fn seconds(moment: Timestamp) -> Value {
    match moment.0 % 1000 {
        0 => json!(moment.0 / 1000),
        _ => json!(moment.0 as f64 / 1000.0),
    }
}
