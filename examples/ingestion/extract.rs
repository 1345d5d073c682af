//! What a document says about itself, its language, its chunks, and what it resembles.

use serde::Serialize;

use super::{
    book,
    chunk::{self, Chunk},
    language,
    parse::{Kind, Remark},
    resemblance, rfc,
};

/// What a document says about itself.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// Its number: of the RFC, or of the book in Gutenberg's catalogue.
    pub number: Option<u32>,
    /// Its title; the first line of a text that says nothing of itself.
    pub title: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When, as the document says it.
    pub published: Option<String>,
    /// The RFCs it takes the place of.
    pub obsoletes: Vec<u32>,
    /// The RFCs it changes.
    pub updates: Vec<u32>,
    /// The text search configuration of its language.
    pub language: String,
    /// How many words it has.
    pub words: usize,
    /// How many headings it has.
    pub sections: u32,
    /// The language its catalogue says.
    #[serde(skip)]
    pub declared_language: Option<String>,
    /// The encoding its catalogue says.
    #[serde(skip)]
    pub declared_encoding: Option<String>,
}

/// A document that can be indexed.
#[derive(Debug)]
pub struct Extracted {
    /// What it says about itself.
    pub about: About,
    /// Its pieces.
    pub chunks: Vec<Chunk>,
    /// What it is compared by.
    pub sketch: Vec<i64>,
    /// What people should know.
    pub remarks: Vec<Remark>,
}

/// A document as it was parsed, read again from where it was kept.
pub struct Source<'a> {
    /// What sort of document.
    pub kind: Kind,
    /// The name of its encoding.
    pub encoding: &'a str,
    /// What stands before it.
    pub head: &'a str,
    /// The document.
    pub body: &'a str,
}

/// Extracts all there is.
pub fn extract(source: &Source<'_>) -> Extracted {
    let Source { kind, body, .. } = *source;
    let mut about = About::default();
    match kind {
        Kind::Rfc => rfc::front(body, &mut about),
        Kind::Book => book::front(source.head, &mut about),
        Kind::Text => {}
    }
    if about.title.is_empty() {
        let first = body
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        about.title = first.chars().take(200).collect();
    }
    about.language = language::of(body).to_owned();
    about.words = body.split_whitespace().count();
    let pieces = chunk::cut(body, kind);
    about.sections = pieces.sections;
    let remarks = remarks(source, &about);
    Extracted {
        about,
        chunks: pieces.chunks,
        sketch: resemblance::sketch(body),
        remarks,
    }
}

fn remarks(source: &Source<'_>, about: &About) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if let Some(declared) = &about.declared_encoding
        && !holds(declared, source.encoding)
    {
        let text = format!(
            "it says that it is {declared}, and is {}: read as that",
            source.encoding
        );
        remarks.push(Remark::new("encoding", text));
    }
    if let Some(declared) = &about.declared_language
        && declared.to_lowercase() != about.language
    {
        let text = format!(
            "it says that it is in {declared}, and is indexed as {}",
            about.language
        );
        remarks.push(Remark::new("language", text));
    }
    if source.kind != Kind::Text
        && (about.number.is_none() || about.authors.is_empty() || about.published.is_none())
    {
        remarks.push(Remark::new(
            "front_matter",
            "number, author or date cannot be read from its first page",
        ));
    }
    remarks
}

/// Whether text in one encoding may call itself another: seven bits are the same in all of them.
fn holds(declared: &str, is: &str) -> bool {
    let declared = declared.to_uppercase();
    is == "US-ASCII" || declared.contains(is) || (is == "ISO-8859-1" && declared.contains("1252"))
}
