//! What a command writes, cut into the lines that a person would see: by line feeds, and by the carriage returns with
//! which bars are drawn over. Escape sequences are taken out; the one that tells a terminal of progress is kept. Pure,
//! and bounded whatever comes.

/// The longest line looked at; the rest of a longer one is skipped.
const LONGEST: usize = 2048;
/// The longest control string looked at.
const LONGEST_STRING: usize = 256;

/// A line, or the part of one that stands where the next will be drawn over it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// What is seen.
    pub text: String,
    /// It is drawn over, or draws over another: what bars do.
    pub redrawn: bool,
    /// The cursor goes up after it: it hangs below another bar.
    pub below: bool,
}

/// What comes out of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A line.
    Line(Line),
    /// What the program tells the terminal of its progress: the text of `OSC 9;4` after these numbers.
    Progress(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    Text,
    Escape,
    Sequence,
    String,
    StringEscape,
}

/// The cutter.
#[derive(Debug, Default)]
pub struct Split {
    mode: Mode,
    line: Vec<u8>,
    string: Vec<u8>,
    redrawn: bool,
    below: bool,
    /// A carriage return has come; a line feed would make it a plain end of line.
    returned: bool,
}

impl Split {
    /// Takes bytes, gives the pieces that are whole by now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for byte in bytes {
            self.take(*byte, &mut pieces);
        }
        pieces
    }

    /// What stands at the end and waits to be drawn over: for when the program has paused.
    #[must_use]
    pub fn rest(&self) -> Option<Line> {
        let line = self.shown(self.redrawn);
        (self.mode == Mode::Text && !line.text.is_empty()).then_some(line)
    }

    fn take(&mut self, byte: u8, pieces: &mut Vec<Piece>) {
        match self.mode {
            Mode::Text => self.text(byte, pieces),
            Mode::Escape => {
                self.string.clear();
                self.mode = match byte {
                    b'[' => Mode::Sequence,
                    b']' | b'P' | b'X' | b'^' | b'_' => Mode::String,
                    b' '..=b'/' => Mode::Escape,
                    _ => Mode::Text,
                };
            }
            Mode::Sequence => {
                if matches!(byte, 0x40..=0x7e) {
                    self.mode = Mode::Text;
                    self.moved(byte);
                }
            }
            Mode::String => match byte {
                0x07 => self.told(pieces),
                0x1b => self.mode = Mode::StringEscape,
                b'\n' => self.mode = Mode::Text, // it has no end: what follows is text again
                _ if self.string.len() < LONGEST_STRING => self.string.push(byte),
                _ => {}
            },
            Mode::StringEscape => {
                self.mode = Mode::Text;
                if byte == b'\\' {
                    self.told(pieces);
                } else {
                    self.take(byte, pieces);
                }
            }
        }
    }

    fn text(&mut self, byte: u8, pieces: &mut Vec<Piece>) {
        if std::mem::take(&mut self.returned) && byte != b'\n' && byte != b'\r' {
            self.cut(true, pieces);
            self.redrawn = true;
        }
        match byte {
            0x1b => self.mode = Mode::Escape,
            b'\n' => self.cut(self.redrawn, pieces),
            b'\r' => self.returned = true,
            0x08 => self.redrawn = true,
            b'\t' => self.keep(b' '),
            0..0x20 | 0x7f => {}
            _ => self.keep(byte),
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.line.len() < LONGEST {
            self.line.push(byte);
        }
    }

    /// A sequence moved the cursor or cleared something.
    fn moved(&mut self, end: u8) {
        match end {
            b'A' | b'F' => (self.redrawn, self.below) = (true, true),
            b'K' | b'G' | b'J' | b'H' => self.redrawn = true,
            _ => {}
        }
    }

    fn shown(&self, redrawn: bool) -> Line {
        Line {
            text: String::from_utf8_lossy(&self.line).trim().to_owned(),
            redrawn,
            below: self.below,
        }
    }

    fn cut(&mut self, redrawn: bool, pieces: &mut Vec<Piece>) {
        let line = self.shown(redrawn);
        self.line.clear();
        (self.redrawn, self.below) = (false, false);
        if !line.text.is_empty() {
            pieces.push(Piece::Line(line));
        }
    }

    fn told(&mut self, pieces: &mut Vec<Piece>) {
        self.mode = Mode::Text;
        let text = String::from_utf8_lossy(&self.string);
        if let Some(rest) = text.strip_prefix("9;4;") {
            pieces.push(Piece::Progress(rest.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(String, bool, bool)> {
        let mut split = Split::default();
        let pieces = split.push(text.as_bytes()).into_iter();
        let line = |piece| match piece {
            Piece::Line(line) => (line.text, line.redrawn, line.below),
            Piece::Progress(text) => (format!("OSC {text}"), false, false),
        };
        pieces.map(line).collect()
    }

    fn seen(text: &str) -> Vec<String> {
        lines(text).into_iter().map(|(text, ..)| text).collect()
    }

    #[test]
    fn lines_end_at_line_feeds_and_pictures_at_carriage_returns() {
        assert_eq!(seen("one\ntwo\r\nthree\n"), ["one", "two", "three"]);
        assert!(lines("one\r\ntwo\n").iter().all(|(_, redrawn, _)| !redrawn));
        assert_eq!(
            lines("\r 1%\r 2%\ndone\n"),
            [
                ("1%".into(), true, false),
                ("2%".into(), true, false),
                ("done".into(), false, false)
            ]
        );
        assert_eq!(
            lines("[1/30] a\x1b[K\n"),
            [("[1/30] a".into(), true, false)]
        );
    }

    #[test]
    fn what_waits_to_be_drawn_over_is_seen_when_asked_for() {
        let mut split = Split::default();
        assert_eq!(split.push(b"\r 50%"), []);
        assert_eq!(split.rest().unwrap().text, "50%");
        assert_eq!(split.push(b"\r 51%\x1b[").len(), 1);
        assert_eq!(split.rest(), None, "in the middle of a sequence");
    }

    #[test]
    fn sequences_are_taken_out_and_the_one_of_progress_is_kept() {
        assert_eq!(
            seen("\x1b[1;31mred\x1b[0m \x1b]0;title\x07text\n"),
            ["red text"]
        );
        assert_eq!(seen("\x1b]9;4;1;42\x07a\n"), ["OSC 1;42", "a"]);
        assert_eq!(seen("\x1b]9;4;1;42\x1b\\a\n"), ["OSC 1;42", "a"]);
        assert_eq!(seen("\x1b]no end\nnext\n"), ["next"]);
        assert!(lines("\nbar\x1b[A\r\n")[0].2);
    }

    #[test]
    fn what_is_too_long_is_cut_and_the_next_line_is_whole() {
        let long = "x".repeat(100_000);
        let lines = seen(&format!("{long}\nnext\n\x1b]{long}\x07after\n"));
        assert_eq!(lines[0].len(), LONGEST);
        assert_eq!(lines[1..], ["next", "after"]);
    }
}
