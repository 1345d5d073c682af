//! What the next request says: a creation, or the reports of all jobs that have something to say.
//!
//! Of each job the line in order, as far as it may go now, then its counts where a tick is due. Notices go at the
//! pace the service takes them; those that must wait let the lifecycle pass, but not the ending.

use std::collections::HashSet;
use std::fmt::Write;
use std::time::{Duration, Instant};

use super::lane::{Item, Lane, Stage, What};
use super::outbox::{Number, Outbox};

/// Between two ticks: four a second.
pub const TICK: Duration = Duration::from_millis(250);
/// Notices of one job within a tick. The service takes 50 within a second of its clock, which five ticks may touch.
const NOTICES: usize = 10;
/// Reports in one request.
const ITEMS: usize = 1000;
/// Bytes of one request, half of what the service takes.
const BYTES: usize = 512 << 10;

/// One report on its way.
#[derive(Debug)]
pub struct Part {
    pub lane: Number,
    pub item: Item,
    pub seq: Option<u64>,
    head: String,
}

/// One request on its way. It is repeated as it is until it is answered.
#[derive(Debug)]
pub enum Request {
    Create {
        lane: Number,
        id: String,
        body: String,
    },
    Report(Vec<Part>),
}

impl Request {
    /// The body that is sent.
    pub fn body(&self) -> String {
        match self {
            Self::Create { body, .. } => body.clone(),
            Self::Report(parts) => {
                let mut body = String::with_capacity(BYTES / 8);
                for part in parts {
                    body.push(if body.is_empty() { '[' } else { ',' });
                    body.push_str(&part.head);
                    body.push_str(part.item.fields.get(1..).unwrap_or("}"));
                }
                body.push(']');
                body
            }
        }
    }
}

/// What has been gathered, and how much room is left.
struct Basket {
    parts: Vec<Part>,
    bytes: usize,
    now: Instant,
    /// The jobs of which a part is still to be told: one that has ended takes no parts, and counts none.
    parents: HashSet<String>,
    /// Whether ticks and heartbeats are due.
    tick: bool,
}

impl Outbox {
    /// The next job to create.
    pub fn creation(&self, now: Instant) -> Option<Request> {
        let due = |lane: &Lane| lane.stage == Stage::Unmade && lane.may_speak(now);
        let (number, lane) = self.lanes.iter().find(|(_, lane)| due(lane))?;
        Some(Request::Create {
            lane: *number,
            id: lane.core.id.clone(),
            body: lane.creation.clone().unwrap_or_default(),
        })
    }

    /// The reports that can go now; `tick` says whether counts go too. True where something was left for want of room:
    /// the next request begins there, so that the first jobs do not keep the last ones silent.
    pub fn reports(&mut self, now: Instant, tick: bool) -> (Option<Request>, bool) {
        let mut basket = Basket {
            parts: Vec::new(),
            bytes: 0,
            now,
            parents: self.parents(),
            tick,
        };
        let numbers = self.lanes.range(self.turn..).map(|(number, _)| *number);
        let numbers: Vec<Number> = numbers.collect();
        self.turn = 0;
        for number in numbers {
            if basket.is_full() {
                self.turn = number;
                break;
            }
            self.gather(number, &mut basket);
        }
        let parts = basket.parts;
        let request = (!parts.is_empty()).then_some(Request::Report(parts));
        (request, self.turn > 0)
    }

    fn gather(&mut self, number: Number, basket: &mut Basket) {
        let now = basket.now;
        let open = |lane: &Lane| lane.stage != Stage::Unmade && lane.may_speak(now);
        if !self.lanes.get(&number).is_some_and(open) {
            return;
        }
        let before = basket.parts.len();
        if !self.gather_line(number, basket) || !basket.tick || basket.is_full() {
            return;
        }
        let silent = basket.parts.len() == before;
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        let Stage::Running(_) = lane.stage else {
            return;
        };
        let beat = silent && now.duration_since(lane.heard) >= lane.lease / 3;
        let item = if lane.stirred() {
            lane.progress(false)
        } else if beat && lane.unsettled {
            lane.unsettled = false;
            lane.progress(true)
        } else {
            None
        };
        let item = item.or_else(|| beat.then(heartbeat));
        if let Some(item) = item {
            lane.unsettled |= item.what == What::Tick && !beat;
            basket.put(number, lane, item);
        }
    }

    /// What waits in the line, as far as it may go; whether the counts of now may follow.
    fn gather_line(&mut self, number: Number, basket: &mut Basket) -> bool {
        let (mut place, mut held, before) = (0, false, basket.parts.len());
        loop {
            let Some(lane) = self.lanes.get_mut(&number) else {
                return false;
            };
            let Some(what) = lane.queue.get(place).map(|item| item.what) else {
                return true;
            };
            if basket.is_full() {
                return false;
            }
            let claimed = matches!(lane.stage, Stage::Running(_));
            match what {
                // Alone: what follows needs the attempt that it is answered with.
                What::Started if basket.parts.len() > before => return false,
                What::Notice if !lane.may_notice(basket.now) => {
                    held = true;
                    place += 1;
                    continue;
                }
                // It stays alive meanwhile.
                What::Ending if held || basket.parents.contains(&lane.core.id) => return true,
                What::Ending if !lane.unlisted.is_empty() => {
                    self.sum_up(number);
                    continue;
                }
                What::Started | What::Notice => {}
                _ if !claimed => return false,
                _ => {}
            }
            let Some(item) = self.take(number, place) else {
                return false;
            };
            if let Some(lane) = self.lanes.get_mut(&number) {
                basket.put(number, lane, item);
            }
            if what == What::Started || what == What::Retrying || what == What::Ending {
                return false;
            }
        }
    }

