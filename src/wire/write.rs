//! A plain JSON writer. States are written once per version on the way of every report, so this appends to one
//! buffer instead of building trees; opaque objects are copied in as the text they came as.

use std::fmt::Write as _;

use crate::progress::{Object, Timestamp};

/// Appends JSON to a text.
#[derive(Debug, Default)]
pub struct Json {
    text: String,
    comma: bool,
}

impl Json {
    /// An empty text with room for a state.
    #[must_use]
    pub fn new() -> Self {
        Self {
            text: String::with_capacity(2048),
            comma: false,
        }
    }

    /// The text.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    /// `{ … }` around what `fill` writes.
    pub fn object(&mut self, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.around('{', '}', fill)
    }

    /// `[ … ]` around what `fill` writes.
    pub fn array(&mut self, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.around('[', ']', fill)
    }

    /// The name of a field, whose value is written next.
    pub fn key(&mut self, name: &str) -> &mut Self {
        self.string(name);
        self.text.push(':');
        self.comma = false;
        self
    }

    /// A string.
    pub fn string(&mut self, value: &str) -> &mut Self {
        self.separate();
        self.text.push('"');
        let mut start = 0;
        for (at, byte) in value.bytes().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.text.push_str(&value[start..at]);
            start = at + 1;
            match byte {
                b'"' => self.text.push_str("\\\""),
                b'\\' => self.text.push_str("\\\\"),
                b'\n' => self.text.push_str("\\n"),
                b'\r' => self.text.push_str("\\r"),
                b'\t' => self.text.push_str("\\t"),
                0x08 => self.text.push_str("\\b"),
                0x0c => self.text.push_str("\\f"),
                _ => drop(write!(self.text, "\\u{byte:04x}")),
            }
        }
        self.text.push_str(&value[start..]);
        self.text.push('"');
        self
    }

    /// A string, or null.
    pub fn maybe_string(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.string(value),
            None => self.null(),
        }
    }

    /// A whole number.
    pub fn count(&mut self, value: u64) -> &mut Self {
        self.separate();
        let _ = write!(self.text, "{value}");
        self
    }

    /// A whole number, or null.
    pub fn maybe_count(&mut self, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.count(value),
            None => self.null(),
        }
    }

    /// A finite number, a whole one without a fraction.
    pub fn number(&mut self, value: f64) -> &mut Self {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        self.separate();
        let value = if value == 0.0 { 0.0 } else { value };
        if value.fract() == 0.0 && value.abs() < EXACT {
            let _ = write!(self.text, "{value:.0}");
        } else {
            // The shortest text that reads back as the same number.
            self.text.push_str(
                &serde_json::Number::from_f64(value).map_or_else(|| "0".into(), |n| n.to_string()),
            );
        }
        self
    }

    /// `true` or `false`.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.raw(if value { "true" } else { "false" })
    }

    /// `null`.
    pub fn null(&mut self) -> &mut Self {
        self.raw("null")
    }

    /// A moment.
    pub fn time(&mut self, value: Timestamp) -> &mut Self {
        self.separate();
        self.text.push('"');
        push_time(&mut self.text, value);
        self.text.push('"');
        self
    }

    /// A moment, or null.
    pub fn maybe_time(&mut self, value: Option<Timestamp>) -> &mut Self {
        match value {
            Some(value) => self.time(value),
            None => self.null(),
        }
    }

    /// JSON that is there already.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.separate();
        self.text.push_str(json);
        self
    }

    /// An opaque object, or null.
    pub fn maybe_object(&mut self, value: Option<&Object>) -> &mut Self {
        match value {
            Some(value) => self.raw(value.as_str()),
            None => self.null(),
        }
    }

    fn around(&mut self, open: char, close: char, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.separate();
        self.text.push(open);
        self.comma = false;
        fill(self);
        self.text.push(close);
        self.comma = true;
        self
    }

    fn separate(&mut self) {
        if self.comma {
            self.text.push(',');
        }
        self.comma = true;
    }
}

/// Bytes that a character of a text may take in a frame, one with another: as many as the longest in UTF-8 does. A
/// control character takes six; a text full of them would be larger than the frame has room for.
const PER_CHARACTER: usize = 4;

/// Whether a text has at most `max` characters, and does not take more room in a frame than so many may.
#[must_use]
pub fn fits(text: &str, max: usize) -> bool {
    let written = |byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.chars().count() <= max && text.bytes().map(written).sum::<usize>() <= max * PER_CHARACTER
}

/// `2026-11-20T09:35:00.000Z`.
#[must_use]
pub fn time_text(time: Timestamp) -> String {
    let mut text = String::with_capacity(24);
    push_time(&mut text, time);
    text
}

/// The moment that `text` (RFC 3339) says. A year has four digits, from 0000 on: the library reads others, too, and
/// Postgres knows no moment in some of them.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    const YEAR_0: i64 = -62_167_219_200_000;
    let (year, rest) = text.split_at_checked(4)?;
    (year.bytes().all(|b| b.is_ascii_digit()) && rest.starts_with('-')).then_some(())?;
    let time = text.parse::<jiff::Timestamp>().ok()?.as_millisecond();
    (time >= YEAR_0).then_some(Timestamp(time))
}

/// Civil date from days since 1970, by Howard Hinnant's `civil_from_days`.
fn push_time(text: &mut String, time: Timestamp) {
    let (days, millis) = (time.0.div_euclid(86_400_000), time.0.rem_euclid(86_400_000));
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (
        doy - (153 * mp + 2) / 5 + 1,
        if mp < 10 { mp + 3 } else { mp - 9 },
    );
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
    let _ = write!(
        text,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        millis % 1000
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::fold::quoted;

    #[test]
    fn times_are_read_as_they_were_written() {
        for millis in [
            0,
            1,
            951_827_696_789,
            1_732_096_500_123,
            4_102_444_799_999,
            253_402_207_200_000,
            -1,
            -62_167_219_200_000,
        ] {
            let text = time_text(Timestamp(millis));
            assert_eq!(parse_time(&text), Some(Timestamp(millis)), "{text}");
        }
        assert_eq!(
            time_text(Timestamp(951_827_696_789)),
            "2000-02-29T12:34:56.789Z"
        );
    }

    #[test]
    fn what_is_before_the_year_0_is_no_time() {
        for text in [
            "-009999-01-01T00:00:00Z",
            "-000001-12-31T23:59:59.999Z",
            "0000-01-01T00:00:00+00:01",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn text_is_escaped_as_serde_reads_it() {
        let hostile = "a\"b\\c\nd\u{1}\u{8}\u{c}\u{7f}\u{2028}</script>é𝄞";
        let mut json = Json::new();
        json.string(hostile);
        let text = json.finish();
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
        // The limits of metadata are counted by this.
        assert_eq!(text.len(), quoted(hostile));
    }

    #[test]
    fn numbers_stay_what_they_are() {
        let mut json = Json::new();
        json.array(|a| {
            a.number(12.0)
                .number(-0.0)
                .number(0.1)
                .number(1e300)
                .number(312.5)
                .count(u64::MAX)
                .bool(true)
                .null();
        });
        assert_eq!(
            json.finish(),
            "[12,0,0.1,1e+300,312.5,18446744073709551615,true,null]"
        );
    }
}
