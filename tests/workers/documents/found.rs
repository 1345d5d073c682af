//! The whole way, on all of the real documents: what was stored is what was there, and a search finds what a second
//! reading finds.

use std::collections::BTreeSet;

use super::{
    super::{
        folder::{large, plain, sample},
        ingestion::search::{Part, snippet},
    },
    counted::{COLLECTIONS, Count, count},
    rig::Rig,
};

#[tokio::test]
async fn all_documents_are_stored_whole_and_found_as_python_counts_them() {
    for (name, documents) in COLLECTIONS {
        let Some(packed) = large(name) else { return };
        let rig = Rig::start().await;
        let count = count(&rig.folder.file("documents.tar", plain(&packed)));
        let (job, outcome) = rig.ingest(packed).await;
        let done = outcome.unwrap();
        assert_eq!(
            (done.files, done.stored, done.refused, done.attempts),
            (documents as u64, documents as u64, 0, 1)
        );
        let near: BTreeSet<&str> = count
            .pairs
            .iter()
            .filter(|(_, share)| **share >= 0.6)
            .map(|(pair, _)| pair.as_str())
            .collect();
        assert_eq!(done.near_duplicates, near.len() as u64);
        assert_eq!(
            job["counters"]["near_duplicates"].as_u64().unwrap_or(0),
            near.len() as u64
        );
        assert_eq!(job["counters"]["documents"], documents);
        let phases = job["phases"].as_array().unwrap().iter();
        let phases: Vec<_> = phases
            .map(|p| (p["name"].clone(), p["status"].clone(), p["current"].clone()))
            .collect();
        let all = |name: &str| (name.into(), "completed".into(), documents.into());
        assert_eq!(phases, ["parse", "extract", "index", "store"].map(all));
        stored_is_what_was_there(&rig, &count).await;
        searches_find_what_the_vocabulary_says(&rig, &count).await;
    }
}

async fn stored_is_what_was_there(rig: &Rig, count: &Count) {
    let stored = "select d.path, octet_length(content), encode(sha256(content), 'hex') as sha256, pages, d.words,
                      (select sum(cardinality(regexp_split_to_array(btrim(c.body, E' \\n\\t'), '\\s+')))
                       from examples.chunk c where c.document = d.id) as cut
                  from examples.document d";
    let rows = rig.sql().await.query(stored, &[]).await.unwrap();
    assert_eq!(rows.len(), count.documents.len());
    for row in rows {
        let path: String = row.get("path");
        let expected = &count.documents[&path];
        assert_eq!(row.get::<_, i32>(1) as usize, expected.bytes, "{path}");
        assert_eq!(row.get::<_, String>("sha256"), expected.sha256, "{path}");
        assert_eq!(row.get::<_, i32>("pages") as u32, expected.pages, "{path}");
        let words = (
            row.get::<_, i32>("words") as usize,
            row.get::<_, i64>("cut") as usize,
        );
        assert_eq!(words, (expected.words, expected.words), "{path}");
    }
}

/// Words that no rule of a language changes, so that a search for one is the same as looking it up.
async fn searches_find_what_the_vocabulary_says(rig: &Rig, count: &Count) {
    let mut seen = 0;
    for word in [
        "nsec3",
        "hinfo",
        "punycode",
        "arpanet",
        "multicast",
        "alice",
        "hispaniola",
        "trelawney",
        "guernsey",
        "ojibwa",
    ] {
        let expected: BTreeSet<String> = count
            .documents
            .iter()
            .filter(|(_, one)| one.vocabulary.iter().any(|w| w == word))
            .map(|(p, _)| p.clone())
            .collect();
        let found = rig.search(word).await;
        let paths = found
            .hits
            .iter()
            .flat_map(|hit| hit.near_duplicates.iter().chain([&hit.path]).cloned());
        assert_eq!(paths.collect::<BTreeSet<_>>(), expected, "{word}");
        assert_eq!(found.documents as usize, found.hits.len());
        seen += expected.len();
    }
    assert!(seen > 0);
}

async fn samples() -> Rig {
    let rig = Rig::start().await;
    for name in ["rfc-dns.tar.zst", "gutenberg.tar.zst"] {
        rig.ingest(sample(name)).await.1.unwrap();
    }
    rig
}

fn text(parts: &[Part]) -> String {
    parts.iter().map(|part| part.text.as_str()).collect()
}

