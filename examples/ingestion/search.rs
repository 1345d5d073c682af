//! Searching what was ingested: whatever a person types is a query (`websearch_to_tsquery`), in every language that the
//! documents are in; hits are ranked, with a snippet of plain text in which the hits are told apart, never marked up.

use serde::Serialize;

use super::{outcome::IngestError, store::Store};

/// More of a query is left out, in characters.
const LONGEST: usize = 200;
/// Marks in a headline, and what is between two of its fragments: characters for private use.
const START: char = '\u{E000}';
const STOP: char = '\u{E001}';
const BREAK: char = '\u{E002}';

/// What a search found.
#[derive(Debug, Default, Serialize)]
pub struct Found {
    /// How many documents match, near duplicates of each other counted once.
    pub documents: i64,
    /// The best of them, best first.
    pub hits: Vec<Hit>,
}

/// A document that matches, by its best chunk.
#[derive(Debug, Serialize)]
pub struct Hit {
    /// The collection it is in.
    pub collection: String,
    /// Its path there.
    pub path: String,
    /// `rfc`, `book` or `text`.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When, as it says it.
    pub published: Option<String>,
    /// The heading that the snippet stands under.
    pub heading: String,
    /// Some of its text.
    pub snippet: Vec<Part>,
    /// How well it matches; only to be compared with the others.
    pub rank: f32,
    /// Documents that are nearly this one.
    pub near_duplicates: Vec<String>,
}

/// A part of a snippet: plain text.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether it was searched for.
    pub hit: bool,
}

/// Finds documents, in one collection or in all.
pub async fn search(
    store: &Store,
    query: &str,
    collection: Option<&str>,
    limit: u32,
) -> Result<Found, IngestError> {
    let query: String = query.chars().filter(|c| *c != '\0').take(LONGEST).collect();
    if query.trim().is_empty() {
        return Ok(Found::default());
    }
    let client = store.client().await?;
    let statement = client.prepare_cached(include_str!("search.sql")).await?;
    let rows = client
        .query(&statement, &[&query, &collection, &i64::from(limit)])
        .await?;
    let documents = rows.first().map_or(Ok(0), |row| row.try_get("documents"))?;
    let hits = rows.iter().map(hit).collect::<Result<_, _>>()?;
    Ok(Found { documents, hits })
}

fn hit(row: &tokio_postgres::Row) -> Result<Hit, tokio_postgres::Error> {
    Ok(Hit {
        collection: row.try_get("collection")?,
        path: row.try_get("path")?,
        kind: row.try_get("kind")?,
        title: row.try_get("title")?,
        authors: row.try_get("authors")?,
        published: row.try_get("published")?,
        heading: row.try_get("heading")?,
        snippet: snippet(
            row.try_get("body")?,
            row.try_get("folded")?,
            row.try_get("marked")?,
        ),
        rank: row.try_get("rank")?,
        near_duplicates: row.try_get("twins")?,
    })
}

/// The text that a headline was made of, as it stands in the document: the headline speaks of the folded text, which is
/// as long as the body, character for character. The layout of lines becomes single spaces.
pub fn snippet(body: &str, folded: &str, marked: &str) -> Vec<Part> {
    let mut parts = Parts::default();
    for (number, fragment) in marked.split(BREAK).enumerate() {
        if number > 0 {
            parts.push(" … ".chars(), std::iter::repeat(false));
        }
        let (mut plain, mut hits, mut hit) = (String::new(), Vec::new(), false);
        for c in fragment.chars() {
            match c {
                START => hit = true,
                STOP => hit = false,
                c => {
                    plain.push(c);
                    hits.push(hit);
                }
            }
        }
        match folded.find(&plain).and_then(|at| folded.get(..at)) {
            Some(before) => parts.push(body.chars().skip(before.chars().count()), hits.into_iter()),
            None => parts.push(plain.chars(), hits.into_iter()),
        }
    }
    parts.0
}

#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn push(&mut self, text: impl Iterator<Item = char>, hits: impl Iterator<Item = bool>) {
        for (c, hit) in text.zip(hits) {
            let c = if c.is_whitespace() { ' ' } else { c };
            if c == ' ' && self.0.last().is_none_or(|part| part.text.ends_with(' ')) {
                continue;
            }
            match self.0.last_mut().filter(|part| part.hit == hit) {
                Some(part) => part.text.push(c),
                None => self.0.push(Part {
                    text: c.into(),
                    hit,
                }),
            }
        }
    }
}
