//! Hints on their way out (merged: only the newest version of a job counts) and as text.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;
use uuid::Uuid;

use crate::progress::{JobKey, Name};

/// Postgres takes notifications of less than 8,000 bytes.
const LONGEST: usize = 7_900;

/// A job that has a newer version; version 0 = it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Which job.
    pub key: JobKey,
    /// Its version.
    pub version: u64,
}

/// Hints that wait to be sent, at most one a job.
#[derive(Debug, Default)]
pub struct Hints {
    waiting: Mutex<HashMap<JobKey, u64>>,
    some: Notify,
}

impl Hints {
    /// Adds a hint. Newer versions replace older ones; that a job is gone replaces every version.
    pub fn add(&self, hint: Hint) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = waiting.entry(hint.key).or_insert(hint.version);
        if *slot != 0 && (hint.version > *slot || hint.version == 0) {
            *slot = hint.version;
        }
        drop(waiting);
        self.some.notify_one();
    }

    /// Waits until there is one, and takes all that have gathered.
    pub async fn take(&self) -> Vec<Hint> {
        loop {
            let taken =
                std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !taken.is_empty() {
                return taken
                    .into_iter()
                    .map(|(key, version)| Hint { key, version })
                    .collect();
            }
            self.some.notified().await;
        }
    }
}

/// Hints of a node as few texts, each short enough for a notification.
#[must_use]
pub fn encode(node: Uuid, hints: &[Hint]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut text = node.to_string();
    let empty = text.len();
    for hint in hints {
        let line = format!("\n{} {} {}", hint.key.project, hint.key.id, hint.version);
        if text.len() + line.len() > LONGEST {
            texts.push(std::mem::replace(&mut text, node.to_string()));
        }
        text.push_str(&line);
    }
    if text.len() > empty {
        texts.push(text);
    }
    texts
}

/// The hints in a text of another node; lines that are none are passed over, and so is all of our own.
#[must_use]
pub fn decode(own: Uuid, text: &str) -> Vec<Hint> {
    let mut lines = text.lines();
    let node = lines.next().and_then(|line| line.parse::<Uuid>().ok());
    if node.is_none_or(|node| node == own) {
        return Vec::new();
    }
    lines.filter_map(line).collect()
}

fn line(text: &str) -> Option<Hint> {
    let mut parts = text.split(' ');
    let (project, id, version) = (parts.next()?, parts.next()?, parts.next()?);
    let key = JobKey {
        project: Name::parse(project).ok()?,
        id: Name::parse(id).ok()?,
    };
    parts.next().is_none().then_some(())?;
    Some(Hint {
        key,
        version: version.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(id: &str, version: u64) -> Hint {
        let key = JobKey {
            project: Name::parse("p").unwrap(),
            id: Name::parse(id).unwrap(),
        };
        Hint { key, version }
    }

    #[test]
    fn hints_come_through_whole_and_in_short_texts() {
        let hints: Vec<Hint> = (0..1000)
            .map(|n| hint(&format!("{n:060}"), n + 1))
            .collect();
        let texts = encode(Uuid::now_v7(), &hints);
        assert!(texts.iter().all(|t| t.len() < 8000) && texts.len() > 5);
        let own = Uuid::now_v7();
        let heard: Vec<Hint> = texts.iter().flat_map(|t| decode(own, t)).collect();
        assert_eq!(heard, hints);
    }

    #[test]
    fn p22_garbage_is_passed_over() {
        let own = Uuid::now_v7();
        let other = Uuid::now_v7();
        for text in [
            "",
            "x",
            "\0",
            &format!("{other}"),
            &format!("{other}\n../.. a 1\np\np id\np id -1\np id 1 2"),
        ] {
            assert_eq!(decode(own, text), [], "{text:?}");
        }
        assert_eq!(decode(own, &format!("{own}\np id 1")), []);
    }

    #[tokio::test]
    async fn the_newest_version_wins_and_gone_is_last() {
        let hints = Hints::default();
        for h in [
            hint("a", 2),
            hint("a", 5),
            hint("a", 3),
            hint("b", 7),
            hint("b", 0),
            hint("b", 8),
        ] {
            hints.add(h);
        }
        let mut taken = hints.take().await;
        taken.sort_by(|x, y| x.key.cmp(&y.key));
        assert_eq!(taken, [hint("a", 5), hint("b", 0)]);
    }
}