#[tokio::test]
async fn hits_are_ranked_with_their_heading_and_a_snippet() {
    let rig = samples().await;
    let found = rig.search("punycode \"overflow handling\"").await;
    let hit = &found.hits[0];
    assert_eq!(
        (hit.path.as_str(), hit.kind.as_str()),
        ("rfc3492.txt", "rfc")
    );
    assert!(hit.title.starts_with("Punycode:") && hit.authors == ["A. Costello"]);
    assert!(
        hit.heading.to_lowercase().contains("overflow"),
        "{}",
        hit.heading
    );
    let marked: Vec<_> = hit
        .snippet
        .iter()
        .filter(|part| part.hit)
        .map(|part| part.text.to_lowercase())
        .collect();
    assert!(marked.iter().any(|word| word == "overflow"), "{marked:?}");
    assert!(found.hits.windows(2).all(|two| two[0].rank >= two[1].rank));
    let phrase = rig.search("\"down the rabbit-hole\"").await;
    assert_eq!(
        (phrase.documents, phrase.hits[0].path.as_str()),
        (1, "11-0.txt")
    );
    assert_eq!(
        phrase.hits[0].near_duplicates,
        ["11.txt"],
        "found once, and named"
    );
    assert!(
        phrase.hits[0]
            .snippet
            .iter()
            .any(|part| part.hit && part.text.contains("Rabbit"))
    );
    let without = rig.search("domain -server").await;
    assert!(
        !without
            .hits
            .iter()
            .any(|hit| text(&hit.snippet).contains("server"))
    );
    assert_eq!(
        rig.search("“down the rabbit-hole”").await.documents,
        1,
        "as phones quote"
    );
    let (plain, curly) = (rig.search("alice's").await, rig.search("Alice’s").await);
    assert_eq!(plain.documents, curly.documents);
    assert_eq!(curly.hits[0].path, "11-0.txt");
}

#[tokio::test]
async fn each_language_has_its_own_words() {
    let rig = samples().await;
    let french = rig.search("nous mangerions").await;
    assert_eq!(french.hits[0].path, "44157-8.txt", "manger, mangea, mange");
    let capital = rig.search("ÉCOLE").await;
    assert_eq!(
        capital.hits[0].path, "44157-8.txt",
        "whatever the locale of the database is"
    );
    assert!(
        capital.hits[0]
            .snippet
            .iter()
            .any(|part| part.hit && part.text == "école")
    );
}

#[tokio::test]
async fn licences_are_kept_and_not_found() {
    let rig = samples().await;
    assert_eq!(
        rig.search("\"project gutenberg literary archive foundation\"")
            .await
            .documents,
        0
    );
    let kept = "select count(*) from examples.document where licence like '%START: FULL LICENSE%' and kind = 'book'";
    assert_eq!(rig.number(kept, &[]).await, 3);
}

#[tokio::test]
async fn whatever_is_typed_is_a_query() {
    let rig = samples().await;
    let long = "x".repeat(100_000);
    for query in [
        "",
        " ",
        "the",
        "!",
        "&&&",
        "a & | b",
        "\"open",
        "((((",
        ":*",
        "'",
        "\\",
        "<->",
        "-",
        "- -",
        "or or",
        "a:b:c",
        "%",
        "\0",
        "\u{1F600}",
        "; drop table examples.document; --",
        "NOT",
        "-domain",
        &long,
    ] {
        let found = rig.search(query).await;
        assert!(found.hits.len() <= 13, "{query}");
    }
    assert!(rig.search("domain").await.documents > 0);
}

#[tokio::test]
async fn tags_are_text_to_be_found_and_never_markup() {
    let rig = samples().await;
    rig.folder.file(
        "evil.txt",
        "The <script>alert('zwiebel')</script> is <b>text</b> & nothing else of a zwiebelfisch.",
    );
    rig.ingest(rig.folder.0.clone()).await.1.unwrap();
    let found = rig.search("zwiebel").await;
    assert!(text(&found.hits[0].snippet).contains("alert('zwiebel')</script> is <b>text</b> &"));
    assert_eq!(
        rig.search("script zwiebel").await.documents,
        1,
        "the name of a tag is a word, too"
    );
    let title = rig.search("zwiebelfisch").await.hits.remove(0).title;
    assert!(
        title.starts_with("The <script>"),
        "plain text, for the page to show as that: {title}"
    );
}

#[test]
fn a_headline_is_read_in_the_text_as_it_stands() {
    let part = |text: &str, hit| Part {
        text: text.into(),
        hit,
    };
    let (body, folded) = (
        "Then  <Alice>\n  saw it.\n\nMuch of it",
        "then   alice \n  saw it.\n\nmuch of it",
    );
    let marked = "\u{E000}alice\u{E001} \n  saw\u{E002}\u{E000}much\u{E001} of";
    let expected = vec![
        part("Alice", true),
        part("> saw … ", false),
        part("Much", true),
        part(" of", false),
    ];
    assert_eq!(snippet(body, folded, marked), expected);
    assert_eq!(
        snippet("Ab", "ab", "something else"),
        vec![part("something else", false)]
    );
    assert!(snippet("", "", "").is_empty());
}
