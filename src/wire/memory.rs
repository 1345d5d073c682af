//! What the store keeps of a job beside its frame: the machine's memory, the counters, the creation.
//!
//! Nobody outside reads these texts. They are short (arrays, not objects), for every tick writes them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::write::Json;
use crate::progress::estimate::{Estimator, Series};
use crate::progress::{Creation, Kind, Labels, Lease, Memory, Name, Object, PhasePlan, Timestamp};

/// Why a stored text is not a memory or a creation of ours.
#[derive(Debug, thiserror::Error)]
#[error("what is stored beside a job cannot be read: {0}")]
pub struct Unreadable(String);

type Plan = (Box<str>, f64, Option<u64>, Option<Box<str>>);
type Sums = (Option<i64>, f64, f64, f64, bool);

/// The memory as an array, in this order.
#[derive(Serialize, Deserialize)]
struct Stored(
    Vec<Plan>,
    (Option<u64>, Option<Box<str>>),
    (u32, u32, u32),
    (Option<Box<str>>, Option<u64>, bool),
    (Option<u64>, Option<u64>),
    (Option<f64>, Option<f64>),
    (Option<i64>, u64, Sums, Sums),
    (i64, u32),
    Option<(Option<u64>, u64)>,
);

/// The memory as text.
#[must_use]
pub fn write(m: &Memory) -> String {
    let e = &m.estimator;
    let stored = Stored(
        m.plan.iter().map(plan).collect(),
        (m.total, m.unit.clone()),
        lease(m.lease),
        (m.worker.clone(), m.started_seq, m.untouched),
        (m.seq, m.total_seq),
        (m.percent, m.said_percent),
        (
            e.began.map(|t| t.0),
            e.reports,
            sums(&e.units),
            sums(&e.whole),
        ),
        m.notice_second,
        m.ending,
    );
    // Numbers, texts and arrays: nothing in it can fail to be written.
    serde_json::to_string(&stored).unwrap_or_default()
}

/// The memory in a text.
pub fn read(text: &str) -> Result<Memory, Unreadable> {
    let Stored(
        plans,
        (total, unit),
        leases,
        claim,
        seqs,
        percents,
        estimate,
        notice_second,
        ending,
    ) = serde_json::from_str(text).map_err(|e| Unreadable(e.to_string()))?;
    let (began, reports, units, whole) = estimate;
    Ok(Memory {
        plan: plans.into_iter().map(read_plan).collect(),
        total,
        unit,
        lease: read_lease(leases),
        worker: claim.0,
        started_seq: claim.1,
        untouched: claim.2,
        seq: seqs.0,
        total_seq: seqs.1,
        percent: percents.0,
        said_percent: percents.1,
        estimator: Estimator {
            began: began.map(Timestamp),
            reports,
            units: read_sums(units),
            whole: read_sums(whole),
        },
        notice_second,
        ending,
    })
}

/// The counters as a JSON object.
#[must_use]
pub fn counters(counters: &[(Box<str>, f64)]) -> String {
    let mut json = Json::default();
    json.object(|c| {
        for (name, value) in counters {
            c.key(name).number(*value);
        }
    });
    json.finish()
}

#[derive(Serialize, Deserialize)]
struct StoredCreation<'a> {
    kind: Box<str>,
    subject: Option<Box<str>>,
    owner: Option<Box<str>>,
    parent: Option<Box<str>>,
    title: Option<Box<str>>,
    total: Option<u64>,
    unit: Option<Box<str>>,
    phases: Vec<Plan>,
    #[serde(borrow, with = "super::pairs")]
    metadata: Vec<(Box<str>, &'a RawValue)>,
    lease: (u32, u32, u32),
}

