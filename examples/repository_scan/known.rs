//! What the last scan of a repository left in Postgres, and which files changed since.

use std::collections::{BTreeMap, HashMap, HashSet};

use tokio_postgres::Client;

use super::{
    ScanError,
    document::{Checked, Facts},
    finding::Finding,
    rule::{RULES, RULES_VERSION, Severity},
};

/// What is known of the documents.
pub struct Known {
    documents: HashMap<String, (Vec<u8>, Facts)>,
    collective: HashSet<(String, String, String)>,
}

impl Known {
    /// Reads it. What was checked by other rules counts as not known.
    pub async fn load(client: &Client, repository: &str) -> Result<Self, ScanError> {
        let select = "select path, hash, rules, facts::text from examples.scanned_document where repository = $1";
        let mut documents = HashMap::new();
        for row in client.query(select, &[&repository]).await? {
            let hash = if row.get::<_, i32>(2) == RULES_VERSION {
                row.get(1)
            } else {
                Vec::new()
            };
            let facts = serde_json::from_str(row.get(3)).unwrap_or_default();
            documents.insert(row.get(0), (hash, facts));
        }
        let select = "select path, rule, subject from examples.scanned_finding
                      where repository = $1 and rule = any($2)";
        let rows = client.query(select, &[&repository, &collective()]).await?;
        let collective = rows
            .into_iter()
            .map(|row| (row.get(0), row.get(1), row.get(2)));
        Ok(Self {
            documents,
            collective: collective.collect(),
        })
    }

    /// Whether a file was there in the last scan.
    pub fn has(&self, path: &str) -> bool {
        self.documents.contains_key(path)
    }

    /// Whether a file is as it was. One that could not be read has no hash, and is tried again.
    pub fn is_unchanged(&self, path: &str, hash: &[u8]) -> bool {
        let known = self.documents.get(path);
        known.is_some_and(|(known, _)| !known.is_empty() && known == hash)
    }

    /// Whether a finding of a rule over all documents was there in the last scan.
    pub fn has_finding(&self, finding: &Finding) -> bool {
        let key = (
            finding.path.clone(),
            finding.rule.id.to_owned(),
            finding.subject.clone(),
        );
        self.collective.contains(&key)
    }

    /// What is known of all documents: of those that did not change, and of those checked now.
    pub fn all(&self, unchanged: &HashSet<String>, checked: &[Checked]) -> BTreeMap<String, Facts> {
        let kept = self
            .documents
            .iter()
            .filter(|(path, _)| unchanged.contains(*path));
        let kept = kept.map(|(path, (_, facts))| (path, facts));
        let new = checked.iter().map(|one| (&one.path, &one.facts));
        let all = kept.chain(new);
        all.map(|(path, facts)| (path.clone(), facts.clone()))
            .collect()
    }

    /// The files that are not among those of now.
    pub fn gone(&self, now: &HashSet<String>) -> Vec<String> {
        let gone = self.documents.keys().filter(|path| !now.contains(*path));
        gone.cloned().collect()
    }
}

/// The rules over all documents, by id.
pub fn collective() -> Vec<&'static str> {
    RULES
        .iter()
        .filter(|rule| rule.collective)
        .map(|rule| rule.id)
        .collect()
}

/// How many findings unchanged files have by their own rules, by severity.
pub async fn carried(
    client: &Client,
    repository: &str,
    unchanged: &HashSet<String>,
) -> Result<[u64; 3], ScanError> {
    let select = "select severity, count(*) from examples.scanned_finding
                  where repository = $1 and path = any($2) and rule <> all($3) group by 1";
    let paths: Vec<&String> = unchanged.iter().collect();
    let mut counts = [0; 3];
    for row in client
        .query(select, &[&repository, &paths, &collective()])
        .await?
    {
        let name: &str = row.get(0);
        let at = Severity::ALL
            .iter()
            .position(|severity| severity.name() == name);
        if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
            *count = row.get::<_, i64>(1).unsigned_abs();
        }
    }
    Ok(counts)
}
