//! What changed between two syncs of a feed: the files of now compared with the rules that the last
//! sync left in Postgres.
//!
//! The identifiers of one feed are held in memory, its rules are not.

use std::collections::{HashMap, HashSet};

use milepost::worker::{Counter, Job, Level};
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{archive::Entry, rule::Rule, sync::SyncError};

/// What a sync found.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Rules that were not there before.
    pub added: u64,
    /// Rules whose file changed.
    pub updated: u64,
    /// Rules that are not in the feed any more.
    pub removed: u64,
    /// Files that are not a rule, each with a notice. The rule it was before stays.
    pub invalid: u64,
    /// Rules as they were.
    pub unchanged: u64,
    /// Files read.
    pub total: u64,
}

/// The difference between the feed and the last sync, as far as it is known.
#[derive(Default)]
pub struct Difference {
    /// The counts.
    pub summary: Summary,
    /// Rules to write, and the paths of their files.
    pub changed: Vec<(Rule, String)>,
    /// Identifiers to remove.
    pub gone: Vec<String>,
}

/// What the last sync left: hash and path by identifier.
pub struct Known {
    rules: HashMap<String, (Vec<u8>, String)>,
    seen: HashSet<String>,
    broken: HashSet<String>,
}

impl Known {
    /// Reads it.
    pub async fn load(client: &Client, feed: &str) -> Result<Self, SyncError> {
        let select = "select rule_id, hash, path from examples.rule where feed = $1";
        let rows = client.query(select, &[&feed]).await?;
        let rules = rows
            .into_iter()
            .map(|row| (row.get(0), (row.get(1), row.get(2))))
            .collect();
        Ok(Self {
            rules,
            seen: HashSet::new(),
            broken: HashSet::new(),
        })
    }

    /// Counts one file of the feed as what it is.
    pub fn compare(&mut self, entry: Entry, difference: &mut Difference, job: &Job) {
        let summary = &mut difference.summary;
        summary.total += 1;
        let rule = Rule::parse(&entry.bytes).map_err(|problem| ("bad_rule", problem));
        let rule = rule.and_then(|rule| match self.seen.insert(rule.id.clone()) {
            true => Ok(rule),
            false => Err((
                "duplicate_id",
                format!("another rule has the id {}", rule.id),
            )),
        });
        match rule {
            Ok(rule) => {
                match self.rules.get(&rule.id) {
                    None => summary.added += 1,
                    Some((hash, _)) if *hash != rule.hash => summary.updated += 1,
                    Some(_) => {
                        summary.unchanged += 1;
                        return;
                    }
                }
                difference.changed.push((rule, entry.path));
            }
            Err((code, problem)) => {
                summary.invalid += 1;
                let (text, data) = (
                    format!("{}: {problem}", entry.path),
                    json!({"path": entry.path}),
                );
                job.notice_with(Level::Warning, code, text, data);
                self.broken.insert(entry.path);
            }
        }
    }

    /// The identifiers that were not seen again, except those whose file is broken now.
    pub fn left(self) -> Vec<String> {
        let Self {
            rules,
            seen,
            broken,
        } = self;
        let gone = rules
            .into_iter()
            .filter(|(id, (_, path))| !seen.contains(id) && !broken.contains(path));
        gone.map(|(id, _)| id).collect()
    }
}

/// The counts of a summary as people see them grow.
pub struct Counters([Counter; 5]);

impl Counters {
    /// Those of this job.
    pub fn of(job: &Job) -> Self {
        let names = ["added", "updated", "removed", "invalid", "unchanged"];
        Self(names.map(|name| job.counter(name)))
    }

    /// Takes the values of now.
    pub fn set(&self, now: &Summary) {
        let values = [
            now.added,
            now.updated,
            now.removed,
            now.invalid,
            now.unchanged,
        ];
        for (counter, value) in self.0.iter().zip(values) {
            counter.set(value);
        }
    }
}

impl Summary {
    /// The result of the job.
    pub fn json(&self) -> Value {
        let Self {
            added,
            updated,
            removed,
            invalid,
            unchanged,
            total,
        } = *self;
        json!({
            "added": added, "updated": updated, "removed": removed,
            "invalid": invalid, "unchanged": unchanged, "total": total,
        })
    }
}
