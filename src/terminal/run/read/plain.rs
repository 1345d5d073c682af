//! Progress in plain text: `[3/30] cc main.o`, `Processed 1,500 of 3,000 rules`, `Receiving objects:  45% (450/1000)`,
//! `[====>   ] 45%`. Two numbers are progress only where they look like it: what is part of a path, a date, a version
//! or an address is none.

use super::number::{self, leading, trailing};
use super::split::Line;
use super::{Measure, Reading, Trust};
use crate::terminal::clean;

/// The longest name that is taken from a line.
const NAME: usize = 48;

/// What a line says.
#[must_use]
pub fn read(line: &Line) -> Option<Reading> {
    let text = line.text.as_str();
    let found = pair(text).or_else(|| percent(text))?;
    let before = text.get(..found.start)?;
    let drawn = has_bar(text);
    let trust = match drawn || (found.is_pair && leads(before)) || is_step(text, &found) {
        true => Trust::Bar,
        false => Trust::Maybe,
    };
    Some(Reading {
        measure: found.measure,
        source: match (found.is_pair, trust) {
            (true, _) => format!("pair {}", without_digits(before)),
            // Percentages stand in tables, too, whose rows differ by a digit.
            (false, Trust::Maybe) => format!("percent {}", marks(before)),
            (false, _) => format!("percent {}", without_digits(before)),
        },
        name: name(before),
        trust,
    })
}

/// Numbers in a text, and where they start.
struct Found {
    measure: Measure,
    start: usize,
    end: usize,
    is_pair: bool,
}

/// `[3/30]` and `[ 45%]` at the start of a line count steps in every tool that has them.
fn is_step(text: &str, found: &Found) -> bool {
    let before = text.get(..found.start).unwrap_or_default().trim();
    let after = text.get(found.end..).unwrap_or_default();
    matches!(before, "[" | "(") && after.starts_with([']', ')'])
}

/// Whether nothing but a mark stands before.
fn leads(before: &str) -> bool {
    before.trim().is_empty()
}

/// The first pair of counts: `3/10`, `3 / 10`, `3 of 10`.
fn pair(text: &str) -> Option<Found> {
    let marks = text.match_indices('/').map(|(at, _)| (at, at + 1));
    let words = text
        .match_indices(" of ")
        .map(|(at, of)| (at, at + of.len()));
    let mut marks: Vec<(usize, usize)> = marks.chain(words).collect();
    marks.sort_unstable();
    marks.into_iter().find_map(|mark| counts(text, mark))
}

fn counts(text: &str, (from, to): (usize, usize)) -> Option<Found> {
    let left = text.get(..from)?.trim_end();
    let right = text.get(to..)?;
    let gap = right.len() - right.trim_start().len();
    let total = leading(right.trim_start()).filter(|n| n.whole)?;
    let start = trailing(left)?;
    let current = leading(left.get(start..)?).filter(|n| n.whole)?;
    let before = text.get(..start)?.chars().next_back();
    let stands_alone = before.is_none_or(|c| !c.is_alphanumeric() && !"/.-:_\\$€£#@+=".contains(c));
    let after = total.rest.chars().next();
    let follows = total.rest.chars().nth(1);
    let ends = match after {
        Some('/' | '-' | '_' | '\\' | '%') => false,
        Some('.' | ':' | ',') => !follows.is_some_and(|c| c.is_ascii_digit()),
        Some(c) => !c.is_alphanumeric(),
        None => true,
    };
    let (current, total_value) = (number::count(current.value)?, number::count(total.value)?);
    if !stands_alone || !ends || total_value < 2 || current > total_value {
        return None;
    }
    let end = to + gap + (right.trim_start().len() - total.rest.len());
    Some(Found {
        measure: Measure::Count {
            current,
            total: Some(total_value),
            unit: unit(total.rest),
        },
        start,
        end,
        is_pair: true,
    })
}

/// The word after a pair where it is what is counted: ` files`, not ` in 3 s`.
fn unit(rest: &str) -> String {
    let Some(rest) = rest.strip_prefix(' ') else {
        return String::new();
    };
    let word: String = rest.chars().take_while(|c| c.is_alphabetic()).collect();
    let plural = word.ends_with('s') && word.len() > 3;
    let lower = word.chars().all(char::is_lowercase);
    if plural && lower && word.len() <= 24 {
        word
    } else {
        String::new()
    }
}

/// The first percentage.
fn percent(text: &str) -> Option<Found> {
    text.match_indices('%').find_map(|(at, _)| {
        let left = text.get(..at)?.trim_end();
        let start = trailing(left)?;
        let value = leading(left.get(start..)?)?.value;
        let before = text.get(..start)?.chars().next_back();
        let alone = before.is_none_or(|c| !c.is_alphanumeric() && !"/.-+_$".contains(c));
        let after = text.get(at + 1..)?.chars().next();
        let ends = after.is_none_or(|c| !c.is_alphanumeric() && c != '%');
        (alone && ends && (0.0..=100.0).contains(&value)).then_some(Found {
            measure: Measure::Percent(value),
            start,
            end: at + 1,
            is_pair: false,
        })
    })
}

