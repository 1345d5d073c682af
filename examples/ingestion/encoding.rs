//! Bytes to text: which encoding a file is in, decided by its bytes and never by its name.
//!
//! A byte order mark decides; else what is valid UTF-8 is that; else it is Windows-1252, the superset of ISO-8859-1 that
//! every byte has a meaning in (WHATWG Encoding). What holds no text at all is refused.

use std::fmt;

/// How the bytes were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits only.
    Ascii,
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16 with a byte order mark.
    Utf16,
    /// ISO-8859-1, or Windows-1252 where one of its own characters occurs.
    Latin1,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ascii => "US-ASCII",
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::Latin1 => "ISO-8859-1",
        })
    }
}

/// A file's text.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text; every line ends with a line feed, and no byte order mark is left.
    pub text: String,
    /// How the bytes were read.
    pub encoding: Encoding,
    /// Byte sequences that mean nothing in that encoding; each became U+FFFD.
    pub damaged: usize,
}

/// Why a file is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoText {
    /// Nothing but white space.
    Empty,
    /// Bytes that no text holds.
    Binary,
}

/// What Windows-1252 holds from 0x80 to 0x9F, where ISO-8859-1 has control characters.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Reads a file's bytes as text.
pub fn decode(bytes: &[u8]) -> Result<Decoded, NoText> {
    let (text, encoding) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            (String::from_utf8_lossy(rest).into_owned(), Encoding::Utf8)
        }
        [0xFF, 0xFE, rest @ ..] => (utf16(rest, u16::from_le_bytes), Encoding::Utf16),
        [0xFE, 0xFF, rest @ ..] => (utf16(rest, u16::from_be_bytes), Encoding::Utf16),
        _ if bytes.is_ascii() => (String::from_utf8_lossy(bytes).into_owned(), Encoding::Ascii),
        _ => eight_bits(bytes),
    };
    // U+FFFD may be there by right.
    let damaged = text
        .matches('\u{FFFD}')
        .count()
        .saturating_sub(replacements(bytes, encoding));
    if text.trim().is_empty() {
        return Err(NoText::Empty);
    }
    if is_binary(&text) || damaged * 20 > text.chars().count() {
        return Err(NoText::Binary);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // What is left of them would only be obeyed by a terminal.
    let text = text.replace(is_control, " ");
    Ok(Decoded {
        text,
        encoding,
        damaged,
    })
}

/// UTF-8 where it is that, or was before a few bytes were damaged; else Latin-1.
fn eight_bits(bytes: &[u8]) -> (String, Encoding) {
    if let Ok(text) = str::from_utf8(bytes) {
        return (text.to_owned(), Encoding::Utf8);
    }
    let lossy = String::from_utf8_lossy(bytes);
    let wrong = lossy.matches('\u{FFFD}').count();
    let right = lossy
        .chars()
        .filter(|c| !c.is_ascii())
        .count()
        .saturating_sub(wrong);
    if wrong * 10 < right {
        return (lossy.into_owned(), Encoding::Utf8);
    }
    (
        bytes.iter().map(|byte| latin(*byte)).collect(),
        Encoding::Latin1,
    )
}

fn latin(byte: u8) -> char {
    let own = byte
        .checked_sub(0x80)
        .and_then(|at| WINDOWS.get(usize::from(at)));
    own.copied().unwrap_or(char::from(byte))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let chars = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    chars
        .chain((!odd.is_empty()).then_some(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// U+FFFD that the file itself holds.
fn replacements(bytes: &[u8], encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => bytes
            .windows(3)
            .filter(|three| *three == [0xEF, 0xBF, 0xBD])
            .count(),
        _ => 0,
    }
}

/// Control characters are rare in text; a NUL is never in it.
fn is_binary(text: &str) -> bool {
    let (mut all, mut wrong) = (0, 0);
    for c in text.chars() {
        all += 1;
        wrong += usize::from(is_control(c));
        if c == '\0' {
            return true;
        }
    }
    wrong * 100 > all
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')
}
