//! Searching what was ingested: whatever a person types is a query (`websearch_to_tsquery`), in every language that the
//! documents are in; hits are ranked, with a snippet of plain text in which the hits are told apart, never marked up.

use serde::Serialize;

use super::{outcome::IngestError, store::Store};

/// More of a query is left out, in characters.
const LONGEST: usize = 200;
/// Marks in a snippet, and what stands for `<` and `>` in it: characters for private use, that no text has.
const START: char = '\u{E000}';
const STOP: char = '\u{E001}';
const HIDDEN: [(char, char); 2] = [('\u{E002}', '<'), ('\u{E003}', '>')];

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
        snippet: snippet(row.try_get("snippet")?),
        rank: row.try_get("rank")?,
        near_duplicates: row.try_get("twins")?,
    })
}

/// Takes the marks out of a snippet, and the layout of its lines.
pub fn snippet(marked: &str) -> Vec<Part> {
    let shown = |c: char| {
        HIDDEN
            .iter()
            .find(|(hidden, _)| *hidden == c)
            .map_or(c, |(_, shown)| *shown)
    };
    let (mut parts, mut hit, mut space) = (Vec::<Part>::new(), false, true);
    for c in marked.chars() {
        match c {
            START => hit = true,
            STOP => hit = false,
            c if c.is_whitespace() && space => {}
            c => {
                space = c.is_whitespace();
                let c = if space { ' ' } else { shown(c) };
                match parts.last_mut().filter(|part| part.hit == hit) {
                    Some(part) => part.text.push(c),
                    None => parts.push(Part {
                        text: c.into(),
                        hit,
                    }),
                }
            }
        }
    }
    parts
}
