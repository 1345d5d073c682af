//! Tests.

mod support;
mod workers;
