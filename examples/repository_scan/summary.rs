//! What a scan found, in numbers: as counters while it runs, as the result at its end.

use serde_json::{Value, json};

use super::finding::Finding;

/// The counts.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Summary {
    /// Documents in the repository, damaged ones included.
    pub documents: u64,
    /// Documents that were not there before.
    pub added: u64,
    /// Documents whose file changed, or that are checked by newer rules.
    pub changed: u64,
    /// Documents that are not in the repository any more.
    pub removed: u64,
    /// Documents as they were: not read apart again.
    pub unchanged: u64,
    /// Documents with no more than minor findings.
    pub valid: u64,
    /// The others.
    pub invalid: u64,
    /// Findings of all documents: critical, major, minor.
    pub findings: [u64; 3],
    /// Findings that the last scan did not have.
    pub opened: u64,
    /// Findings of the last scan that are no more.
    pub resolved: u64,
}

impl Summary {
    /// Counts findings.
    pub fn take<'a>(&mut self, findings: impl IntoIterator<Item = &'a Finding>) {
        for finding in findings {
            if let Some(count) = self.findings.get_mut(finding.severity() as usize) {
                *count += 1;
            }
        }
    }

    /// Every count by its name.
    pub fn counts(&self) -> [(&'static str, u64); 12] {
        let [critical, major, minor] = self.findings;
        [
            ("documents", self.documents),
            ("added", self.added),
            ("changed", self.changed),
            ("removed", self.removed),
            ("unchanged", self.unchanged),
            ("valid", self.valid),
            ("invalid", self.invalid),
            ("critical", critical),
            ("major", major),
            ("minor", minor),
            ("opened", self.opened),
            ("resolved", self.resolved),
        ]
    }

    /// The result of the job.
    pub fn json(&self, worst: &[(String, i64)]) -> Value {
        let counts = self
            .counts()
            .map(|(name, count)| (name.to_owned(), json!(count)));
        let mut result: serde_json::Map<String, Value> = counts.into_iter().collect();
        let worst = worst
            .iter()
            .map(|(path, count)| json!({"path": path, "findings": count}));
        result.insert("worst".into(), worst.collect());
        Value::Object(result)
    }
}
