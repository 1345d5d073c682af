//! That it is over: what the job is told of the ending, and what we end with.

use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use serde_json::{Value, json};

use super::hear::say;
use super::session::Wish;
use super::signals;
use super::tail::Tail;
use super::teller::Ending;
use crate::worker::{self, Failure, Job};

/// What a shell ends with where a command is not there, or cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUNNABLE: u8 = 126;

/// The command has ended.
#[derive(Debug, Clone, Copy)]
pub struct Over {
    /// How.
    pub status: ExitStatus,
    /// Somebody had asked for the job to be cancelled.
    pub asked: bool,
    /// The signal that we were sent before, and handed on.
    pub interrupted: Option<i32>,
}

impl Over {
    /// Tells the job; what the command said of its ending itself counts, unless it is contradicted by the exit code.
    pub fn tell(
        self,
        job: &Job,
        said: Ending,
        failure: impl FnOnce() -> Failure,
    ) -> worker::Ending {
        let by_key = [self.interrupted, self.status.signal()].contains(&Some(libc::SIGINT));
        if self.asked {
            return job.cancel(format!("the command ended with {}", self.words()));
        }
        if !self.status.success() {
            return match by_key {
                true => job.cancel("interrupted at the terminal"), // by a person, whose wish it was
                false => job.fail(said.failure.unwrap_or_else(failure)),
            };
        }
        if let Some(failure) = said.failure {
            return job.fail(failure);
        }
        if let Some(message) = said.gave_up {
            return job.cancel(message);
        }
        let result = said.result.filter(Value::is_object);
        job.complete(result.unwrap_or_else(|| json!({ "exit_code": 0 })))
    }

    /// What went wrong, with its last words.
    #[must_use]
    pub fn failure(self, program: &str, tail: Option<&Tail>) -> Failure {
        let sentence = tail.map(Tail::sentence).unwrap_or_default();
        let colon = if sentence.is_empty() { "" } else { ": " };
        let message = format!("{}{colon}{sentence}", self.words());
        let interrupted = self.interrupted.is_some();
        let code = match self.status.signal() {
            _ if interrupted => "interrupted",
            Some(_) => "command_killed",
            None => "command_failed",
        };
        let mut details = json!({ "command": program });
        match self.status.signal() {
            Some(signal) => details["signal"] = json!(signals::name(signal)),
            None => details["exit_code"] = json!(self.status.code()),
        }
        if let Some(text) = tail.map(Tail::text).filter(|text| !text.is_empty()) {
            details["output"] = json!(text);
        }
        Failure::new(code, message)
            .retryable(interrupted)
            .details(details)
    }

    /// The command's; or 128 and the signal that ended it, as shells have it.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        let signal = self.status.signal().map(|signal| 128 + signal);
        let code = self.status.code().or(signal);
        code.and_then(|code| u8::try_from(code).ok())
            .unwrap_or(u8::MAX)
    }

    fn words(self) -> String {
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => signals::name(signal),
            (None, None) => "an unknown ending".to_owned(),
        }
    }
}

/// The command could not even be started: says so, and gives the exit code.
#[must_use]
pub fn refused(wish: &Wish, error: &io::Error) -> u8 {
    say(&format!("{} cannot be run: {error}", wish.program));
    let (code, exit) = match error.kind() {
        ErrorKind::NotFound => ("command_not_found", NOT_FOUND),
        _ => ("command_not_runnable", NOT_RUNNABLE),
    };
    let message = format!("{} cannot be run: {error}", wish.program);
    deliver(wish, wish.job.fail(Failure::new(code, message)));
    exit
}

/// Waits for the last word to be delivered, not for long.
pub fn deliver(wish: &Wish, told: worker::Ending) {
    let is_on = wish.job.reporter().is_on();
    if !told.wait(wish.patience) && is_on && wish.job.reason().is_none() {
        say("how it ended could not be reported in time");
    }
}
