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
    let grant = grant.map_err(|Wrong(claim)| {
        tracing::debug!(claim, "a token has a claim that is not as it should be");
        Denied::Bad
    })?;
    grant.alive(now)?;
    Ok(grant)
}

/// The claim that is not as it should be.
#[derive(Debug)]
struct Wrong(&'static str);

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
    fn meets(&self, claims: &Map<String, Value>) -> Result<(), Wrong> {
        let issued_by = |issuer: &String| claims.get("iss").is_some_and(|iss| iss == issuer);
        if !self.issuer.as_ref().is_none_or(issued_by) {
            return Err(Wrong("iss"));
        }
        let all = match claims.get("aud") {
            None if self.audience.is_none() => return Ok(()),
            None => None,
            Some(Value::String(one)) => Some(vec![one.as_str()]),
            Some(several) => texts(several),
        };
        let wanted = self.audience.as_deref().unwrap_or(AUDIENCE);
        let named = all.is_some_and(|all| all.contains(&wanted));
        if named { Ok(()) } else { Err(Wrong("aud")) }
    }
}

fn read(claims: &Map<String, Value>, key: KeyId, now: Timestamp) -> Result<Grant, Wrong> {
    let wanted = |name: &'static str| claims.get(name).ok_or(Wrong(name));
    let expires = wanted("exp")?.as_f64().ok_or(Wrong("exp"))?;
    let begun = |begin: f64| moment(begin - LEEWAY_SECONDS) <= now;
    if let Some(begin) = claims.get("nbf") {
        let begin = begin.as_f64().filter(|begin| begun(*begin));
        begin.ok_or(Wrong("nbf"))?;
    }
    let subject = wanted("sub")?.as_str().filter(|s| is_subject(s));
    let projects = names(wanted("projects")?);
    let projects = projects.filter(|all| (1..=MOST_PROJECTS).contains(&all.len()));
    let narrowed = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(list) => names(list).map(Some).ok_or(Wrong(name)),
    };
    Ok(Grant {
        subject: Some(subject.ok_or(Wrong("sub"))?.into()),
        projects: Some(projects.ok_or(Wrong("projects"))?),
        scopes: scopes(wanted("scope")?).ok_or(Wrong("scope"))?,
        narrowing: Narrowing::new(narrowed("jobs")?, narrowed("owners")?).map(Arc::new),
        expires: Some(moment(expires)),
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
