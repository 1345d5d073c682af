//! How well-known programs write their progress. Whatever is none of theirs is looked at as plain text with numbers.

use super::bytes;
use super::number::{self, leading};
use super::plain;
use super::split::Line;
use super::{Measure, Reading, Trust};

/// What has to be remembered between lines.
#[derive(Debug, Default)]
pub struct Formats {
    /// How long the film is that ffmpeg works on, in seconds.
    duration: Option<f64>,
}

impl Formats {
    /// What a line says of progress, if anything.
    pub fn read(&mut self, line: &Line) -> Option<Reading> {
        if line.below {
            return None; // a part of what the bar above it counts
        }
        let text = line.text.as_str();
        tqdm(text)
            .or_else(|| curl(text))
            .or_else(|| rsync(text))
            .or_else(|| self.ffmpeg(text))
            .or_else(|| bytes::pair(text))
            .or_else(|| plain::read(line))
    }

    /// `Duration: 00:01:00.00, …`, and then `frame= … time=00:00:12.50 …`.
    fn ffmpeg(&mut self, text: &str) -> Option<Reading> {
        if let Some(rest) = text.strip_prefix("Duration: ") {
            self.duration = clock(rest).map(|d| d.max(self.duration.unwrap_or(0.0)));
            return None;
        }
        let (_, after) = text.split_once(" time=")?;
        let ours = text.starts_with("frame=") || text.starts_with("size=");
        let (at, whole) = (clock(after).filter(|_| ours)?, self.duration?);
        Some(Reading {
            measure: Measure::Count {
                current: number::count(at.min(whole))?,
                total: number::count(whole),
                unit: "seconds".to_owned(),
            },
            source: "ffmpeg".to_owned(),
            name: String::new(),
            trust: Trust::Bar,
        })
    }
}

/// What a program tells the terminal: `OSC 9;4;state;percent`. 0 takes the bar away, 3 only says that it moves.
#[must_use]
pub fn told(text: &str) -> Option<Reading> {
    let (state, percent) = text.split_once(';').unwrap_or((text, ""));
    if !matches!(state, "1" | "2" | "4") {
        return None;
    }
    let percent: u8 = percent.trim().parse().ok()?;
    Some(Reading {
        measure: Measure::Percent(f64::from(percent.min(100))),
        source: "terminal".to_owned(),
        name: String::new(),
        trust: Trust::Told,
    })
}

/// `Resizing:  42%|████▏     | 25/60 [00:00<00:00, 92.24img/s]`, `5rows [00:00, 93.62rows/s]`.
fn tqdm(text: &str) -> Option<Reading> {
    let (before, after) = text.rsplit_once('[')?;
    let timed = after.split_once(',').map(|(times, _)| times)?;
    let times = timed.split_once('<').map_or(timed, |(elapsed, _)| elapsed);
    clock_like(times)?;
    let rate = after.split_once(", ")?.1;
    let before = before.trim_end();
    let (name, counted) = match before.split_once('|') {
        Some((head, rest)) => {
            let head = head.trim_end().trim_end_matches('%');
            let name = head.get(..number::trailing(head)?)?;
            (name, rest.rsplit_once('|')?.1.trim())
        }
        None => match before.rsplit_once(": ") {
            Some((name, counted)) => (name, counted),
            None => ("", before),
        },
    };
    let current = leading(counted)?;
    let (factor, _, rest) = number::multiple(current.rest);
    let (total, rest) = match rest
        .strip_prefix('/')
        .map(str::trim_start)
        .and_then(leading)
    {
        Some(total) => {
            let (factor, _, rest) = number::multiple(total.rest);
            (number::count(total.value * factor), rest)
        }
        None => (None, rest),
    };
    let unit = match rest.trim() {
        "" => unit_of(rate),
        unit => unit.to_owned(),
    };
    Some(Reading {
        measure: Measure::Count {
            current: number::count(current.value * factor)?,
            total,
            unit: unit_name(&unit),
        },
        source: format!("tqdm {}", plain::without_digits(name)),
        name: plain::name(name),
        trust: Trust::Bar,
    })
}

