//! Which language a text is in, told by its commonest words, and what Postgres calls it.

/// A language and its commonest words, those of no other here first.
struct Common {
    /// The name of Postgres' text search configuration.
    name: &'static str,
    words: [&'static str; 16],
}

const LANGUAGES: [Common; 4] = [
    Common {
        name: "english",
        words: [
            "the", "of", "and", "to", "is", "that", "for", "this", "with", "be", "are", "was",
            "by", "not", "it", "from",
        ],
    },
    Common {
        name: "french",
        words: [
            "le", "la", "les", "et", "des", "une", "est", "dans", "qui", "que", "pas", "il",
            "vous", "je", "sur", "du",
        ],
    },
    Common {
        name: "german",
        words: [
            "der", "die", "und", "das", "ist", "nicht", "ein", "den", "mit", "sich", "auf", "eine",
            "zu", "dem", "ich", "von",
        ],
    },
    Common {
        name: "spanish",
        words: [
            "el", "los", "las", "y", "que", "en", "una", "por", "con", "para", "su", "del", "se",
            "como", "lo", "más",
        ],
    },
];

/// What is indexed word for word, without the rules of any language.
pub const UNKNOWN: &str = "simple";
/// How many words are looked at.
const SAMPLE: usize = 20_000;
/// Less than this of a text in common words, in percent, and it is no language we know.
const LEAST: usize = 8;

/// The text search configuration that a text is indexed with.
pub fn of(text: &str) -> &'static str {
    let words = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .take(SAMPLE);
    let (mut all, mut counts) = (0, [0; LANGUAGES.len()]);
    for word in words.map(str::to_lowercase) {
        all += 1;
        for (count, language) in counts.iter_mut().zip(&LANGUAGES) {
            *count += usize::from(language.words.contains(&word.as_str()));
        }
    }
    let most = LANGUAGES.iter().zip(counts).max_by_key(|(_, count)| *count);
    most.filter(|(_, count)| count * 100 >= all * LEAST && all > 0)
        .map_or(UNKNOWN, |(language, _)| language.name)
}
