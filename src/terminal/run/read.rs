//! Progress out of what a command prints: bytes are [`split`] into lines, [`formats`] know how programs write, and the
//! [`meter`] decides what of it is the command's progress. Pure: nothing here reads, waits or knows the service, and
//! whatever bytes come, none of it fails.

pub mod bytes;
pub mod formats;
pub mod meter;
pub mod number;
pub mod plain;
pub mod split;

use std::time::Instant;

use formats::Formats;
use meter::{Meter, Update};
use split::{Piece, Split};

/// How far something is.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// So many, of so many, of these.
    Count {
        /// Done.
        current: u64,
        /// The whole, where it is known.
        total: Option<u64>,
        /// What is counted; "" where that is not said.
        unit: String,
    },
    /// So many percent.
    Percent(f64),
}

/// How sure it is that a line speaks of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Two numbers in a sentence: only if it goes on like this.
    Maybe,
    /// A number in a place where programs count their steps, or a bar.
    Bar,
    /// The program tells the terminal.
    Told,
}

/// What one line says.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// How far.
    pub measure: Measure,
    /// What stands before the number, without digits: the same for every picture of one bar.
    pub source: String,
    /// What that calls the work, for people; "" for nothing.
    pub name: String,
    /// How sure.
    pub trust: Trust,
}

/// Reads one stream of bytes.
#[derive(Debug, Default)]
pub struct Reader {
    split: Split,
    formats: Formats,
}

impl Reader {
    /// Reads on, and tells the meter.
    pub fn push(&mut self, bytes: &[u8], (meter, now): (&mut Meter, Instant)) -> Vec<Update> {
        let pieces = self.split.push(bytes).into_iter();
        let readings = pieces.filter_map(|piece| match piece {
            Piece::Line(line) => self.formats.read(&line),
            Piece::Progress(text) => formats::told(&text),
        });
        readings
            .filter_map(|reading| meter.take(reading, now))
            .collect()
    }

    /// The program has paused: what it left standing is a picture, too.
    pub fn pause(&mut self, (meter, now): (&mut Meter, Instant)) -> Option<Update> {
        let line = self.split.rest()?;
        meter.take(self.formats.read(&line)?, now)
    }
}
