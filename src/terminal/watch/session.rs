//! A watch from beginning to end: lines, board and view, put together. Ends when what was asked for has ended, when the
//! service will not serve, when it cannot be found, or when the person leaves.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::json;
use ureq::http::Method;

use super::bars::Bars;
use super::board::{Board, Verdict};
use super::frames::Frames;
use super::line::{Line, News, Standing};
use super::out::{Input, Out};
use super::plain::Plain;
use super::query::Query;
use super::state::{Frame, State};
use super::view::{Link, Show, View};
use crate::progress::Name;
use crate::terminal::http::{Client, Problem};
use crate::terminal::place::Place;

/// How often what counts by itself is drawn anew.
const TICK: Duration = Duration::from_millis(200);
/// How long one question about one job may take.
const ANSWER: Duration = Duration::from_secs(15);
/// The line for what was asked for; those of children follow.
const MAIN: usize = 0;

/// What to watch, and how.
#[derive(Debug, Clone)]
pub struct Wish {
    /// These jobs.
    pub query: Query,
    /// Their children, too.
    pub children: bool,
    /// Go on when all have ended.
    pub follow: bool,
    /// How they are shown.
    pub show: Show,
    /// How long a service may take that never answered.
    pub patience: Duration,
    /// Leaving means: cancel what is watched.
    pub cancel_on_interrupt: bool,
}

/// How a watch ended.
#[derive(Debug)]
pub enum Outcome {
    /// All has ended, like this.
    Over(Verdict),
    /// The person left.
    Left,
    /// Nobody reads what is shown.
    Unread,
    /// The service will not serve us.
    Refused(Problem),
    /// There is no token to show.
    NoToken(String),
    /// The service was not found; why.
    Away(String),
}

/// A watch under way.
pub struct Session {
    place: Place,
    wish: Wish,
    inbox: (Sender<Input>, Receiver<Input>),
    board: Board,
    link: Link,
    view: Box<dyn View>,
    asked_to_cancel: bool,
}

impl Session {
    /// A watch; it begins with [`Session::run`].
    #[must_use]
    pub fn new(place: Place, wish: Wish) -> Self {
        let view: Box<dyn View> = match wish.show {
            Show::Bars => Box::new(Bars::new()),
            Show::Plain => Box::<Plain>::default(),
            Show::Frames => Box::<Frames>::default(),
        };
        let link = Link {
            standing: Standing::Connecting,
            heard: None,
            stale: false,
            synced: false,
        };
        Self {
            place,
            wish,
            inbox: channel(),
            board: Board::default(),
            link,
            view,
            asked_to_cancel: false,
        }
    }

    /// Where a wish to leave goes.
    #[must_use]
    pub fn inbox(&self) -> Sender<Input> {
        self.inbox.0.clone()
    }

    /// Watches to the end.
    #[must_use]
    pub fn run(mut self) -> Outcome {
        self.open(MAIN, self.wish.query.clone());
        if self.wish.children {
            let parents = self.wish.query.jobs.clone();
            for (index, parent) in parents.into_iter().enumerate() {
                self.open(index + 1, Query::children(parent));
            }
        }
        let begun = Instant::now();
        let outcome = loop {
            let news = self.inbox.1.recv_timeout(TICK);
            match self.step(news, begun) {
                Ok(None) => {}
                Ok(Some(outcome)) => break outcome,
                Err(_) => break Outcome::Unread,
            }
        };
        self.view.close();
        outcome
    }

    fn open(&self, line: usize, query: Query) {
        let line = Line::new(&self.place, query, Out::new(self.inbox(), line));
        // Ends with the process at the latest. Without threads nothing comes, and patience ends it.
        let _ = std::thread::Builder::new().spawn(move || line.run());
    }

    fn step(
        &mut self,
        first: Result<Input, RecvTimeoutError>,
        begun: Instant,
    ) -> io::Result<Option<Outcome>> {
        let mut next = first.ok();
        while let Some(input) = next {
            let outcome = match input {
                Input::News(line, news) => self.take(line, news)?,
                Input::Interrupt => self.interrupted()?,
            };
            if outcome.is_some() {
                return Ok(outcome);
            }
            next = self.inbox.1.try_recv().ok();
        }
        if let Some(verdict) = self.over() {
            return Ok(Some(Outcome::Over(verdict)));
        }
        self.view.tick(&self.board, &self.link)?;
        Ok(self.lost(begun))
    }

    /// The service was never there, for longer than anybody waits.
    fn lost(&self, begun: Instant) -> Option<Outcome> {
        let Standing::Away { why, .. } = &self.link.standing else {
            return None;
        };
        let waited = self.link.heard.is_none() && begun.elapsed() >= self.wish.patience;
        waited.then(|| Outcome::Away(why.clone()))
    }

