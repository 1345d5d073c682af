//! What a caller takes, as `Accept` says.

use axum::http::{HeaderMap, header};

/// Whether `Accept` allows one of these media types. No header, or one that cannot be read, allows all; of several
/// ranges that cover a type the most exact one decides (RFC 9110, 12.5.1).
#[must_use]
pub fn accepts(headers: &HeaderMap, types: &[&str]) -> bool {
    let values = headers.get_all(header::ACCEPT).iter();
    let ranges: Vec<&str> = values
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .collect();
    let allows = |media: &&str| {
        let covering = ranges.iter().filter_map(|range| weigh(range, media));
        covering.max().is_some_and(|(_, wanted)| wanted)
    };
    ranges.is_empty() || types.iter().any(allows)
}

/// How exactly a range speaks of a media type, and whether it wants it; `None` = not at all.
fn weigh(range: &str, media: &str) -> Option<(u8, bool)> {
    let mut parts = range.split(';').map(str::trim);
    let covers = parts.next().unwrap_or("");
    let major = |text: &str| text.split('/').next().map(str::to_ascii_lowercase);
    let exact = if covers.eq_ignore_ascii_case(media) {
        2
    } else if covers != "*/*" && covers.ends_with("/*") && major(covers) == major(media) {
        1
    } else if covers == "*/*" {
        0
    } else {
        return None;
    };
    let refused = parts.any(|p| {
        let weight = p.strip_prefix("q=").or_else(|| p.strip_prefix("Q="));
        weight.is_some_and(|w| w.parse() == Ok(0.0_f32))
    });
    Some((exact, !refused))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn takes_events(lines: &[&[u8]]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT, HeaderValue::from_bytes(line).unwrap());
        }
        accepts(&headers, &["text/event-stream"])
    }

    #[test]
    fn who_excludes_a_type_does_not_take_it() {
        let fine: [&[&[u8]]; 9] = [
            &[],
            &[b""],
            &[b"\xff"],
            &[b"text/event-stream"],
            &[b"TEXT/Event-Stream"],
            &[b"*/*"],
            &[b"application/json, text/*;q=0.1"],
            &[b"image/png", b"*/*; q=0.1"],
            &[b"*/*;q=0, text/event-stream"],
        ];
        let bad: [&[&[u8]]; 6] = [
            &[b"application/json"],
            &[b"image/*"],
            &[b"text/event-stream;q=0"],
            &[b"text/event-stream; Q=0.000, */*"],
            &[b"text/*;q=0, */*"],
            &[b"\xff", b"image/png"],
        ];
        for lines in fine {
            assert!(takes_events(lines), "{lines:?}");
        }
        for lines in bad {
            assert!(!takes_events(lines), "{lines:?}");
        }
    }
}
