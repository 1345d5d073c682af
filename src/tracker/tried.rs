//! Writes whose outcome was lost with their connection: noted, and looked up before anything is decided again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::commit::Work;
use super::decide::Decision;
use super::inner::Inner;
use super::reply::finish;
use crate::progress::JobKey;
use crate::store::{self, Held, Write};

/// The works of a statement whose outcome is not known.
pub(super) fn uncertain(
    plans: Vec<(Work, Decision, Write)>,
    batch: i64,
    error: &store::Error,
) -> Vec<Work> {
    let unknown = error.is_connection();
    let keep = |(mut work, decision, _): (Work, Decision, Write)| {
        if unknown {
            work.tried.push((batch, decision));
        }
        work.fresh = true;
        work
    };
    plans.into_iter().map(keep).collect()
}

/// Answers the works whose earlier write went through although its answer was lost.
pub(super) async fn settle_tried(
    inner: &Arc<Inner>,
    works: &mut Vec<Work>,
    held: &HashMap<JobKey, Arc<Held>>,
) -> Result<(), store::Error> {
    let all_tried = works.iter().flat_map(|w| {
        w.tried
            .iter()
            .map(|(batch, _)| (w.group.key.clone(), *batch))
    });
    let tried: Vec<(JobKey, i64)> = all_tried.collect();
    if tried.is_empty() {
        return Ok(());
    }
    // The newest version may be somebody else's by now; then our history tells.
    let written: HashSet<JobKey> = inner.store.written(&tried).await?.into_iter().collect();
    let node = inner.store.node;
    for mut work in std::mem::take(works) {
        let newest = held.get(&work.group.key);
        let ours = newest.filter(|held| held.node == node).and_then(|held| {
            work.tried
                .iter()
                .position(|(batch, _)| *batch == held.batch)
        });
        let position = ours.or_else(|| {
            written
                .contains(&work.group.key)
                .then(|| work.tried.len().saturating_sub(1))
        });
        match position.filter(|place| *place < work.tried.len()) {
            Some(place) => {
                let (_, decision) = work.tried.swap_remove(place);
                if let Some(held) = newest {
                    inner.hub.publish(held.frame.clone());
                    inner.hint(&held.frame);
                }
                finish(inner, work.group, decision);
            }
            None => works.push(work),
        }
    }
    Ok(())
}
