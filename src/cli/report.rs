//! `milepost report`: what a shell script says of its job, one thing a call.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use ureq::http::Method;

use super::Fatal;
use super::place::PlaceSettings;
use super::serve::environment;
use crate::progress::Name;
use crate::terminal::http::Client;
use crate::terminal::report::{Message, Undelivered, deliver};

/// What it ends with, beside 0 where it was taken and 2 where it cannot be done as asked.
const REFUSED: u8 = 1;
const CANCELLED: u8 = 3;
const AWAY: u8 = 4;

/// What to say. Ends with 0 when it was taken, 1 when it was refused, 4 when the service did not answer in time, and, with
/// --fail-on-cancel, 3 when somebody asked for the job to be cancelled. Where no service is named, by option or
/// environment, it says nothing and ends with 0.
#[derive(Debug, Clone, Args)]
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

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Create a job and print its id.
    Create(Box<Creation>),
    /// Begin it.
    Started(Started),
    /// End the phase before, begin this one.
    Phase(Phase),
    /// How far it is.
    Progress(Progress),
    /// Something happened.
    Notice(Notice),
    /// It is still at work.
    Heartbeat,
    /// The attempt failed; there will be another.
    Retrying(Failed),
    /// It is done.
    Completed(Completed),
    /// It cannot be done.
    Failed(Failed),
    /// It gave up.
    Cancelled {
        /// Why, or what became of it
        message: Option<String>,
    },
}

#[derive(Debug, Clone, Args)]
struct Creation {
    /// What sort of job it is
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// Its id: created again, it is the same job [default: a new one]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What people call it
    #[arg(long)]
    title: Option<String>,
    /// What is worked on
    #[arg(long)]
    subject: Option<String>,
    /// Whom it is for
    #[arg(long)]
    owner: Option<String>,
    /// The job it is part of
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    #[command(flatten)]
    amount: Amount,
    /// A phase, in order, and how much of the work it is; may be repeated
    #[arg(long, value_name = "NAME[:WEIGHT]")]
    phase: Vec<String>,
    /// More to know of it: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    metadata: Option<Value>,
    /// How long it counts as alive without a word, in seconds: longer than the longest step of the script
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    lease: u64,
    /// Begin it, too
    #[arg(long)]
    started: bool,
}

#[derive(Debug, Clone, Args)]
struct Amount {
    /// How much there is to do
    #[arg(long, value_name = "NUMBER")]
    total: Option<u64>,
    /// What is counted: rows, files, bytes
    #[arg(long)]
    unit: Option<String>,
}

#[derive(Debug, Clone, Args)]
struct Started {
    /// Who begins it [default: this script, as this machine and its process]
    #[arg(long)]
    worker: Option<String>,
    #[command(flatten)]
    amount: Amount,
    /// What it does
    #[arg(long)]
    message: Option<String>,
}

#[derive(Debug, Clone, Args)]
struct Phase {
    /// Which
    name: String,
    #[command(flatten)]
    amount: Amount,
    /// What it does
    #[arg(long)]
    message: Option<String>,
}

#[derive(Debug, Clone, Args)]
struct Progress {
    /// How much is done
    #[arg(long, value_name = "NUMBER")]
    current: Option<u64>,
    #[command(flatten)]
    amount: Amount,
    /// How far the whole job is, where nothing can be counted
    #[arg(long, value_name = "0-100")]
    percent: Option<f64>,
    /// What it does
    #[arg(long)]
    message: Option<String>,
    /// A number beside the progress; may be repeated
    #[arg(long, value_name = "NAME=NUMBER", value_parser = counter)]
    counter: Vec<(String, f64)>,
    /// More to know of the job: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    metadata: Option<Value>,
}

#[derive(Debug, Clone, Args)]
struct Notice {
    /// What
    message: String,
    /// How grave
    #[arg(long, value_enum, default_value_t = Level::Info)]
    level: Level,
    /// A word for programs
    #[arg(long)]
    code: Option<String>,
    /// More for programs: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    data: Option<Value>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Info,
    Success,
    Warning,
    Error,
}

