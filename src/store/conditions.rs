//! A selector as the parameters of a statement.

use crate::progress::{Kind, Name, Selector};

/// The conditions of a selector as parameters.
pub(super) struct Conditions<'a> {
    pub(super) jobs: Vec<&'a str>,
    pub(super) kind: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    pub(super) owner: Option<&'a str>,
    pub(super) parent: Option<&'a str>,
    pub(super) status: Vec<&'static str>,
    pub(super) visible: Visible<'a>,
}

/// What whoever asks may see: `None` = all, empty = nothing.
pub(super) struct Visible<'a> {
    pub(super) jobs: Option<Vec<&'a str>>,
    pub(super) owners: Option<Vec<&'a str>>,
}

impl<'a> Visible<'a> {
    pub(super) fn of(selector: &'a Selector) -> Self {
        let texts = |names: &'a Vec<Name>| names.iter().map(Name::as_str).collect();
        let within = selector.within.as_ref();
        Self {
            jobs: within.and_then(|w| w.jobs.as_ref()).map(texts),
            owners: within.and_then(|w| w.owners.as_ref()).map(texts),
        }
    }
}

impl<'a> Conditions<'a> {
    pub(super) fn of(selector: &'a Selector) -> Self {
        Self {
            jobs: selector.jobs.iter().map(Name::as_str).collect(),
            kind: selector.kind.as_ref().map(Kind::as_str),
            subject: selector.subject.as_ref().map(Name::as_str),
            owner: selector.owner.as_ref().map(Name::as_str),
            parent: selector.parent.as_ref().map(Name::as_str),
            status: selector.status.words(),
            visible: Visible::of(selector),
        }
    }
}