    fn parents(&self) -> HashSet<String> {
        let open = |lane: &&Lane| lane.stage == Stage::Unmade || lane.ended;
        let parts = self.lanes.values().filter(open);
        parts.filter_map(|part| part.parent.clone()).collect()
    }
}

impl Basket {
    fn is_full(&self) -> bool {
        self.parts.len() >= ITEMS || self.bytes >= BYTES
    }

    fn put(&mut self, number: Number, lane: &mut Lane, item: Item) {
        let (seq, head) = lane.head(&item);
        if item.what == What::Notice {
            lane.noticed.1 += 1;
        }
        self.bytes += head.len() + item.fields.len();
        self.parts.push(Part {
            lane: number,
            item,
            seq,
            head,
        });
    }
}

impl Lane {
    fn may_speak(&self, now: Instant) -> bool {
        self.rest.is_none_or(|rest| rest <= now)
    }

    /// Whether one more notice may go now. The count begins anew a tick after it began.
    fn may_notice(&mut self, now: Instant) -> bool {
        let (begun, sent) = self.noticed;
        if begun.is_none_or(|begun| now.duration_since(begun) >= TICK) {
            self.noticed = (Some(now), 0);
            return true;
        }
        sent < NOTICES
    }

    /// What goes before the fields of a report: the job, the place in its order, the fence.
    fn head(&mut self, item: &Item) -> (Option<u64>, String) {
        let mut head = format!("{{\"job\":\"{}\",", self.core.id);
        let seq = (item.what != What::Heartbeat).then(|| {
            item.seq.unwrap_or_else(|| {
                self.seq += 1;
                self.seq
            })
        });
        if let Some(seq) = seq {
            let _ = write!(head, "\"seq\":{seq},");
        }
        if let (Stage::Running(attempt), false) = (self.stage, item.what == What::Started) {
            let _ = write!(head, "\"attempt\":{attempt},");
        }
        (seq, head)
    }
}

fn heartbeat() -> Item {
    Item {
        what: What::Heartbeat,
        fields: r#"{"type":"heartbeat"}"#.into(),
        seq: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering::Relaxed;

    use tokio_util::sync::CancellationToken;

    use super::super::core::Core;
    use super::super::outbox::Bound;
    use super::*;

    /// An outbox of so many jobs that have been claimed and count.
    fn outbox(jobs: usize) -> Outbox {
        let bound = Bound {
            items: 100_000,
            bytes: 1 << 30,
        };
        let mut outbox = Outbox::new(bound);
        for number in 0..jobs {
            let core = Core::new(number.to_string(), CancellationToken::new(), &[]);
            core.gauge(0).current.store(1, Relaxed);
            let lane = Lane::new(Arc::new(core), None, Instant::now());
            let number = outbox.open(lane, &serde_json::json!({}));
            outbox.take(number, 0);
            outbox.lanes.get_mut(&number).unwrap().stage = Stage::Running(1);
        }
        outbox
    }

    fn jobs(outbox: &mut Outbox) -> (Vec<Number>, bool) {
        let (request, left) = outbox.reports(Instant::now(), true);
        match request {
            Some(Request::Report(parts)) => (parts.iter().map(|p| p.lane).collect(), left),
            _ => (Vec::new(), left),
        }
    }

    #[test]
    fn more_jobs_than_a_request_takes_come_in_turn_however_busy_the_first_are() {
        let mut outbox = outbox(1500);
        let (first, left) = jobs(&mut outbox);
        assert_eq!((first, left), ((1..=1000).collect(), true));
        for lane in outbox.lanes.values() {
            lane.core.gauge(0).current.fetch_add(1, Relaxed);
        }
        let (second, left) = jobs(&mut outbox);
        assert_eq!((second, left), ((1001..=1500).collect(), false));
        let (third, left) = jobs(&mut outbox);
        assert_eq!((third, left), ((1..=1000).collect(), true));
        let (fourth, left) = jobs(&mut outbox);
        assert_eq!((fourth, left), (Vec::new(), false));
    }

    #[test]
    fn notices_go_at_their_pace_and_let_all_but_the_ending_pass() {
        let mut outbox = outbox(1);
        let say = |outbox: &mut Outbox, what, times| {
            for _ in 0..times {
                outbox.push(1, Item::new(what, &serde_json::json!({"code": "c"})));
            }
        };
        say(&mut outbox, What::Notice, 25);
        say(&mut outbox, What::Phase, 1);
        say(&mut outbox, What::Ending, 1);
        let mut now = Instant::now();
        let mut sent = Vec::new();
        for _ in 0..3 {
            let (request, _) = outbox.reports(now, false);
            let Some(Request::Report(parts)) = request else {
                panic!("reports");
            };
            sent.push(parts.iter().map(|p| p.item.what).collect::<Vec<_>>());
            assert!(
                outbox.reports(now, false).0.is_none(),
                "not before its time"
            );
            now += TICK;
        }
        let notices = |count| vec![What::Notice; count];
        assert_eq!(sent[0], [notices(10), vec![What::Phase]].concat());
        assert_eq!(sent[1], notices(10));
        assert_eq!(sent[2], [notices(5), vec![What::Ending]].concat());
    }
}
