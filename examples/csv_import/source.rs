//! A CSV file as a stream of rows: its delimiter and header are recognised from the first part,
//! then it is read in pieces, so memory stays the same whatever the size of the file.
//!
//! RFC 4180 with line breaks inside quotes. Nothing here knows what the columns mean.

use std::{fs, io, io::Read, path::Path};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};

use super::outcome::ImportError;

/// How much of the file is looked at to recognise it, in bytes.
pub const SAMPLE: u64 = 64 << 10;
/// A longer record is a bad row; it is also what an unclosed quote may swallow at once.
const RECORD_LIMIT: usize = 1 << 20;
/// A row may not have more fields than Postgres lets a table have columns.
const FIELD_LIMIT: usize = 1600;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What the first part of a file says about the rest.
pub struct Dialect {
    /// The byte between fields.
    pub delimiter: u8,
    /// The names of the columns, or `1`, `2`, … where the file has no header.
    pub columns: Vec<String>,
    /// The fields of the first row.
    pub first: Vec<String>,
    /// The size of the file in bytes.
    pub size: u64,
    /// Where the rows begin, in bytes: after a byte order mark and `#` lines.
    start: u64,
    /// How many lines were passed over before that.
    lines: u64,
    header: bool,
}

impl Dialect {
    /// Looks at the first part of `path`. `header` says whether the first record names the columns.
    pub fn of(path: &Path, header: bool) -> Result<Self, ImportError> {
        let mut file = fs::File::open(path)?;
        let size = file.metadata()?.len();
        let mut sample = Vec::new();
        file.by_ref().take(SAMPLE).read_to_end(&mut sample)?;
        if sample.starts_with(&[0xFF, 0xFE]) || sample.starts_with(&[0xFE, 0xFF]) {
            return Err(ImportError::Encoding);
        }
        let start = preamble(&sample);
        let rest = sample.get(start..).unwrap_or_default();
        let mut best: Option<(usize, u8, Vec<Vec<String>>)> = None;
        for delimiter in DELIMITERS {
            let records = records(rest, delimiter);
            let Some(first) = records.first() else {
                continue;
            };
            let alike = records.iter().filter(|r| r.len() == first.len()).count();
            let score = if first.len() > 1 {
                alike * 1000 / records.len() + first.len().min(100)
            } else {
                0
            };
            if best.as_ref().is_none_or(|(most, ..)| score > *most) {
                best = Some((score, delimiter, records));
            }
        }
        let (_, delimiter, records) = best.ok_or(ImportError::Empty)?;
        let mut records = records.into_iter();
        let first = records.next().unwrap_or_default();
        let (columns, first) = match header {
            true => (first, records.next().unwrap_or_default()),
            false => ((1..=first.len()).map(|n| n.to_string()).collect(), first),
        };
        let lines = newlines(sample.get(..start).unwrap_or_default());
        Ok(Self {
            delimiter,
            columns,
            first,
            size,
            start: start as u64,
            lines,
            header,
        })
    }
}

/// The length of a byte order mark and of the comment lines before the header.
fn preamble(sample: &[u8]) -> usize {
    let mut at = if sample.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    while let Some(rest) = sample.get(at..).filter(|rest| rest.starts_with(b"#")) {
        at += rest
            .iter()
            .position(|b| *b == b'\n')
            .map_or(rest.len(), |end| end + 1);
    }
    at
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The first records of the sample. What is cut at its end counts only when it is alone.
fn records(sample: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    let (mut output, mut ends) = (vec![0; sample.len() + 1], vec![0; FIELD_LIMIT]);
    let (mut rest, mut found) = (sample, Vec::new());
    while found.len() < 50 {
        let (mut result, read, _, mut fields) = reader.read_record(rest, &mut output, &mut ends);
        rest = rest.get(read..).unwrap_or_default();
        if found.is_empty() && matches!(result, ReadRecordResult::InputEmpty) {
            let ends = ends.get_mut(fields..).unwrap_or_default();
            let (closed, _, _, more) = reader.read_record(&[], &mut [], ends);
            (result, fields) = (closed, fields + more);
        }
        if !matches!(result, ReadRecordResult::Record) {
            break;
        }
        let ends = ends.get(..fields).unwrap_or_default();
        let row = Row {
            bytes: &output,
            ends,
            ..Row::default()
        };
        found.push(
            row.fields()
                .map(|f| String::from_utf8_lossy(f).into_owned())
                .collect(),
        );
    }
    found
}

/// One record of the file.
#[derive(Default)]
pub struct Row<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
    /// Counts the records after the header, from 1.
    pub number: u64,
    /// The line it ends on, counted from 1.
    pub line: u64,
    /// The position in the file behind it, in bytes.
    pub position: u64,
    /// Whether it is longer than this program takes; its fields are not there then.
    pub too_long: bool,
}

impl<'a> Row<'a> {
    /// The number of fields.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Field `index`, counted from 0.
    pub fn field(&self, index: usize) -> Option<&'a [u8]> {
        let from = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied();
        self.bytes.get(from.unwrap_or(0)..*self.ends.get(index)?)
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).filter_map(|index| self.field(index))
    }
}

/// Reads the rows of a file, one after the other.
pub struct Rows {
    file: File,
    reader: Reader,
    input: Vec<u8>,
    from: usize,
    filled: usize,
    output: Vec<u8>,
    ends: Vec<usize>,
    position: u64,
    lines: u64,
    number: u64,
}

impl Rows {
    /// Opens `path` behind its header.
    pub async fn open(path: &Path, dialect: &Dialect) -> Result<Self, ImportError> {
        let mut file = File::open(path).await?;
        file.seek(io::SeekFrom::Start(dialect.start)).await?;
        let mut this = Self {
            file,
            reader: ReaderBuilder::new().delimiter(dialect.delimiter).build(),
            input: vec![0; 256 << 10],
            from: 0,
            filled: 0,
            output: vec![0; 64 << 10],
            ends: vec![0; FIELD_LIMIT],
            position: dialect.start,
            lines: dialect.lines,
            number: 0,
        };
        if dialect.header {
            this.next().await?;
            this.number = 0;
        }
        Ok(this)
    }

    /// The next row, `None` at the end of the file.
    pub async fn next(&mut self) -> Result<Option<Row<'_>>, ImportError> {
        let (mut written, mut fields, mut too_long) = (0, 0, false);
        let mut last = 0;
        loop {
            if self.from == self.filled {
                self.filled = self.file.read(&mut self.input).await?;
                self.from = 0;
            }
            let input = self.input.get(self.from..self.filled).unwrap_or_default();
            let output = self.output.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(fields..).unwrap_or_default();
            let (result, read, wrote, ended) = self.reader.read_record(input, output, ends);
            let consumed = input.get(..read).unwrap_or_default();
            last = consumed.last().copied().unwrap_or(last);
            self.lines += newlines(consumed);
            self.from += read;
            self.position += read as u64;
            written += wrote;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.output.len() < RECORD_LIMIT => {
                    self.output.resize(self.output.len() * 2, 0);
                }
                // Over the limit: read on without keeping anything, up to the record's end.
                ReadRecordResult::OutputFull => (written, too_long) = (0, true),
                ReadRecordResult::OutputEndsFull => (fields, too_long) = (0, true),
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => break,
            }
        }
        self.number += 1;
        Ok(Some(Row {
            bytes: &self.output,
            ends: if too_long {
                &[]
            } else {
                self.ends.get(..fields).unwrap_or_default()
            },
            number: self.number,
            line: self.lines + u64::from(last != b'\n'),
            position: self.position,
            too_long,
        }))
    }
}
