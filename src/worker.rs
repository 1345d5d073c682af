//! Tells Milepost how a program's long work is getting on: three lines in any job, and no cost worth speaking of.
//!
//! ```
//! use milepost::worker::Reporter;
//!
//! fn sizes(files: Vec<std::path::PathBuf>) -> Result<u64, Box<dyn std::error::Error>> {
//!     let reporter = Reporter::from_env()?; // MILEPOST_URL, MILEPOST_PROJECT, MILEPOST_TOKEN
//!     let job = reporter.job("sizes").title("Sizes of files").start();
//!     let mut bytes = 0;
//!     for file in job.track(files) {
//!         job.bail_if_cancelled()?;
//!         bytes += std::fs::metadata(file)?.len();
//!     }
//!     job.complete(serde_json::json!({"bytes": bytes}));
//!     Ok(bytes)
//! }
//! ```
//!
//! # What it costs, and what it never does
//!
//! An increment is one relaxed atomic; it wakes nobody. One thread of its own (no runtime is needed) looks four times
//! a second what is new, and sends that of all jobs in one request; what is said of a job's life (it begins, a phase
//! begins, a notice, an ending) goes at once. Heartbeats go by themselves, after a third of the lease. Reporting never
//! fails, blocks or slows the job: what is too long is cut, what the service refuses is said to [`tracing`], and while
//! the service is away everything waits in a bounded outbox and is tried again, with jitter, as the service asks.
//! A program without a configured service has a reporter that says nothing, and need not know.
//!
//! # What is lost when the service is away too long
//!
//! Progress, counters, message and metadata take no room: the newest values are read when they can be sent. Where
//! 20,000 reports or 8 MiB wait ([`Builder::outbox`]), a notice that finds no room is counted, and one notice for each
//! code says before the job ends how many were not listed. The life of a job is not dropped before notices: it takes
//! their room. Only then phases fold into the newest one, and after that jobs that began and ended unheard of go,
//! oldest first. The ending of a job that the service knows is never dropped while the process lives.
//!
//! # How a job ends
//!
//! By [`Job::complete`], [`Job::fail`] or [`Job::cancel`]; await what they give, or call [`Reporter::close`] before
//! the process ends, or the last words may still be in memory then. A job whose last handle is dropped without an
//! ending has failed: `worker_dropped`, or `worker_panicked`. Signals are the program's own business, for a handler
//! belongs to the whole process: one line asks for it, [`Reporter::interrupt_on_signals`], and then a job that a
//! SIGTERM leaves behind has failed, `interrupted`, retryable. Killed outright, it is lost by its lease.
//!
//! # When a job is not this program's any more
//!
//! [`Job::cancelled`] is a token that fires when a person asks for a cancel, when the program wants to stop, when
//! another worker has taken the job over, or when it is over already. In the last two cases nothing more is reported
//! of it. Where another worker holds a job that this one begins, the claim is tried for twice its lease: the other may
//! be this very program, killed a moment ago.

mod builder;
mod cancel;
mod core;
mod counter;
mod create;
mod failure;
mod gather;
mod handle;
mod http;
mod job;
mod lane;
pub mod limits;
mod meter;
mod metered;
mod notice;
mod outbox;
mod phase;
mod random;
mod reporter;
mod resolve;
mod room;
mod sender;
mod settle;
#[cfg(unix)]
mod signals;
mod target;
mod track;
mod waiting;

pub use builder::Builder;
pub use cancel::{Cancelled, Reason};
pub use counter::Counter;
pub use create::{JobBuilder, Phase};
pub use failure::Failure;
pub use job::Job;
pub use metered::Metered;
pub use notice::Level;
pub use phase::PhaseGuard;
pub use reporter::{Backlog, Reporter};
pub use target::ConfigError;
pub use track::{Track, TrackStream};
pub use waiting::Ending;
