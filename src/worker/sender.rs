//! The thread that speaks to the service: one request at a time, ticks four times a second at most, the lifecycle at
//! once. A request is repeated as it is until it is answered, with full jitter; meanwhile the outbox gathers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::gather::{Request, TICK};
use super::http::{Answer, Http};
use super::outbox::{Number, Outbox, Shared};
use super::random;

/// The longest pause between two tries, unless the service asks for more.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest pause that the service may ask for.
const ASKED: Duration = Duration::from_secs(60);

/// The thread.
pub struct Sender {
    http: Http,
    shared: Arc<Shared>,
    /// What is not answered yet, first first.
    pending: Vec<Request>,
    /// Tries in vain since the last answer.
    tries: u32,
    /// No request before this moment.
    rest: Option<Instant>,
    next_tick: Instant,
    /// When the service last answered.
    answered: Instant,
}

/// What comes of a request.
enum Outcome {
    Done,
    Again(Option<Duration>, String),
    Split,
}

/// Lets everybody go who waits for the thread, however it ends.
struct Leave(Arc<Shared>);

impl Drop for Leave {
    fn drop(&mut self) {
        let mut outbox = self.0.lock();
        outbox.closed = true;
        outbox.resolve(Instant::now());
        let numbers: Vec<Number> = outbox.lanes.keys().copied().collect();
        for number in numbers {
            outbox.remove(number);
        }
    }
}

impl Sender {
    /// Starts the thread.
    pub fn start(http: Http, shared: Arc<Shared>) -> std::io::Result<()> {
        let thread = std::thread::Builder::new().name("milepost".into());
        let sender = Self {
            http,
            shared: shared.clone(),
            pending: Vec::new(),
            tries: 0,
            rest: None,
            next_tick: Instant::now(),
            answered: Instant::now(),
        };
        thread.spawn(move || {
            let _leave = Leave(shared);
            sender.run();
        })?;
        Ok(())
    }

    fn run(mut self) {
        while let Some(request) = self.next() {
            let body = request.body();
            let answer = match &request {
                Request::Create { id, .. } => self.http.create(id, &body),
                Request::Report(_) => self.http.report(&body),
            };
            let outcome = match answer {
                Ok(answer) => self.settle(request, answer),
                Err(error) => (Some(request), Outcome::Again(None, error.to_string())),
            };
            self.follow(outcome);
        }
    }

    /// Waits for something to say; `None` when there is nobody left to say anything.
    fn next(&mut self) -> Option<Request> {
        let shared = self.shared.clone();
        let mut outbox = shared.lock();
        loop {
            let now = Instant::now();
            outbox.busy = !self.pending.is_empty();
            outbox.resolve(now);
            if self.is_over(&outbox, now) {
                return None;
            }
            if self.rest.is_none_or(|rest| rest <= now) {
                let pending = self.pending.pop();
                if let Some(request) = pending.or_else(|| self.gather(&mut outbox, now)) {
                    outbox.busy = true;
                    return Some(request);
                }
            }
            let until = self.until(&outbox, now);
            outbox = shared.wait(outbox, until);
        }
    }

    fn gather(&mut self, outbox: &mut Outbox, now: Instant) -> Option<Request> {
        let tick = now >= self.next_tick;
        // Many creations at once must not keep the others silent.
        let late = now >= self.next_tick + TICK && outbox.lanes.values().any(|l| l.is_running());
        if !late && let Some(request) = outbox.creation(now) {
            return Some(request);
        }
        if !tick && !outbox.urgent {
            return None;
        }
        let (request, left) = outbox.reports(now, tick);
        outbox.urgent = left;
        if tick && !left {
            self.next_tick = now + TICK;
            outbox.ticks += 1;
        }
        request.or_else(|| outbox.creation(now))
    }

