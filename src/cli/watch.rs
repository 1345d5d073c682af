//! `milepost watch`: draws jobs as they move, and ends as they end.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::Fatal;
use super::place::PlaceSettings;
use super::serve::environment;
use crate::progress::{Kind, Name};
use crate::terminal::watch::out::Input;
use crate::terminal::watch::{MOST_JOBS, Outcome, Query, Session, Show, StatusWord, Verdict, Wish};

/// What it ends with, beside 0 where all completed and 2 where it cannot be done as asked.
const FAILED: u8 = 1;
const CANCELLED: u8 = 3;
const AWAY: u8 = 4;
const LEFT: u8 = 130;
const UNREAD: u8 = 141;

/// What its help says of that.
const CODES: &str = "Exit code: 0 when all have completed, 1 when one failed, 3 when one was cancelled, 4 when the \
    service or an ending cannot be had, 130 when left by Ctrl-C, 2 when it cannot be done as asked.";

/// What to watch, and how.
#[derive(Debug, Clone, Args)]
#[command(after_help = CODES)]
pub struct WatchSettings {
    /// The jobs, by their ids; left out: all that the options select and that have not ended
    #[arg(value_name = "JOB")]
    pub jobs: Vec<String>,
    /// A job, as if named alone; may be repeated [env: MILEPOST_JOB]
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub job: Vec<String>,
    /// Only of this kind
    #[arg(long, env = "MILEPOST_KIND", value_name = "KIND")]
    pub kind: Option<String>,
    /// Only on this subject
    #[arg(long, env = "MILEPOST_SUBJECT", value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// Only of this owner
    #[arg(long, env = "MILEPOST_OWNER", value_name = "OWNER")]
    pub owner: Option<String>,
    /// Only the parts of this job
    #[arg(long, env = "MILEPOST_PARENT", value_name = "ID")]
    pub parent: Option<String>,
    /// Only with this status: queued, running, cancelling, completed, failed, cancelled, or active for those that have
    /// not ended; may be repeated
    #[arg(
        long,
        env = "MILEPOST_STATUS",
        value_name = "STATUS",
        value_delimiter = ','
    )]
    pub status: Vec<String>,
    /// Also draw the parts of the named jobs
    #[arg(long, env = "MILEPOST_CHILDREN")]
    pub children: bool,
    /// Go on when all have ended, for those still to come
    #[arg(long, env = "MILEPOST_FOLLOW", conflicts_with = "jobs")]
    pub follow: bool,
    /// Write lines, as without a terminal
    #[arg(long, env = "MILEPOST_PLAIN", conflicts_with = "json")]
    pub plain: bool,
    /// Write the frames as they come, one a line
    #[arg(long, env = "MILEPOST_JSON")]
    pub json: bool,
    /// Ctrl-C asks for what is watched to be cancelled; a second one leaves
    #[arg(long, env = "MILEPOST_CANCEL_ON_INTERRUPT")]
    pub cancel_on_interrupt: bool,
    /// How long to look for a service that never answered, in seconds
    #[arg(
        long,
        env = "MILEPOST_PATIENCE",
        value_name = "SECONDS",
        default_value_t = 30
    )]
    pub patience: u64,
    /// Where to.
    #[command(flatten)]
    pub place: PlaceSettings,
}

/// Watches until all has ended.
///
/// # Errors
/// One line that says what is wrong and how to mend it.
pub fn run(settings: &WatchSettings, runtime: &tokio::runtime::Runtime) -> Result<ExitCode, Fatal> {
    let place = settings.place.place_or_here(&environment)?;
    let wish = settings.wish()?;
    let session = Session::new(place, wish.clone());
    let inbox = session.inbox();
    runtime.spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && inbox.send(Input::Interrupt).is_ok() {}
    });
    let outcome = session.run();
    end(&outcome, &wish)
}

