//! What other nodes say over NOTIFY, and what was stored and is read back.

use milepost::bus::hint::{Hint, decode, encode};
use milepost::progress::Happening;
use milepost::wire::{memory, state, stored};
use uuid::Uuid;

/// Takes the bytes as each of these texts.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    hints(&text);
    let held = remembered(&text);
    created(&text);
    if let Some(held) = held.or_else(|| memory::read(MEMORY).ok()) {
        frame(&text, held);
    }
}

/// What the store keeps beside a job that was just made.
const MEMORY: &str = "[[],[null,null],[30,300,0],[null,null,false],[null,null],[null,null],[null,0,[null,0.0,0.0,0.0,false],[null,0.0,0.0,0.0,false]],[0,0],null]";

/// Whatever is a hint is one when it is said again; nothing else comes through, and nothing of our own.
fn hints(text: &str) {
    let node = text.lines().next().and_then(|l| l.parse::<Uuid>().ok());
    if let Some(own) = node {
        assert_eq!(decode(own, text), []);
    }
    // The text of a node needs its name; most of what is made up has none.
    let (us, them) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let heard = decode(us, &format!("{them}\n{text}"));
    assert!(heard.len() <= text.lines().count());
    assert!(decode(us, text).len() <= heard.len());
    let texts = encode(them, &heard);
    assert!(texts.iter().all(|t| t.len() < 8000));
    let again: Vec<Hint> = texts.iter().flat_map(|t| decode(us, t)).collect();
    assert_eq!(again, heard);
}

/// What can be read of a memory stays when it is written and read again.
fn remembered(text: &str) -> Option<milepost::progress::Memory> {
    let held = memory::read(text).ok()?;
    assert_eq!(memory::read(&memory::write(&held)).unwrap(), held);
    Some(held)
}

fn created(text: &str) {
    let Ok(creation) = memory::read_creation(text) else {
        return;
    };
    let again = memory::creation(&creation);
    assert_eq!(memory::read_creation(&again).unwrap(), creation);
    assert!(memory::same_creation(&again, &creation));
}

/// What can be read of a frame stays when it is written and read again.
fn frame(text: &str, held: milepost::progress::Memory) {
    let Ok(job) = stored::read(text, held) else {
        return;
    };
    let written = state::frame_json(&job, Happening::Progress);
    let again = stored::read(&written, job.memory.clone()).unwrap();
    if again.recent.len() == job.recent.len() {
        assert_eq!(again, job, "{written}");
    }
}
