//! The line to the service: brings what is new, by an event stream, or by polling where streams do not get through, and
//! comes back by the cursor whenever it was lost. Runs in a thread of its own until nobody listens, or until the service
//! says that it is of no use.

use std::time::{Duration, Instant};

use super::attempt::{Attempt, End, Failed};
use super::out::Out;
use super::query::Query;
use crate::terminal::backoff;
use crate::terminal::http::{Client, Problem};
use crate::terminal::place::Place;

/// Event streams that fail so often in a row give way to polling.
const PATIENCE: u32 = 2;
/// How long polling goes on until event streams are looked at again, at first and at most.
const LOOK: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));
/// How long a token may be refused that somebody else renews.
const RENEWAL: Duration = Duration::from_secs(60);

/// How the news come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// As an event stream.
    Events,
    /// By asking for them.
    Polling,
}

/// How the line stands.
#[derive(Debug, Clone)]
pub enum Standing {
    /// It is being opened for the first time.
    Connecting,
    /// It carries.
    Live(Transport),
    /// It was lost, or never stood: when it is tried again, and why it is not there.
    Away {
        /// The next try.
        next: Instant,
        /// What went wrong, in a few words.
        why: String,
    },
}

/// What comes over the line.
#[derive(Debug)]
pub enum News {
    /// How the line stands from now on.
    Standing(Standing),
    /// A frame, as it came.
    Frame(String),
    /// The snapshot is complete.
    Synced,
    /// The snapshot that follows replaces everything.
    Reset,
    /// A job was deleted, or has expired.
    Gone(String),
    /// Nobody vouches for what is shown (true), or somebody does again.
    Stale(bool),
    /// A sign of life.
    Sign,
    /// The service will say no more: everything named has ended, and all of it was told.
    Finished,
    /// The service will not serve us.
    Refused(Problem),
    /// The token cannot be read.
    NoToken(String),
}

/// The line.
pub struct Line {
    client: Client,
    query: Query,
    cursor: Option<String>,
    out: Out,
    transport: Transport,
    failures: u32,
    look: Duration,
    refused_since: Option<Instant>,
    /// Whether it ever carried.
    stood: bool,
}

impl Line {
    /// A line for these jobs that brings its news to `out`.
    #[must_use]
    pub fn new(place: &Place, query: Query, out: Out) -> Self {
        Self {
            client: Client::new(place.clone()),
            query,
            cursor: None,
            out,
            transport: Transport::Events,
            failures: 0,
            look: LOOK.0,
            refused_since: None,
            stood: false,
        }
    }

    /// Carries until nobody listens, or the service says that there is no more.
    pub fn run(mut self) {
        loop {
            let begun = Instant::now();
            let mut attempt = Attempt {
                client: &self.client,
                query: &self.query,
                cursor: &mut self.cursor,
                out: &self.out,
                proved: false,
            };
            let end = match self.transport {
                Transport::Events => attempt.events(),
                Transport::Polling => attempt.polls(self.look),
            };
            let proved = attempt.proved;
            if proved {
                self.failures = 0;
                self.refused_since = None;
                self.stood = true;
            }
            let (failed, wait) = match end {
                End::Unheard => return,
                End::Over(news) => {
                    let _ = self.out.send(news); // nobody may be listening
                    return;
                }
                End::LookAgain => {
                    self.transport = Transport::Events;
                    self.look = (self.look * 2).min(LOOK.1);
                    continue;
                }
                End::Again(wait) => (None, wait),
                End::Failed(failed) => (Some(failed), Duration::ZERO),
            };
            let Some(pause) = self.judge(failed, wait, proved && begun.elapsed() > LOOK.0 / 6)
            else {
                return;
            };
            std::thread::sleep(pause);
        }
    }

    /// How long to wait until the next try, and by what; `None` where there is to be none.
    fn judge(&mut self, failed: Option<Failed>, wait: Duration, good: bool) -> Option<Duration> {
        let Some(failed) = failed else {
            return self.tell(wait, "the service sent us on");
        };
        self.failures += 1;
        let streams = self.transport == Transport::Events;
        match failed {
            Failed::Mute => {
                self.transport = Transport::Polling;
                self.tell(Duration::ZERO, "event streams do not get through")
            }
            Failed::Foreign(_) if streams => {
                self.transport = Transport::Polling;
                self.tell(Duration::ZERO, "event streams do not get through")
            }
            Failed::Foreign(problem) | Failed::Refused(problem) => {
                let _ = self.out.send(News::Refused(problem));
                None
            }
            Failed::Unauthorized(problem) => self.locked(problem),
            // Whoever renews the file may be at it.
            Failed::NoToken(why) if self.stood => {
                self.tell(backoff::pause(self.failures, None), &why)
            }
            Failed::NoToken(why) => {
                let _ = self.out.send(News::NoToken(why));
                None
            }
            Failed::Away(why, asked) => {
                if streams && !good && self.failures >= PATIENCE {
                    self.transport = Transport::Polling;
                    self.look = LOOK.0;
                } else if !streams {
                    self.transport = Transport::Events; // nothing gets through: the better one is tried again, too
                }
                self.tell(backoff::pause(self.failures, asked), &why)
            }
        }
    }

    /// Another token may stand in the file soon.
    fn locked(&mut self, problem: Problem) -> Option<Duration> {
        let since = *self.refused_since.get_or_insert_with(Instant::now);
        if !self.client.place().token().is_renewed() || since.elapsed() > RENEWAL {
            let _ = self.out.send(News::Refused(problem));
            return None;
        }
        let pause = backoff::pause(self.failures, Some(Duration::from_secs(1)));
        self.tell(pause, "the token is refused, another is waited for")
    }

    fn tell(&self, pause: Duration, why: &str) -> Option<Duration> {
        let standing = Standing::Away {
            next: Instant::now() + pause,
            why: why.to_owned(),
        };
        self.out.send(News::Standing(standing)).ok()?;
        Some(pause)
    }
}
