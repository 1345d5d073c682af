//! Every test that drives the real thing, in one binary: linked once, with one embedded server.
mod embedded;
mod support;