    /// How long there is nothing to do, if nothing happens.
    fn until(&self, outbox: &Outbox, now: Instant) -> Option<Duration> {
        let waiters = outbox.waiters.iter().map(|waiter| waiter.until).min();
        let work = match self.rest {
            Some(rest) if rest > now => Some(rest),
            _ if outbox.lanes.is_empty() => None,
            _ => Some(self.next_tick.max(now)),
        };
        let left = self.given_up(outbox);
        let first = [waiters, work, left].into_iter().flatten().min();
        first.map(|first| {
            first
                .saturating_duration_since(now)
                .max(Duration::from_millis(1))
        })
    }

    /// When one stops trying for jobs that nobody holds any more: not while the service answers.
    fn given_up(&self, outbox: &Outbox) -> Option<Instant> {
        let since = outbox.deserted?;
        Some(since.max(self.answered) + self.shared.patience)
    }

    fn is_over(&self, outbox: &Outbox, now: Instant) -> bool {
        let Some(given_up) = self.given_up(outbox) else {
            return false;
        };
        let empty = outbox.lanes.is_empty() && self.pending.is_empty();
        if !empty && now >= given_up {
            let jobs = outbox.lanes.len();
            tracing::warn!(
                jobs,
                "the service is away too long: what waited is given up"
            );
            return true;
        }
        empty
    }

    /// Hands an answer to the outbox. Gives the request back where it is to be sent again.
    fn settle(&self, request: Request, answer: Answer) -> (Option<Request>, Outcome) {
        let refusable = match &request {
            Request::Create { .. } => ![401, 404, 405, 408, 429].contains(&answer.status),
            Request::Report(_) => ![401, 403, 404, 405, 408, 429].contains(&answer.status),
        };
        if !(200..300).contains(&answer.status)
            && (!refusable || answer.status >= 500 || answer.status < 400)
        {
            let detail = answer.body["detail"].as_str().unwrap_or_default();
            let why = format!("it answers {}: {detail}", answer.status);
            return (Some(request), Outcome::Again(answer.retry_after, why));
        }
        match request {
            Request::Create { lane, .. } => {
                let body = &answer.body;
                self.shared.lock().created(lane, answer.status, body);
            }
            Request::Report(parts) if answer.status < 300 => {
                let now = Instant::now();
                self.shared.lock().heard(parts, &answer.body["items"], now);
            }
            // As a whole it cannot be taken; a part of it may.
            Request::Report(parts) if parts.len() > 1 => {
                return (Some(Request::Report(parts)), Outcome::Split);
            }
            Request::Report(parts) => {
                let answers = serde_json::json!([answer.body]);
                self.shared.lock().heard(parts, &answers, Instant::now());
            }
        }
        (None, Outcome::Done)
    }

    fn follow(&mut self, (request, outcome): (Option<Request>, Outcome)) {
        match (request, outcome) {
            (Some(request), Outcome::Again(asked, why)) => {
                self.pending.push(request);
                self.pause(asked, &why);
                return;
            }
            (Some(Request::Report(mut parts)), Outcome::Split) => {
                let rest = parts.split_off(parts.len() / 2);
                self.pending.push(Request::Report(rest));
                self.pending.push(Request::Report(parts));
            }
            _ => {}
        }
        if self.tries > 0 {
            tracing::info!("the service answers again");
            // What was only folded when it went away may be lost.
            let mut outbox = self.shared.lock();
            outbox.lanes.values_mut().for_each(|lane| lane.whole = true);
        }
        self.tries = 0;
        self.rest = None;
        self.answered = Instant::now();
    }

    /// Full jitter: anything up to a bound that doubles, so that many workers do not come back in step.
    fn pause(&mut self, asked: Option<Duration>, why: &str) {
        if self.tries == 0 {
            tracing::warn!(why, "the service does not take reports: they wait");
        }
        let bound = TICK
            .saturating_mul(2_u32.saturating_pow(self.tries))
            .min(PAUSE);
        let asked = asked.unwrap_or_default().min(ASKED);
        self.rest = Some(Instant::now() + asked + bound.mul_f64(random::fraction()));
        self.tries = self.tries.saturating_add(1);
    }
}