/// The creation as text. Which job it repeats is not part of it.
#[must_use]
pub fn creation(c: &Creation) -> String {
    let text = |name: &Option<Name>| name.as_ref().map(|n| n.as_str().into());
    let metadata = c.metadata.iter().filter_map(|(key, value)| {
        // Checked at the edge; a value that were no JSON could not have come here.
        serde_json::from_str(value.as_str())
            .ok()
            .map(|raw| (key.clone(), raw))
    });
    let stored = StoredCreation {
        kind: c.labels.kind.as_str().into(),
        subject: text(&c.labels.subject),
        owner: text(&c.labels.owner),
        parent: text(&c.labels.parent),
        title: c.title.clone(),
        total: c.total,
        unit: c.unit.clone(),
        phases: c.phases.iter().map(plan).collect(),
        metadata: metadata.collect(),
        lease: lease(c.lease),
    };
    serde_json::to_string(&stored).unwrap_or_default()
}

/// Whether a stored creation is this one: the same values, in whatever order the keys of its metadata came.
#[must_use]
pub fn same_creation(text: &str, c: &Creation) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    let given = creation(c);
    text == given || (value(text).is_some() && value(text) == value(&given))
}

/// The creation in a text.
pub fn read_creation(text: &str) -> Result<Creation, Unreadable> {
    let stored: StoredCreation<'_> =
        serde_json::from_str(text).map_err(|e| Unreadable(e.to_string()))?;
    let bad = |e: crate::progress::name::NameError| Unreadable(e.to_string());
    let name = |text: Option<Box<str>>| text.map(|t| Name::parse(&t).map_err(bad)).transpose();
    Ok(Creation {
        labels: Labels {
            kind: Kind::parse(&stored.kind).map_err(bad)?,
            subject: name(stored.subject)?,
            owner: name(stored.owner)?,
            parent: name(stored.parent)?,
        },
        title: stored.title,
        retry_of: None,
        total: stored.total,
        unit: stored.unit,
        phases: stored.phases.into_iter().map(read_plan).collect(),
        metadata: stored
            .metadata
            .into_iter()
            .map(|(k, v)| (k, Object::checked(v.get())))
            .collect(),
        lease: read_lease(stored.lease),
    })
}

fn plan(p: &PhasePlan) -> Plan {
    (p.name.clone(), p.weight, p.total, p.unit.clone())
}

fn read_plan((name, weight, total, unit): Plan) -> PhasePlan {
    PhasePlan {
        name,
        weight,
        total,
        unit,
    }
}

fn lease(l: Lease) -> (u32, u32, u32) {
    (
        l.lease_seconds,
        l.lost_after_seconds,
        l.start_within_seconds,
    )
}

fn read_lease((lease_seconds, lost_after_seconds, start_within_seconds): (u32, u32, u32)) -> Lease {
    Lease {
        lease_seconds,
        lost_after_seconds,
        start_within_seconds,
    }
}

fn sums(s: &Series) -> Sums {
    (s.at.map(|t| t.0), s.value, s.done, s.seconds, s.known)
}

fn read_sums((at, value, done, seconds, known): Sums) -> Series {
    Series {
        at: at.map(Timestamp),
        value,
        done,
        seconds,
        known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn series() -> impl Strategy<Value = Series> {
        let number = || proptest::num::f64::NORMAL;
        let sums = (any::<Option<i64>>(), number(), number(), number());
        sums.prop_map(|(at, value, done, seconds)| Series {
            at: at.map(Timestamp),
            value,
            done,
            seconds,
            known: true,
        })
    }

    proptest! {
        // An estimator that came back a little different each time would be another on every node.
        #[test]
        fn every_number_is_read_as_it_was_written(units in series(), whole in series()) {
            let text = r#"[[],[null,null],[30,300,0],[null,null,false],[null,null],[null,null],[null,0,[null,0,0,0,false],[null,0,0,0,false]],[0,0],null]"#;
            let mut memory = read(text).unwrap();
            memory.estimator.units = units;
            memory.estimator.whole = whole;
            prop_assert_eq!(read(&write(&memory)).unwrap(), memory);
        }
    }
}