/// The unit in a rate: `92.24img/s`, `1.5s/img`, `8.84MB/s`, `?it/s`.
fn unit_of(rate: &str) -> String {
    let rate = rate
        .trim_end_matches(']')
        .split(',')
        .next()
        .unwrap_or_default();
    let rate = rate.trim();
    let bare = rate.trim_start_matches(|c: char| c.is_ascii_digit() || ".,?".contains(c));
    let unit = match (bare.strip_prefix("s/"), bare.strip_suffix("/s")) {
        (Some(unit), _) | (_, Some(unit)) => unit,
        _ => return String::new(),
    };
    match number::multiple(unit) {
        (_, true, "") => "B".to_owned(),
        (_, false, _) | (_, true, _) => unit.trim().to_owned(),
    }
}

fn unit_name(unit: &str) -> String {
    match unit {
        "B" | "b" | "bytes" => "bytes".to_owned(),
        "it" => String::new(),
        other => other.chars().take(32).collect(),
    }
}

/// ` 33 2929k   33  976k    0     0  1325k      0  0:00:02 --:--:--  0:00:02 1325k`.
fn curl(text: &str) -> Option<Reading> {
    let columns: Vec<&str> = text.split_whitespace().collect();
    let [percent, total, _, received, _, sent, _, _, t1, t2, t3, _] = columns.as_slice() else {
        return None;
    };
    let times = [t1, t2, t3].into_iter().all(|t| t.contains(':'));
    let percent: u8 = percent.parse().ok().filter(|p| times && *p <= 100)?;
    let size = |text: &str| {
        let number = leading(text)?;
        let (factor, _, rest) = number::multiple(number.rest);
        // What curl calls k is 1,024.
        let factor = match factor {
            f if f >= 1e12 => 1024_f64.powi(4),
            f if f >= 1e9 => 1024_f64.powi(3),
            f if f >= 1e6 => 1024_f64.powi(2),
            f if f >= 1e3 => 1024.0,
            f => f,
        };
        rest.is_empty().then_some(number.value * factor)
    };
    let (total, done) = (size(total)?, size(received)?.max(size(sent)?));
    if total == 0.0 && percent == 0 && done == 0.0 {
        return None;
    }
    Some(Reading {
        measure: Measure::Count {
            current: number::count(done)?,
            total: number::count(total).filter(|t| *t > 0),
            unit: "bytes".to_owned(),
        },
        source: "curl".to_owned(),
        name: String::new(),
        trust: Trust::Bar,
    })
}

/// `      6,000,000  33%   13.58MB/s    0:00:00 (xfr#2, to-chk=4/7)`: of seven files four are still to be looked at.
/// A percentage without that is of one file, and says nothing of the whole.
fn rsync(text: &str) -> Option<Reading> {
    let columns: Vec<&str> = text.split_whitespace().take(4).collect();
    let [_, percent, rate, time] = columns.as_slice() else {
        return None;
    };
    let ours = percent.ends_with('%') && rate.ends_with("B/s") && time.contains(':');
    let size = leading(text).filter(|size| ours && size.rest.starts_with(' '))?;
    let left = ["to-chk=", "ir-chk="]
        .iter()
        .find_map(|word| text.split_once(word));
    let nothing = Reading {
        measure: Measure::Count {
            current: number::count(size.value)?,
            total: None,
            unit: "bytes".to_owned(),
        },
        source: "rsync file".to_owned(),
        name: String::new(),
        trust: Trust::Maybe,
    };
    let Some((_, left)) = left else {
        return Some(nothing);
    };
    let left = leading(left)?;
    let whole = leading(left.rest.strip_prefix('/')?)?;
    Some(Reading {
        measure: Measure::Count {
            current: number::count(whole.value - left.value)?,
            total: number::count(whole.value),
            unit: "files".to_owned(),
        },
        source: "rsync".to_owned(),
        name: String::new(),
        trust: Trust::Bar,
    })
}

/// Seconds of `HH:MM:SS.ss` at the start of a text.
fn clock(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.');
    let text = text.get(..end.unwrap_or(text.len()))?;
    clock_like(text)?;
    let parts = text.split(':').map(|part| part.parse::<f64>().ok());
    parts
        .collect::<Option<Vec<f64>>>()
        .map(|parts| parts.iter().fold(0.0, |sum, part| sum * 60.0 + part))
}

/// Whether a text is a time: `00:12`, `1:02:03`, `00:01:00.00`.
fn clock_like(text: &str) -> Option<()> {
    let parts: Vec<&str> = text.split(':').collect();
    let digits = |part: &&str| {
        !part.is_empty() && part.len() < 8 && part.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    };
    ((2..=3).contains(&parts.len()) && parts.iter().all(digits)).then_some(())
}
