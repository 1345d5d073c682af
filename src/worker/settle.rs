//! What the service answered, and what follows for the jobs: an attempt, a wish to stop, a report to be said again,
//! the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cancel::Reason;
use super::gather::Part;
use super::lane::{Item, Lane, Stage, What};
use super::outbox::{Number, Outbox};
use super::random;

/// How long a job rests that the service put off.
const REST: Duration = Duration::from_secs(1);

impl Outbox {
    /// The creation of a job was answered with this status.
    pub fn created(&mut self, number: Number, status: u16, answer: &Value) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        if status < 300 {
            lane.stage = Stage::Queued;
            lane.creation = None;
            lane.core.known.store(true, Relaxed);
            return;
        }
        let (code, detail) = problem(answer);
        tracing::warn!(
            job = lane.core.id,
            status,
            code,
            detail,
            "the job cannot be created: it is not reported"
        );
        self.remove(number);
    }

    /// A request was answered: an answer for each of its reports, in order.
    pub fn heard(&mut self, parts: Vec<Part>, answers: &Value, now: Instant) {
        let unanswered = json!({"status": 503, "code": "unanswered"});
        let ending = |part: &&Part| part.item.what == What::Ending;
        let ends: BTreeSet<Number> = parts.iter().filter(ending).map(|p| p.lane).collect();
        let mut taken = BTreeMap::new();
        let mut again = Vec::new();
        for (place, part) in parts.into_iter().enumerate() {
            let answer = answers.get(place).unwrap_or(&unanswered);
            let (number, seq) = (part.lane, part.seq);
            let over = answer["code"] == "finished" && part.item.what != What::Ending;
            if over && ends.contains(&number) {
                // Said a second time: the ending behind it was taken the first time, or its own answer says by whom.
                continue;
            }
            match self.hear(part, answer, now) {
                Some(item) => again.push((number, place, Item { seq, ..item })),
                None => {
                    taken.insert(number, place);
                }
            }
        }
        for (number, place, mut item) in again.into_iter().rev() {
            // It may have been taken after all; under its old number it is not taken twice. But once a later one was
            // taken the old number counts for nothing.
            if taken.get(&number).is_some_and(|taken| *taken > place) {
                item.seq = None;
            }
            self.insert(number, 0, item);
        }
    }

    /// Reads one answer; gives back what has to be said again.
    fn hear(&mut self, part: Part, answer: &Value, now: Instant) -> Option<Item> {
        let number = part.lane;
        let lane = self.lanes.get_mut(&number)?;
        if answer["cancel_requested"] == true {
            lane.core.give_up(Reason::Asked);
        }
        if answer["code"].is_string() {
            return self.refused(number, part.item, answer, now);
        }
        lane.heard = now;
        match part.item.what {
            What::Started => {
                lane.stage = Stage::Running(answer["attempt"].as_u64().unwrap_or(1));
                lane.in_the_way = None;
                lane.core.known.store(true, Relaxed);
                self.urgent |= !lane.queue.is_empty();
            }
            What::Retrying => {
                lane.stage = Stage::Queued;
                lane.core.requeued.fetch_add(1, Relaxed);
                self.urgent |= !lane.queue.is_empty();
            }
            What::Ending => {
                lane.core.delivered.store(true, Relaxed);
                self.remove(number);
                self.urgent = true; // a parent may have waited for this
            }
            _ => {}
        }
        None
    }

    fn refused(
        &mut self,
        number: Number,
        item: Item,
        answer: &Value,
        now: Instant,
    ) -> Option<Item> {
        let (code, detail) = problem(answer);
        let status = answer["status"].as_u64().unwrap_or(500);
        let lane = self.lanes.get_mut(&number)?;
        match (code, item.what) {
            ("fenced", _) => self.lose(number, Reason::Fenced),
            ("finished" | "not_found", _) => self.lose(number, Reason::Finished),
            ("already_running", What::Started) => return self.in_the_way(number, item, now),
            ("cancelling", What::Started) => self.lose(number, Reason::Asked),
            ("cancelling", What::Retrying) => {
                lane.core.give_up(Reason::Asked);
                lane.core.requeue_refused.store(true, Relaxed);
                // The attempt goes on, so that it can be given up: no other one begins.
                let next = lane
                    .queue
                    .iter()
                    .position(|item| item.what == What::Started);
                if let Some(next) = next {
                    self.take(number, next);
                }
            }
            _ if status == 429 || status >= 500 => {
                lane.rest = Some(now + REST.mul_f64(0.5 + random::fraction()));
                lane.whole |= item.what == What::Tick;
                let passing = matches!(item.what, What::Tick | What::Heartbeat);
                return (!passing).then_some(item);
            }
            _ => {
                tracing::warn!(job = lane.core.id, code, detail, "a report was refused");
                return match item.what {
                    What::Ending => bare(&item).or_else(|| self.drop_ending(number)),
                    What::Started => self.drop_ending(number),
                    _ => None,
                };
            }
        }
        None
    }

    /// Another worker has the job. It may be one of our own that was killed: then the job stalls, and can be had. One
    /// that is alive keeps it.
    fn in_the_way(&mut self, number: Number, item: Item, now: Instant) -> Option<Item> {
        let lane = self.lanes.get_mut(&number)?;
        let since = *lane.in_the_way.get_or_insert(now);
        lane.core.known.store(true, Relaxed);
        if now.duration_since(since) > 2 * lane.lease + 10 * REST {
            self.lose(number, Reason::Fenced);
            return None;
        }
        lane.rest = Some(now + REST.mul_f64(1.0 + random::fraction()));
        Some(item)
    }

    /// The job is not ours any more: nothing more is said of it.
    fn lose(&mut self, number: Number, reason: Reason) {
        if let Some(lane) = self.remove(number) {
            let id = lane.core.id.as_str();
            tracing::info!(job = id, ?reason, "the job is not reported any more");
            lane.core.known.store(true, Relaxed);
            lane.core.give_up(reason);
        }
        self.urgent = true;
    }

    fn drop_ending(&mut self, number: Number) -> Option<Item> {
        self.remove(number);
        None
    }
}

/// An ending without anything that could be refused, unless it is that already.
fn bare(item: &Item) -> Option<Item> {
    let fields: Value = serde_json::from_str(&item.fields).ok()?;
    let mut bare = json!({"type": fields["type"]});
    if fields["error"].is_object() {
        let error = &fields["error"];
        bare["error"] = json!({
            "code": error["code"], "message": error["message"], "retryable": error["retryable"],
        });
    }
    let bare = Item::new(item.what, &bare);
    (bare.fields != item.fields).then_some(bare)
}

fn problem(answer: &Value) -> (&str, &str) {
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    (text("code"), text("detail"))
}

impl Lane {
    /// Whether the job was claimed, and not given back.
    pub fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running(_))
    }
}
