//! What a book of Project Gutenberg looks like: licence and catalogue before it, the licence after it.
//!
//! Both are told apart from the book, and stored with it: they must stay with every copy.

use super::extract::About;

/// A book, in three parts that are the whole file.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Up to the line that says where the book starts, that line too.
    pub head: &'a str,
    /// The book.
    pub body: &'a str,
    /// From the line that says where it ends; nothing where the file is cut off.
    pub tail: &'a str,
}

/// The parts of a book, where the text is one.
pub fn parts(text: &str) -> Option<Parts<'_>> {
    let (_, start) = marker(text, 0, "START")?;
    let (end, _) = marker(text, start, "END").unwrap_or((text.len(), text.len()));
    Some(Parts {
        head: text.get(..start)?,
        body: text.get(start..end)?,
        tail: text.get(end..)?,
    })
}

/// Where the line `*** START OF THE PROJECT GUTENBERG EBOOK … ***` is, which may be two lines long.
fn marker(text: &str, from: usize, what: &str) -> Option<(usize, usize)> {
    let mut at = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let words = line
            .strip_prefix("***")
            .map(str::trim_start)
            .and_then(|line| line.strip_prefix(what));
        if words
            .is_some_and(|words| words.starts_with(" OF TH") && words.contains("PROJECT GUTENBERG"))
        {
            let rest = text.get(at + 3..)?;
            let closing = rest.find("***").filter(|length| *length < 400);
            let end = at + 3 + closing.map_or(line.len() - 3, |length| length + 3);
            let line_end = text
                .get(end..)?
                .find('\n')
                .map_or(text.len(), |length| end + length + 1);
            return Some((at, line_end));
        }
        at += line.len();
    }
    None
}

/// Reads the catalogue: `Title:`, `Author:`, `Release Date: … [EBook #11]`, `Language:`, `Character set encoding:`.
pub fn front(head: &str, about: &mut About) {
    about.title = field(head, "Title").unwrap_or_default();
    about.authors.extend(field(head, "Author"));
    about.declared_language = field(head, "Language");
    about.declared_encoding = field(head, "Character set encoding");
    let date = field(head, "Release Date").or_else(|| field(head, "Posting Date"));
    about.published = date.map(|date| date.split('[').next().unwrap_or_default().trim().to_owned());
    let number = head.split('#').nth(1).unwrap_or_default();
    about.number = number
        .split(']')
        .next()
        .and_then(|number| number.parse().ok());
}

/// A field's value; indented lines belong to it.
fn field(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().skip_while(|line| !is_field(line, name));
    let first = lines.next()?.split_once(':')?.1;
    let more = lines.take_while(|line| line.starts_with(' ') && !line.trim().is_empty());
    let words = std::iter::once(first)
        .chain(more)
        .flat_map(str::split_whitespace);
    Some(words.collect::<Vec<_>>().join(" ")).filter(|value| !value.is_empty())
}

fn is_field(line: &str, name: &str) -> bool {
    line.strip_prefix(name)
        .is_some_and(|rest| rest.starts_with(':'))
}
