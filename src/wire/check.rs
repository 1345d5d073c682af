//! Reading the fields of one JSON object into checked values: every method takes a field away, says what is wrong
//! with it, or gives it; what is left over at the end is unknown and refused.
//!
//! Not serde's derive: its messages name our types and echo the value, it stops at the first fault, and it takes a
//! JSON array for a struct. Numbers are judged as they are written, so that `1.0` is no count. An explicit `null`
//! is an absent field, unless said otherwise. Long because it has one method for each shape of value.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::value::RawValue;

use super::invalid::{Fault, Invalid, pointer};
use super::raw::{Entries, compact, number};
use super::strict;
use crate::progress::fold::quoted;
use crate::progress::{Kind, MAX_COUNT, Name, Object};

/// How many faults of one body are told at most.
const MAX_FAULTS: usize = 20;

/// The fields of one object that nobody has taken yet, and what was wrong with the others.
pub struct Fields<'a> {
    left: Vec<(String, &'a RawValue)>,
    base: String,
    faults: Vec<Fault>,
}

impl<'a> Fields<'a> {
    /// The fields of a whole document, which has passed the strict walk and is an object.
    pub fn of(text: &'a str) -> Result<Self, Invalid> {
        strict::check(text)?;
        let not_object = || Invalid::at("", "must be a JSON object");
        if !text.trim_ascii_start().starts_with('{') {
            return Err(not_object());
        }
        let Entries(left) = serde_json::from_str(text).map_err(|_| not_object())?;
        Ok(Self {
            left,
            base: String::new(),
            faults: Vec::new(),
        })
    }

