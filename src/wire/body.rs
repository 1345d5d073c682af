//! A request's bytes into its items: one JSON object, an array of them, or a line for each.
//!
//! What is not JSON as a whole is refused as a whole; an item is refused alone.

use serde_json::value::RawValue;

use super::invalid::Invalid;
use super::strict;

/// How many items one request may carry.
pub const MAX_ITEMS: usize = 1000;

/// The items of a body, in order.
#[derive(Debug)]
pub struct Items<T> {
    /// Each as read, or why it could not be.
    pub items: Vec<Result<T, Invalid>>,
    /// Whether the body was a list, even of one: it is answered by a list then.
    pub many: bool,
}

/// The only object of a body.
///
/// # Errors
/// What `read` says, and text that is not UTF-8.
pub fn one<T>(body: &[u8], read: fn(&str) -> Result<T, Invalid>) -> Result<T, Invalid> {
    read(text(body)?)
}

/// Whether a JSON body is an array, by its first character.
#[must_use]
pub fn is_array(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'[')
}

/// A JSON object, or an array of 1 to [`MAX_ITEMS`].
///
/// # Errors
/// Where the whole is not JSON, or has no items or too many. A single object is an item even where it is refused.
pub fn json<T>(body: &[u8], read: fn(&str) -> Result<T, Invalid>) -> Result<Items<T>, Invalid> {
    if !is_array(body) {
        let items = vec![one(body, read)];
        return Ok(Items { items, many: false });
    }
    let items: Vec<&RawValue> =
        serde_json::from_str(text(body)?).map_err(|e| strict::malformed(&e))?;
    listed(items.len())?;
    let items = items.into_iter().map(|item| read(item.get())).collect();
    Ok(Items { items, many: true })
}

/// One JSON object per line; empty lines are passed over.
///
/// # Errors
/// Where there are no items or too many.
pub fn ndjson<T>(body: &[u8], read: fn(&str) -> Result<T, Invalid>) -> Result<Items<T>, Invalid> {
    let lines = || {
        body.split(|b| *b == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
    };
    listed(lines().count())?;
    let items = lines().map(|line| one(line, read)).collect();
    Ok(Items { items, many: true })
}

fn listed(count: usize) -> Result<(), Invalid> {
    match count {
        0 => Err(Invalid::Malformed(
            "the body holds no report: send at least one".into(),
        )),
        1..=MAX_ITEMS => Ok(()),
        _ => Err(Invalid::TooMany),
    }
}

fn text(body: &[u8]) -> Result<&str, Invalid> {
    str::from_utf8(body).map_err(|e| {
        Invalid::Malformed(format!(
            "the body is not UTF-8: see byte {}",
            e.valid_up_to()
        ))
    })
}
