//! One try to be told: an event stream until it ends, or polls until one fails. Says how it ended, and whether anything
//! got through at all.

use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, from_str};

use super::events::{Event, Events};
use super::line::{News, Standing, Transport};
use super::out::Out;
use super::query::Query;
use crate::terminal::backoff;
use crate::terminal::http::{Answer, Client, Problem, Trouble, refusal};

/// A stream that has said nothing at all by then is held back by something on the way.
const MUTE: Duration = Duration::from_secs(6);
/// How long the service may hold a poll, in seconds; proxies often end it after 30.
const HELD: u64 = 20;
/// How long an answer to a poll may take beyond that.
const ANSWER: Duration = Duration::from_secs(15);

/// How a try ended.
pub enum End {
    /// Nobody listens any more.
    Unheard,
    /// There is nothing more to say than this.
    Over(News),
    /// Event streams are worth another look.
    LookAgain,
    /// The service asked to come back after this time.
    Again(Duration),
    /// Something went wrong.
    Failed(Failed),
}

/// What went wrong.
pub enum Failed {
    /// A stream was opened, or was not refused, and nothing came.
    Mute,
    /// The service, or the way there, is not there at the moment; when to come back, where that was said.
    Away(String, Option<Duration>),
    /// The service refuses, and will refuse again.
    Refused(Problem),
    /// The token is of no use.
    Unauthorized(Problem),
    /// Something that is not Milepost refuses.
    Foreign(Problem),
    /// The token cannot be read.
    NoToken(String),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(why) => Self::Away(why, None),
            token @ Trouble::Token(_) => Self::NoToken(token.to_string()),
        }
    }
}

impl Failed {
    fn refused(problem: Problem, wait: Option<Duration>) -> Self {
        let status = problem.status;
        match status {
            429 | 500.. => Self::Away(problem.to_string(), wait),
            _ if problem.code.is_empty() => Self::Foreign(problem),
            401 => Self::Unauthorized(problem),
            _ => Self::Refused(problem),
        }
    }
}

/// What the thread that reads a stream tells.
enum Heard {
    Event(Event),
    Finished,
    Refused(Problem, Option<Duration>),
    Trouble(Trouble),
    Closed,
}

/// A try.
pub struct Attempt<'a> {
    /// Whom to ask.
    pub client: &'a Client,
    /// For what.
    pub query: &'a Query,
    /// What was given so far; moved on.
    pub cursor: &'a mut Option<String>,
    /// Where news go.
    pub out: &'a Out,
    /// Whether anything got through.
    pub proved: bool,
}

