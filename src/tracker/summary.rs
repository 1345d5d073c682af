//! The tiles of a project as JSON, at most a second old, reckoned once however many ask.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::progress::{Name, Status};
use crate::store::read::Tile;
use crate::store::{Error, Store};
use crate::wire::write::Json;

/// How old a summary may be.
const AGE: Duration = Duration::from_secs(1);
/// How long to wait for another one: who comes after many that ask in vain is not to wait for each of them.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many projects are remembered.
const PROJECTS: usize = 1024;

type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Arc<str>)>>>;

/// The newest summary of each project that was asked for.
#[derive(Debug, Default)]
pub(super) struct Summaries(Mutex<HashMap<Name, Slot>>);

impl Summaries {
    /// The summary of a project. Whoever asks while another one reckons waits for that.
    pub(super) async fn get(&self, store: &Store, project: &Name) -> Result<Arc<str>, Error> {
        let slot = self.slot(project);
        let Ok(mut known) = timeout(PATIENCE, slot.lock()).await else {
            return Err(Error::Exhausted("others wait for the tiles, too".into()));
        };
        if let Some((at, text)) = &*known
            && at.elapsed() < AGE
        {
            return Ok(text.clone());
        }
        let began = Instant::now();
        let text = summary_json(
            &store.tiles(project).await?,
            &store.counter_sums(project).await?,
        );
        // The same text stays the same value, so that who pushes it sees that nothing changed.
        let text = match &*known {
            Some((_, old)) if **old == *text => old.clone(),
            _ => text.into(),
        };
        *known = Some((began, text.clone()));
        Ok(text)
    }

    fn slot(&self, project: &Name) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= PROJECTS && !slots.contains_key(project) {
            slots.clear();
        }
        slots.entry(project.clone()).or_default().clone()
    }
}

#[derive(Default)]
struct Kind {
    by_status: BTreeMap<Status, u64>,
    counters: BTreeMap<String, f64>,
}

/// The object of the contract (section 6).
fn summary_json(tiles: &[Tile], sums: &[(String, String, f64)]) -> String {
    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    let mut by_status: BTreeMap<Status, u64> = Status::ALL.into_iter().map(|s| (s, 0)).collect();
    let mut recent: BTreeMap<Status, u64> = BTreeMap::new();
    for tile in tiles {
        *by_status.entry(tile.status).or_default() += tile.jobs;
        *recent.entry(tile.status).or_default() += tile.recent;
        *kinds
            .entry(&tile.kind)
            .or_default()
            .by_status
            .entry(tile.status)
            .or_default() += tile.jobs;
    }
    for (kind, name, sum) in sums {
        *kinds
            .entry(kind)
            .or_default()
            .counters
            .entry(name.clone())
            .or_default() += sum;
    }
    let mut json = Json::new();
    json.object(|s| {
        s.key("total").count(tiles.iter().map(|t| t.jobs).sum());
        s.key("stalled")
            .count(tiles.iter().map(|t| t.stalled).sum());
        s.key("by_status").object(|b| counts(b, &by_status));
        s.key("by_kind").object(|k| {
            for (name, kind) in &kinds {
                k.key(name).object(|o| {
                    o.key("by_status").object(|b| counts(b, &kind.by_status));
                    o.key("counters").object(|c| {
                        for (name, sum) in &kind.counters {
                            c.key(name).number(*sum);
                        }
                    });
                });
            }
        });
        s.key("last_24h").object(|l| {
            for status in [Status::Completed, Status::Failed, Status::Cancelled] {
                l.key(status.as_str())
                    .count(recent.get(&status).copied().unwrap_or_default());
            }
        });
    });
    json.finish()
}

fn counts(json: &mut Json, by_status: &BTreeMap<Status, u64>) {
    for (status, jobs) in by_status {
        json.key(status.as_str()).count(*jobs);
    }
}
