//! A line for each thing worth one: for logs, pipes and terminals that cannot do more. Never rewrites what it has
//! written.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::board::{Board, Change};
use super::line::Standing;
use super::say;
use super::state::State;
use super::view::{Link, View};

/// A job that moves has a line this often, or whenever it is so many percent further.
const OFTEN: Duration = Duration::from_secs(10);
const STEP: f64 = 10.0;

/// Shows lines.
#[derive(Debug, Default)]
pub struct Plain {
    told: BTreeMap<String, Told>,
    away: bool,
}

/// What a job's last line said.
#[derive(Debug)]
struct Told {
    at: Instant,
    percent: f64,
}

impl View for Plain {
    fn change(&mut self, change: &Change) -> io::Result<()> {
        let (before, after) = (change.before.as_ref(), &change.after);
        if change.missed > 0 {
            self.say(after, &format!("{} more notices", change.missed))?;
        }
        for notice in &change.notices {
            let level = if notice.level.is_empty() {
                "notice"
            } else {
                &notice.level
            };
            let level = crate::terminal::clean::line(level);
            self.say(after, &format!("{level}: {}", say::notice(notice)))?;
        }
        if after.is_over() {
            return self.end(after);
        }
        let is =
            |field: fn(&State) -> &Option<String>| before.is_none_or(|b| field(b) != field(after));
        if before.is_none_or(|b| b.status != after.status || b.attempt != after.attempt) {
            self.status(after)?;
        }
        if is(|s| &s.stalled_at) && (before.is_some() || after.stalled_at.is_some()) {
            let word = match after.stalled_at {
                Some(_) => "stalled: its worker is silent",
                None => "resumed",
            };
            self.say(after, word)?;
        }
        if let (true, Some(phase)) = (is(|s| &s.phase), &after.phase) {
            let phase = crate::terminal::clean::line(phase);
            self.say(after, &format!("phase {phase}"))?;
        }
        self.progress(after)
    }

    fn gone(&mut self, id: &str) -> io::Result<()> {
        line(&format!("{id}  was deleted"))
    }

    fn remark(&mut self, text: &str) -> io::Result<()> {
        line(text)
    }

    fn tick(&mut self, _: &Board, link: &Link) -> io::Result<()> {
        // Only what lasts: every short break would be two lines.
        let quiet = link
            .heard
            .is_none_or(|at| at.elapsed() > Duration::from_secs(3));
        match &link.standing {
            Standing::Away { .. } if !self.away && quiet => {
                self.away = true;
                line(&link.trouble(Instant::now()).unwrap_or_default())
            }
            Standing::Live(_) if self.away => {
                self.away = false;
                line("connected again")
            }
            _ => Ok(()),
        }
    }
}

impl Plain {
    fn end(&mut self, state: &State) -> io::Result<()> {
        self.say(state, &say::ending(state))?;
        for tail in say::tail(state) {
            line(&format!("    {tail}"))?;
        }
        Ok(())
    }

    fn status(&mut self, state: &State) -> io::Result<()> {
        let again = match (state.status.as_str(), state.attempt) {
            ("running", attempt @ 2..) => format!(", attempt {attempt}"),
            ("cancelling", _) => say::wish(state),
            _ => String::new(),
        };
        self.say(state, &format!("{}{again}", state.status))
    }

    /// A line where it has been a while, or a step.
    fn progress(&mut self, state: &State) -> io::Result<()> {
        let percent = state.progress.percent.unwrap_or(0.0);
        let due = match self.told.get(&state.id) {
            Some(told) => {
                let step = (percent / STEP).floor() > (told.percent / STEP).floor();
                step || told.at.elapsed() >= OFTEN
            }
            None => true,
        };
        let text = say::joined([say::progress(state, 0.0), say::details(state)]);
        if !due || text.is_empty() || state.status != "running" {
            return Ok(());
        }
        let told = Told {
            at: Instant::now(),
            percent,
        };
        self.told.insert(state.id.clone(), told);
        self.say(state, &text)
    }

    fn say(&self, state: &State, text: &str) -> io::Result<()> {
        line(&format!("{}  {text}", state.name()))
    }
}

fn line(text: &str) -> io::Result<()> {
    let now = jiff::Zoned::now().strftime("%H:%M:%S");
    let mut out = io::stdout().lock();
    writeln!(out, "{now}  {text}")?;
    out.flush()
}
