//! Numbers as programs print them: `1,234`, `1_234`, `3.2`, `500k`, `16.9 MB`, `2.9MiB`. Pure.

/// A number at the start of a text: its value, whether it is a whole one, and the text after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number<'a> {
    /// What it is.
    pub value: f64,
    /// Whether it has no fraction.
    pub whole: bool,
    /// What follows.
    pub rest: &'a str,
}

/// More digits than any count has.
const LONGEST: usize = 20;

/// The number that a text starts with.
#[must_use]
pub fn leading(text: &str) -> Option<Number<'_>> {
    let bytes = text.as_bytes();
    let mut digits = String::new();
    let (mut at, mut whole) = (0, true);
    while let Some(byte) = bytes.get(at) {
        let digit_follows = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        match byte {
            b'0'..=b'9' => digits.push(char::from(*byte)),
            b',' | b'_' if whole && is_group(bytes.get(at + 1..).unwrap_or_default()) => {}
            b'.' if whole && digit_follows => {
                whole = false;
                digits.push('.');
            }
            _ => break,
        }
        at += 1;
    }
    if digits.is_empty() || digits.starts_with('.') || digits.len() > LONGEST {
        return None;
    }
    Some(Number {
        value: digits.parse().ok()?,
        whole,
        rest: text.get(at..)?,
    })
}

/// Whether three digits, and not four, follow: so `1,234` is a number and `1,2` are two.
fn is_group(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    digits == 3
}

/// Where the number that a text ends with begins.
#[must_use]
pub fn trailing(text: &str) -> Option<usize> {
    let kept = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '_');
    let start = text.trim_end_matches(kept).len();
    let number = text.get(start..)?;
    let skipped = number.len() - number.trim_start_matches(['.', ',', '_']).len();
    let start = start + skipped;
    let number = leading(text.get(start..)?)?;
    number.rest.is_empty().then_some(start)
}

/// A multiple that stands after a number: what it is worth, whether it means bytes, and the text after it.
#[must_use]
pub fn multiple(text: &str) -> (f64, bool, &str) {
    const PREFIXES: &[(char, f64, f64)] = &[
        ('k', 1e3, 1024.0),
        ('K', 1e3, 1024.0),
        ('M', 1e6, 1_048_576.0),
        ('G', 1e9, 1_073_741_824.0),
        ('T', 1e12, 1_099_511_627_776.0),
    ];
    let mut chars = text.chars();
    let prefix = chars
        .next()
        .and_then(|c| PREFIXES.iter().find(|(p, ..)| *p == c));
    let (rest, factor) = match prefix {
        Some((_, decimal, binary)) => match chars.as_str().strip_prefix('i') {
            Some(rest) => (rest, *binary),
            None => (chars.as_str(), *decimal),
        },
        None => (text, 1.0),
    };
    let bytes = ["bytes", "Bytes", "B"].iter().find_map(|word| {
        let rest = rest.strip_prefix(word)?;
        let ends = rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
        ends.then_some(rest)
    });
    match bytes {
        Some(rest) => (factor, true, rest),
        None if prefix.is_some() && rest.chars().next().is_none_or(|c| !c.is_alphanumeric()) => {
            (factor, false, rest)
        }
        None => (1.0, false, text),
    }
}

/// The value as a count, where it can be one.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
pub fn count(value: f64) -> Option<u64> {
    const LARGEST: f64 = 9_007_199_254_740_991.0; // 2^53 - 1, as the contract has it
    (value.is_finite() && (0.0..=LARGEST).contains(&value)).then(|| value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, value, rest) in [
            ("12", 12.0, ""),
            ("1,234,567 x", 1_234_567.0, " x"),
            ("1_000", 1000.0, ""),
            ("3.25/", 3.25, "/"),
            ("1,2", 1.0, ",2"),
            ("1.", 1.0, "."),
            ("1,2345", 1.0, ",2345"),
        ] {
            let number = leading(text).unwrap();
            assert_eq!((number.value, number.rest), (value, rest), "{text}");
        }
        for text in ["", "x", ".5", "-1", "123456789012345678901"] {
            assert!(leading(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_number_at_the_end_is_found() {
        for (text, start) in [
            ("step 12", Some(5)),
            ("1,234", Some(0)),
            ("a", None),
            ("v1.2.3", None),
        ] {
            assert_eq!(trailing(text), start, "{text}");
        }
    }

    #[test]
    fn multiples_have_their_worth() {
        for (text, worth) in [
            ("k/5.00M", (1e3, false, "/5.00M")),
            ("M [", (1e6, false, " [")),
            ("MiB", (1_048_576.0, true, "")),
            ("MB 5", (1e6, true, " 5")),
            ("B]", (1.0, true, "]")),
            ("Bananas", (1.0, false, "Bananas")),
            ("kittens", (1.0, false, "kittens")),
            ("", (1.0, false, "")),
        ] {
            assert_eq!(multiple(text), worth, "{text}");
        }
    }
}
