//! Watching jobs from a terminal.
//!
//! A [`line`] per selection, in a thread of its own, brings frames by server-sent events or, where those do not get
//! through, by polling, and comes back by its cursor. The [`board`] folds them and judges the ending. A [`view`] shows
//! them: [`bars`] on a terminal, [`plain`] lines anywhere, or the [`frames`] themselves.

pub mod attempt;
pub mod bars;
pub mod board;
pub mod events;
pub mod frames;
pub mod line;
pub mod look;
pub mod out;
pub mod plain;
pub mod query;
pub mod rows;
pub mod say;
pub mod session;
pub mod state;
pub mod view;
pub mod words;

pub use board::Verdict;
pub use query::{MOST_JOBS, Query, StatusWord};
pub use session::{Outcome, Session, Wish};
pub use view::Show;
