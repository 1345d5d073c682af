//! Near duplicates: the sketch's estimate against the exact resemblance.

use std::collections::HashSet;

use proptest::prelude::*;

use super::super::ingestion::resemblance::{NEAR, resemblance, sketch};

fn exact(one: &str, other: &str) -> f64 {
    let set = |text: &str| {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        words
            .windows(5)
            .map(<[String]>::to_vec)
            .collect::<HashSet<_>>()
    };
    let (one, other) = (set(one), set(other));
    one.intersection(&other).count() as f64 / one.union(&other).count() as f64
}

fn text(seed: u64, words: u64) -> Vec<String> {
    (0..words)
        .map(|at| format!("w{}", (seed + at).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50))
        .collect()
}

#[test]
fn punctuation_and_case_make_no_difference() {
    let (one, other) = (
        "Alice’s cat — the “grin” — was gone!",
        "alice's CAT, the grin, was gone",
    );
    assert_eq!(resemblance(&sketch(one), &sketch(other)), 1.0);
}

#[test]
fn short_and_empty_texts_have_a_resemblance_too() {
    assert_eq!(resemblance(&sketch("two words"), &sketch("two words")), 1.0);
    assert_eq!(
        resemblance(&sketch("two words"), &sketch("two others")),
        0.0
    );
    assert_eq!(resemblance(&sketch(""), &sketch("")), 0.0);
}

#[test]
fn other_texts_are_not_near() {
    let (one, other) = (text(1, 3_000).join(" "), text(900_000, 3_000).join(" "));
    assert!(resemblance(&sketch(&one), &sketch(&other)) < 0.05);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_estimate_is_near_the_exact_share(changed in 0..400_usize, seed in 0..1_000_u64) {
        let mut words = text(seed, 4_000);
        let one = words.join(" ");
        for at in 0..changed {
            words[at * 9] = format!("other{at}");
        }
        let other = words.join(" ");
        let estimate = resemblance(&sketch(&one), &sketch(&other));
        prop_assert!((estimate - exact(&one, &other)).abs() < 0.16, "five standard errors");
        prop_assert!(changed > 0 || estimate >= NEAR);
    }
}