/// Whether a bar is drawn in a text.
fn has_bar(text: &str) -> bool {
    let mut run = 0;
    let mut last = ' ';
    for c in text.chars() {
        let drawn = matches!(
            c,
            '=' | '#' | '━' | '█' | '▓' | '■' | '─' | '░' | '╸' | '.' | '>' | '-'
        );
        run = if drawn && (c == last || run == 0) {
            run + 1
        } else {
            usize::from(drawn)
        };
        last = c;
        let least = if c == '.' || c == '-' { 10 } else { 3 };
        if run >= least {
            return true;
        }
    }
    false
}

/// A text without what changes from one picture of a bar to the next: digits, and what bars are drawn of.
#[must_use]
pub fn without_digits(text: &str) -> String {
    let kept = text
        .chars()
        .filter(|c| c.is_alphabetic() || "[(".contains(*c));
    kept.take(64).collect()
}

/// A text without what bars are drawn of.
fn marks(text: &str) -> String {
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || "[(".contains(*c));
    kept.take(64).collect()
}

/// What the text before a number calls the work: `Receiving objects:  45% (` is "Receiving objects".
#[must_use]
pub fn name(before: &str) -> String {
    let line = clean::line(before);
    let line = line.strip_prefix("remote: ").unwrap_or(&line);
    let end = line.find(|c: char| c.is_ascii_digit() || "[(|%━█#=".contains(c));
    let words = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
    let words = words.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ')');
    let words = words.trim_start_matches(|c: char| !c.is_alphanumeric());
    words
        .chars()
        .take(NAME)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line {
            text: text.into(),
            ..Line::default()
        }
    }

    fn count(current: u64, total: u64, unit: &str) -> Measure {
        Measure::Count {
            current,
            total: Some(total),
            unit: unit.into(),
        }
    }

    #[test]
    fn counts_are_found_where_they_are_progress() {
        for (text, measure, name, trust) in [
            ("[3/30] cc main.o", count(3, 30, ""), "", Trust::Bar),
            ("3/30", count(3, 30, ""), "", Trust::Bar),
            ("(3/30) installing vim", count(3, 30, ""), "", Trust::Bar),
            ("#7 [ 3/12] RUN make", count(3, 12, ""), "", Trust::Maybe),
            (
                "Processed 1,500 of 3,000 rules",
                count(1500, 3000, "rules"),
                "Processed",
                Trust::Maybe,
            ),
            ("step 2 / 5: unpack", count(2, 5, ""), "step", Trust::Maybe),
            (
                "Receiving objects:  45% (450/1000), 1 MiB",
                count(450, 1000, ""),
                "Receiving objects",
                Trust::Maybe,
            ),
            (
                "2026/11/20 10:00:00 done 7/9 files",
                count(7, 9, "files"),
                "",
                Trust::Maybe,
            ),
            (
                "Building [===>    ] 3/13: serde",
                count(3, 13, ""),
                "Building",
                Trust::Bar,
            ),
        ] {
            let reading = read(&line(text)).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(reading.measure, measure, "{text}");
            assert_eq!(
                (reading.name.as_str(), reading.trust),
                (name, trust),
                "{text}"
            );
        }
    }

    #[test]
    fn percentages_are_found_too() {
        for (text, percent, trust) in [
            ("[ 45%] Building C object", 45.0, Trust::Bar),
            ("#######              33.3%", 33.3, Trust::Bar),
            ("big.bin   41%[=====>    ] 1.19M 1.46MB/s", 41.0, Trust::Bar),
            ("  50K .......... .......... 12%  138M 0s", 12.0, Trust::Bar),
            ("done: 7 %", 7.0, Trust::Maybe),
        ] {
            let reading = read(&line(text)).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (reading.measure, reading.trust),
                (Measure::Percent(percent), trust),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_progress_is_none() {
        for text in [
            "",
            "/usr/lib/12/34",
            "2026/11/20",
            "10.0.0.0/24",
            "24/7 support",
            "HTTP/1.1 200 OK",
            "http://127.0.0.1/3/10",
            "1/3-inch",
            "x86/64",
            "v1.2/3.4",
            "rate=3/10",
            "150%",
            "100%CPU",
            "-5%",
            "%d/%d",
            "1/1",
        ] {
            assert!(
                read(&line(text)).is_none(),
                "{text:?} {:?}",
                read(&line(text))
            );
        }
    }
}
