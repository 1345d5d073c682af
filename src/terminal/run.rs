//! A command as a job: what it writes goes through untouched, and is [`read`] for progress on the way.

pub mod read;
