//! The command line: one binary, a command for each thing it can be. Turns what is wrong into one line and an exit
//! code; what a command does is in its own file.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::{ContextKind, ErrorKind};
use clap::{Parser, Subcommand};
use tokio::runtime::Runtime;

use crate::config::{BadSetting, Settings};

pub mod demo;
mod listen;
pub mod place;
pub mod report;
pub mod run;
pub mod serve;
pub mod token;
pub mod watch;

/// Progress of long work, watched by people.
#[derive(Debug, Parser)]
#[command(name = "milepost", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service.
    #[command(allow_negative_numbers = true)] // so that they are refused by name
    Serve(Settings),
    /// Run the service on a private Postgres, with example workers on sample data, and show where to look.
    #[command(allow_negative_numbers = true)]
    Demo(demo::DemoSettings),
    /// Make a token that the service takes, signed with its secret, and print it.
    Token(token::TokenSettings),
    /// Run a command as a job, its progress read from what it prints.
    Run(run::RunSettings),
    /// Say something of a job: for shell scripts.
    Report(report::ReportSettings),
    /// Draw jobs as they move, until they have ended.
    Watch(watch::WatchSettings),
}

/// Why a command could not be done: what is wrong and how to mend it, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Fatal(String);

impl Fatal {
    /// What was to be done, and what stands in the way.
    pub fn new(what: &str, why: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

impl From<BadSetting> for Fatal {
    fn from(bad: BadSetting) -> Self {
        Self(bad.to_string())
    }
}

/// Exit code of what cannot be done as asked.
const CANNOT: u8 = 2;

/// Does what the arguments of this process say.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    match run(arguments.command) {
        Ok(code) => code,
        Err(fatal) => complain(&fatal.to_string()),
    }
}

fn run(command: Command) -> Result<ExitCode, Fatal> {
    let done = |()| ExitCode::SUCCESS;
    match command {
        Command::Serve(settings) => {
            with_threads(|threads| threads.block_on(serve::run(settings)).map(done))
        }
        Command::Demo(settings) => {
            with_threads(|threads| threads.block_on(demo::run(settings)).map(done))
        }
        Command::Watch(settings) => with_threads(|threads| watch::run(&settings, threads)),
        Command::Token(settings) => token::run(settings).map(done),
        Command::Report(settings) => report::run(&settings),
        // Without threads of ours: it holds signals back, and so must be before all of them.
        Command::Run(settings) => Ok(run::run(&settings).unwrap_or_else(|fatal| {
            complain(&fatal.to_string());
            ExitCode::from(run::CANNOT_RUN)
        })),
    }
}

fn with_threads(work: impl FnOnce(&Runtime) -> Result<ExitCode, Fatal>) -> Result<ExitCode, Fatal> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Fatal::new("no threads could be started", e))?;
    let ended = work(&runtime);
    // Whatever still blocks a thread has had its drain time.
    runtime.shutdown_timeout(Duration::from_millis(200));
    ended
}

/// One line for wrong arguments; help and version as clap writes them.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print(); // nobody may be reading
        let code = u8::try_from(error.exit_code()).unwrap_or(CANNOT);
        return ExitCode::from(code);
    }
    let rendered = error.to_string();
    // The first paragraph says what is wrong; then come tips and usage.
    let what = rendered.split("\n\n").next().unwrap_or("");
    let what = what.strip_prefix("error: ").unwrap_or(what);
    let instead = match error.get(ContextKind::SuggestedArg) {
        Some(argument) => format!("; did you mean {argument}?"),
        None => "; see milepost --help".to_owned(),
    };
    let code = complain(&format!("{what}{instead}"));
    // Which leaves all other codes to the command.
    match std::env::args_os().nth(1).is_some_and(|word| word == "run") {
        true => ExitCode::from(run::CANNOT_RUN),
        false => code,
    }
}

fn complain(what: &str) -> ExitCode {
    let line = what.split_whitespace().collect::<Vec<_>>().join(" ");
    // Not `eprintln!`, which panics where nobody reads.
    let _ = writeln!(std::io::stderr(), "milepost: {line}");
    ExitCode::from(CANNOT)
}
