//! The walk over a whole document before anybody reads a field of it: is it JSON (else 400), and is it JSON that we
//! take (else 422): no key twice, no U+0000, not too deep.
//!
//! serde alone takes the last of two equal keys, passes U+0000 (which Postgres refuses), and stops at 128 levels.
//! The walk goes on after the first finding, because what is not JSON must be called so.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::invalid::{Invalid, pointer};

/// How deep a document may be nested; the outermost object is level 1.
pub const MAX_DEPTH: usize = 32;

/// Refuses what is not JSON, and JSON that hides something.
pub(super) fn check(text: &str) -> Result<(), Invalid> {
    if text.trim_ascii().is_empty() {
        return Err(Invalid::Malformed(
            "the body is empty: send a JSON object".into(),
        ));
    }
    let mut found = Findings::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let walk = Walk {
        found: &mut found,
        depth: 1,
    };
    walk.deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|e| malformed(&e))?;
    match found.first {
        Some((pointer, detail)) => Err(Invalid::at(pointer, detail)),
        None => Ok(()),
    }
}

/// The 400 for what serde could not read: where it stands, none of its words.
pub(super) fn malformed(error: &serde_json::Error) -> Invalid {
    Invalid::Malformed(format!(
        "the body is not valid JSON: see line {}, column {}",
        error.line(),
        error.column()
    ))
}

enum Step {
    Key(String),
    Index(usize),
}

#[derive(Default)]
struct Findings {
    path: Vec<Step>,
    first: Option<(String, &'static str)>,
}

impl Findings {
    fn add(&mut self, detail: &'static str) {
        if self.first.is_none() {
            let path = self
                .path
                .iter()
                .fold(String::new(), |base, step| match step {
                    Step::Key(key) => pointer(&base, key),
                    Step::Index(index) => format!("{base}/{index}"),
                });
            self.first = Some((path, detail));
        }
    }
}

struct Walk<'f> {
    found: &'f mut Findings,
    depth: usize,
}

impl Walk<'_> {
    fn below(&mut self) -> Walk<'_> {
        Walk {
            found: self.found,
            depth: self.depth + 1,
        }
    }

    fn too_deep(&mut self) -> bool {
        let deep = self.depth > MAX_DEPTH;
        if deep {
            self.found.add("is nested deeper than 32 levels");
        }
        deep
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            self.found.add("contains U+0000");
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        if self.too_deep() {
            // Skipping needs no stack, so what comes is still known to be JSON or not.
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        for index in 0.. {
            self.found.path.push(Step::Index(index));
            let more = items.next_element_seed(self.below())?.is_some();
            self.found.path.pop();
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        if self.too_deep() {
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let (twice, zero) = (seen.contains(&key), key.contains('\0'));
            self.found.path.push(Step::Key(key));
            if twice {
                self.found.add("is given twice");
            }
            if zero {
                self.found.add("has U+0000 in its name");
            }
            entries.next_value_seed(self.below())?;
            if let Some(Step::Key(key)) = self.found.path.pop() {
                seen.insert(key);
            }
        }
        Ok(())
    }
}
