//! How much two texts resemble each other, from a small sketch of each (A. Broder, "On the resemblance and containment
//! of documents", 1997).
//!
//! A text is the set of its shingles: every five words in a row, lower case, punctuation left out. The sketch keeps the
//! 256 smallest of their hashes. The share of common hashes among the 256 smallest of both together estimates the share
//! of common shingles (the Jaccard index), with a standard error of about 3 percent. Measured on nine books in two
//! encodings each: 0.70 to 0.999; on 155 RFCs, several of which replace each other: 0.47 at most.

/// Words in a shingle.
const SHINGLE: usize = 5;
/// Hashes in a sketch.
const SKETCH: usize = 256;
/// From here on two texts are near duplicates.
pub const NEAR: f64 = 0.6;

/// The sketch of a text, smallest first; shorter only where the text has fewer shingles.
pub fn sketch(text: &str) -> Vec<i64> {
    let words: Vec<u64> = words(text).collect();
    let mut hashes: Vec<i64> = words.windows(SHINGLE).map(shingle).collect();
    if hashes.is_empty() && !words.is_empty() {
        hashes.push(shingle(&words));
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(SKETCH);
    hashes
}

/// The estimated resemblance of two texts: 0 nothing in common, 1 the same words in the same order.
pub fn resemblance(one: &[i64], other: &[i64]) -> f64 {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let (mut all, mut common) = (0_u32, 0_u32);
    while all < SKETCH as u32 {
        match (one.peek(), other.peek()) {
            (Some(a), Some(b)) if a == b => {
                common += 1;
                one.next();
                other.next();
            }
            (Some(a), Some(b)) => {
                if a < b {
                    one.next()
                } else {
                    other.next()
                };
            }
            (Some(_), None) => drop(one.next()),
            (None, Some(_)) => drop(other.next()),
            (None, None) => break,
        }
        all += 1;
    }
    if all == 0 {
        0.0
    } else {
        f64::from(common) / f64::from(all)
    }
}

fn words(text: &str) -> impl Iterator<Item = u64> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(|word| {
        word.chars()
            .flat_map(char::to_lowercase)
            .fold(FNV_BASIS, |hash, c| fnv(hash, u64::from(c)))
    })
}

const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, next: u64) -> u64 {
    (hash ^ next).wrapping_mul(0x0100_0000_01b3)
}

/// FNV-1a over the words, then the finaliser of MurmurHash3, for the smallest hashes must be a fair choice.
fn shingle(words: &[u64]) -> i64 {
    let mut hash = words
        .iter()
        .fold(FNV_BASIS, |hash, word| fnv(hash.rotate_left(23), *word));
    for factor in [0xff51_afd7_ed55_8ccd_u64, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    (hash ^ (hash >> 33)).cast_signed()
}
