//! Real programs' output, and what is read out of it, however the bytes are cut.

use std::time::Instant;

use milepost::terminal::run::read::meter::{Meter, Update};
use milepost::terminal::run::read::{Measure, Reader};
use proptest::prelude::*;

/// What is read where the bytes come in parts of `size`.
fn updates(bytes: &[u8], size: usize) -> Vec<Update> {
    let (mut reader, mut meter, now) = (Reader::default(), Meter::default(), Instant::now());
    let mut updates = Vec::new();
    for part in bytes.chunks(size) {
        updates.extend(reader.push(part, (&mut meter, now)));
    }
    updates.extend(reader.pause((&mut meter, now)));
    updates
}

fn recording(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
    std::fs::read(format!("{folder}/{name}.txt")).unwrap()
}

/// A part of the work: its name, how many times it moved, and where it ended.
type Part = (String, usize, Measure);

fn parts(name: &str) -> Vec<Part> {
    let bytes = recording(name);
    let whole = updates(&bytes, bytes.len());
    for size in [1, 7, 64, 1000] {
        assert_eq!(updates(&bytes, size), whole, "{name} in parts of {size}");
    }
    fold(whole)
}

fn fold(updates: Vec<Update>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for update in updates {
        match update.begins {
            Some(name) => parts.push((name, 1, update.measure)),
            None => {
                let last = parts.last_mut().expect("something begins first");
                (last.1, last.2) = (last.1 + 1, update.measure);
            }
        }
    }
    parts
}

fn count(current: u64, total: u64, unit: &str) -> Measure {
    Measure::Count {
        current,
        total: Some(total),
        unit: unit.into(),
    }
}

/// One part, that moved at least so often and ended full.
#[track_caller]
fn one(name: &str, (called, moves): (&str, usize), end: &Measure) {
    let parts = parts(name);
    let [(part, moved, at)] = parts.as_slice() else {
        panic!("{name}: {parts:?}");
    };
    assert_eq!((part.as_str(), at), (called, end), "{name}");
    assert!(*moved >= moves, "{name}: {moved} moves");
}

#[test]
fn bars_of_python() {
    one("tqdm", ("Resizing", 10), &count(60, 60, "img"));
    one("tqdm-pipe", ("Resizing", 10), &count(60, 60, "img"));
    one(
        "tqdm-bytes",
        ("model.bin", 8),
        &count(5_000_000, 5_000_000, "bytes"),
    );
    one("tqdm-nested", ("epochs", 4), &count(3, 3, ""));
    let open = Measure::Count {
        current: 40,
        total: None,
        unit: "rows".into(),
    };
    one("tqdm-open", ("", 8), &open);
    one("rich", ("Working", 5), &Measure::Percent(100.0));
    one("pip", ("", 2), &count(16_900_000, 16_900_000, "bytes"));
    one("pytest", ("", 3), &Measure::Percent(100.0));
}

#[test]
fn downloads_and_copies() {
    one("curl", ("", 3), &count(2929 * 1024, 2929 * 1024, "bytes"));
    one("curl-bar", ("", 5), &Measure::Percent(100.0));
    one("wget", ("dev/null", 5), &Measure::Percent(100.0));
    one("wget-dots", ("", 20), &Measure::Percent(100.0));
    one("rsync", ("", 6), &count(7, 7, "files"));
    one("rsync-whole", ("", 6), &count(7, 7, "files"));
}

#[test]
fn builds_and_films() {
    one("cargo", ("Building", 10), &count(12, 13, ""));
    one("ninja", ("", 25), &count(30, 30, ""));
    one("ninja-pipe", ("", 30), &count(30, 30, ""));
    one("ffmpeg", ("", 10), &count(60, 60, "seconds"));
}

#[test]
fn git_has_its_parts() {
    let parts = parts("git");
    let names: Vec<&str> = parts.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Counting objects",
            "Compressing objects",
            "Receiving objects",
            "Resolving deltas"
        ]
    );
    for (name, moved, end) in &parts {
        let Measure::Count { current, total, .. } = end else {
            panic!("{name}: {end:?}");
        };
        assert!(
            Some(*current) == *total && *moved > 20,
            "{name}: {moved} {end:?}"
        );
    }
}

#[test]
fn what_a_program_tells_its_terminal_is_believed() {
    let text = "step one\n\x1b]9;4;1;10\x07\x1b]9;4;1;55\x1b\\ 3/4 \r\n[1/2]\n\x1b]9;4;0;\x07";
    let measures: Vec<Measure> = updates(text.as_bytes(), 5)
        .into_iter()
        .map(|u| u.measure)
        .collect();
    assert_eq!(measures, [Measure::Percent(10.0), Measure::Percent(55.0)]);
}

#[test]
fn a_log_with_numbers_in_it_is_no_progress() {
    let log = "2026/11/20 10:00:01 GET /a/1/2 HTTP/1.1 200 12ms\n\
        2026/11/20 10:00:02 GET /a/3/4 HTTP/1.1 200 13ms\n\
        cpu 45% mem 31%\ncpu 44% mem 32%\nlistening on 10.0.0.0/24\nload 1/2\nload 1/4\n\
        tests: 3/5 failed\nversion 1.2/1.3\nshard 3/8 ready\nshard 1/8 ready\n";
    assert_eq!(updates(log.as_bytes(), 4096), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever comes, nothing panics, and every number is one that can be reported.
    #[test]
    fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..2000), size in 1..300_usize) {
        for update in updates(&bytes, size) {
            sane(&update)?;
        }
    }

    /// The same for bytes that look like what programs write.
    #[test]
    fn likely_bytes_are_borne(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "\r", "\n", "\x1b[K", "\x1b[A", "\x1b]9;4;1;", "\x07", "1", "99", "/", " of ", "%", "|", "[", "]",
                "00:01", "<", ", ", "it/s", "MB", "k", ".", ",", "time=", "Duration: ", "to-chk=", "━", "é", " ",
                "9999999999999999999", "1e9", "-", "B/s", ":", "frame=", "\u{0}", "\u{202e}",
            ]),
            0..200,
        ),
        size in 1..50_usize,
    ) {
        for update in updates(words.concat().as_bytes(), size) {
            sane(&update)?;
        }
    }
}

fn sane(update: &Update) -> Result<(), TestCaseError> {
    match &update.measure {
        Measure::Percent(percent) => prop_assert!((0.0..=100.0).contains(percent)),
        Measure::Count {
            current,
            total,
            unit,
        } => {
            prop_assert!(*current <= 9_007_199_254_740_991);
            prop_assert!(total.is_none_or(|t| t <= 9_007_199_254_740_991));
            prop_assert!(unit.chars().count() <= 32);
        }
    }
    let name = update.begins.clone().unwrap_or_default();
    prop_assert!(name.chars().count() <= 64 && !name.chars().any(char::is_control));
    Ok(())
}
