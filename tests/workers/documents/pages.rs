//! Pages and licences: what is taken away before a text is searched, and that nothing else is.

use super::super::ingestion::{
    extract::{About, Extracted, Source, extract},
    parse::{Kind, Parsed, parse},
    rfc,
};

const RFC: &str = "\n\n
Network Working Group                                     P. Mockapetris
Request for Comments: 4033                          Telematica Instituut
Obsoletes: 2535, 3008, 3090, 3445, 3655, 3658,                R. Austein
           3755, 3757                                                ISC
Updates: 1034                                                 March 2005


               DNS Security Introduction
                   and Requirements

Abstract

   This is the abstract of the document, and it is not yet at its end of
   what it says.
\n\n
Mockapetris & Austein       Standards Track                     [Page 1]
\x0cRFC 4033       DNS Security Introduction and Requirements     March 2005


   This paragraph runs on over the break of a page because the sentence
\n\n
Mockapetris & Austein       Standards Track                    [Page ii]
\x0c
RFC 4033       DNS Security Introduction and Requirements     March 2005


   is not at its end.

1.  Introduction

   A line that ends as a footer does [Page 3] is text, and so is one of
RFC 1035 at its start, November 1987
   within a page.

Mockapetris & Austein       Standards Track                     [Page 3]
\x0c";

fn of(text: &str) -> (Parsed, Extracted) {
    let parsed = parse(text.as_bytes()).unwrap();
    let encoding = parsed.encoding.to_string();
    let source = Source {
        kind: parsed.kind,
        encoding: &encoding,
        head: &parsed.head,
        body: &parsed.body,
    };
    let extracted = extract(&source);
    (parsed, extracted)
}

#[test]
fn the_furniture_of_pages_goes_and_paragraphs_run_on() {
    let (parsed, _) = of(RFC);
    assert_eq!((parsed.kind, parsed.pages), (Kind::Rfc, 3));
    assert!(parsed.remarks.is_empty());
    for gone in ["[Page 1]", "[Page ii]", "\u{c}", "Standards Track"] {
        assert!(!parsed.body.contains(gone), "{gone}");
    }
    for kept in [
        "what it says.\n\n   This paragraph",
        "because the sentence\n   is not at its end.",
        "as a footer does [Page 3] is text",
        "\nRFC 1035 at its start, November 1987\n",
    ] {
        assert!(parsed.body.contains(kept), "{kept}: {}", parsed.body);
    }
}

#[test]
fn a_header_of_two_lines_goes_whole() {
    let page = "RFC 952          October 1985\nDOD INTERNET HOST TABLE SPECIFICATION\n\n   Text.\n\nMe [Page 2]\n\x0c\n";
    let text = format!("Request for Comments: 952\n\n   Text.\n\nMe [Page 1]\n\x0c\n{page}{page}");
    let clean = rfc::clean(&text);
    assert_eq!(clean.body.matches("Text.").count(), 3);
    assert!(!clean.body.contains("HOST TABLE"), "{}", clean.body);
}

#[test]
fn the_front_matter_of_an_rfc() {
    let (_, extracted) = of(RFC);
    let About {
        number,
        title,
        authors,
        published,
        obsoletes,
        updates,
        language,
        ..
    } = extracted.about;
    assert_eq!(number, Some(4033));
    assert_eq!(title, "DNS Security Introduction and Requirements");
    assert_eq!(authors, ["P. Mockapetris", "R. Austein"]);
    assert_eq!(published.as_deref(), Some("March 2005"));
    assert_eq!(obsoletes, [2535, 3008, 3090, 3445, 3655, 3658, 3755, 3757]);
    assert_eq!((updates, language.as_str()), (vec![1034], "english"));
    assert!(extracted.remarks.is_empty());
}

#[test]
fn what_is_cut_off_says_so() {
    let cut = RFC.split_at(RFC.find("1.  Introduction").unwrap() + 60).0;
    assert_eq!(of(cut).0.remarks[0].code, "cut_off");
    let (parsed, _) = of(&BOOK.replace("*** END OF", "** end of"));
    assert_eq!(
        (parsed.remarks[0].code, parsed.tail.as_str()),
        ("cut_off", "")
    );
}

#[test]
fn an_rfc_without_a_front_is_told_of() {
    let (_, extracted) = of("Request for Comments: \n\nA Title\n\nThe text of it is here.\n");
    assert_eq!(extracted.remarks[0].code, "front_matter");
}

const BOOK: &str = "The Project Gutenberg EBook of Entre Nous, by Lucie Vos\r
\r
Title: Entre Nous\r
       Lectures Françaises\r
\r
Author: Lucie Vos\r
\r
Release Date: November 10, 2013 [EBook #44157]\r
Language: French\r
Character set encoding: ASCII\r
\r
***START OF THE PROJECT GUTENBERG EBOOK ENTRE NOUS,\r
LECTURES***\r
\r
\r
CHAPITRE I\r
\r
Le petit chat est dans la maison, et il ne veut pas que les autres y viennent.\r
\r
*** END OF THIS PROJECT GUTENBERG EBOOK ENTRE NOUS ***\r
\r
*** START: FULL LICENSE ***\r
You may copy it.\r
";

#[test]
fn a_book_and_its_licence_are_told_apart_and_both_kept() {
    let (parsed, extracted) = of(BOOK);
    assert_eq!(parsed.kind, Kind::Book);
    let whole = format!("{}{}{}", parsed.head, parsed.body, parsed.tail);
    assert_eq!(whole, BOOK.replace("\r\n", "\n"));
    assert!(parsed.head.ends_with("LECTURES***\n") && parsed.tail.contains("You may copy it."));
    assert!(
        !extracted
            .chunks
            .iter()
            .any(|chunk| chunk.body.contains("GUTENBERG"))
    );
    let About {
        number,
        title,
        authors,
        published,
        language,
        ..
    } = extracted.about;
    assert_eq!(
        (number, title.as_str()),
        (Some(44157), "Entre Nous Lectures Françaises")
    );
    assert_eq!(
        (authors, published.as_deref()),
        (vec!["Lucie Vos".to_owned()], Some("November 10, 2013"))
    );
    assert_eq!(language, "french");
    assert_eq!(extracted.remarks[0].code, "encoding");
}

#[test]
fn a_licence_alone_is_no_book() {
    let (head, rest) = BOOK.split_once("LECTURES***").unwrap();
    let tail = rest.split_once("*** END").unwrap().1;
    let empty = format!("{head}LECTURES***\n\n*** END{tail}");
    assert_eq!(parse(empty.as_bytes()).unwrap_err().code, "empty");
}

#[test]
fn any_other_text_is_taken_as_it_is() {
    let (parsed, extracted) = of("  Minutes of the meeting\n\nNobody came.\x0cNor later.\n");
    assert_eq!((parsed.kind, parsed.pages), (Kind::Text, 2));
    assert_eq!(extracted.about.title, "Minutes of the meeting");
    assert_eq!(extracted.about.language, "english");
}
