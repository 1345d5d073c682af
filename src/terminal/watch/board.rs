//! What is known of the watched jobs: takes frames, drops old ones, tells what changed, and judges how it all ended.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{Notice, State};

/// What a frame changed.
#[derive(Debug)]
pub struct Change {
    /// How the job stood before; `None` where it is new to us.
    pub before: Option<State>,
    /// How it stands.
    pub after: State,
    /// The notices that were not shown yet.
    pub notices: Vec<Notice>,
    /// How many were missed: they came and went between two frames.
    pub missed: u64,
}

/// How the watched jobs ended, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// At least one failed.
    Failed,
    /// None failed; of at least one nobody knows how it ended, because it was deleted meanwhile.
    Unknown,
    /// At least one was cancelled, the others completed.
    Cancelled,
    /// All completed.
    Completed,
}

/// What is known.
#[derive(Debug, Default)]
pub struct Board {
    jobs: BTreeMap<String, State>,
    gone: BTreeSet<String>,
    /// Not confirmed since the last reset.
    doubtful: BTreeSet<String>,
}

impl Board {
    /// Takes a state; `None` where it is no newer than what is known.
    pub fn take(&mut self, state: State) -> Option<Change> {
        let doubtful = self.doubtful.remove(&state.id);
        let before = self.jobs.get(&state.id);
        let old = before.is_some_and(|b| b.version >= state.version && !doubtful);
        let same = before.is_some_and(|b| b.version == state.version);
        if old || same || before.is_some_and(State::is_over) {
            return None;
        }
        let seen = before.map_or(0, |b| b.notices.total);
        let recent = state.notices.recent.iter();
        let notices: Vec<Notice> = recent.filter(|n| n.number > seen).cloned().collect();
        let new = state.notices.total.saturating_sub(seen);
        let missed = new.saturating_sub(notices.len() as u64);
        let before = self.jobs.insert(state.id.clone(), state.clone());
        Some(Change {
            before,
            after: state,
            notices,
            missed,
        })
    }

    /// What follows is all there is: whatever is not in it has left.
    pub fn reset(&mut self) {
        let active = self.jobs.values().filter(|s| !s.is_over());
        self.doubtful = active.map(|s| s.id.clone()).collect();
    }

    /// Everything was told: gives the jobs that were not, whose ending is to be asked for.
    pub fn synced(&mut self) -> Vec<String> {
        std::mem::take(&mut self.doubtful).into_iter().collect()
    }

    /// A job is no more. Whether that is news.
    pub fn gone(&mut self, id: &str) -> bool {
        self.doubtful.remove(id);
        let over = self.jobs.get(id).is_some_and(State::is_over);
        !over && self.gone.insert(id.to_owned())
    }

    /// The jobs that have not ended, in the order of their ids.
    pub fn active(&self) -> impl Iterator<Item = &State> {
        let all = self.jobs.values();
        all.filter(|s| !s.is_over() && !self.gone.contains(&s.id))
    }

    /// Whether any job was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.gone.is_empty()
    }

    /// How a job stands.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&State> {
        self.jobs.get(id)
    }

    /// How these jobs ended, or all that were seen where none are named; `None` while one has not.
    pub fn verdict<'a>(&self, named: impl Iterator<Item = &'a str>) -> Option<Verdict> {
        let mut named = named.peekable();
        let mut worst = Verdict::Completed;
        let mut judge = |id: &str| {
            let one = match self.jobs.get(id).map(|s| s.status.as_str()) {
                Some("completed") => Verdict::Completed,
                Some("failed") => Verdict::Failed,
                Some("cancelled") => Verdict::Cancelled,
                _ if self.gone.contains(id) => Verdict::Unknown,
                _ => return false,
            };
            worst = worst.min(one);
            true
        };
        let all_over = match named.peek() {
            Some(_) => named.all(&mut judge),
            None => {
                let seen: BTreeSet<&String> = self.jobs.keys().chain(&self.gone).collect();
                !seen.is_empty() && seen.into_iter().all(|id| judge(id))
            }
        };
        all_over.then_some(worst)
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::Notices;
    use super::*;

    fn state(id: &str, version: u64, status: &str) -> State {
        State {
            id: id.into(),
            version,
            status: status.into(),
            ..State::default()
        }
    }

    fn noticed(version: u64, total: u64) -> State {
        let notice = |number| Notice {
            number,
            ..Notice::default()
        };
        let recent = (total.saturating_sub(9).max(1)..=total).map(notice);
        State {
            notices: Notices {
                total,
                recent: recent.collect(),
            },
            ..state("a", version, "running")
        }
    }

    #[test]
    fn versions_only_rise_and_an_ending_stays() {
        let mut board = Board::default();
        assert!(board.take(state("a", 2, "running")).is_some());
        assert!(board.take(state("a", 2, "running")).is_none());
        assert!(board.take(state("a", 1, "queued")).is_none());
        assert!(board.take(state("a", 5, "completed")).is_some());
        assert!(board.take(state("a", 6, "running")).is_none());
        assert_eq!(board.verdict(["a"].into_iter()), Some(Verdict::Completed));
    }

    #[test]
    fn every_notice_is_shown_once_and_the_missed_ones_are_counted() {
        let mut board = Board::default();
        let numbers =
            |change: Change| -> Vec<u64> { change.notices.iter().map(|n| n.number).collect() };
        assert_eq!(numbers(board.take(noticed(1, 3)).unwrap()), [1, 2, 3]);
        assert_eq!(numbers(board.take(noticed(2, 5)).unwrap()), [4, 5]);
        let change = board.take(noticed(3, 40)).unwrap();
        assert_eq!(change.missed, 25);
        assert_eq!(change.notices.len(), 10);
    }

    #[test]
    fn a_reset_puts_all_in_doubt_that_it_does_not_repeat() {
        let mut board = Board::default();
        for id in ["a", "b", "c"] {
            board.take(state(id, 9, "running"));
        }
        board.take(state("c", 10, "failed"));
        board.reset();
        // A database that was put back counts anew.
        assert!(board.take(state("a", 3, "running")).is_some());
        assert_eq!(board.synced(), ["b"]);
        assert_eq!(board.active().count(), 2);
        assert!(board.gone("b") && !board.gone("b") && !board.gone("c"));
        assert_eq!(board.active().count(), 1);
    }

    #[test]
    fn the_worst_ending_counts() {
        let mut board = Board::default();
        let none = || std::iter::empty::<&str>();
        assert_eq!(board.verdict(none()), None);
        board.take(state("a", 1, "completed"));
        assert_eq!(board.verdict(none()), Some(Verdict::Completed));
        board.take(state("b", 1, "cancelled"));
        board.take(state("c", 1, "running"));
        assert_eq!(board.verdict(none()), None);
        assert_eq!(
            board.verdict(["a", "b"].into_iter()),
            Some(Verdict::Cancelled)
        );
        assert_eq!(board.verdict(["a", "x"].into_iter()), None);
        board.gone("c");
        assert_eq!(board.verdict(none()), Some(Verdict::Unknown));
        board.take(state("d", 1, "failed"));
        assert_eq!(board.verdict(none()), Some(Verdict::Failed));
    }
}
