//! Two sizes: `3.2/16.9 MB`, `1.2 MiB / 3.4 GiB`, `912k/3.0M`. What pip, rclone, aws and many a download write.

use super::number::{self, leading, multiple, trailing};
use super::plain;
use super::{Measure, Reading, Trust};

/// The first pair of sizes in a text.
#[must_use]
pub fn pair(text: &str) -> Option<Reading> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find('/') {
        let slash = from + found;
        if let Some(reading) = around(text, slash) {
            return Some(reading);
        }
        from = slash + 1;
    }
    None
}

fn around(text: &str, slash: usize) -> Option<Reading> {
    let (left, right) = (
        text.get(..slash)?.trim_end(),
        text.get(slash + 1..)?.trim_start(),
    );
    let whole = leading(right)?;
    let (whole_worth, is_bytes, rest) = multiple(whole.rest.trim_start());
    if !is_bytes || rest.starts_with('/') {
        return None; // no size, or a rate
    }
    let letters = left.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let digits = letters.trim_end();
    let start = trailing(digits)?;
    let number = leading(digits.get(start..)?)?;
    let worth = match multiple(left.get(letters.len()..)?) {
        (worth, true, "") => worth,
        (_, _, "") if letters.len() == left.len() => whole_worth, // `3.2/16.9 MB`
        (worth, false, "") => worth,
        _ => return None,
    };
    let total = number::count(whole.value * whole_worth)?;
    let current = number::count(number.value * worth).filter(|c| *c <= total && total > 0)?;
    let before = text.get(..start)?;
    Some(Reading {
        measure: Measure::Count {
            current,
            total: Some(total),
            unit: "bytes".to_owned(),
        },
        source: format!("bytes {}", plain::without_digits(before)),
        name: plain::name(before),
        trust: Trust::Bar,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_pairs_in_bytes() {
        for (text, current, total) in [
            (
                "━━━ 3.2/16.9 MB 130.9 MB/s eta 0:00:01",
                3_200_000,
                16_900_000,
            ),
            ("Transferred: 1.5 MiB / 3 MiB, 50%", 1_572_864, 3_145_728),
            (
                "Completed 1.0 MiB/4.0 MiB (5 MiB/s) with 3 file(s)",
                1_048_576,
                4_194_304,
            ),
            ("512kB/1MB", 512_000, 1_000_000),
        ] {
            let measure = pair(text).unwrap().measure;
            let unit = "bytes".to_owned();
            let total = Some(total);
            assert_eq!(
                measure,
                Measure::Count {
                    current,
                    total,
                    unit
                },
                "{text}"
            );
        }
        for text in [
            "3/10 files",
            "5.0/4.0 MB",
            "12 MB/s",
            "a/b MB",
            "1/2/3 MB/",
            "http://x/1 MB",
            "/",
        ] {
            assert!(pair(text).is_none(), "{text}");
        }
    }
}
