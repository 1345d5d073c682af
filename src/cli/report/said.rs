//! What can be said of a job: the options of each report, and the report they make.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::json::{counter, object, without_nothing};
use crate::cli::{Fatal, run};

#[derive(Debug, Clone, Subcommand)]
pub enum What {
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
pub struct Creation {
    /// What sort of job it is
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// Its id: created again, it is the same job [default: a new one]
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
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
    pub started: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Amount {
    /// How much there is to do
    #[arg(long, value_name = "NUMBER")]
    total: Option<u64>,
    /// What is counted: rows, files, bytes
    #[arg(long)]
    unit: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct Started {
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
pub struct Phase {
    /// Which
    name: String,
    #[command(flatten)]
    amount: Amount,
    /// What it does
    #[arg(long)]
    message: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct Progress {
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
pub struct Notice {
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
pub enum Level {
    Info,
    Success,
    Warning,
    Error,
}

#[derive(Debug, Clone, Args)]
pub struct Completed {
    /// What to say of it
    message: Option<String>,
    /// What came of it: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    result: Option<Value>,
}

#[derive(Debug, Clone, Args)]
pub struct Failed {
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

impl What {
    /// The report; null where it is none.
    pub fn report(&self) -> Value {
        let report = match self {
            Self::Create(_) => Value::Null,
            Self::Started(said) => return said.report(),
            Self::Phase(said) => with_amount(
                json!({ "type": "phase", "name": said.name, "message": said.message }),
                &said.amount,
            ),
            Self::Progress(said) => progress(said),
            Self::Notice(said) => json!({
                "type": "notice",
                "level": said.level.as_str(),
                "code": said.code,
                "message": said.message,
                "data": said.data,
            }),
            Self::Heartbeat => json!({ "type": "heartbeat" }),
            Self::Retrying(said) => json!({ "type": "retrying", "error": said.error() }),
            Self::Completed(said) => json!({
                "type": "completed",
                "message": said.message,
                "result": said.result,
            }),
            Self::Failed(said) => json!({ "type": "failed", "error": said.error() }),
            Self::Cancelled { message } => json!({ "type": "cancelled", "message": message }),
        };
        without_nothing(report)
    }
}

impl Creation {
    /// What the job is created with.
    ///
    /// # Errors
    /// A phase is no name with a weight.
    pub fn body(&self) -> Result<Value, Fatal> {
        let phases = run::phases(&self.phase)?;
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
    /// Nothing more is said of it.
    pub fn none() -> Self {
        Self {
            worker: None,
            amount: Amount {
                total: None,
                unit: None,
            },
            message: None,
        }
    }

    /// The worker is the script: the process that called us, on this machine.
    pub fn report(&self) -> Value {
        let worker = self.worker.clone().unwrap_or_else(|| {
            let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            let script = std::os::unix::process::parent_id();
            format!("script-{}-{script}", host.trim())
        });
        let report = json!({ "type": "started", "worker": worker, "message": self.message });
        without_nothing(with_amount(report, &self.amount))
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

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

fn with_amount(mut report: Value, amount: &Amount) -> Value {
    report["total"] = json!(amount.total);
    report["unit"] = json!(amount.unit);
    report
}
