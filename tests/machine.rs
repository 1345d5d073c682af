//! The state machine, as the contract draws it (promises P3, P8, P9, P10, P12, and bad input D 105 to 118).

mod claims;
mod counts;
mod endings;
mod estimates;
mod folding;
mod largest;
mod life;
mod phases;
mod properties;
mod support;
mod table;
