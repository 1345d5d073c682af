//! A file's bytes as a document: its text, without what only a page or a licence needs, and what is odd about it.
//!
//! Nothing of the file is lost by this: its bytes are stored whole, what is cleaned is only searched.

use serde_json::{Value, json};

use super::{
    book,
    encoding::{self, Encoding, NoText},
    rfc,
};

/// Larger files are refused; in bytes.
pub const LARGEST: usize = 16 << 20;

/// What sort of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An RFC, on pages.
    Rfc,
    /// A book of Project Gutenberg.
    Book,
    /// Any other text.
    Text,
}

impl Kind {
    /// Its name where it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rfc => "rfc",
            Self::Book => "book",
            Self::Text => "text",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Self {
        [Self::Rfc, Self::Book]
            .into_iter()
            .find(|kind| kind.name() == name)
            .unwrap_or(Self::Text)
    }
}

/// A file that was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What sort of document.
    pub kind: Kind,
    /// How its bytes were read.
    pub encoding: Encoding,
    /// What stands before the document: licence and catalogue.
    pub head: String,
    /// The document, as it is searched.
    pub body: String,
    /// What stands after it: the licence.
    pub tail: String,
    /// How many pages it has.
    pub pages: u32,
    /// What people should know.
    pub remarks: Vec<Remark>,
}

/// Something odd about a file, or why it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// A stable name.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// For programs.
    pub data: Value,
}

impl Remark {
    /// A remark without data of its own.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: json!({}),
        }
    }
}

/// Reads a file, or says why it cannot be a document.
pub fn parse(bytes: &[u8]) -> Result<Parsed, Remark> {
    if bytes.len() > LARGEST {
        let text = format!(
            "{} bytes, and {LARGEST} is the largest: split it",
            bytes.len()
        );
        return Err(Remark::new("too_large", text));
    }
    let decoded = encoding::decode(bytes).map_err(|why| match why {
        NoText::Empty => Remark::new("empty", "there is no text in it"),
        NoText::Binary => Remark::new("not_text", "it is no text: export it as plain text"),
    })?;
    let mut remarks = Vec::new();
    if decoded.damaged > 0 {
        let text = format!(
            "{} sequences of bytes are no {}",
            decoded.damaged, decoded.encoding
        );
        remarks.push(Remark {
            data: json!({"sequences": decoded.damaged}),
            ..Remark::new("damaged_text", text)
        });
    }
    let (kind, [head, body, tail], pages) = sort(&decoded.text, &mut remarks);
    if body.trim().is_empty() {
        return Err(Remark::new("empty", "there is no text in it but a licence"));
    }
    Ok(Parsed {
        kind,
        encoding: decoded.encoding,
        head,
        body,
        tail,
        pages,
        remarks,
    })
}

fn sort(text: &str, remarks: &mut Vec<Remark>) -> (Kind, [String; 3], u32) {
    if let Some(parts) = book::parts(text) {
        if parts.tail.is_empty() {
            remarks.push(cut_off("the licence at its end is missing"));
        }
        let parts = [parts.head, parts.body, parts.tail].map(|part| part.replace('\u{c}', "\n"));
        return (Kind::Book, parts, 1);
    }
    let (clean, is_rfc) = (rfc::clean(text), rfc::is_rfc(text));
    if is_rfc && !clean.whole && clean.pages > 1 {
        remarks.push(cut_off("the foot of its last page is missing"));
    }
    if is_rfc {
        return (
            Kind::Rfc,
            [String::new(), clean.body, String::new()],
            clean.pages,
        );
    }
    let pages = 1 + text.trim_end().matches('\u{c}').count();
    let body = text.replace('\u{c}', "\n");
    (
        Kind::Text,
        [String::new(), body, String::new()],
        u32::try_from(pages).unwrap_or(u32::MAX),
    )
}

fn cut_off(what: &str) -> Remark {
    Remark::new("cut_off", format!("{what}: the file may be cut off"))
}