    /// Says that `field` is wrong.
    pub fn fault(&mut self, field: &str, detail: impl Into<Cow<'static, str>>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault {
                pointer: pointer(&self.base, field),
                detail: detail.into(),
            });
        }
    }

    /// `value`, and a fault where it is missing and none was told yet.
    pub fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        let at = pointer(&self.base, field);
        let known = |f: &Fault| {
            let below = f.pointer.strip_prefix(&at);
            below.is_some_and(|b| b.is_empty() || b.starts_with('/'))
        };
        if value.is_none() && !self.faults.iter().any(known) {
            self.fault(field, "is required");
        }
        value
    }

    /// The value, once every field was taken and none was wrong.
    pub fn done<T>(mut self, value: Option<T>) -> Result<T, Invalid> {
        self.refuse_rest();
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(Invalid::Unprocessable(self.faults)),
        }
    }

    /// Leaves the other fields unread without calling them unknown.
    pub fn pass_over(&mut self) {
        self.left.clear();
    }

    /// Whether the field is there as an explicit `null`.
    pub fn is_null(&self, field: &str) -> bool {
        self.left
            .iter()
            .any(|(k, v)| k == field && v.get() == "null")
    }

    /// A text of at most `max` characters.
    pub fn text(&mut self, field: &str, max: usize) -> Option<Box<str>> {
        let raw = self.take(field)?;
        let Ok(text) = serde_json::from_str::<String>(raw.get()) else {
            self.fault(field, "must be a string");
            return None;
        };
        if let Some(detail) = overlong(&text, max) {
            self.fault(field, detail);
            return None;
        }
        Some(text.into())
    }

    /// A text of 1 to `max` characters.
    pub fn word(&mut self, field: &str, max: usize) -> Option<Box<str>> {
        let text = self.text(field, max)?;
        if text.is_empty() {
            self.fault(field, "must not be empty");
            return None;
        }
        Some(text)
    }

    /// A text that `read` understands, else `detail`.
    pub fn parsed<T>(
        &mut self,
        field: &str,
        detail: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let raw = self.take(field)?;
        let text = serde_json::from_str::<String>(raw.get()).ok();
        let value = text.and_then(|t| read(&t));
        if value.is_none() {
            self.fault(field, detail);
        }
        value
    }

    /// A name.
    pub fn name(&mut self, field: &str) -> Option<Name> {
        const WHAT: &str = "must match [A-Za-z0-9][A-Za-z0-9._-]{0,63}";
        self.parsed(field, WHAT, |t| Name::parse(t).ok())
    }

    /// A kind.
    pub fn kind(&mut self, field: &str) -> Option<Kind> {
        const WHAT: &str =
            "must match [a-z][a-z0-9_-]*(:[a-z][a-z0-9_-]*){0,3} and have at most 64 characters";
        self.parsed(field, WHAT, |t| Kind::parse(t).ok())
    }

    /// A count: 0 to 2^53 - 1, written as an integer.
    pub fn count(&mut self, field: &str) -> Option<u64> {
        self.count_in(field, 0..=MAX_COUNT)
    }

    /// A count within `range`.
    pub fn count_in(&mut self, field: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let raw = self.take(field)?.get();
        let digits = raw.bytes().all(|b| b.is_ascii_digit());
        let count = raw.parse().ok().filter(|c| digits && range.contains(c));
        if count.is_none() {
            let (low, high) = range.into_inner();
            self.fault(field, format!("must be an integer from {low} to {high}"));
        }
        count
    }

    /// A finite number within `range`; minus zero is zero.
    pub fn number(&mut self, field: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let raw = self.take(field)?;
        let number = number(raw).filter(|n| range.contains(n));
        if number.is_none() {
            let (low, high) = range.into_inner();
            self.fault(field, format!("must be a number from {low} to {high}"));
        }
        number
    }

    /// `true` or `false`.
    pub fn flag(&mut self, field: &str) -> Option<bool> {
        let flag = match self.take(field)?.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        if flag.is_none() {
            self.fault(field, "must be true or false");
        }
        flag
    }

    /// An object that passes through unread, at most `max` bytes as compact JSON.
    pub fn object(&mut self, field: &str, max: usize) -> Option<Object> {
        let raw = self.take(field)?;
        let text = self.object_text(field, raw, max)?;
        Some(Object::checked(&text))
    }

    /// The entries of an object of at most `max` bytes, each value unread.
    pub fn entries(&mut self, field: &str, max: usize) -> Option<Vec<(Box<str>, Object)>> {
        let raw = self.take(field)?;
        self.object_text(field, raw, max)?;
        let Entries(entries) = serde_json::from_str(raw.get()).ok()?;
        let entry = |(key, value): (String, &RawValue)| {
            (key.into(), Object::checked(&compact(value.get())))
        };
        Some(entries.into_iter().map(entry).collect())
    }

    /// At most `max` finite numbers by name; names have 1 to 64 characters.
    pub fn numbers(&mut self, field: &str, max: usize) -> Option<Vec<(Box<str>, f64)>> {
        const LONGEST: usize = 64;
        const NAMES: &str =
            "must have a name of 1 to 64 characters, few of them control characters";
        let any = f64::MIN..=f64::MAX;
        self.nested(field, |inner| {
            let keys: Vec<String> = inner.left.iter().map(|(k, _)| k.clone()).collect();
            if keys.len() > max {
                inner.left.clear();
                inner.fault_here(format!("must have at most {max} entries"));
                return None;
            }
            let mut numbers = Vec::with_capacity(keys.len());
            for key in keys {
                if key.is_empty() || overlong(&key, LONGEST).is_some() {
                    inner.left.retain(|(k, _)| *k != key);
                    inner.fault(&key, NAMES);
                } else if inner.is_null(&key) {
                    inner.left.retain(|(k, _)| *k != key);
                    inner.fault(&key, "must be a number");
                } else if let Some(number) = inner.number(&key, any.clone()) {
                    numbers.push((key.into(), number));
                }
            }
            Some(numbers)
        })
    }

    /// An object that `read` takes apart.
    pub fn nested<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&mut Fields<'a>) -> Option<T>,
    ) -> Option<T> {
        let raw = self.take(field)?;
        self.inside(pointer(&self.base, field), raw, read)
    }

    /// A list of at most `max` objects that `read` takes apart.
    pub fn list<T>(
        &mut self,
        field: &str,
        max: usize,
        read: impl Fn(&mut Fields<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let raw = self.take(field)?;
        let Ok(items) = serde_json::from_str::<Vec<&'a RawValue>>(raw.get()) else {
            self.fault(field, "must be an array");
            return None;
        };
        if items.len() > max {
            self.fault(field, format!("must have at most {max} items"));
            return None;
        }
        let base = pointer(&self.base, field);
        let read = |(index, raw)| self.inside(format!("{base}/{index}"), raw, &read);
        // Every item is read, so that all faults are told.
        let values: Vec<Option<T>> = items.into_iter().enumerate().map(read).collect();
        values.into_iter().collect()
    }

    fn inside<T>(
        &mut self,
        base: String,
        raw: &'a RawValue,
        read: impl FnOnce(&mut Fields<'a>) -> Option<T>,
    ) -> Option<T> {
        let (left, object) = match serde_json::from_str(raw.get()) {
            Ok(Entries(left)) => (left, true),
            Err(_) => (Vec::new(), false),
        };
        let mut inner = Fields {
            left,
            base,
            faults: std::mem::take(&mut self.faults),
        };
        let value = if object {
            let value = read(&mut inner);
            inner.refuse_rest();
            value
        } else {
            inner.fault_here("must be an object");
            None
        };
        self.faults = inner.faults;
        value
    }

    fn object_text(&mut self, field: &str, raw: &'a RawValue, max: usize) -> Option<Cow<'a, str>> {
        if !raw.get().starts_with('{') {
            self.fault(field, "must be an object");
            return None;
        }
        let text = compact(raw.get());
        if text.len() > max {
            self.fault(field, format!("must have at most {max} bytes as JSON"));
            return None;
        }
        Some(text)
    }

    fn fault_here(&mut self, detail: impl Into<Cow<'static, str>>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault {
                pointer: self.base.clone(),
                detail: detail.into(),
            });
        }
    }

    fn refuse_rest(&mut self) {
        for (field, _) in std::mem::take(&mut self.left) {
            self.fault(&field, "is not known here");
        }
    }

    fn take(&mut self, field: &str) -> Option<&'a RawValue> {
        let at = self.left.iter().position(|(k, _)| k == field)?;
        let (_, raw) = self.left.swap_remove(at);
        (raw.get() != "null").then_some(raw)
    }
}

/// What is wrong with a text that is too long: it has more than `max` characters, or takes more room than as many of
/// the widest. JSON writes control characters out, in more bytes than any other takes, and the limit of a frame
/// counts on four.
pub(super) fn overlong(text: &str, max: usize) -> Option<String> {
    if text.chars().count() > max {
        return Some(format!("must have at most {max} characters"));
    }
    let most = 4 * max;
    (quoted(text) > most + 2).then(|| format!("must have at most {most} bytes as JSON"))
}
