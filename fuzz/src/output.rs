//! What a command writes (`milepost run`), and what a service says to the terminal (`milepost watch`).

use std::time::Instant;

use milepost::terminal::clean;
use milepost::terminal::run::read::meter::{Meter, Update};
use milepost::terminal::run::read::{Measure, Reader};
use milepost::terminal::run::reports::Reports;
use milepost::terminal::run::tail::Tail;
use milepost::terminal::watch::events::Events;

use super::pieces;

/// The first byte says how the others arrive.
pub fn check(data: &[u8]) {
    let Some((how, bytes)) = data.split_first() else {
        return;
    };
    let whole = read([bytes].into_iter());
    assert_eq!(
        read(pieces(bytes, *how)),
        whole,
        "it matters how bytes are cut"
    );
    whole.iter().for_each(sane);
    let all = Events::default().push(bytes);
    let mut events = Events::default();
    let cut: Vec<_> = pieces(bytes, *how)
        .flat_map(|part| events.push(part))
        .collect();
    assert_eq!(cut, all);
    let _ = Reports::default().push(bytes);
    shown(bytes);
}

fn read<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<Update> {
    let (mut reader, mut meter, now) = (Reader::default(), Meter::default(), Instant::now());
    let mut updates = Vec::new();
    for part in parts {
        updates.extend(reader.push(part, (&mut meter, now)));
    }
    updates.extend(reader.pause((&mut meter, now)));
    updates
}

/// What is reported can be reported.
fn sane(update: &Update) {
    const LARGEST: u64 = (1 << 53) - 1;
    match &update.measure {
        Measure::Percent(percent) => assert!((0.0..=100.0).contains(percent)),
        Measure::Count { current, total, .. } => {
            assert!(*current <= LARGEST && total.is_none_or(|total| total <= LARGEST));
        }
    }
    let name = update.begins.as_deref().unwrap_or_default();
    assert!(name.chars().count() <= 64 && !name.chars().any(char::is_control));
}

/// Nothing of what is shown moves a terminal.
fn shown(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert!(!clean::line(&text).chars().any(char::is_control));
    let moves = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    assert!(!clean::lines(&text).chars().any(moves));
    let mut tail = Tail::default();
    tail.push(bytes);
    assert!(!tail.text().chars().any(moves) && tail.text().chars().count() <= 4000);
}
