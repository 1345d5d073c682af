//! The bound of the outbox: what makes room for what, and how that is told. The rule stands in the head of `outbox`.

use serde_json::{Value, json};

use super::lane::{Item, Lane, Stage, What};
use super::outbox::{Number, Outbox};

/// How many codes of unlisted notices are told apart; the rest is one more.
const CODES: usize = 32;

impl Outbox {
    pub fn has_room(&self, size: usize) -> bool {
        self.items < self.bound.items && self.bytes + size <= self.bound.bytes
    }

    /// Counts a notice that is not sent.
    pub fn unlist(&mut self, number: Number, item: &Item) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        let fields: Value = serde_json::from_str(&item.fields).unwrap_or_default();
        let code = fields["code"].as_str().unwrap_or("notice");
        let known = lane.unlisted.contains_key(code) || lane.unlisted.len() < CODES;
        let code = if known { code } else { "other" };
        *lane.unlisted.entry(code.to_owned()).or_default() += 1;
    }

    /// Puts a notice before the ending for each code of which some were not listed.
    pub fn sum_up(&mut self, number: Number) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        let place = lane.queue.len() - usize::from(lane.ended);
        for (code, count) in std::mem::take(&mut lane.unlisted) {
            let text = format!("{count} more of these were not listed");
            let notice = json!({
                "type": "notice", "level": "warning", "code": code, "message": text, "data": {"unlisted": count},
            });
            self.insert(number, place, Item::new(What::Notice, &notice));
        }
    }

    pub fn make_room(&mut self, size: usize) {
        let numbers: Vec<Number> = self.lanes.keys().copied().collect();
        for number in &numbers {
            self.drop_notices(*number, size);
        }
        for number in &numbers {
            if !self.has_room(size) {
                self.fold_phases(*number, 1);
            }
        }
        for number in numbers {
            let unheard = |lane: &Lane| lane.ended && lane.stage == Stage::Unmade;
            if !self.has_room(size) && self.lanes.get(&number).is_some_and(unheard) {
                tracing::warn!("the outbox is full: a job that has ended will never be heard of");
                self.remove(number);
            }
        }
    }

    fn drop_notices(&mut self, number: Number, size: usize) {
        let mut place = self.lanes.get(&number).map_or(0, |lane| lane.queue.len());
        while place > 0 && !self.has_room(size) {
            place -= 1;
            let lane = self.lanes.get(&number);
            let is_notice = lane.is_some_and(|lane| lane.queue[place].what == What::Notice);
            if is_notice && let Some(item) = self.take(number, place) {
                self.unlist(number, &item);
            }
        }
    }

    /// Counts the notices that wait, in place of sending them.
    pub fn unlist_waiting(&mut self, number: Number) {
        self.drop_notices(number, usize::MAX >> 1);
    }

    /// Leaves the newest `most` phases of those that wait, with their counts.
    pub fn fold_phases(&mut self, number: Number, most: usize) {
        let waiting = |outbox: &Self| {
            let lane = outbox.lanes.get(&number)?;
            let phases = lane.queue.iter().filter(|item| item.what == What::Phase);
            let more = phases.count() > most;
            more.then(|| {
                let old = |item: &Item| matches!(item.what, What::Phase | What::Snapshot);
                lane.queue.iter().position(old)
            })?
        };
        while let Some(place) = waiting(self) {
            self.take(number, place);
        }
    }
}
