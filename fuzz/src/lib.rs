//! What must hold for any bytes that come from outside, one function a target. The fuzzer drives them with what it
//! makes up, the tests of the product (`tests/seeds.rs`) with the seeds in `corpus`.
//!
//! Each takes whatever bytes there are, and panics where a promise is broken.

// Nothing but what a fuzzer or a test calls: to panic is how these say no.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod body;
pub mod frames;
pub mod head;
pub mod hint;
pub mod life;
pub mod output;
pub mod query;
pub mod token;

/// The pieces in which `bytes` arrive, for a number that says how.
fn pieces(mut bytes: &[u8], how: u8) -> impl Iterator<Item = &[u8]> {
    let mut size = usize::from(how);
    std::iter::from_fn(move || {
        // 0 = byte by byte; others are uneven.
        size = if how == 0 { 1 } else { size * 7 % 23 + 1 };
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        bytes = rest;
        (!piece.is_empty()).then_some(piece)
    })
}
