//! Bars that move, for a terminal: one for each job that has not ended, with its phases below where there is room.
//! Notices and endings are written above them and stay.

use std::collections::BTreeMap;
use std::io;
use std::time::Instant;

use console::{Style, Term, measure_text_width, pad_str, truncate_str};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::board::{Board, Change};
use super::look::Look;
use super::state::State;
use super::view::{Link, View};
use super::{say, words};

/// How finely a bar is drawn: hundredths of a percent.
const FULL: u64 = 10_000;
/// How often it is drawn at most, each second.
const RATE: u8 = 10;
/// The longest name of a job that is not cut.
const NAME: usize = 32;

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

/// One job's bar, and the line below it.
struct Row {
    id: String,
    bar: ProgressBar,
    below: Option<ProgressBar>,
}

/// How much room there is.
#[derive(Debug, Clone, Copy)]
struct Room {
    name: usize,
    bar: usize,
    below: bool,
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
            self.above(&format!("{mark} {name}  {}", say::notice(notice)))?;
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

impl Row {
    /// `depth`: below so many parents; `since`: seconds since the state came.
    fn draw(
        &self,
        state: &State,
        (depth, since): (usize, f64),
        (look, room): (Look, Room),
        lost: bool,
    ) {
        let branch = match depth {
            0 => String::new(),
            depth => format!("{}{}", "  ".repeat(depth - 1), look.branch()),
        };
        let name = truncate_str(
            &state.name(),
            room.name.saturating_sub(branch.len()),
            look.cut(),
        )
        .into_owned();
        let name = pad_str(
            &format!("{branch}{name}"),
            room.name,
            console::Alignment::Left,
            None,
        )
        .into_owned();
        let color = match state.status.as_str() {
            _ if lost || state.stalled_at.is_some() => "yellow",
            "cancelling" => "yellow",
            _ => "cyan",
        };
        let message = match state.status.as_str() {
            "running" if state.stalled_at.is_some() => {
                "stalled: nothing is heard of its worker".into()
            }
            "running" => say::measures(state, since),
            "cancelling" => format!("cancelling{}", say::wish(state)),
            other => other.to_owned(),
        };
        let percent = state.progress.percent;
        let known = percent.map_or_else(
            || "    ".to_owned(),
            |p| format!("{:>4}", words::percent(Some(p))),
        );
        self.bar.set_style(bar_style(
            percent.is_some() || state.status == "queued",
            color,
            (look, room),
        ));
        self.bar.set_prefix(format!("{} {name}", look.job(state)));
        self.bar.set_position(position(percent));
        self.bar.set_message(format!("{known}  {message}"));
        self.bar.tick();
        if let Some(below) = &self.below {
            let phases: Vec<String> = state.phases.iter().map(|p| look.phase(p)).collect();
            let details = Style::new().dim().apply_to(say::details(state)).to_string();
            let text = say::joined([
                phases.join(look.arrow()),
                if measure_text_width(&details) > 0 {
                    details
                } else {
                    String::new()
                },
            ]);
            below.set_message(format!("  {}{text}", "  ".repeat(depth)));
            below.tick();
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100
fn position(percent: Option<f64>) -> u64 {
    (percent.unwrap_or(0.0).clamp(0.0, 100.0) * 100.0) as u64
}

/// The jobs that have not ended, oldest first, each followed by its children; with how deep they are.
fn in_order(board: &Board) -> Vec<(&State, usize)> {
    let mut all: Vec<&State> = board.active().collect();
    all.sort_by(|a, b| (&a.created_at, &a.id).cmp(&(&b.created_at, &b.id)));
    let is_child = |state: &State| {
        let parent = state.parent.as_ref();
        parent.is_some_and(|p| all.iter().any(|s| s.id == *p))
    };
    let mut ordered = Vec::with_capacity(all.len());
    let mut waiting: Vec<(&State, usize)> = all
        .iter()
        .rev()
        .filter(|s| !is_child(s))
        .map(|s| (*s, 0))
        .collect();
    while let Some((state, depth)) = waiting.pop() {
        ordered.push((state, depth));
        let children = all
            .iter()
            .rev()
            .filter(|s| s.parent.as_ref() == Some(&state.id) && s.id != state.id);
        waiting.extend(children.map(|s| (*s, depth + 1)));
    }
    ordered
}

fn room(jobs: &[(&State, usize)], (height, width): (usize, usize)) -> Room {
    let names = jobs
        .iter()
        .map(|(s, depth)| measure_text_width(&s.name()) + depth * 2);
    let most = (width / 4).clamp(8, NAME);
    let rich = jobs
        .iter()
        .any(|(s, _)| !s.phases.is_empty() || !say::details(s).is_empty());
    Room {
        name: names.max().unwrap_or(0).min(most),
        bar: (width / 4).clamp(6, 30),
        below: rich && jobs.len() * 2 + 3 <= height,
    }
}

fn bar_style(known: bool, color: &str, (look, room): (Look, Room)) -> ProgressStyle {
    let width = room.bar;
    if known {
        let template = format!("{{prefix}} {{bar:{width}.{color}/black.bright}} {{wide_msg}}");
        return style(&template).progress_chars(look.bar());
    }
    let pictures = look.moving(width);
    let pictures: Vec<&str> = pictures.iter().map(String::as_str).collect();
    style(&format!("{{prefix}} {{spinner:.{color}}} {{wide_msg}}")).tick_strings(&pictures)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
