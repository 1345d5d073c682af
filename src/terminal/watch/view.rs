//! What shows jobs: the same calls, whatever it is drawn on.

use std::io;
use std::time::Instant;

use super::board::{Board, Change};
use super::line::{Standing, Transport};
use super::words;

/// How to show jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// As bars that move.
    Bars,
    /// A line for each thing worth one.
    Plain,
    /// The frames as they came.
    Frames,
}

/// How the line to the service is.
#[derive(Debug)]
pub struct Link {
    /// How it stands.
    pub standing: Standing,
    /// When the service last said anything.
    pub heard: Option<Instant>,
    /// Whether the service itself cannot vouch for what it shows.
    pub stale: bool,
    /// Whether all that is selected has been told.
    pub synced: bool,
}

/// The service gives a sign of life every 15 s: younger than this is simply live.
const YOUNG: f64 = 20.0;

impl Link {
    /// What a person has to know of it; `None` where all is well.
    #[must_use]
    pub fn trouble(&self, now: Instant) -> Option<String> {
        let age = self.heard.map(|at| now.duration_since(at).as_secs_f64());
        let old = age.map(|age| format!("data {} old", words::ticking(age)));
        let old = old.unwrap_or_default();
        let parts = match &self.standing {
            Standing::Connecting => ["connecting".to_owned(), String::new(), String::new()],
            Standing::Away { next, why } => {
                let left = next.saturating_duration_since(now).as_secs_f64();
                let soon = match left < 0.5 {
                    true => "trying now".to_owned(),
                    false => format!("in {}", words::ticking(left)),
                };
                [format!("reconnecting {soon}"), old, why.clone()]
            }
            Standing::Live(_) if age.is_some_and(|age| age > YOUNG) => {
                ["nothing heard".to_owned(), old, String::new()]
            }
            Standing::Live(_) if self.stale => {
                let why = "the service cannot reach its database".to_owned();
                ["stale".to_owned(), why, String::new()]
            }
            Standing::Live(_) => return None,
        };
        let said = parts.into_iter().filter(|part| !part.is_empty());
        Some(said.collect::<Vec<_>>().join(" · "))
    }

    /// Whether event streams do not get through.
    #[must_use]
    pub fn polls(&self) -> bool {
        matches!(self.standing, Standing::Live(Transport::Polling))
    }
}

/// Shows jobs. An error is that nobody looks any more.
pub trait View {
    /// A frame came, whole, before anything is made of it.
    ///
    /// # Errors
    /// It cannot be written.
    fn frame(&mut self, _json: &str) -> io::Result<()> {
        Ok(())
    }

    /// A job changed.
    ///
    /// # Errors
    /// It cannot be written.
    fn change(&mut self, change: &Change) -> io::Result<()>;

    /// A job was deleted before it was seen to end.
    ///
    /// # Errors
    /// It cannot be written.
    fn gone(&mut self, id: &str) -> io::Result<()>;

    /// A person should know this.
    ///
    /// # Errors
    /// It cannot be written.
    fn remark(&mut self, text: &str) -> io::Result<()>;

    /// Time has gone by.
    ///
    /// # Errors
    /// It cannot be written.
    fn tick(&mut self, board: &Board, link: &Link) -> io::Result<()>;

    /// No more will come.
    fn close(&mut self) {}
}
