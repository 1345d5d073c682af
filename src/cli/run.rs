//! `milepost run`: any command as a job. Where nothing can be reported the command runs all the same.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::Fatal;
use super::place::PlaceSettings;
use super::serve::environment;
use crate::progress::{Kind, Name};
use crate::terminal::place::{Place, Token};
use crate::terminal::run::{Order, Session, Terminal, Wish, system};
use crate::worker::{Job, Phase, Reporter};

/// What it ends with where it cannot be done as asked: no code that commands use.
pub const CANNOT_RUN: u8 = 125;

/// What its help says of that.
const CODES: &str = "Exit code: the command's, or 128 and the signal that ended it; 127 or 126 where it is not there or \
    cannot be run, 125 where the options are wrong. Where nothing can be reported the command runs all the same.";

/// What to run, and as which job.
#[derive(Debug, Clone, Args)]
#[command(after_help = CODES)]
pub struct RunSettings {
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    pub command: Vec<OsString>,
    /// What sort of job it is
    #[arg(
        long,
        env = "MILEPOST_KIND",
        value_name = "KIND",
        default_value = "command"
    )]
    pub kind: String,
    /// What people call it [default: the name of the program]
    #[arg(long, env = "MILEPOST_TITLE", value_name = "TITLE")]
    pub title: Option<String>,
    /// The id of the job, so that it can be watched by it [default: a new one]
    #[arg(long, env = "MILEPOST_ID", visible_alias = "job", value_name = "ID")]
    pub id: Option<String>,
    /// What is worked on
    #[arg(long, env = "MILEPOST_SUBJECT", value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// Whom it is for
    #[arg(long, env = "MILEPOST_OWNER", value_name = "OWNER")]
    pub owner: Option<String>,
    /// The job it is part of [env: MILEPOST_JOB]
    #[arg(long, value_name = "ID")]
    pub parent: Option<String>,
    /// A phase, in the order of the bars that the command draws, and how much of the work it is; may be repeated
    #[arg(long, env = "MILEPOST_PHASE", value_name = "NAME[:WEIGHT]")]
    pub phase: Vec<String>,
    /// How long the job counts as alive without a word, in seconds
    #[arg(long, env = "MILEPOST_LEASE", value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(5..=3600))]
    pub lease: u64,
    /// How long a command that is cancelled has between SIGTERM and SIGKILL, in seconds
    #[arg(
        long,
        env = "MILEPOST_GRACE",
        value_name = "SECONDS",
        default_value_t = 10
    )]
    pub grace: u64,
    /// Have the command write to a terminal although we do not: for those that draw bars only then
    #[arg(long, env = "MILEPOST_PTY", conflicts_with = "no_pty")]
    pub pty: bool,
    /// Have it write to pipes although we have a terminal
    #[arg(long, env = "MILEPOST_NO_PTY")]
    pub no_pty: bool,
    /// Leave the last lines of its output out of a failure
    #[arg(long, env = "MILEPOST_NO_TAIL")]
    pub no_tail: bool,
    /// Where to.
    #[command(flatten)]
    pub place: PlaceSettings,
}

/// Runs the command.
///
/// # Errors
/// The options are wrong: one line that says how to mend it.
pub fn run(settings: &RunSettings) -> Result<ExitCode, Fatal> {
    let declared = phases(&settings.phase)?;
    settings.check()?;
    // Before any thread is started, which would take them otherwise.
    let mask = system::hold_signals();
    let place = match settings.place.place(&environment) {
        Ok(place) => place,
        Err(fatal) => {
            say(&format!("not reporting: {fatal}"));
            None
        }
    };
    warn();
    let reporter = place.as_ref().map_or_else(Reporter::off, reporter);
    let job = settings.job(&reporter, &declared);
    let order = Order {
        words: settings.command.clone(),
        mask,
        terminal: match (settings.pty, settings.no_pty) {
            (true, _) => Terminal::Always,
            (_, true) => Terminal::Never,
            _ => Terminal::AsOurs,
        },
        forgotten: &OURS,
        environment: told(&job, place.as_ref()),
    };
    let code = Session::run(Wish {
        order,
        job,
        program: settings.program(),
        phases: declared.into_iter().map(|(name, _)| name).collect(),
        grace: Duration::from_secs(settings.grace),
        tail: !settings.no_tail,
        patience: Duration::from_secs(5),
    });
    Ok(ExitCode::from(code))
}

fn reporter(place: &Place) -> Reporter {
    let mut builder = Reporter::builder(place.url()).project(place.project().as_str());
    let with_token = match place.token() {
        Token::None => Ok(builder),
        Token::Text(token) => {
            builder = builder.token(token.trim());
            Ok(builder)
        }
        Token::File(path) => builder.token_file(path),
    };
    with_token
        .and_then(|builder| builder.worker("milepost-run").build())
        .unwrap_or_else(|error| {
            say(&format!("not reporting: {error}"));
            Reporter::off()
        })
}

