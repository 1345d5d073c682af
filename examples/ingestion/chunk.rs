//! Sections and chunks: what a search finds is a piece of a page or so, with the heading it stands under.
//!
//! Chunks are made of whole paragraphs; only one that is larger than a chunk is cut, between lines or words. No word is
//! lost, doubled or cut: the chunks' words are the text's words, in the same order. (20,000 bytes without a space are no
//! word.)

use super::parse::Kind;

/// A chunk is full from here on, in bytes.
const FULL: usize = 1_200;
/// A paragraph longer than this is cut, in bytes.
const LONGEST: usize = 2_400;
/// A word longer than this is none, and is cut where it must be, in bytes.
const WORD: usize = 20_000;
/// The longest heading, in bytes.
const HEADING: usize = 120;

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The heading it stands under; nothing before the first.
    pub heading: String,
    /// Its text, the heading too where it begins a section.
    pub body: String,
}

/// A document in pieces.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// The pieces, in the order of the text.
    pub chunks: Vec<Chunk>,
    /// How many headings were seen.
    pub sections: u32,
}

/// Cuts a text.
pub fn cut(body: &str, kind: Kind) -> Pieces {
    let mut pieces = Pieces::default();
    let (mut heading, mut open) = (String::new(), String::new());
    let mut only_headings = true;
    for block in blocks(body) {
        if let Some(found) = heading_of(&block, kind) {
            pieces.sections += 1;
            if !only_headings {
                pieces.close(&heading, &mut open);
                only_headings = true;
            }
            heading = found;
        } else {
            only_headings = false;
        }
        for part in parts(block.text) {
            if !open.is_empty() && open.len() + part.len() > FULL && !only_headings {
                pieces.close(&heading, &mut open);
            }
            if !open.is_empty() {
                open.push_str("\n\n");
            }
            open.push_str(part);
        }
    }
    pieces.close(&heading, &mut open);
    pieces
}

impl Pieces {
    fn close(&mut self, heading: &str, open: &mut String) {
        if !open.trim().is_empty() {
            self.chunks.push(Chunk {
                heading: heading.to_owned(),
                body: std::mem::take(open),
            });
        }
    }
}

/// Lines between blank ones.
struct Block<'a> {
    text: &'a str,
    /// Blank lines before it.
    space: usize,
}

fn blocks(body: &str) -> Vec<Block<'_>> {
    let (mut found, mut space, mut at) = (Vec::new(), 2, 0);
    let mut open: Option<(usize, usize)> = None;
    for line in body.split_inclusive('\n') {
        let end = at + line.len();
        let blank = line.trim().is_empty();
        match (blank, open) {
            (true, Some((from, before))) => {
                found.push(Block {
                    text: body.get(from..at).unwrap_or_default().trim_end(),
                    space: before,
                });
                (open, space) = (None, 1);
            }
            (true, None) => space += 1,
            (false, None) => open = Some((at, space)),
            (false, Some(_)) => {}
        }
        at = end;
    }
    if let Some((from, before)) = open {
        found.push(Block {
            text: body.get(from..).unwrap_or_default().trim_end(),
            space: before,
        });
    }
    found
}

/// The heading that a block is, or begins with.
fn heading_of(block: &Block<'_>, kind: Kind) -> Option<String> {
    let line = block.text.lines().next()?;
    let alone = block.text.lines().count() <= 2;
    let outstanding =
        line.len() <= HEADING && !line.starts_with([' ', '\t']) && !is_contents_line(line);
    let is = outstanding
        && match kind {
            Kind::Rfc => {
                numbered(line) || (alone && !line.ends_with(['.', ',', ';', ':']) && titled(line))
            }
            Kind::Book | Kind::Text => {
                alone
                    && (block.space >= 3 && set_apart(line)
                        || block.space >= 2 && (chapter(line) || shouted(line)))
            }
        };
    is.then(|| line.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// `3.1. Name space specifications`, `Appendix A`, `A.2 Examples`.
fn numbered(line: &str) -> bool {
    let mut words = line.split_whitespace().filter(|word| *word != "-");
    let (Some(number), Some(next)) = (words.next(), words.next()) else {
        return false;
    };
    let digits = number.trim_end_matches('.');
    let level = |part: &str| {
        !part.is_empty() && part.len() <= 2 && part.chars().all(|c| c.is_ascii_digit())
    };
    let letter = |part: &str| part.len() == 1 && part.chars().all(|c| c.is_ascii_uppercase());
    let mut parts = digits.split('.');
    let first = parts
        .next()
        .is_some_and(|part| level(part) || (letter(part) && number.contains('.')));
    let section =
        first && parts.all(level) && next.starts_with(|c: char| c.is_uppercase() || c == '"');
    (section && line.split_whitespace().count() <= 14) || number == "Appendix"
}

/// `Security Considerations`, `AUTHOR'S ADDRESS`: words of a title, most with a capital.
fn titled(line: &str) -> bool {
    let words: Vec<&str> = line
        .split_whitespace()
        .filter(|word| word.len() > 3)
        .collect();
    let capital = |word: &&&str| word.starts_with(|c: char| c.is_uppercase());
    line.starts_with(char::is_uppercase)
        && words.len() <= 8
        && words.iter().filter(capital).count() * 3 >= words.len() * 2
}

/// `CHAPTER I. Down the Rabbit-Hole`.
fn chapter(line: &str) -> bool {
    let first = line
        .split([' ', '.'])
        .next()
        .unwrap_or_default()
        .to_uppercase();
    [
        "CHAPTER",
        "CHAPITRE",
        "PART",
        "BOOK",
        "SECTION",
        "LIVRE",
        "PREFACE",
        "INTRODUCTION",
        "APPENDIX",
        "INDEX",
    ]
    .contains(&first.as_str())
}

/// `I.`, `Ninette`, far from what is before: transcribers leave four blank lines before a chapter.
fn set_apart(line: &str) -> bool {
    line.len() <= 60 && line.starts_with(char::is_uppercase) && !line.ends_with([',', ';'])
}

/// `THE OLD SEA-DOG AT THE "ADMIRAL BENBOW"`: all capitals.
fn shouted(line: &str) -> bool {
    let letters: Vec<char> = line.chars().filter(|c| c.is_alphabetic()).collect();
    letters.len() > 2 && letters.iter().all(|c| c.is_uppercase())
}

/// A line of a table of contents: dots, or a page at the end.
fn is_contents_line(line: &str) -> bool {
    line.contains("....")
        || line.contains(". . .")
        || line.ends_with(|c: char| c.is_ascii_digit()) && line.contains("   ")
}

/// A paragraph, in parts that are none too long.
fn parts(block: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), block);
    while rest.len() > LONGEST {
        let room = (0..FULL)
            .rev()
            .find(|at| rest.is_char_boundary(*at))
            .unwrap_or(0);
        let near = rest.get(..room).unwrap_or_default();
        let gap = near
            .rfind('\n')
            .or_else(|| near.rfind(char::is_whitespace))
            .filter(|at| *at > 0);
        let gap = gap.or_else(|| rest.find(char::is_whitespace).filter(|at| *at < WORD));
        let gap = gap.or_else(|| (rest.len() > WORD).then_some(room));
        let Some((part, more)) = gap.and_then(|at| rest.split_at_checked(at)) else {
            break;
        };
        found.push(part.trim_end());
        rest = more.trim_start_matches('\n');
        if rest.trim().is_empty() {
            return found;
        }
    }
    found.push(rest);
    found
}
