//! A command as a job: what it writes goes through untouched, and is [`read`] for progress on the way; signals go in,
//! the exit code comes out, and a wish to cancel ends it.
//!
//! - [`command`]: starting it, with what it inherits; [`copy`]: its output; [`signals`], [`family`]: whom a signal goes to.
//! - [`teller`]: what the job is told; [`reports`]: what the command says itself, on a descriptor; [`tail`]: its last words.
//! - [`hear`], [`over`]: what is heard of it, how it ended. [`session`]: all of it together; [`system`]: the calls that the standard library lacks, and all `unsafe`.

pub mod command;
pub mod copy;
pub mod family;
pub mod hear;
pub mod over;
pub mod read;
pub mod reports;
pub mod session;
pub mod signals;
pub mod system;
pub mod tail;
pub mod teller;

pub use command::{Order, Terminal};
pub use session::{Session, Wish};
