//! Milepost: progress of long work, persisted in Postgres, watched over WebSocket, server-sent events and polling.
//!
//! # The map, in reading order
//!
//! - [`progress`]: the vocabulary (job, status, phase, report) and the state machine. No I/O, no clock.
//! - [`wire`]: every JSON shape, the frame as shared bytes, the cursor.
//! - [`store`]: Postgres. One statement per file of `sql/query`; the private server of one machine.
//! - [`hub`]: who watches what; the latest frame of each job, let out at most twice a second.
//! - [`bus`]: the hint between nodes.
//! - [`tracker`]: the only door to jobs: report, read, watch, cancel. Group commit, catch-up, sweep.
//! - [`auth`]: who calls and what they may do: tokens, the keys that vouch for them, grants.
//! - [`limit`]: who a caller is, and how much of each thing one caller may have.
//! - [`http`], [`server`]: what every route shares; the accept loop, which can give a socket away.
//! - [`transport`]: the three ways to watch.
//! - [`api`]: the whole route table on one screen, layers in order.
//! - [`worker`]: how a program reports on its jobs. Nothing of the service; a feature of its own.
//! - [`config`], [`telemetry`], [`metrics`], [`shutdown`], [`cli`]: how it is run. [`demo`]: example workers at work.
//!
//! A report comes in at [`api`], is decided by [`progress::machine`], written by the [`tracker`]'s group commit, handed
//! to the [`hub`], and written by the hub's emitter to the sockets of whoever selected the job.
//!
//! # Invariants
//!
//! 1. [`progress`] never reads a clock, waits, logs, or fails for outside reasons. Time is a parameter.
//! 2. A status changes only in [`progress::machine`]; a row only through a statement that names the version it expects.
//! 3. Versions of a job are 1, 2, 3 …; no viewer sees one go back; what a viewer saw is in Postgres.
//! 4. Every stream ends with a terminal frame or a code that says whether to come back.
//! 5. Losing every hint costs at most the catch-up interval.
//! 6. A slow viewer costs one frame of memory and delays nobody.
//! 7. No task starts without a shutdown token and a task set; after the stop limit none is left.
//! 8. No handler picks a status code for a domain error; no response carries the text of an inner error.
//! 9. A handler learns its project, and what may be done there, from the gate alone; what a credential may not see is not
//!    there.
//!
//! Imports never turn back: a test (`tests/shape.rs`) reads them and says so.

// The map is of the whole, of which the feature `worker` alone is a part.
#![cfg_attr(not(feature = "server"), allow(rustdoc::broken_intra_doc_links))]

// The examples that the demonstration runs are written as a user would write them.
extern crate self as milepost;

#[cfg(feature = "server")]
pub mod api;
#[cfg(feature = "server")]
pub mod auth;
#[cfg(feature = "server")]
pub mod bus;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod demo;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod hub;
#[cfg(feature = "server")]
pub mod limit;
#[cfg(feature = "server")]
pub mod metrics;
#[cfg(feature = "server")]
pub mod progress;
#[cfg(feature = "server")]
pub mod random;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod shutdown;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod tracker;
#[cfg(feature = "server")]
pub mod transport;
#[cfg(feature = "server")]
pub mod wire;
#[cfg(feature = "worker")]
pub mod worker;
