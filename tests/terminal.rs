//! The terminal commands from inside: what is read out of recordings of real programs (`tests/recordings`).

mod recordings;
