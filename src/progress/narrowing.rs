//! What a credential may leave of its projects: only these jobs, only those of these owners.

use super::{Labels, Name};

/// Conditions that hold for everything a credential may see or touch, whatever it asks for. All that are given must
/// hold. Sorted and without repetitions when made by [`Narrowing::new`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Narrowing {
    /// Only these ids; `None` = any.
    pub jobs: Option<Vec<Name>>,
    /// Only jobs of these owners; `None` = any, and those without an owner.
    pub owners: Option<Vec<Name>>,
}

impl Narrowing {
    /// These conditions, or `None` where there are none.
    #[must_use]
    pub fn new(jobs: Option<Vec<Name>>, owners: Option<Vec<Name>>) -> Option<Self> {
        let normal = |mut names: Vec<Name>| {
            names.sort();
            names.dedup();
            names
        };
        (jobs.is_some() || owners.is_some()).then(|| Self {
            jobs: jobs.map(normal),
            owners: owners.map(normal),
        })
    }

    /// Whether a job of this id may be among them, whatever its owner.
    #[must_use]
    pub fn has_id(&self, id: &Name) -> bool {
        let named = |jobs: &Vec<Name>| jobs.binary_search(id).is_ok();
        self.jobs.as_ref().is_none_or(named)
    }

    /// Whether jobs of this owner may be among them.
    #[must_use]
    pub fn has_owner(&self, owner: Option<&Name>) -> bool {
        let named = |owners: &Vec<Name>| owner.is_some_and(|o| owners.binary_search(o).is_ok());
        self.owners.as_ref().is_none_or(named)
    }

    /// Whether a job with this id and these labels is among them. Neither changes in a job's life.
    #[must_use]
    pub fn holds(&self, id: &Name, labels: &Labels) -> bool {
        self.has_id(id) && self.has_owner(labels.owner.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Option<Vec<Name>> {
        Some(texts.iter().map(|t| Name::parse(t).unwrap()).collect())
    }

    #[test]
    fn all_conditions_hold_and_none_is_none() {
        assert_eq!(Narrowing::new(None, None), None);
        let both = Narrowing::new(names(&["b", "a"]), names(&["u"])).unwrap();
        let labels = |owner: Option<&Name>| Labels {
            kind: crate::progress::Kind::parse("scan").unwrap(),
            subject: None,
            owner: owner.cloned(),
            parent: None,
        };
        let [a, c, u, v] = ["a", "c", "u", "v"].map(|t| Name::parse(t).unwrap());
        assert!(both.holds(&a, &labels(Some(&u))));
        assert!(!both.holds(&c, &labels(Some(&u))));
        assert!(!both.holds(&a, &labels(Some(&v))));
        assert!(!both.holds(&a, &labels(None)));
        assert!(!Narrowing::new(Some(vec![]), None).unwrap().has_id(&a));
    }
}
