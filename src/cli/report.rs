//! `milepost report`: what a shell script says of its job, one thing a call.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use ureq::http::Method;

use super::Fatal;
use super::place::PlaceSettings;
use super::serve::environment;
use crate::progress::Name;
use crate::terminal::http::Client;
use crate::terminal::report::{Message, Undelivered, deliver};

mod json;
mod said;

use said::{Started, What};

/// What it ends with, beside 0 where it was taken and 2 where it cannot be done as asked.
const REFUSED: u8 = 1;
const CANCELLED: u8 = 3;
const AWAY: u8 = 4;

/// What its help says of that.
const CODES: &str = "Exit code: 0 when it was taken, 1 when it was refused, 4 when the service did not answer in time, \
    2 when it cannot be done as asked; with --fail-on-cancel, 3 when somebody asked for the job to be cancelled. Where \
    no service is named, by option or environment, it says nothing and ends with 0.";

/// What to say.
#[derive(Debug, Clone, Args)]
#[command(after_help = CODES)]
pub struct ReportSettings {
    #[command(subcommand)]
    what: What,
    /// The job [env: MILEPOST_JOB]
    #[arg(long, global = true, value_name = "ID")]
    job: Option<String>,
    /// Refuse it where another attempt has begun since [env: MILEPOST_ATTEMPT]
    #[arg(long, global = true, value_name = "NUMBER")]
    attempt: Option<u64>,
    /// End with 3 where somebody asked for the job to be cancelled
    #[arg(long, global = true, env = "MILEPOST_FAIL_ON_CANCEL")]
    fail_on_cancel: bool,
    /// Print nothing but errors, and the id of a job that was created
    #[arg(long, short, global = true, env = "MILEPOST_QUIET")]
    quiet: bool,
    /// Print the whole answer
    #[arg(long, global = true, conflicts_with = "quiet")]
    json: bool,
    /// How long to try while the service is away, in seconds
    #[arg(
        long,
        global = true,
        env = "MILEPOST_PATIENCE",
        value_name = "SECONDS",
        default_value_t = 30
    )]
    patience: u64,
    #[command(flatten)]
    place: PlaceSettings,
}

/// Says it.
///
/// # Errors
/// One line that says what is wrong and how to mend it.
pub fn run(settings: &ReportSettings) -> Result<ExitCode, Fatal> {
    let place = settings.place.place(&environment)?;
    if let What::Create(creation) = &settings.what {
        let id = creation
            .id
            .clone()
            .unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        let id = name("--id", &id)?;
        let body = creation.body()?;
        let Some(place) = place else {
            return print(&format!("{id}")); // so that a script goes on as with a service
        };
        return settings.create(&Client::new(place), &id, body);
    }
    let Some(place) = place else {
        return Ok(ExitCode::SUCCESS);
    };
    let job = settings.job()?;
    let sent = settings.send(&Client::new(place), &job, settings.report()?);
    settings.end(&job, sent)
}

impl ReportSettings {
    fn create(&self, client: &Client, id: &Name, body: Value) -> Result<ExitCode, Fatal> {
        let What::Create(creation) = &self.what else {
            return Ok(ExitCode::SUCCESS);
        };
        let message = Message {
            method: Method::PUT,
            path: format!("jobs/{id}"),
            body,
        };
        let mut sent = deliver(client, &message, Duration::from_secs(self.patience));
        if let (Ok(_), true) = (&sent, creation.started) {
            sent = self.send(client, id, Started::none().report());
        }
        match sent {
            Ok(answer) if self.json => print(&answer.to_string()),
            Ok(_) => print(&format!("{id}")),
            Err(why) => undelivered(&why),
        }
    }

    fn send(&self, client: &Client, job: &Name, report: Value) -> Result<Value, Undelivered> {
        let message = Message {
            method: Method::POST,
            path: format!("jobs/{job}/reports"),
            body: report,
        };
        deliver(client, &message, Duration::from_secs(self.patience))
    }

    fn end(&self, job: &Name, sent: Result<Value, Undelivered>) -> Result<ExitCode, Fatal> {
        let answer = match sent {
            Ok(answer) => answer,
            Err(why) => return undelivered(&why),
        };
        let asked = answer["cancel_requested"] == true;
        let wish = if asked { ", to be cancelled" } else { "" };
        let status = answer["status"].as_str().unwrap_or_default();
        let (attempt, version) = (&answer["attempt"], &answer["version"]);
        if self.json {
            print(&answer.to_string())?;
        } else if !self.quiet {
            print(&format!(
                "{job}: {status}{wish} (attempt {attempt}, version {version})"
            ))?;
        }
        match asked && self.fail_on_cancel {
            true => Ok(ExitCode::from(CANCELLED)),
            false => Ok(ExitCode::SUCCESS),
        }
    }

    fn job(&self) -> Result<Name, Fatal> {
        let job = self.job.clone().or_else(|| environment("MILEPOST_JOB"));
        let Some(job) = job.filter(|job| !job.is_empty()) else {
            let mend = "give --job or MILEPOST_JOB, which `milepost report create` prints";
            return Err(Fatal::new("no job is named", mend));
        };
        name("--job", &job)
    }

    fn report(&self) -> Result<Value, Fatal> {
        let mut report = self.what.report();
        // `started` opens an attempt, and so names none.
        if let (Some(attempt), false) = (self.attempt()?, report["type"] == "started") {
            report["attempt"] = json!(attempt);
        }
        Ok(report)
    }

    fn attempt(&self) -> Result<Option<u64>, Fatal> {
        let said = environment("MILEPOST_ATTEMPT").filter(|text| !text.is_empty());
        match (self.attempt, said) {
            (Some(attempt), _) => Ok(Some(attempt)),
            (None, None) => Ok(None),
            (None, Some(text)) => text.parse().map(Some).map_err(|_| {
                Fatal::new(
                    &format!("MILEPOST_ATTEMPT {text:?} cannot be used"),
                    "it is no number",
                )
            }),
        }
    }
}

fn undelivered(why: &Undelivered) -> Result<ExitCode, Fatal> {
    let (text, code) = match why {
        Undelivered::Refused(problem) => (format!("refused: {problem}"), REFUSED),
        Undelivered::Away(why) => (format!("the service does not answer: {why}"), AWAY),
        Undelivered::NoToken(why) => {
            return Err(Fatal::new(why, "see --token-file, MILEPOST_TOKEN"));
        }
    };
    let _ = writeln!(std::io::stderr(), "milepost: {text}"); // nobody may be reading
    Ok(ExitCode::from(code))
}

fn print(text: &str) -> Result<ExitCode, Fatal> {
    let written = writeln!(std::io::stdout(), "{text}");
    written
        .map(|()| ExitCode::SUCCESS)
        .map_err(|e| Fatal::new("it cannot be printed", e))
}

fn name(option: &str, text: &str) -> Result<Name, Fatal> {
    Name::parse(text).map_err(|e| Fatal::new(&format!("{option} {text:?} cannot be used"), e))
}