#[derive(Debug, Clone, Args)]
struct Completed {
    /// What to say of it
    message: Option<String>,
    /// What came of it: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    result: Option<Value>,
}

#[derive(Debug, Clone, Args)]
struct Failed {
    /// What went wrong
    #[arg(default_value = "failed")]
    message: String,
    /// A word for programs
    #[arg(long, default_value = "failed")]
    code: String,
    /// Trying again may help
    #[arg(long)]
    retryable: bool,
    /// More for programs: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    details: Option<Value>,
}

fn object(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("it must be a JSON object, like {\"rows\": 3}".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn counter(text: &str) -> Result<(String, f64), String> {
    let parsed = text.split_once('=').and_then(|(name, value)| {
        let value: f64 = value.trim().parse().ok()?;
        (value.is_finite() && !name.is_empty()).then(|| (name.to_owned(), value))
    });
    parsed.ok_or_else(|| "use a name, an equals sign and a number: added=12".to_owned())
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
            sent = self.send(client, id, started(&Started::none()));
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
        let mut report = match &self.what {
            What::Create(_) => Value::Null,
            What::Started(said) => return Ok(started(said)), // which opens an attempt
            What::Phase(said) => with_amount(
                json!({ "type": "phase", "name": said.name, "message": said.message }),
                &said.amount,
            ),
            What::Progress(said) => progress(said),
            What::Notice(said) => json!({
                "type": "notice",
                "level": level(said.level),
                "code": said.code,
                "message": said.message,
                "data": said.data,
            }),
            What::Heartbeat => json!({ "type": "heartbeat" }),
            What::Retrying(said) => json!({ "type": "retrying", "error": said.error() }),
            What::Completed(said) => json!({
                "type": "completed",
                "message": said.message,
                "result": said.result,
            }),
            What::Failed(said) => json!({ "type": "failed", "error": said.error() }),
            What::Cancelled { message } => json!({ "type": "cancelled", "message": message }),
        };
        report["attempt"] = json!(self.attempt()?);
        Ok(without_nothing(report))
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

impl Creation {
    fn body(&self) -> Result<Value, Fatal> {
        let phases = super::run::phases(&self.phase)?;
        let phases = phases
            .iter()
            .map(|(name, weight)| json!({ "name": name, "weight": weight }));
        let phases: Vec<Value> = phases.collect();
        let body = json!({
            "kind": self.kind,
            "title": self.title,
            "subject": self.subject,
            "owner": self.owner,
            "parent": self.parent,
            "metadata": self.metadata,
            "lease_seconds": self.lease,
            "phases": (!phases.is_empty()).then_some(phases),
        });
        Ok(without_nothing(with_amount(body, &self.amount)))
    }
}

impl Started {
    fn none() -> Self {
        Self {
            worker: None,
            amount: Amount {
                total: None,
                unit: None,
            },
            message: None,
        }
    }
}

impl Failed {
    fn error(&self) -> Value {
        without_nothing(json!({
            "code": self.code,
            "message": self.message,
            "retryable": self.retryable,
            "details": self.details,
        }))
    }
}

/// The worker is the script: the process that called us, on this machine.
fn started(said: &Started) -> Value {
    let worker = said.worker.clone().unwrap_or_else(|| {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        format!(
            "script-{}-{}",
            host.trim(),
            std::os::unix::process::parent_id()
        )
    });
    let report = json!({ "type": "started", "worker": worker, "message": said.message });
    without_nothing(with_amount(report, &said.amount))
}

fn progress(said: &Progress) -> Value {
    let counters: Map<String, Value> = said
        .counter
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let report = json!({
        "type": "progress",
        "current": said.current,
        "percent": said.percent,
        "message": said.message,
        "counters": (!counters.is_empty()).then_some(counters),
        "metadata": said.metadata,
    });
    with_amount(report, &said.amount)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Success => "success",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn with_amount(mut report: Value, amount: &Amount) -> Value {
    report["total"] = json!(amount.total);
    report["unit"] = json!(amount.unit);
    report
}

/// What was not said is left out, not said to be nothing.
fn without_nothing(mut report: Value) -> Value {
    if let Some(fields) = report.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    report
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
