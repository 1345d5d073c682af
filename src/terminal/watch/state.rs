//! A job's state as it came, as far as it is drawn. Takes what a newer service says more of, and bears what it leaves
//! out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::terminal::clean;

/// A frame.
#[derive(Debug, Deserialize)]
pub struct Frame {
    /// The state in it.
    pub data: State,
}

/// How a job stands.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct State {
    /// Its id.
    pub id: String,
    /// What sort of job.
    pub kind: String,
    /// What people call it.
    pub title: Option<String>,
    /// The job it is part of.
    pub parent: Option<String>,
    /// Counts its writes.
    pub version: u64,
    /// Its status, as a word.
    pub status: String,
    /// Counts the workers that claimed it.
    pub attempt: u64,
    /// What it says it does.
    pub message: Option<String>,
    /// How far what is worked on is, and the whole.
    pub progress: Progress,
    /// The name of the phase.
    pub phase: Option<String>,
    /// All of them.
    pub phases: Vec<Phase>,
    /// How fast.
    pub rate: Option<Rate>,
    /// How long still.
    pub eta: Option<Eta>,
    /// Numbers by name.
    pub counters: BTreeMap<String, f64>,
    /// What happened.
    pub notices: Notices,
    /// Of the jobs that are part of it.
    pub children: Option<Children>,
    /// Whether somebody asked to cancel.
    pub cancel: Option<Cancel>,
    /// Since when nothing was heard.
    pub stalled_at: Option<String>,
    /// What came of it.
    pub result: Option<Value>,
    /// What went wrong.
    pub error: Option<Failure>,
    /// When it was made,
    pub created_at: String,
    /// begun,
    pub started_at: Option<String>,
    /// written,
    pub updated_at: String,
    /// and over.
    pub finished_at: Option<String>,
}

/// How far.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// So many are done
    pub current: u64,
    /// of so many
    pub total: Option<u64>,
    /// of these.
    pub unit: Option<String>,
    /// Of the whole job.
    pub percent: Option<f64>,
}

/// A part of a job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// Its status, as a word.
    pub status: String,
}

/// How fast.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rate {
    /// Units a second.
    pub per_second: f64,
}

/// How long still.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Eta {
    /// As of the write.
    pub seconds: f64,
}

/// What happened, as far as the state keeps it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Notices {
    /// Ever.
    pub total: u64,
    /// The newest.
    pub recent: Vec<Notice>,
}

/// One happening.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// Counts from 1.
    pub number: u64,
    /// How grave.
    pub level: String,
    /// A stable word.
    pub code: Option<String>,
    /// A sentence.
    pub message: String,
}

/// The parts of a job, counted.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Children {
    /// All,
    pub total: u64,
    /// ended,
    pub finished: u64,
    /// of these failed.
    pub failed: u64,
}

/// A wish to cancel.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Cancel {
    /// Why.
    pub reason: Option<String>,
    /// Whose.
    pub by: Option<String>,
}

/// What went wrong.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Failure {
    /// A stable word.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
    /// More.
    pub details: Option<Value>,
}

impl State {
    /// Whether it will never change again.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "failed" | "cancelled")
    }

    /// What it is called: its title, or else its kind and id.
    #[must_use]
    pub fn name(&self) -> String {
        match self.title.as_deref().map(clean::line) {
            Some(title) if !title.is_empty() => title,
            _ => clean::line(&format!("{} {}", self.kind, self.id)),
        }
    }
}
