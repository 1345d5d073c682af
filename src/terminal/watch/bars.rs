//! Bars that move, for a terminal: one for each job that has not ended, with its phases below where there is room.
//! Notices and endings are written above them and stay.

use std::collections::BTreeMap;
use std::io;
use std::time::Instant;

use console::{Style, Term, truncate_str};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use super::board::{Board, Change};
use super::look::Look;
use super::rows::{FULL, Room, Row, in_order, room, style};
use super::say;
use super::state::State;
use super::view::{Link, View};

/// How often it is drawn at most, each second.
const RATE: u8 = 10;

/// Shows bars.
pub struct Bars {
    term: Term,
    look: Look,
    all: MultiProgress,
    rows: Vec<Row>,
    footer: Option<ProgressBar>,
    told: BTreeMap<String, Instant>,
    polls: bool,
}

impl View for Bars {
    fn change(&mut self, change: &Change) -> io::Result<()> {
        let state = &change.after;
        self.told.insert(state.id.clone(), Instant::now());
        if change.before.is_some() && change.missed > 0 {
            let text = format!("{} more notices", change.missed);
            self.above(&format!(
                "{} {}  {text}",
                self.look.notice("info"),
                state.name()
            ))?;
        }
        for notice in &change.notices {
            let mark = self.look.notice(&notice.level);
            let name = Style::new().dim().apply_to(state.name());
            let text = format!("{mark} {name}  {}", say::notice(notice));
            // Whole in the dashboard, and in plain lines: here they are not to push each other away.
            let width = usize::from(self.term.size().1);
            self.above(&truncate_str(&text, width, self.look.cut()))?;
        }
        if state.is_over() {
            self.end(state)?;
        }
        Ok(())
    }

    fn gone(&mut self, id: &str) -> io::Result<()> {
        self.above(&format!("- {id} was deleted"))
    }

    fn remark(&mut self, text: &str) -> io::Result<()> {
        self.above(&Style::new().dim().apply_to(text).to_string())
    }

    fn tick(&mut self, board: &Board, link: &Link) -> io::Result<()> {
        if link.polls() && !self.polls {
            self.remark("event streams do not get through: polling")?;
        }
        self.polls = link.polls();
        let jobs = in_order(board);
        let (height, width) = self.term.size();
        let (height, width) = (usize::from(height), usize::from(width));
        let room = room(&jobs, (height, width));
        let each = if room.below { 2 } else { 1 };
        let fit = height.saturating_sub(3) / each;
        let shown = jobs.get(..jobs.len().min(fit.max(1))).unwrap_or_default();
        self.arrange(shown, room);
        let trouble = link.trouble(Instant::now());
        for (row, (state, depth)) in self.rows.iter().zip(shown) {
            let since = self
                .told
                .get(&state.id)
                .map_or(0.0, |at| at.elapsed().as_secs_f64());
            row.draw(state, (*depth, since), (self.look, room), trouble.is_some());
        }
        self.foot(
            jobs.len() - shown.len(),
            trouble,
            link.synced && board.is_empty(),
        );
        Ok(())
    }

    fn close(&mut self) {
        let _ = self.all.clear(); // nobody may be looking any more
    }
}

impl Default for Bars {
    fn default() -> Self {
        Self::new()
    }
}

impl Bars {
    /// Bars on standard output.
    #[must_use]
    pub fn new() -> Self {
        let target = ProgressDrawTarget::stdout_with_hz(RATE);
        Self {
            term: Term::stdout(),
            look: Look::here(),
            all: MultiProgress::with_draw_target(target),
            rows: Vec::new(),
            footer: None,
            told: BTreeMap::new(),
            polls: false,
        }
    }

    /// Writes what stays.
    fn above(&self, text: &str) -> io::Result<()> {
        self.all.println(text)
    }

    fn end(&mut self, state: &State) -> io::Result<()> {
        let name = Style::new().bold().apply_to(state.name());
        let text = say::ending(state);
        // Before the line that stays, so that the two are never seen together.
        if let Some(at) = self.rows.iter().position(|row| row.id == state.id) {
            self.remove(at);
        }
        self.above(&format!("{} {name}  {text}", self.look.job(state)))?;
        for line in say::tail(state) {
            self.above(
                &Style::new()
                    .dim()
                    .apply_to(format!("    {line}"))
                    .to_string(),
            )?;
        }
        Ok(())
    }

    fn remove(&mut self, at: usize) {
        let row = self.rows.remove(at);
        self.all.remove(&row.bar);
        if let Some(below) = &row.below {
            self.all.remove(below);
        }
    }

    /// Has a row for each of these jobs, in their order.
    fn arrange(&mut self, jobs: &[(&State, usize)], room: Room) {
        for at in (0..self.rows.len()).rev() {
            let row = self.rows.get(at);
            let stays = row.is_some_and(|row| {
                row.below.is_some() == room.below && jobs.iter().any(|(s, _)| s.id == row.id)
            });
            if !stays {
                self.remove(at);
            }
        }
        for (at, (state, _)) in jobs.iter().enumerate() {
            if self.rows.get(at).is_some_and(|row| row.id == state.id) {
                continue;
            }
            if let Some(old) = self.rows.iter().position(|row| row.id == state.id) {
                self.remove(old);
            }
            let place = if room.below { at * 2 } else { at };
            let bar = self.all.insert(place, ProgressBar::new(FULL));
            let below = room.below.then(|| {
                let below = self.all.insert(place + 1, ProgressBar::new_spinner());
                below.set_style(style("{wide_msg}"));
                below
            });
            let id = state.id.clone();
            self.rows.insert(at, Row { id, bar, below });
        }
    }

    /// The last line: what a person has to know of the line itself.
    fn foot(&mut self, more: usize, trouble: Option<String>, waits: bool) {
        let more = match more {
            0 => String::new(),
            more => format!("and {more} more"),
        };
        let waits = if waits { "waiting for a job" } else { "" };
        let mark = self.look.notice("warning");
        let trouble = trouble.map(|text| format!("{mark} {text}"));
        let text = say::joined([more, waits.to_owned(), trouble.unwrap_or_default()]);
        if text.is_empty() {
            if let Some(footer) = self.footer.take() {
                self.all.remove(&footer);
            }
            return;
        }
        let footer = self.footer.get_or_insert_with(|| {
            let footer = self.all.add(ProgressBar::new_spinner());
            footer.set_style(style("{wide_msg}"));
            footer
        });
        footer.set_message(text);
        footer.tick();
    }
}
