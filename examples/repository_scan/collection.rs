//! The rules that other files, or the date of today, can break: checked over all documents of a
//! repository in every scan, with what is known of those that did not change.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    document::Facts,
    finding::Finding,
    rule::{
        CREATED_FUTURE, DEADLINE_OVER, FILE_TWICE, IDENTIFIER_DUPLICATE, REFERENCE_IMMATURE,
        REFERENCE_MISSING, TARGET_MISSING,
    },
    validate::number,
};

/// Statuses that a final document may build on.
const FINAL: [&str; 3] = ["Final", "Living", "Moved"];

/// What surrounds the documents.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Today, as YYYY-MM-DD.
    pub today: String,
    /// Paths that stand in the repository more than once.
    pub twice: BTreeSet<String>,
    /// Names of files in other repositories that may be referred to; `None` = nothing is known of
    /// other repositories.
    pub companion: Option<BTreeSet<String>>,
}

/// What all documents together break.
pub fn check(documents: &BTreeMap<String, Facts>, around: &Surroundings) -> Vec<Finding> {
    let mut owners = BTreeMap::<u64, Vec<(&str, &Facts)>>::new();
    for (path, facts) in documents {
        if let Some((identifier, _)) = facts.identifier {
            owners.entry(identifier).or_default().push((path, facts));
        }
    }
    // A file that cannot be read exists all the same.
    let names = around.companion.iter().flatten().chain(documents.keys());
    let named: BTreeSet<u64> = names.filter_map(|name| number(name)).collect();
    let mut found = Vec::new();
    for (path, facts) in documents {
        let known = Known {
            owners: &owners,
            named: &named,
        };
        twice(path, around, &mut found);
        duplicate(path, facts, &owners, &mut found);
        days(path, facts, &around.today, &mut found);
        references(path, facts, &known, &mut found);
        target(path, facts, around, &mut found);
    }
    found
}

struct Known<'a> {
    owners: &'a BTreeMap<u64, Vec<(&'a str, &'a Facts)>>,
    named: &'a BTreeSet<u64>,
}

fn twice(path: &str, around: &Surroundings, found: &mut Vec<Finding>) {
    if around.twice.contains(path) {
        let text = "the path stands in the repository more than once: only the first was checked";
        found.push(Finding::new(&FILE_TWICE, (path, 1), text));
    }
}

fn duplicate(
    path: &str,
    facts: &Facts,
    owners: &BTreeMap<u64, Vec<(&str, &Facts)>>,
    found: &mut Vec<Finding>,
) {
    let Some((identifier, line)) = facts.identifier else {
        return;
    };
    let mut others = owners.get(&identifier).into_iter().flatten();
    if let Some((other, _)) = others.find(|(other, _)| *other != path) {
        let text = format!("the identifier {identifier} belongs to {other}, too");
        found.push(Finding::new(&IDENTIFIER_DUPLICATE, (path, line), text));
    }
}

fn days(path: &str, facts: &Facts, today: &str, found: &mut Vec<Finding>) {
    if let Some((day, line)) = facts
        .created
        .as_ref()
        .filter(|(day, _)| day.as_str() > today)
    {
        let text = format!("created on {day}, which is in the future");
        found.push(Finding::new(&CREATED_FUTURE, (path, *line), text));
    }
    if let Some((day, line)) = facts
        .deadline
        .as_ref()
        .filter(|(day, _)| day.as_str() < today)
    {
        let text = format!("the last call was over on {day}: decide on the document");
        found.push(Finding::new(&DEADLINE_OVER, (path, *line), text));
    }
}

fn references(path: &str, facts: &Facts, known: &Known<'_>, found: &mut Vec<Finding>) {
    for (number, line) in &facts.requires {
        let owner = known.owners.get(number).and_then(|owners| owners.first());
        let finding = match owner {
            None if known.named.contains(number) => continue,
            None => {
                let text = format!("requires {number}, which does not exist");
                Finding::new(&REFERENCE_MISSING, (path, *line), text)
            }
            Some((_, other))
                if facts.status == "Final" && !FINAL.contains(&other.status.as_str()) =>
            {
                let text = format!("is final, but requires {number}, which is {}", other.status);
                Finding::new(&REFERENCE_IMMATURE, (path, *line), text)
            }
            Some(_) => continue,
        };
        found.push(finding.about(number.to_string()));
    }
}

fn target(path: &str, facts: &Facts, around: &Surroundings, found: &mut Vec<Finding>) {
    let (Some(target), Some(companion)) = (&facts.moved_to, &around.companion) else {
        return;
    };
    let name = target.rsplit('/').next().unwrap_or_default();
    if !companion.contains(name) {
        let text = format!("was moved to {name}, which does not exist there");
        found.push(Finding::new(&TARGET_MISSING, (path, 1), text));
    }
}
