//! A grant as the text that is kept beside a ticket, for whichever node the ticket is brought to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::grant::{Grant, KeyId};
use super::scope::{Scope, Scopes};
use crate::progress::{Name, Narrowing, Timestamp};

#[derive(Serialize, Deserialize)]
struct Record {
    sub: Option<String>,
    projects: Option<Vec<String>>,
    scope: Vec<String>,
    jobs: Option<Vec<String>>,
    owners: Option<Vec<String>>,
    exp_ms: Option<i64>,
    key: Option<u64>,
}

/// The text of a grant.
#[must_use]
pub fn write(grant: &Grant) -> String {
    let texts = |names: &Vec<Name>| names.iter().map(ToString::to_string).collect();
    let within = grant.narrowing.as_ref();
    let record = Record {
        sub: grant.subject.as_ref().map(ToString::to_string),
        projects: grant.projects.as_ref().map(texts),
        scope: (Scope::ALL.into_iter())
            .filter(|s| grant.allows(*s))
            .map(|s| s.as_str().to_owned())
            .collect(),
        jobs: within.and_then(|n| n.jobs.as_ref()).map(texts),
        owners: within.and_then(|n| n.owners.as_ref()).map(texts),
        exp_ms: grant.expires.map(|at| at.0),
        key: grant.key.map(|k| k.0),
    };
    serde_json::to_string(&record).unwrap_or_default()
}

/// The grant of a text; `None` = it is none.
#[must_use]
pub fn read(text: &str) -> Option<Grant> {
    let record: Record = serde_json::from_str(text).ok()?;
    let names = |texts: Option<Vec<String>>| match texts {
        None => Some(None),
        Some(texts) => {
            let names = texts.iter().map(|t| Name::parse(t).ok()).collect();
            Option::<Vec<Name>>::map(names, Some)
        }
    };
    let scopes = record.scope.iter().filter_map(|word| Scope::parse(word));
    Some(Grant {
        subject: record.sub.map(Into::into),
        projects: names(record.projects)?,
        scopes: scopes.fold(Scopes::default(), Scopes::with),
        narrowing: Narrowing::new(names(record.jobs)?, names(record.owners)?).map(Arc::new),
        expires: record.exp_ms.map(Timestamp),
        key: record.key.map(KeyId),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_comes_back_as_it_was() {
        let name = |text| Name::parse(text).unwrap();
        let narrow = Grant {
            subject: Some("u-1".into()),
            projects: Some(vec![name("acme")]),
            scopes: Scopes::default().with(Scope::Watch),
            narrowing: Narrowing::new(Some(vec![name("b")]), Some(vec![])).map(Arc::new),
            expires: Some(Timestamp(1_700_000_000_123)),
            key: Some(KeyId(u64::MAX)),
        };
        for grant in [narrow, Grant::everything()] {
            assert_eq!(read(&write(&grant)), Some(grant));
        }
        for bad in ["", "{}", r#"{"scope":[],"jobs":["../x"]}"#] {
            assert_eq!(read(bad).filter(|g| g.projects.is_some()), None, "{bad}");
        }
    }
}
