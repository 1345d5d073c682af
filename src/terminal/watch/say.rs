//! A job in sentences: how far it is, how it ended, what happened. Pure; no colour, and safe for a terminal.

use serde_json::Value;

use super::state::{Notice, State};
use super::words;
use crate::terminal::clean;

/// What stands between parts of a sentence.
const DOT: &str = " · ";

/// The most lines of what a failed command said.
const TAIL: usize = 5;

/// How far it is: "52% · 1,500 of 3,000 rules · 313 rules/s · 5 s left".
#[must_use]
pub fn progress(state: &State, since_told: f64) -> String {
    let parts = [
        words::percent(state.progress.percent),
        measures(state, since_told),
    ];
    joined(parts)
}

/// The same without the percentage.
#[must_use]
pub fn measures(state: &State, since_told: f64) -> String {
    let [all, ..] = shorter(state, since_told);
    all
}

/// The same within so many columns: what can be spared goes first the rate, then the amount.
#[must_use]
pub fn measures_within(state: &State, since_told: f64, columns: usize) -> String {
    let all = shorter(state, since_told);
    let fits = |text: &&String| console::measure_text_width(text) <= columns;
    all.iter().find(fits).cloned().unwrap_or_default()
}

fn shorter(state: &State, since_told: f64) -> [String; 3] {
    let rate = match state.stalled_at {
        None => words::rate(state),
        Some(_) => String::new(),
    };
    let amount = words::amount(&state.progress);
    let left = words::remaining(state, since_told);
    [
        joined([amount.clone(), rate, left.clone()]),
        joined([amount, left.clone()]),
        left,
    ]
}

/// What it says it does, and what it has counted.
#[must_use]
pub fn details(state: &State) -> String {
    let message = clean::line(state.message.as_deref().unwrap_or_default());
    let children = state.children.as_ref().map(|c| {
        let failed = match c.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        format!("children {} of {}{failed}", c.finished, c.total)
    });
    joined([
        message,
        children.unwrap_or_default(),
        words::counters(state),
    ])
}

/// How it ended: "completed in 25 s · added 12".
#[must_use]
pub fn ending(state: &State) -> String {
    let run = words::seconds_run(state).map(words::duration);
    let after = |word: &str| match &run {
        Some(run) => format!("{word} {run}"),
        None => "before it was started".to_owned(),
    };
    match state.status.as_str() {
        "completed" => {
            let counted = Some(words::counters(state)).filter(|text| !text.is_empty());
            let counted = counted.unwrap_or_else(|| words::amount(&state.progress));
            joined([format!("completed {}", after("in")), counted])
        }
        "failed" => format!("failed {}{}", after("after"), failure(state)),
        _ => format!("cancelled {}{}", after("after"), wish(state)),
    }
}

fn failure(state: &State) -> String {
    let Some(error) = &state.error else {
        return String::new();
    };
    let (code, message) = (clean::line(&error.code), clean::line(&error.message));
    let retryable = if error.retryable {
        " (may be tried again)"
    } else {
        ""
    };
    match message.is_empty() {
        true => format!(": {code}{retryable}"),
        false => format!(": {message} ({code}){retryable}"),
    }
}

/// Who wished for it, and why.
#[must_use]
pub fn wish(state: &State) -> String {
    let Some(cancel) = &state.cancel else {
        let message = clean::line(state.message.as_deref().unwrap_or_default());
        let colon = if message.is_empty() { "" } else { ": " };
        return format!("{colon}{message}");
    };
    let text = |part: &Option<String>| clean::line(part.as_deref().unwrap_or_default());
    match (text(&cancel.by).as_str(), text(&cancel.reason).as_str()) {
        ("", "") => String::new(),
        (by, "") => format!(", as {by} asked"),
        ("", reason) => format!(": {reason}"),
        (by, reason) => format!(", as {by} asked: {reason}"),
    }
}

/// The last lines that a failed command wrote, where the job brings them.
#[must_use]
pub fn tail(state: &State) -> Vec<String> {
    let details = state.error.as_ref().and_then(|e| e.details.as_ref());
    let text = details
        .and_then(|d| d.get("output"))
        .and_then(Value::as_str);
    let text = clean::lines(text.unwrap_or_default());
    let mut last: Vec<String> = text
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(TAIL)
        .map(str::to_owned)
        .collect();
    last.reverse();
    last
}

/// A happening: "warning bad_rule: line 88: unknown field".
#[must_use]
pub fn notice(notice: &Notice) -> String {
    let code = clean::line(notice.code.as_deref().unwrap_or_default());
    let message = clean::line(&notice.message);
    match (code.as_str(), message.as_str()) {
        ("", message) => message.to_owned(),
        (code, "") => words::words(code),
        (code, message) => format!("{code}: {message}"),
    }
}

/// The parts that say something, with dots between.
#[must_use]
pub fn joined<const N: usize>(parts: [String; N]) -> String {
    let said: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    said.join(DOT)
}
