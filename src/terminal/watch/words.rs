//! Numbers, times and states in the words that the dashboard uses, too. Pure; texts of others come out clean.

use jiff::Timestamp;

use super::state::{Progress, State};
use crate::terminal::clean;

/// 1500 as "1,500".
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// 12 as "12", 0.256 as "0.26", 1500 as "1,500".
#[must_use]
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let text = format!("{:.2}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{part}")
}

/// Three digits that say something: "1.23", "12.3", "123".
fn short(value: f64) -> String {
    let places = match value {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.places$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Bytes as "7.1 MB".
#[must_use]
#[allow(clippy::cast_precision_loss)] // three digits are shown
pub fn bytes(value: f64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = value.max(0.0);
    let mut at = 0;
    while value >= 999.5 && at + 1 < units.len() {
        value /= 1000.0;
        at += 1;
    }
    format!("{} {}", short(value), units.get(at).unwrap_or(&"B"))
}

/// "1,500 of 3,000 rules", "1,500 rules", "3.5 MB of 4.1 MB", or "" where nothing was counted.
#[must_use]
#[allow(clippy::cast_precision_loss)] // three digits are shown
pub fn amount(progress: &Progress) -> String {
    if progress.total.is_none() && progress.current == 0 {
        return String::new();
    }
    let unit = clean::line(progress.unit.as_deref().unwrap_or_default());
    let is_bytes = unit == "bytes";
    let size = |value: u64| match is_bytes {
        true => bytes(value as f64),
        false => count(value),
    };
    let mut text = size(progress.current);
    if let Some(total) = progress.total {
        text = format!("{text} of {}", size(total));
    }
    match unit.as_str() {
        "" | "bytes" => text,
        "%" => String::new(), // which says no more than the percentage
        _ => format!("{text} {unit}"),
    }
}

/// Whole percents, cut and not rounded: 99.9 must not read as done.
#[must_use]
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{}%", value.floor()))
}

/// "313 rules/s", or per minute or hour where a second is too short to see one.
#[must_use]
pub fn rate(state: &State) -> String {
    let Some(rate) = &state.rate else {
        return String::new();
    };
    let unit = clean::line(state.progress.unit.as_deref().unwrap_or_default());
    let per = rate.per_second;
    match unit.as_str() {
        "%" => return String::new(),
        "bytes" if per >= 1.0 => return format!("{}/s", bytes(per)),
        _ => {}
    }
    let what = if unit.is_empty() {
        unit
    } else {
        format!(" {unit}")
    };
    match per {
        p if p >= 100.0 => format!("{}{what}/s", number(p.round())),
        p if p >= 1.0 => format!("{}{what}/s", short(p)),
        p if p * 60.0 >= 1.0 => format!("{}{what}/min", short(p * 60.0)),
        p if p > 0.0 => format!("{}{what}/h", short(p * 3600.0)),
        _ => String::new(),
    }
}

/// Seconds as "0.4 s", "12 s", "1 min 20 s", "2 h 5 min", "3 d 4 h".
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it is bounded, and not negative
pub fn duration(seconds: f64) -> String {
    if seconds.is_nan() || seconds <= 0.0 {
        return "0 s".to_owned();
    }
    if seconds < 9.95 {
        return format!("{} s", number((seconds * 10.0).round() / 10.0));
    }
    let s = seconds.round().min(1e12) as u64;
    match s {
        ..60 => format!("{s} s"),
        60..3600 => pair((s / 60, "min"), (s % 60, "s")),
        3600..86_400 => pair((s / 3600, "h"), (s % 3600 / 60, "min")),
        _ => pair((s / 86_400, "d"), (s % 86_400 / 3600, "h")),
    }
}

/// Whole seconds only, for what counts up or down in front of the reader.
#[must_use]
pub fn ticking(seconds: f64) -> String {
    let whole = seconds.max(0.0).round();
    if whole < 10.0 {
        return format!("{whole} s");
    }
    duration(whole)
}

fn pair((large, large_unit): (u64, &str), (small, small_unit): (u64, &str)) -> String {
    match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

/// What is left of a job that runs, so many seconds after it was told: "2 min 5 s left", "any moment now", or "" where
/// nobody knows.
#[must_use]
pub fn remaining(state: &State, since_told: f64) -> String {
    let told = state.eta.as_ref().map(|eta| eta.seconds);
    let Some(told) = told.filter(|_| state.status == "running" && state.stalled_at.is_none())
    else {
        return String::new();
    };
    let left = told - since_told;
    if left < 1.0 {
        return "any moment now".to_owned();
    }
    format!("{} left", ticking(left))
}

/// How long it has run, by the service's clock; `None` before it was started.
#[must_use]
pub fn seconds_run(state: &State) -> Option<f64> {
    let from: Timestamp = state.started_at.as_ref()?.parse().ok()?;
    let until = state.finished_at.as_ref().unwrap_or(&state.updated_at);
    let until: Timestamp = until.parse().ok()?;
    Some(until.duration_since(from).as_secs_f64().max(0.0))
}

/// The counters that count something, on one line: "added 44 · removed 10".
#[must_use]
pub fn counters(state: &State) -> String {
    const MOST: usize = 6;
    let counted = state.counters.iter().filter(|(_, value)| **value != 0.0);
    let mut all: Vec<String> = counted
        .map(|(name, value)| format!("{} {}", words(name), number(*value)))
        .collect();
    if all.len() > MOST {
        let more = all.split_off(MOST).len();
        all.push(format!("{more} more"));
    }
    all.join(" · ")
}

/// A name such as `not_started` as words: "not started".
#[must_use]
pub fn words(name: &str) -> String {
    clean::line(&name.replace(['_', ':', '-'], " "))
}

#[cfg(test)]
mod tests {
    use super::super::state::Rate;
    use super::*;

    #[test]
    fn numbers_read_as_the_dashboard_writes_them() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1500), "1,500");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(number(-1234.5), "-1,234.5");
        assert_eq!(number(0.256), "0.26");
        assert_eq!(bytes(999.0), "999 B");
        assert_eq!(bytes(7_123_456.0), "7.12 MB");
        assert_eq!(bytes(100_000.0), "100 kB");
        assert_eq!(percent(Some(99.99)), "99%");
        for (seconds, text) in [
            (0.0, "0 s"),
            (0.44, "0.4 s"),
            (12.4, "12 s"),
            (80.0, "1 min 20 s"),
            (3600.0, "1 h"),
            (7500.0, "2 h 5 min"),
            (273_600.0, "3 d 4 h"),
            (f64::NAN, "0 s"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn amounts_and_rates_have_their_units() {
        let amount_of = |current, total, unit: &str| {
            amount(&Progress {
                current,
                total,
                unit: Some(unit.into()),
                percent: None,
            })
        };
        assert_eq!(amount_of(1500, Some(3000), "rules"), "1,500 of 3,000 rules");
        assert_eq!(amount_of(1500, None, "rules"), "1,500 rules");
        assert_eq!(
            amount_of(3_500_000, Some(4_100_000), "bytes"),
            "3.5 MB of 4.1 MB"
        );
        assert_eq!(amount_of(0, None, "rules"), "");
        assert_eq!(amount_of(7, None, "\u{1b}[31mx"), "7 x");
        let rate_of = |per_second, unit: &str| {
            rate(&State {
                rate: Some(Rate { per_second }),
                progress: Progress {
                    unit: Some(unit.into()),
                    ..Progress::default()
                },
                ..State::default()
            })
        };
        assert_eq!(rate_of(312.5, "rules"), "313 rules/s");
        assert_eq!(rate_of(0.5, "rules"), "30 rules/min");
        assert_eq!(rate_of(2_500_000.0, "bytes"), "2.5 MB/s");
        assert_eq!(rate_of(0.0, "rules"), "");
    }
}
