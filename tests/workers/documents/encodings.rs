//! Bytes to text: every byte has a meaning or is counted as damage, and what is no text is refused.

use proptest::prelude::*;

use super::super::ingestion::{
    encoding::{Decoded, Encoding, NoText, decode},
    parse,
};

fn read(bytes: &[u8]) -> (String, Encoding, usize) {
    let Decoded {
        text,
        encoding,
        damaged,
    } = decode(bytes).unwrap();
    (text, encoding, damaged)
}

#[test]
fn the_bytes_decide_and_not_the_name() {
    let latin = "Bibliothèque".chars().map(|c| c as u8).collect::<Vec<_>>();
    let wide = |order: fn(u16) -> [u8; 2]| {
        "\u{feff}né 𝄞"
            .encode_utf16()
            .flat_map(order)
            .collect::<Vec<_>>()
    };
    for (bytes, text, encoding) in [
        (b"plain".to_vec(), "plain", Encoding::Ascii),
        ("\u{feff}né".into(), "né", Encoding::Utf8),
        ("né".into(), "né", Encoding::Utf8),
        (latin, "Bibliothèque", Encoding::Latin1),
        (
            b"\x93quoted\x94 \x80 5".to_vec(),
            "“quoted” € 5",
            Encoding::Latin1,
        ),
        (wide(u16::to_le_bytes), "né 𝄞", Encoding::Utf16),
        (wide(u16::to_be_bytes), "né 𝄞", Encoding::Utf16),
    ] {
        assert_eq!(read(&bytes), (text.to_owned(), encoding, 0));
    }
}

#[test]
fn every_line_ends_alike() {
    assert_eq!(read(b"a\r\nb\rc\nd\r\r\n").0, "a\nb\nc\nd\n\n");
}

#[test]
fn damage_is_counted_and_the_rest_is_read() {
    let mut bytes = "déjà vu à côté ".repeat(20).into_bytes();
    bytes[1] = 0xFF;
    let (text, encoding, damaged) = read(&bytes);
    assert_eq!((encoding, damaged), (Encoding::Utf8, 2), "{text}");
    assert!(text.ends_with("déjà vu à côté "));
    let by_right = "a replaced \u{fffd} character";
    assert_eq!(
        read(by_right.as_bytes()),
        (by_right.to_owned(), Encoding::Utf8, 0)
    );
}

#[test]
fn what_is_no_text_is_refused() {
    for empty in [&b""[..], b" \r\n\t", b"\xEF\xBB\xBF", b"\x0c"] {
        assert_eq!(decode(empty), Err(NoText::Empty), "{empty:?}");
    }
    for binary in [
        &b"\x7fELF\x02\x01\x01\0\0"[..],
        b"a\0b",
        b"\x01\x02\x03\x04",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    ] {
        assert_eq!(decode(binary), Err(NoText::Binary), "{binary:?}");
    }
    assert_eq!(
        parse::parse(&vec![b'a'; parse::LARGEST + 1])
            .unwrap_err()
            .code,
        "too_large"
    );
}

proptest! {
    #[test]
    fn any_bytes_are_text_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(decoded) = decode(&bytes) {
            prop_assert!(!decoded.text.contains(['\r', '\0']));
        }
        let _ = parse::parse(&bytes);
    }

    #[test]
    fn text_comes_back_as_it_was(text in "[a-zé—𝄞\n ]{1,80}") {
        prop_assume!(!text.trim().is_empty());
        prop_assert_eq!(read(text.as_bytes()).0, text);
    }
}
