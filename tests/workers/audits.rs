//! The vulnerability audit: its rules, the reports it reads, and whole audits against the real service and the real
//! database.

mod front;
mod jobs;
mod people;
mod reports;
mod rig;
mod rules;
