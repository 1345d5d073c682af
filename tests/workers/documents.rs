//! Document ingestion: each step alone, then all of the real collections against a second way of counting.

mod broken;
mod counted;
mod encodings;
mod found;
mod lost;
mod many;
mod pages;
mod pieces;
mod resembling;
mod rig;
