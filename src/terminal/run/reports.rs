//! What a command reports itself: one JSON object on a line, as the contract has reports, on the descriptor that
//! `MILEPOST_REPORT_FD` names. Bounded whatever comes; what cannot be read is counted, and the first of it is shown.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use serde_json::Value;

use super::system;

/// The longest line looked at.
const LONGEST: usize = 64 * 1024;

/// Lines out of bytes.
#[derive(Debug, Default)]
pub struct Reports {
    line: Vec<u8>,
    too_long: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A report.
    Report(Value),
    /// Something else: its beginning.
    Unreadable(String),
}

impl Reports {
    /// Takes bytes, gives the lines that are whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Said> {
        let mut said = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                said.extend(self.end());
            } else if self.line.len() < LONGEST {
                self.line.push(*byte);
            } else {
                self.too_long = true;
            }
        }
        said
    }

    /// Nothing more comes: the last line may lack its end.
    pub fn end(&mut self) -> Option<Said> {
        let line = std::mem::take(&mut self.line);
        let too_long = std::mem::take(&mut self.too_long);
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            return None;
        }
        let value: Option<Value> = serde_json::from_str(&text).ok();
        let report = value.filter(|v| !too_long && v["type"].is_string());
        Some(report.map_or_else(
            || Said::Unreadable(text.chars().take(80).collect()),
            Said::Report,
        ))
    }
}

/// The descriptor's other end. Read by whoever needs to know what stands there: what the command said on it before it
/// printed something is heard before that.
#[derive(Debug)]
pub struct Inbox {
    from: Option<File>,
    reports: Reports,
}

impl Inbox {
    /// Reads from here.
    #[must_use]
    pub fn new(from: File) -> Self {
        Self {
            from: Some(from),
            reports: Reports::default(),
        }
    }

    /// All that stands there by now. Never waits.
    pub fn drain(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        let mut part = [0; 4096];
        let now = Duration::ZERO;
        while let Some(from) = self
            .from
            .as_mut()
            .filter(|from| system::is_readable(from, now))
        {
            match from.read(&mut part) {
                Ok(size @ 1..) => {
                    let bytes = part.get(..size).unwrap_or_default();
                    said.extend(self.reports.push(bytes));
                }
                _ => {
                    self.from = None;
                    said.extend(self.reports.end());
                }
            }
        }
        said
    }

    /// Whether nothing more can come.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.from.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_reports_or_are_not() {
        let mut reports = Reports::default();
        assert_eq!(reports.push(b"{\"type\": \"pro"), []);
        let said = reports.push(b"gress\"}\n\nnonsense\n[1]\n{\"type\": 1}\n{\"type\":\"phase\"}");
        assert!(matches!(&said[0], Said::Report(v) if v["type"] == "progress"));
        assert_eq!(said.len(), 4);
        assert!(said[1..].iter().all(|s| matches!(s, Said::Unreadable(_))));
        assert!(matches!(reports.end(), Some(Said::Report(_))));
        assert_eq!(reports.end(), None);
        let long = vec![b'x'; 200_000];
        assert_eq!(reports.push(&long), []);
        assert_eq!(reports.push(b"\n").len(), 1);
    }
}
