//! Which subscriptions may want a frame, found by the most selective condition each of them has.
//!
//! A frame looks into at most six buckets (its id, its labels, the whole project), so it touches only who may want
//! it. Whether they do is the selector's business.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::Entry;
use crate::progress::{Kind, Labels, Name, Selector};

/// What a subscription is filed under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Job(Name),
    Subject(Name),
    Owner(Name),
    Parent(Name),
    Kind(Kind),
    Project,
}

/// The subscriptions of one project.
#[derive(Debug, Default)]
pub struct Index {
    places: HashMap<Place, HashMap<u64, Arc<Entry>>>,
    /// Places other than single jobs: while there is one, any job of the project may be wanted.
    wide: usize,
    entries: usize,
}

/// Where a selection is filed: one place, or one for each job it names.
fn places(selector: &Selector) -> Vec<Place> {
    if !selector.jobs.is_empty() {
        return selector.jobs.iter().cloned().map(Place::Job).collect();
    }
    let named = |name: &Option<Name>, place: fn(Name) -> Place| name.clone().map(place);
    let place = named(&selector.subject, Place::Subject)
        .or_else(|| named(&selector.owner, Place::Owner))
        .or_else(|| named(&selector.parent, Place::Parent))
        .or_else(|| selector.kind.clone().map(Place::Kind))
        .unwrap_or(Place::Project);
    vec![place]
}

impl Index {
    /// Files a subscription.
    pub fn insert(&mut self, entry: &Arc<Entry>) {
        self.entries += 1;
        self.wide += usize::from(entry.selector.jobs.is_empty());
        for place in places(&entry.selector) {
            let bucket = self.places.entry(place).or_default();
            bucket.insert(entry.id, Arc::clone(entry));
        }
    }

    /// Takes a subscription out.
    pub fn remove(&mut self, entry: &Entry) {
        self.entries -= 1;
        self.wide -= usize::from(entry.selector.jobs.is_empty());
        for place in places(&entry.selector) {
            if let Some(bucket) = self.places.get_mut(&place) {
                bucket.remove(&entry.id);
                if bucket.is_empty() {
                    self.places.remove(&place);
                }
            }
        }
    }

    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Whether anybody might want a job of this id, whatever its labels.
    pub fn watches(&self, id: &Name) -> bool {
        self.wide > 0 || self.places.contains_key(&Place::Job(id.clone()))
    }

    /// Who may want a job with this id and, where they are known, these labels.
    pub fn candidates(&self, id: &Name, labels: Option<&Labels>) -> Vec<Arc<Entry>> {
        let mut look = vec![Place::Job(id.clone()), Place::Project];
        if let Some(labels) = labels {
            look.push(Place::Kind(labels.kind.clone()));
            look.extend(labels.subject.clone().map(Place::Subject));
            look.extend(labels.owner.clone().map(Place::Owner));
            look.extend(labels.parent.clone().map(Place::Parent));
        }
        let buckets: Vec<_> = look.iter().filter_map(|p| self.places.get(p)).collect();
        let mut found = Vec::with_capacity(buckets.iter().map(|b| b.len()).sum());
        for bucket in buckets {
            found.extend(bucket.values().cloned());
        }
        found
    }
}