fn end(outcome: &Outcome, wish: &Wish) -> Result<ExitCode, Fatal> {
    let code = match outcome {
        Outcome::Over(Verdict::Completed) => 0,
        Outcome::Over(Verdict::Failed) => FAILED,
        Outcome::Over(Verdict::Cancelled) => CANCELLED,
        Outcome::Over(Verdict::Unknown) => AWAY,
        Outcome::Unread => UNREAD,
        Outcome::Left => {
            say("left; what was watched goes on");
            LEFT
        }
        Outcome::Away(why) => {
            say(&format!(
                "the service does not answer: {why}; see --url, --patience"
            ));
            AWAY
        }
        Outcome::NoToken(why) => {
            return Err(Fatal::new(why, "see --token-file, MILEPOST_TOKEN"));
        }
        Outcome::Refused(problem) => {
            let what = match wish.query.jobs.as_slice() {
                [one] => format!("{one} cannot be watched"),
                _ => "these jobs cannot be watched".to_owned(),
            };
            return Err(Fatal::new(&what, problem));
        }
    };
    Ok(ExitCode::from(code))
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "milepost: {text}"); // nobody may be reading
}

impl WatchSettings {
    fn wish(&self) -> Result<Wish, Fatal> {
        let query = self.query()?;
        if self.children && query.jobs.is_empty() {
            return Err(Fatal::new(
                "--children is of named jobs",
                "name one, or use --parent",
            ));
        }
        Ok(Wish {
            query,
            children: self.children,
            follow: self.follow,
            show: self.show(),
            patience: Duration::from_secs(self.patience),
            cancel_on_interrupt: self.cancel_on_interrupt,
        })
    }

    fn show(&self) -> Show {
        let dumb = environment("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        match () {
            () if self.json => Show::Frames,
            () if self.plain || dumb || !std::io::stdout().is_terminal() => Show::Plain,
            () => Show::Bars,
        }
    }

    fn query(&self) -> Result<Query, Fatal> {
        let labels = [&self.kind, &self.subject, &self.owner, &self.parent];
        let selects = labels.iter().any(|l| l.is_some()) || !self.status.is_empty();
        let mut jobs = [&self.jobs[..], &self.job[..]].concat();
        if jobs.is_empty() && !selects && !self.follow {
            jobs.extend(environment("MILEPOST_JOB").filter(|job| !job.is_empty()));
        }
        if jobs.len() > MOST_JOBS {
            let why =
                format!("{MOST_JOBS} at most; select by --kind, --subject, --owner or --parent");
            return Err(Fatal::new("too many jobs are named", why));
        }
        let jobs: Result<Vec<Name>, Fatal> = jobs.iter().map(|id| name("job", id)).collect();
        let mut status: Vec<StatusWord> = self
            .status
            .iter()
            .map(|word| status(word))
            .collect::<Result<_, _>>()?;
        let jobs = jobs?;
        if jobs.is_empty() && status.is_empty() {
            status.push(StatusWord::Active); // what ended days ago is no news
        }
        let named = |option: &str, value: &Option<String>| {
            value.as_ref().map(|text| name(option, text)).transpose()
        };
        let kind = self.kind.as_ref().map(|text| {
            Kind::parse(text).map_err(|e| Fatal::new(&format!("--kind {text:?} cannot be used"), e))
        });
        Ok(Query {
            jobs,
            kind: kind.transpose()?,
            subject: named("--subject", &self.subject)?,
            owner: named("--owner", &self.owner)?,
            parent: named("--parent", &self.parent)?,
            status,
        })
    }
}

fn name(option: &str, text: &str) -> Result<Name, Fatal> {
    Name::parse(text).map_err(|e| Fatal::new(&format!("{option} {text:?} cannot be used"), e))
}

fn status(word: &str) -> Result<StatusWord, Fatal> {
    StatusWord::parse(word).ok_or_else(|| {
        let why = "use queued, running, cancelling, completed, failed, cancelled or active";
        Fatal::new(&format!("--status {word:?} cannot be used"), why)
    })
}
