//! What the command line says to a service that runs elsewhere: watching jobs, reporting on them, running a command as
//! one. Knows the contract and HTTP, and nothing of how the service works inside.
//!
//! - [`place`], [`http`], [`backoff`]: which service, how it is spoken to, how long one waits before trying again.
//! - [`clean`]: texts of others, made safe for a terminal.
//! - [`watch`]: a line to the service that is never lost for long, and three ways to show what comes over it.
//! - [`report`]: one report of a shell script.
//! - [`run`]: a command as a job: what it prints, read for progress.

pub mod backoff;
pub mod clean;
pub mod http;
pub mod place;
pub mod report;
pub mod run;
pub mod watch;
