//! Milepost.

pub mod demo;
