//! The last words of a command: kept in little room, and made fit to be shown.

use std::collections::VecDeque;

use crate::terminal::clean;

/// How many bytes are kept.
const KEPT: usize = 8 * 1024;
/// How many lines and characters are shown.
const LINES: usize = 40;
const SHOWN: usize = 4000;
/// The longest sentence.
const SENTENCE: usize = 300;

/// The last bytes of a stream.
#[derive(Debug, Default)]
pub struct Tail {
    bytes: VecDeque<u8>,
    cut: bool,
}

impl Tail {
    /// Remembers the last of these.
    pub fn push(&mut self, bytes: &[u8]) {
        let skipped = bytes.len().saturating_sub(KEPT);
        let bytes = bytes.get(skipped..).unwrap_or_default();
        let over = (self.bytes.len() + bytes.len()).saturating_sub(KEPT);
        self.cut |= skipped + over > 0;
        self.bytes.drain(..over);
        self.bytes.extend(bytes);
    }

    /// The last lines, without what moves a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        // The first line is likely to have lost its beginning.
        let whole = match text.split_once('\n') {
            Some((_, rest)) if self.cut => rest,
            _ => &text,
        };
        let clean = clean::lines(whole);
        let mut lines: Vec<&str> = clean.lines().filter(|l| !l.trim().is_empty()).collect();
        lines.drain(..lines.len().saturating_sub(LINES));
        let text = lines.join("\n");
        let skipped = text.chars().count().saturating_sub(SHOWN);
        text.chars().skip(skipped).collect()
    }

    /// The last line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let text = self.text();
        let last = text.lines().next_back().unwrap_or_default();
        last.trim().chars().take(SENTENCE).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_cleaned() {
        let mut tail = Tail::default();
        assert_eq!(
            (tail.text(), tail.sentence()),
            (String::new(), String::new())
        );
        tail.push(b"one\n 10%\r 20%\r\n\n\x1b[31merror: no such file\x1b[0m\n");
        assert_eq!(tail.text(), "one\n 20%\nerror: no such file");
        assert_eq!(tail.sentence(), "error: no such file");
    }

    #[test]
    fn it_is_bounded_whatever_comes() {
        let mut tail = Tail::default();
        for number in 0..10_000 {
            tail.push(format!("line {number}\n").as_bytes());
        }
        assert!(tail.text().lines().count() <= LINES && tail.text().len() <= SHOWN);
        assert_eq!(tail.sentence(), "line 9999");
        tail.push(&vec![0xff; 100_000]);
        assert!(tail.bytes.len() <= KEPT && tail.text().chars().count() <= SHOWN);
    }
}