/// What is meant for this run alone: what runs within it has its own.
const OURS: [&str; 11] = [
    "MILEPOST_KIND",
    "MILEPOST_TITLE",
    "MILEPOST_ID",
    "MILEPOST_SUBJECT",
    "MILEPOST_OWNER",
    "MILEPOST_PHASE",
    "MILEPOST_LEASE",
    "MILEPOST_GRACE",
    "MILEPOST_PTY",
    "MILEPOST_NO_PTY",
    "MILEPOST_NO_TAIL",
];

/// What the command is told, so that it can report, and watch, too.
fn told(job: &Job, place: Option<&Place>) -> Vec<(String, OsString)> {
    let mut told = vec![("MILEPOST_JOB".to_owned(), OsString::from(job.id()))];
    if let Some(place) = place {
        told.push(("MILEPOST_URL".to_owned(), place.url().into()));
        told.push((
            "MILEPOST_PROJECT".to_owned(),
            place.project().as_str().into(),
        ));
        if let Token::File(path) = place.token() {
            told.push(("MILEPOST_TOKEN_FILE".to_owned(), path.into()));
        }
    }
    told
}

/// What goes wrong with reporting is said in a line: that the service is away, that it refuses.
fn warn() {
    struct Said;
    impl Write for Said {
        fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
            let whole = [b"milepost: ", line].concat();
            std::io::stderr().write_all(&whole)?;
            Ok(line.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_level(false)
        .with_target(false)
        .with_ansi(false)
        .without_time()
        .with_writer(|| Said);
    let _ = lines.try_init(); // somebody listens already
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "milepost: {text}"); // nobody may be reading
}

impl RunSettings {
    /// The name of the program. Its arguments are left out: some are secrets.
    fn program(&self) -> String {
        let first = self.command.first().map(Path::new);
        let name = first.and_then(Path::file_name).unwrap_or_default();
        crate::terminal::clean::line(&name.to_string_lossy())
    }

    fn job(&self, reporter: &Reporter, phases: &[(String, f64)]) -> Job {
        let mut job = reporter
            .job(&self.kind)
            .lease(Duration::from_secs(self.lease));
        job = job.title(&self.title.clone().unwrap_or_else(|| self.program()));
        let parent = self.parent.clone().or_else(|| {
            // What runs within a run is part of it.
            environment("MILEPOST_JOB").filter(|id| Name::parse(id).is_ok())
        });
        if let Some(id) = &self.id {
            job = job.id(id);
        }
        if let Some(subject) = &self.subject {
            job = job.subject(subject);
        }
        if let Some(owner) = &self.owner {
            job = job.owner(owner);
        }
        if let Some(parent) = parent.filter(|parent| self.id.as_ref() != Some(parent)) {
            job = job.parent(&parent);
        }
        let plan = phases
            .iter()
            .map(|(name, weight)| Phase::new(name).weight(*weight));
        job.phases(plan).start()
    }

    /// What cannot be a name is said before anything runs.
    fn check(&self) -> Result<(), Fatal> {
        let wrong = |option: &str, text: &str, e| {
            Fatal::new(&format!("{option} {text:?} cannot be used"), e)
        };
        Kind::parse(&self.kind).map_err(|e| wrong("--kind", &self.kind, e))?;
        for (option, value) in [
            ("--id", &self.id),
            ("--subject", &self.subject),
            ("--owner", &self.owner),
            ("--parent", &self.parent),
        ] {
            if let Some(text) = value {
                Name::parse(text).map_err(|e| wrong(option, text, e))?;
            }
        }
        Ok(())
    }
}

/// Phases as options name them: their names and weights.
///
/// # Errors
/// One is no name with a weight.
pub fn phases(texts: &[String]) -> Result<Vec<(String, f64)>, Fatal> {
    let phase = |text: &String| {
        let (name, weight) = match text.rsplit_once(':') {
            Some((name, weight)) => (name, weight.parse().ok()),
            None => (text.as_str(), Some(1.0)),
        };
        let weight = weight.filter(|weight: &f64| weight.is_finite() && *weight > 0.0);
        match weight {
            Some(weight) if !name.is_empty() => Ok((name.to_owned(), weight)),
            _ => {
                let why = "give a name, or a name, a colon and a number: --phase parse:8";
                Err(Fatal::new(&format!("--phase {text:?} cannot be used"), why))
            }
        }
    };
    texts.iter().map(phase).collect()
}