impl Attempt<'_> {
    /// An event stream, until it ends.
    pub fn events(&mut self) -> End {
        let client = Client::new(self.client.place().clone());
        let path = format!("events?{}", self.query.text());
        let (told, heard) = channel();
        let (reader, cursor) = (client.clone(), self.cursor.clone());
        let read = move || read(&reader, &path, (cursor.as_deref(), &told));
        if let Err(error) = std::thread::Builder::new().spawn(read) {
            return End::Failed(Failed::Away(error.to_string(), None));
        }
        let end = self.follow(&heard);
        client.shutdown(); // or the thread would read on until the service is silent
        end
    }

    fn follow(&mut self, heard: &Receiver<Heard>) -> End {
        let opened = Instant::now();
        loop {
            let next = match self.proved {
                true => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => heard.recv_timeout(MUTE.saturating_sub(opened.elapsed())),
            };
            let end = match next {
                Ok(Heard::Event(event)) => self.take(event),
                Ok(Heard::Finished) => Some(End::Over(News::Finished)),
                Ok(Heard::Refused(problem, wait)) => {
                    Some(End::Failed(Failed::refused(problem, wait)))
                }
                Ok(Heard::Trouble(trouble)) => Some(End::Failed(trouble.into())),
                Ok(Heard::Closed) | Err(RecvTimeoutError::Disconnected) => {
                    let why = "the connection was closed".to_owned();
                    Some(End::Failed(Failed::Away(why, None)))
                }
                Err(RecvTimeoutError::Timeout) => Some(End::Failed(Failed::Mute)),
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    fn take(&mut self, event: Event) -> Option<End> {
        let data: Value = match event.name.as_str() {
            "" => Value::Null,
            _ => from_str(&event.data).unwrap_or_default(),
        };
        let news = match event.name.as_str() {
            "" => News::Frame(event.data),
            "synced" => News::Synced,
            "reset" => News::Reset,
            "gone" => News::Gone(data["job"].as_str().unwrap_or_default().to_owned()),
            "stale" => News::Stale(true),
            "fresh" => News::Stale(false),
            "end" => return Some(ending(&data)),
            _ => News::Sign,
        };
        if !self.live(Transport::Events) || self.out.send(news).is_err() {
            return Some(End::Unheard);
        }
        if let Some(id) = event.id {
            *self.cursor = Some(id);
        }
        None
    }

    /// Says once that the line carries; false where nobody listens.
    fn live(&mut self, transport: Transport) -> bool {
        let first = !std::mem::replace(&mut self.proved, true);
        let standing = News::Standing(Standing::Live(transport));
        !first || self.out.send(standing).is_ok()
    }

    /// Polls, until one fails or `until` is over.
    pub fn polls(&mut self, until: Duration) -> End {
        let begun = Instant::now();
        let mut snapshot = self.cursor.is_none();
        loop {
            let answer = match self.poll() {
                Ok(answer) => answer,
                Err(failed) => return End::Failed(failed),
            };
            let Ok(page) = serde_json::from_slice::<Page<'_>>(&answer.body) else {
                return End::Failed(Failed::Foreign(Problem::of(answer.status, &Value::Null)));
            };
            snapshot |= page.reset;
            let synced = snapshot && !page.more;
            if !self.live(Transport::Polling) || !self.hand_over(&page, synced) {
                return End::Unheard;
            }
            snapshot &= page.more;
            *self.cursor = Some(page.cursor.to_owned());
            if begun.elapsed() > until && !page.more {
                return End::LookAgain;
            }
        }
    }

    fn poll(&self) -> Result<Answer, Failed> {
        let mut path = format!("progress?{}", self.query.text());
        let mut patience = ANSWER;
        if let Some(cursor) = self.cursor.as_deref() {
            use std::fmt::Write;
            let cursor =
                percent_encoding::utf8_percent_encode(cursor, percent_encoding::NON_ALPHANUMERIC);
            let _ = write!(path, "&cursor={cursor}&wait={HELD}");
            patience += Duration::from_secs(HELD);
        }
        let answer = self.client.get(&path, patience)?;
        match answer.status {
            200 => Ok(answer),
            _ => Err(Failed::refused(answer.problem(), answer.retry_after)),
        }
    }

    fn hand_over(&self, page: &Page<'_>, synced: bool) -> bool {
        let reset = page.reset.then_some(News::Reset);
        let frames = page.items.iter();
        let frames = frames.map(|raw| News::Frame(raw.get().to_owned()));
        let all = reset.into_iter().chain(frames);
        let last = [News::Stale(page.stale)].into_iter();
        let last = last.chain(synced.then_some(News::Synced));
        all.chain(last).all(|news| self.out.send(news).is_ok())
    }
}

/// What a poll is answered.
#[derive(Deserialize)]
struct Page<'a> {
    cursor: &'a str,
    #[serde(default)]
    reset: bool,
    #[serde(default)]
    more: bool,
    #[serde(default)]
    stale: bool,
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// What to do where the service ends a stream: the contract's table.
fn ending(data: &Value) -> End {
    let reason = data["reason"].as_str().unwrap_or_default();
    let asked = data["retry_after_seconds"].as_f64();
    let asked = asked.and_then(|s| Duration::try_from_secs_f64(s).ok());
    let problem = |status| {
        let mut problem = Problem::of(status, data);
        reason.clone_into(&mut problem.code);
        problem
    };
    match reason {
        "finished" => End::Over(News::Finished),
        "rotated" => End::Again(backoff::up_to(Duration::from_millis(200))),
        "too_slow" => End::Again(backoff::up_to(Duration::from_secs(1))),
        "restarting" => End::Again(backoff::up_to(Duration::from_secs(5))),
        "unauthorized" => End::Failed(Failed::Unauthorized(problem(401))),
        "forbidden" => End::Failed(Failed::Refused(problem(403))),
        "not_found" => End::Failed(Failed::Refused(problem(404))),
        _ => End::Failed(Failed::Away(super::words::words(reason), asked)),
    }
}

/// Reads a stream until it ends, or until nobody listens.
fn read(client: &Client, path: &str, (cursor, told): (Option<&str>, &Sender<Heard>)) {
    let response = match client.events(path, cursor) {
        Ok(response) => response,
        Err(trouble) => return drop(told.send(Heard::Trouble(trouble))),
    };
    match response.status().as_u16() {
        200 => {}
        204 => return drop(told.send(Heard::Finished)),
        _ => {
            let (problem, wait) = refusal(response);
            return drop(told.send(Heard::Refused(problem, wait)));
        }
    }
    let mut reader = response.into_body().into_reader();
    let mut events = Events::default();
    let mut part = [0; 16 * 1024];
    loop {
        let size = match reader.read(&mut part) {
            Ok(0) => return drop(told.send(Heard::Closed)),
            Ok(size) => size,
            Err(error) => {
                return drop(told.send(Heard::Trouble(Trouble::Away(error.to_string()))));
            }
        };
        for event in events.push(part.get(..size).unwrap_or_default()) {
            if told.send(Heard::Event(event)).is_err() {
                return;
            }
        }
    }
}
