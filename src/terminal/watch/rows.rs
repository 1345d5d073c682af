//! A row for each job: its bar, and the line below it; how they are ordered, and how much room each has.

use console::{Alignment, Style, measure_text_width, pad_str, truncate_str};
use indicatif::{ProgressBar, ProgressStyle};

use super::board::Board;
use super::look::Look;
use super::state::State;
use super::{say, words};
use crate::terminal::clean;

/// How finely a bar is drawn: hundredths of a percent.
pub const FULL: u64 = 10_000;
/// The longest name of a job that is not cut.
const NAME: usize = 32;

/// One job's bar, and the line below it.
pub struct Row {
    /// Whose.
    pub id: String,
    /// The bar.
    pub bar: ProgressBar,
    /// What is below.
    pub below: Option<ProgressBar>,
}

/// How much room there is.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Columns of a name,
    pub name: usize,
    /// and of a bar.
    pub bar: usize,
    /// Columns that are left behind the percentage.
    pub rest: usize,
    /// Whether there is a line below each.
    pub below: bool,
}

impl Row {
    /// Draws the job as it stands. `depth`: below so many parents; `since`: seconds since the state came.
    pub fn draw(
        &self,
        state: &State,
        (depth, since): (usize, f64),
        (look, room): (Look, Room),
        lost: bool,
    ) {
        let percent = state.progress.percent;
        let known = percent.is_some() || state.status == "queued";
        let color = match state.status.as_str() {
            _ if lost || state.stalled_at.is_some() => "yellow",
            "cancelling" => "yellow",
            _ => "cyan",
        };
        let (name, message) = (
            name(state, depth, (look, room)),
            message(state, since, room),
        );
        self.bar.set_style(bar_style(known, color, (look, room)));
        self.bar.set_prefix(format!("{} {name}", look.job(state)));
        self.bar.set_position(position(percent));
        self.bar
            .set_message(format!("{:>4}  {message}", words::percent(percent)));
        self.bar.tick();
        if let Some(below) = &self.below {
            let text = details(state, look);
            below.set_message(format!("  {}{text}", "  ".repeat(depth)));
            below.tick();
        }
    }
}

/// The name in its column, cut or filled up; a child hangs below its parent.
fn name(state: &State, depth: usize, (look, room): (Look, Room)) -> String {
    let branch = match depth {
        0 => String::new(),
        depth => format!("{}{}", "  ".repeat(depth - 1), look.branch()),
    };
    let left = room.name.saturating_sub(measure_text_width(&branch));
    let name = state.name();
    let name = format!("{branch}{}", truncate_str(&name, left, look.cut()));
    pad_str(&name, room.name, Alignment::Left, None).into_owned()
}

fn message(state: &State, since: f64, room: Room) -> String {
    match state.status.as_str() {
        "running" if state.stalled_at.is_some() => "stalled: its worker is silent".to_owned(),
        "running" => say::measures_within(state, since, room.rest),
        "cancelling" => format!("cancelling{}", say::wish(state)),
        other => clean::line(other),
    }
}

/// The phases, and what the job says it does.
fn details(state: &State, look: Look) -> String {
    let phases: Vec<String> = state.phases.iter().map(|p| look.phase(p)).collect();
    let details = match say::details(state) {
        text if text.is_empty() => text,
        text => Style::new().dim().apply_to(text).to_string(),
    };
    say::joined([phases.join(look.arrow()), details])
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100
fn position(percent: Option<f64>) -> u64 {
    (percent.unwrap_or(0.0).clamp(0.0, 100.0) * 100.0) as u64
}

/// The jobs that have not ended, oldest first, each followed by its children; with how deep they are.
#[must_use]
pub fn in_order(board: &Board) -> Vec<(&State, usize)> {
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

/// How much room these jobs have on a terminal of so many lines and columns.
#[must_use]
pub fn room(jobs: &[(&State, usize)], (height, width): (usize, usize)) -> Room {
    let names = jobs
        .iter()
        .map(|(s, depth)| measure_text_width(&s.name()) + depth * 2);
    let most = (width / 4).clamp(8, NAME);
    let rich = jobs
        .iter()
        .any(|(s, _)| !s.phases.is_empty() || !say::details(s).is_empty());
    let name = names.max().unwrap_or(0).min(most);
    let bar = (width / 4).clamp(6, 30);
    Room {
        name,
        bar,
        // The mark, the percentage, and the spaces between.
        rest: width.saturating_sub(name + bar + 10),
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

/// A style by its template.
#[must_use]
pub fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