    fn over(&self) -> Option<Verdict> {
        if self.wish.follow {
            return None;
        }
        let named = self.wish.query.jobs.iter().map(Name::as_str);
        let verdict = self.board.verdict(named)?;
        // More of what is selected may still come with the snapshot.
        (self.link.synced || !self.wish.query.jobs.is_empty()).then_some(verdict)
    }

    fn take(&mut self, line: usize, news: News) -> io::Result<Option<Outcome>> {
        if let (MAIN, false) = (line, matches!(news, News::Standing(_))) {
            self.link.heard = Some(Instant::now());
        }
        match news {
            News::Frame(json) => self.frame(&json)?,
            News::Gone(id) => {
                if self.board.gone(&id) {
                    self.view.gone(&id)?;
                }
            }
            // The lines of children are extras: what becomes of them decides nothing.
            _ if line != MAIN => {}
            News::Standing(standing) => self.link.standing = standing,
            News::Stale(stale) => self.link.stale = stale,
            News::Reset => self.board.reset(),
            News::Synced => {
                self.link.synced = true;
                let missing = self.board.synced();
                self.ask(missing);
            }
            News::Sign => {}
            News::Finished => return self.finished(),
            News::Refused(problem) => return Ok(Some(Outcome::Refused(problem))),
            News::NoToken(why) => return Ok(Some(Outcome::NoToken(why))),
        }
        Ok(None)
    }

    fn frame(&mut self, json: &str) -> io::Result<()> {
        let Ok(Frame { data }) = serde_json::from_str(json) else {
            return Ok(()); // a summary, or what a newer service says beside frames
        };
        self.state(data, json)
    }

    fn state(&mut self, state: State, json: &str) -> io::Result<()> {
        let Some(change) = self.board.take(state) else {
            return Ok(());
        };
        self.view.frame(json)?;
        self.view.change(&change)
    }

    /// The service says that all has ended. Where we missed an ending all the same, it is asked for.
    fn finished(&mut self) -> io::Result<Option<Outcome>> {
        if self.wish.follow {
            self.view.remark("all have ended, and no more can come")?;
        }
        let open = self.wish.query.jobs.iter().map(Name::as_str);
        let open: Vec<String> = open
            .filter(|id| self.board.verdict(std::iter::once(*id)).is_none())
            .map(str::to_owned)
            .collect();
        self.ask(open);
        Ok(None)
    }

    /// Asks how these stand, each by itself.
    fn ask(&self, ids: Vec<String>) {
        if ids.is_empty() {
            return;
        }
        let (client, out) = (
            Client::new(self.place.clone()),
            Out::new(self.inbox(), MAIN),
        );
        let ask = move || {
            for id in ids {
                let news = match client.get(&format!("jobs/{id}"), ANSWER) {
                    Ok(answer) if answer.status == 200 => {
                        String::from_utf8(answer.body).ok().map(News::Frame)
                    }
                    Ok(answer) if answer.status == 404 => Some(News::Gone(id)),
                    _ => None, // the line is lost, too, and will say so
                };
                let told = news.map_or(Ok(()), |news| out.send(news));
                if told.is_err() {
                    return;
                }
            }
        };
        let _ = std::thread::Builder::new().spawn(ask); // as in `open`
    }

    /// Leaves; or, once, asks for what is watched to be cancelled, and sees it through.
    fn interrupted(&mut self) -> io::Result<Option<Outcome>> {
        let ids: Vec<String> = self.board.active().map(|s| s.id.clone()).collect();
        if !self.wish.cancel_on_interrupt || self.asked_to_cancel || ids.is_empty() {
            return Ok(Some(Outcome::Left));
        }
        self.asked_to_cancel = true;
        let client = Client::new(self.place.clone());
        let mut asked = 0;
        for id in &ids {
            let reason = json!({ "reason": "asked for at a terminal" });
            let path = format!("jobs/{id}/cancel");
            match client.send(&Method::POST, &path, Some(&reason), ANSWER) {
                Ok(answer) if answer.status == 200 => asked += 1,
                Ok(answer) => self.view.remark(&format!("{id}: {}", answer.problem()))?,
                Err(trouble) => self.view.remark(&format!("{id}: {trouble}"))?,
            }
        }
        let more = "Ctrl-C again leaves";
        self.view.remark(&format!(
            "asked for {asked} of {} to be cancelled; {more}",
            ids.len()
        ))?;
        Ok(None)
    }
}
