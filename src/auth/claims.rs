//! What a token claims, read strictly, and the grant it makes. Every claim that counts has one form; what has
//! another makes the token bad, so that no mistake widens what it allows.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::denied::Denied;
use super::grant::{Grant, KeyId};
use super::scope::{Scope, Scopes};
use super::settings::AUDIENCE;
use crate::progress::{Name, Narrowing, Timestamp};

/// How far the issuer's clock may be ahead of ours, for `nbf`. There is none for `exp`.
const LEEWAY_SECONDS: f64 = 5.0;

/// The most characters of `sub`.
pub const LONGEST_SUBJECT: usize = 256;

/// The most projects of one token.
pub const MOST_PROJECTS: usize = 1000;

/// Who must have issued a token, and for whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    pub issuer: Option<String>,
    pub audience: Option<String>,
}

/// Whether `text` can be a `sub`.
#[must_use]
pub fn is_subject(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST_SUBJECT && !text.contains(char::is_control)
}

/// The grant that the claims make, if they are all as they should be at `now`.
///
/// # Errors
/// Expired only where all else is right.
pub(super) fn grant(
    claims: &Map<String, Value>,
    key: KeyId,
    expected: &Expected,
    now: Timestamp,
) -> Result<Grant, Denied> {
    let grant = expected.meets(claims).and_then(|()| read(claims, key, now));
    let grant = grant.ok_or(Denied::Bad)?;
    grant.alive(now)?;
    Ok(grant)
}

impl Grant {
    /// Whether it has not ended at `now`.
    ///
    /// # Errors
    /// [`Denied::Expired`].
    pub fn alive(&self, now: Timestamp) -> Result<(), Denied> {
        match self.expires {
            Some(end) if end <= now => Err(Denied::Expired),
            _ => Ok(()),
        }
    }
}

impl Expected {
    fn meets(&self, claims: &Map<String, Value>) -> Option<()> {
        if let Some(issuer) = &self.issuer {
            (claims.get("iss")? == issuer.as_str()).then_some(())?;
        }
        let all = match claims.get("aud") {
            None => return self.audience.is_none().then_some(()),
            Some(Value::String(one)) => vec![one.as_str()],
            Some(several) => texts(several)?,
        };
        let wanted = self.audience.as_deref().unwrap_or(AUDIENCE);
        all.contains(&wanted).then_some(())
    }
}

fn read(claims: &Map<String, Value>, key: KeyId, now: Timestamp) -> Option<Grant> {
    let expires = moment(claims.get("exp")?.as_f64()?);
    if let Some(begin) = claims.get("nbf") {
        let begin = moment(begin.as_f64()? - LEEWAY_SECONDS);
        (begin <= now).then_some(())?;
    }
    let subject = claims.get("sub")?.as_str().filter(|s| is_subject(s))?;
    let projects = names(claims.get("projects")?)?;
    (1..=MOST_PROJECTS)
        .contains(&projects.len())
        .then_some(())?;
    let narrowed = |name: &str| match claims.get(name) {
        None => Some(None),
        Some(list) => names(list).map(Some),
    };
    Some(Grant {
        subject: Some(subject.into()),
        projects: Some(projects),
        scopes: scopes(claims.get("scope")?)?,
        narrowing: Narrowing::new(narrowed("jobs")?, narrowed("owners")?).map(Arc::new),
        expires: Some(expires),
        key: Some(key),
    })
}

/// Seconds since 1970, to the millisecond, within the times that the wire can say.
fn moment(seconds: f64) -> Timestamp {
    let end = Timestamp(0).plus_seconds(u64::MAX);
    // A cast of a number beyond the range stops at its end.
    Timestamp(((seconds * 1000.0).round() as i64).min(end.0))
}

fn texts(list: &Value) -> Option<Vec<&str>> {
    list.as_array()?.iter().map(Value::as_str).collect()
}

fn names(list: &Value) -> Option<Vec<Name>> {
    let names = texts(list)?.into_iter().map(|t| Name::parse(t).ok());
    names.collect()
}

/// Words between spaces or commas, or a list of words. Those that we do not know are for somebody else.
fn scopes(claim: &Value) -> Option<Scopes> {
    let words = match claim {
        Value::String(text) => text.split([' ', ',']).collect(),
        list => texts(list)?,
    };
    let known = words.into_iter().filter_map(Scope::parse);
    Some(known.fold(Scopes::default(), Scopes::with))
}
