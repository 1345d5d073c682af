//! Document ingestion: each step alone, then all of the real collections against a second way of counting.

mod counted;
mod encodings;
mod pages;
mod pieces;
mod resembling;
