//! What people and programs ask of a job, other than its worker: create it, cancel it, run it again.

use std::collections::HashSet;

use super::check::{Fields, overlong};
use super::invalid::Invalid;
use super::report::{MAX_MESSAGE, MAX_PHASE_NAME, MAX_UNIT};
use crate::progress::{Creation, Labels, Lease, MAX_METADATA, MAX_PHASES, Name, Object, PhasePlan};

/// Characters of a title.
pub const MAX_TITLE: usize = 200;

/// The weight of a phase. Far beyond any use on both sides, so that sums and quotients of weights stay numbers.
pub const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-9..=1e12;

/// What a job is to be created with, defaults filled in.
///
/// # Errors
/// What is not JSON, not known, or out of its limits.
pub fn creation(text: &str) -> Result<Creation, Invalid> {
    let mut fields = Fields::of(text)?;
    let labels = labels(&mut fields);
    let title = fields.text("title", MAX_TITLE);
    let total = fields.count("total");
    let unit = fields.text("unit", MAX_UNIT);
    let phases = phases(&mut fields);
    let metadata = fields.entries("metadata", MAX_METADATA);
    let lease = lease(&mut fields);
    let creation = labels.map(|labels| Creation {
        labels,
        title,
        retry_of: None,
        total,
        unit,
        phases,
        metadata: metadata.unwrap_or_default(),
        lease,
    });
    fields.done(creation)
}

/// The reason of a wish to stop.
///
/// # Errors
/// What is not JSON, not known, or out of its limits.
pub fn cancel(text: &str) -> Result<Option<Box<str>>, Invalid> {
    let mut fields = Fields::of(text)?;
    let reason = fields.text("reason", MAX_MESSAGE);
    fields.done(Some(reason))
}

/// Reads a body in which nothing can be said: `{}`.
///
/// # Errors
/// 422 for any field.
pub fn nothing(text: &str) -> Result<(), Invalid> {
    Fields::of(text)?.done(Some(()))
}

/// Whether a text can be such a reason.
#[must_use]
pub fn is_reason(text: &str) -> bool {
    overlong(text, MAX_MESSAGE).is_none() && !text.contains('\0')
}

/// What a repetition has anew.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Retry {
    /// The new job's id.
    pub id: Option<Name>,
    /// In place of the creation's.
    pub metadata: Option<Vec<(Box<str>, Object)>>,
}

/// The wish to run a job again.
///
/// # Errors
/// What is not JSON, not known, or out of its limits.
pub fn retry(text: &str) -> Result<Retry, Invalid> {
    let mut fields = Fields::of(text)?;
    let retry = Retry {
        id: fields.name("id"),
        metadata: fields.entries("metadata", MAX_METADATA),
    };
    fields.done(Some(retry))
}

fn labels(fields: &mut Fields<'_>) -> Option<Labels> {
    let kind = fields.kind("kind");
    let kind = fields.required("kind", kind);
    let subject = fields.name("subject");
    let owner = fields.name("owner");
    let parent = fields.name("parent");
    Some(Labels {
        kind: kind?,
        subject,
        owner,
        parent,
    })
}

fn phases(fields: &mut Fields<'_>) -> Vec<PhasePlan> {
    let phases = fields.list("phases", MAX_PHASES, |phase| {
        let name = phase.word("name", MAX_PHASE_NAME);
        let name = phase.required("name", name);
        let weight = phase.number("weight", WEIGHTS).unwrap_or(1.0);
        let total = phase.count("total");
        let unit = phase.text("unit", MAX_UNIT);
        Some(PhasePlan {
            name: name?,
            weight,
            total,
            unit,
        })
    });
    let phases = phases.unwrap_or_default();
    let mut names = HashSet::new();
    if !phases.iter().all(|p| names.insert(&p.name)) {
        fields.fault("phases", "must not name a phase twice");
    }
    phases
}

fn lease(fields: &mut Fields<'_>) -> Lease {
    let default = Lease::default();
    let mut seconds = |field, low: u32, high: u32, default| {
        fields
            .count_in(field, low.into()..=high.into())
            .and_then(|s| u32::try_from(s).ok())
            .unwrap_or(default)
    };
    Lease {
        lease_seconds: seconds("lease_seconds", 5, 3600, default.lease_seconds),
        lost_after_seconds: seconds("lost_after_seconds", 0, 86_400, default.lost_after_seconds),
        start_within_seconds: seconds(
            "start_within_seconds",
            0,
            i32::MAX.unsigned_abs(), // what the column holds; 68 years
            default.start_within_seconds,
        ),
    }
}
