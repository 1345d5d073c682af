//! Which of the numbers that a command prints are its progress. One source at a time is believed: the first bar that is
//! drawn, until it is full, has been silent for a while, or something surer speaks. Then the next part of the work begins.

use std::time::{Duration, Instant};

use super::{Measure, Reading, Trust};

/// A source that has said nothing for so long makes way for another.
const STALE: Duration = Duration::from_secs(15);
/// So many sentences with numbers are remembered, to see whether one goes on.
const CANDIDATES: usize = 16;

/// News of the command's progress.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The name of the part of the work that begins with this; "" where it has none.
    pub begins: Option<String>,
    /// How far it is.
    pub measure: Measure,
}

/// Decides.
#[derive(Debug, Default)]
pub struct Meter {
    source: Option<Source>,
    candidates: Vec<Reading>,
}

#[derive(Debug)]
struct Source {
    id: String,
    trust: Trust,
    last: Measure,
    heard: Instant,
}

impl Meter {
    /// Takes what a line says; gives news, where it is some.
    pub fn take(&mut self, reading: Reading, now: Instant) -> Option<Update> {
        let Some(source) = &mut self.source else {
            return self.begin(reading, now);
        };
        if source.id == reading.source {
            source.heard = now;
            if source.last == reading.measure {
                return None;
            }
            if falls(&source.last, &reading.measure) {
                // The same bar from the start, for the next thing; or a hiccup.
                return is_full(&source.last)
                    .then(|| self.begin(reading, now))
                    .flatten();
            }
            source.last = reading.measure.clone();
            return Some(Update {
                begins: None,
                measure: reading.measure,
            });
        }
        let free = is_full(&source.last) || now.duration_since(source.heard) > STALE;
        let surer = reading.trust > source.trust;
        let told = source.trust == Trust::Told;
        (surer || (free && !told))
            .then(|| self.begin(reading, now))
            .flatten()
    }

    /// Believes a source from now on, unless it has to show first that it goes on.
    fn begin(&mut self, reading: Reading, now: Instant) -> Option<Update> {
        if reading.trust == Trust::Maybe && !self.goes_on(&reading) {
            return None;
        }
        self.candidates.clear();
        self.source = Some(Source {
            id: reading.source,
            trust: reading.trust,
            last: reading.measure.clone(),
            heard: now,
        });
        Some(Update {
            begins: Some(reading.name),
            measure: reading.measure,
        })
    }

    /// Whether the same words were seen with a lower number of the same whole. Remembers these.
    fn goes_on(&mut self, reading: &Reading) -> bool {
        let known = self
            .candidates
            .iter()
            .position(|c| c.source == reading.source);
        let before = known.map(|at| self.candidates.remove(at));
        let rises = before.is_some_and(|before| match (&before.measure, &reading.measure) {
            (
                Measure::Count {
                    current: a,
                    total: Some(x),
                    ..
                },
                Measure::Count {
                    current: b,
                    total: Some(y),
                    ..
                },
            ) => a < b && x == y,
            (Measure::Percent(a), Measure::Percent(b)) => a < b,
            _ => false,
        });
        if self.candidates.len() >= CANDIDATES {
            self.candidates.remove(0);
        }
        self.candidates.push(reading.clone());
        rises
    }
}

fn is_full(measure: &Measure) -> bool {
    match measure {
        Measure::Count { current, total, .. } => total.is_some_and(|total| *current >= total),
        Measure::Percent(percent) => *percent >= 100.0,
    }
}

fn falls(from: &Measure, to: &Measure) -> bool {
    match (from, to) {
        (Measure::Count { current: a, .. }, Measure::Count { current: b, .. }) => b < a,
        (Measure::Percent(a), Measure::Percent(b)) => b < a,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(source: &str, current: u64, total: u64, trust: Trust) -> Reading {
        Reading {
            measure: Measure::Count {
                current,
                total: Some(total),
                unit: String::new(),
            },
            source: source.into(),
            name: source.into(),
            trust,
        }
    }

    /// What comes of these, as (name of what begins, current).
    fn told(readings: &[(&str, u64, u64, Trust)]) -> Vec<(Option<String>, u64)> {
        let (mut meter, now) = (Meter::default(), Instant::now());
        let updates = readings
            .iter()
            .filter_map(|(source, current, total, trust)| {
                meter.take(reading(source, *current, *total, *trust), now)
            });
        let shown = updates.map(|update| match update.measure {
            Measure::Count { current, .. } => (update.begins, current),
            Measure::Percent(_) => (update.begins, 0),
        });
        shown.collect()
    }

    #[test]
    fn one_bar_is_followed_to_its_end_and_then_the_next() {
        use Trust::Bar;
        assert_eq!(
            told(&[
                ("a", 0, 2, Bar),
                ("a", 1, 2, Bar),
                ("b", 1, 9, Bar), // another beside it
                ("a", 1, 2, Bar), // no news
                ("a", 0, 2, Bar), // a hiccup
                ("a", 2, 2, Bar),
                ("b", 3, 9, Bar),
                ("b", 9, 9, Bar),
                ("b", 1, 9, Bar), // again, for the next thing
            ]),
            [
                (Some("a".into()), 0),
                (None, 1),
                (None, 2),
                (Some("b".into()), 3),
                (None, 9),
                (Some("b".into()), 1),
            ]
        );
    }

    #[test]
    fn a_sentence_is_believed_when_it_goes_on() {
        use Trust::{Bar, Maybe, Told};
        assert_eq!(
            told(&[("a", 1, 9, Maybe), ("b", 2, 9, Maybe), ("a", 1, 9, Maybe)]),
            []
        );
        assert_eq!(told(&[("a", 1, 9, Maybe), ("a", 2, 8, Maybe)]), []);
        assert_eq!(
            told(&[
                ("a", 1, 9, Maybe),
                ("a", 2, 9, Maybe),
                ("b", 1, 5, Bar), // surer
                ("a", 3, 9, Maybe),
                ("c", 1, 5, Told),
                ("c", 5, 5, Told),
                ("b", 2, 5, Bar), // what the program tells the terminal is never doubted
            ]),
            [
                (Some("a".into()), 2),
                (Some("b".into()), 1),
                (Some("c".into()), 1),
                (None, 5)
            ]
        );
    }

    #[test]
    fn a_bar_that_fell_silent_makes_way() {
        let (mut meter, now) = (Meter::default(), Instant::now());
        assert!(meter.take(reading("a", 1, 9, Trust::Bar), now).is_some());
        assert!(meter.take(reading("b", 1, 9, Trust::Bar), now).is_none());
        let later = now + STALE + Duration::from_secs(1);
        let update = meter.take(reading("b", 2, 9, Trust::Bar), later).unwrap();
        assert_eq!(update.begins.as_deref(), Some("b"));
    }
}
