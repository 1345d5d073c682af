//! Chunks: of a sensible size, under their heading, and without a word lost, doubled or cut.

use proptest::prelude::*;

use super::super::ingestion::{
    chunk::{Pieces, cut},
    parse::Kind,
};

fn words(pieces: &Pieces) -> Vec<&str> {
    pieces
        .chunks
        .iter()
        .flat_map(|chunk| chunk.body.split_whitespace())
        .collect()
}

fn headings(text: &str, kind: Kind) -> Vec<String> {
    cut(text, kind)
        .chunks
        .into_iter()
        .map(|chunk| chunk.heading)
        .collect()
}

#[test]
fn a_section_of_an_rfc_begins_a_chunk() {
    let text = "   Front matter.\n\nTable of Contents\n\n   1. Introduction ........ 1\n\n1.  Introduction\n\n   Text.\n\n\
                3.1. Name space specifications\n\n   More.\n\nSecurity Considerations\n\n   None.\n\nAppendix A\n\n   Last.\n";
    let expected = [
        "",
        "Table of Contents",
        "1. Introduction",
        "3.1. Name space specifications",
        "Security Considerations",
        "Appendix A",
    ];
    assert_eq!(headings(text, Kind::Rfc), expected);
}

#[test]
fn what_only_looks_like_a_heading_is_text() {
    for line in [
        "1987 was the year in which this was written, and all of it at once and by one",
        "The cat sat down.",
        "1. Introduction ................... 1",
        "   Indented Line",
        "10.0.0.51 is an address",
        "so it goes on",
    ] {
        let text = format!("   Before it.\n\n{line}\n\n   After it.\n");
        assert_eq!(headings(&text, Kind::Rfc), [""], "{line}");
    }
}

#[test]
fn a_chapter_of_a_book_begins_a_chunk() {
    let text = "\n\nCHAPTER I. Down the Rabbit-Hole\n\nAlice was tired.\n\n\n\nTHE OLD SEA-DOG\n\nSquire Trelawney.\n\nSHOUTED\n\nText.\n\n\n\n\nXXI.\n\n\nNinette partie.\n";
    assert_eq!(
        headings(text, Kind::Book),
        ["CHAPTER I. Down the Rabbit-Hole", "THE OLD SEA-DOG", "XXI."]
    );
}

#[test]
fn headings_one_below_the_other_stay_with_what_follows() {
    let pieces = cut("1. One\n\n1.1. Two\n\n   Text.\n", Kind::Rfc);
    assert_eq!((pieces.sections, pieces.chunks.len()), (2, 1));
    assert_eq!(pieces.chunks[0].heading, "1.1. Two");
}

#[test]
fn a_paragraph_without_an_end_is_cut_between_words() {
    let long = "word ".repeat(2_000);
    let pieces = cut(&long, Kind::Text);
    assert!(pieces.chunks.len() > 5);
    assert!(pieces.chunks.iter().all(|chunk| chunk.body.len() <= 2_400));
    assert_eq!(words(&pieces).len(), 2_000);
    let endless = "{\"é\":1},".repeat(10_000);
    let pieces = cut(&endless, Kind::Text);
    assert!(pieces.chunks.iter().all(|chunk| chunk.body.len() <= 20_000));
    assert_eq!(words(&pieces).concat(), endless);
    let one = "é".repeat(5_000);
    assert_eq!(words(&cut(&one, Kind::Text)), [one.as_str()]);
}

proptest! {
    #[test]
    fn no_word_is_lost_doubled_or_cut(text in "([A-Za-zé0-9.]{1,30}[ \n]{1,4}){0,400}", kind in 0..3_usize) {
        let kind = [Kind::Rfc, Kind::Book, Kind::Text][kind];
        let pieces = cut(&text, kind);
        prop_assert_eq!(words(&pieces), text.split_whitespace().collect::<Vec<_>>());
        prop_assert!(pieces.chunks.iter().all(|chunk| chunk.body.len() <= 3_700));
    }
}
