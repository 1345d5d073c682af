//! How a job is begun: what is said of it once, and the handle that comes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::core::{Core, OUTSIDE};
use super::job::Job;
use super::lane::Lane;
use super::limits;
use super::reporter::Owner;
use super::target::is_name;

/// The default of [`JobBuilder::notices`].
const NOTICES: usize = 1000;

/// A phase: in a plan of a job, or as it begins. A bare name is one, too.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Phase {
    pub(super) name: String,
    pub(super) weight: Option<f64>,
    pub(super) total: Option<u64>,
    pub(super) unit: Option<String>,
    pub(super) message: Option<String>,
}

impl Phase {
    /// A phase of this name, of 64 characters at most.
    pub fn new(name: &str) -> Self {
        Self {
            name: limits::word(name, limits::PHASE),
            weight: None,
            total: None,
            unit: None,
            message: None,
        }
    }

    /// Its share in the whole job, against the weights of the others; 1 by default. Only a plan has weights.
    pub fn weight(mut self, weight: impl Into<f64>) -> Self {
        self.weight = Some(weight.into().clamp(1e-9, 1e12));
        self
    }

    /// How much there is to do in it.
    pub fn total(mut self, total: u64) -> Self {
        self.total = Some(total.min(limits::COUNT));
        self
    }

    /// What is counted: `files`, `bytes`.
    pub fn unit(mut self, unit: &str) -> Self {
        self.unit = Some(limits::text(unit, limits::UNIT));
        self
    }

    /// What people read when it begins. A plan has no messages.
    pub fn message(mut self, message: &str) -> Self {
        self.message = Some(limits::text(message, limits::MESSAGE));
        self
    }

    fn planned(&self) -> Value {
        let mut plan = json!({"name": self.name, "weight": self.weight.unwrap_or(1.0)});
        if let Some(total) = self.total {
            plan["total"] = total.into();
        }
        if let Some(unit) = &self.unit {
            plan["unit"] = unit.as_str().into();
        }
        plan
    }
}

impl From<&str> for Phase {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// What can be said of a job before it is [started](Self::start). All of it is optional.
#[derive(Debug)]
#[must_use]
pub struct JobBuilder {
    owner: Arc<Owner>,
    fields: Map<String, Value>,
    id: Option<String>,
    metadata: Map<String, Value>,
    phases: Vec<Phase>,
    existing: bool,
    lease: Duration,
    every: u64,
    notices: usize,
    halt: Option<CancellationToken>,
}

impl JobBuilder {
    pub(super) fn new(owner: Arc<Owner>, kind: Option<&str>) -> Self {
        let mut fields = Map::new();
        fields.insert("kind".into(), kind.into());
        Self {
            owner,
            fields,
            id: None,
            metadata: Map::new(),
            phases: Vec::new(),
            existing: kind.is_none(),
            lease: Duration::from_secs(30),
            every: 1,
            notices: NOTICES,
            halt: None,
        }
    }

    /// The job's id: letters, digits, `.`, `_` and `-`, 64 at most. By default a new UUID, which sorts by time.
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// What people call it; 200 characters are kept.
    pub fn title(self, title: &str) -> Self {
        let title = limits::text(title, limits::TITLE);
        self.with("title", title)
    }

    /// The thing worked on: a name like an id.
    pub fn subject(self, subject: &str) -> Self {
        self.label("subject", subject)
    }

    /// The user it is for: a name like an id.
    pub fn owner(self, owner: &str) -> Self {
        self.label("owner", owner)
    }

    /// The id of the job it is part of.
    pub fn parent(self, parent: &str) -> Self {
        self.label("parent", parent)
    }

    /// How much there is to do, of a job without phases.
    pub fn total(self, total: u64) -> Self {
        self.with("total", total.min(limits::COUNT))
    }

    /// What is counted, of a job without phases.
    pub fn unit(self, unit: &str) -> Self {
        let unit = limits::text(unit, limits::UNIT);
        self.with("unit", unit)
    }

    /// The plan: 32 phases at most, each named once.
    pub fn phases<P: Into<Phase>>(mut self, phases: impl IntoIterator<Item = P>) -> Self {
        for phase in phases.into_iter().map(Into::into) {
            let known = self.phases.iter().any(|other| other.name == phase.name);
            if !known && self.phases.len() < limits::PHASES {
                self.phases.push(phase);
            }
        }
        self
    }

    /// The creator's own object, of 4 KiB at most.
    pub fn metadata(mut self, metadata: impl Serialize) -> Self {
        if let Some(metadata) = limits::object(metadata, limits::METADATA) {
            self.metadata = metadata;
        }
        self
    }

    /// How long it may be silent before it counts as stalled: 5 s to an hour, 30 s by default. A heartbeat goes out
    /// after a third of that.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Duration::from_secs(lease.as_secs().clamp(5, 3600));
        let seconds = self.lease.as_secs();
        self.with("lease_seconds", seconds)
    }

    /// How long after that it is given up as lost: up to a day, 5 minutes by default.
    pub fn lost_after(self, time: Duration) -> Self {
        let seconds = time.as_secs().min(86_400);
        self.with("lost_after_seconds", seconds)
    }

    /// Reports the count only when it has moved by so much, or is complete: for work where every report is one too
    /// many. 1 by default; four times a second at most in any case.
    pub fn every(mut self, count: u64) -> Self {
        self.every = count.max(1);
        self
    }

    /// How many notices of this job may wait to be sent; more of them are counted, and one notice for each code says
    /// how many. 1,000 by default, which take 25 seconds: as long as the ending then waits for them.
    pub fn notices(mut self, most: usize) -> Self {
        self.notices = most;
        self
    }

    /// The program's own wish to stop: where this token fires, [`Job::cancelled`] does.
    pub fn halt(mut self, halt: &CancellationToken) -> Self {
        self.halt = Some(halt.clone());
        self
    }

    /// Begins the job, and returns at once: creating and claiming it go on in the background.
    #[must_use = "the last handle of a job that is dropped without an ending reports a failure"]
    pub fn start(self) -> Job {
        let id = self.id.clone();
        let id = id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        let token = self.halt.clone().unwrap_or_default().child_token();
        let plan = self.phases.iter().map(|p| (p.name.clone(), p.total));
        let core = Arc::new(Core::new(id, token, &plan.collect::<Vec<_>>()));
        self.owner.add(&core);
        let lane = self.open(&core);
        Job::new(core, self.owner, lane)
    }

    /// Takes the job into the outbox, where there is one.
    fn open(&self, core: &Arc<Core>) -> Option<u64> {
        let link = self.owner.started()?;
        if !is_name(&core.id) {
            tracing::warn!(job = core.id, "not an id: the job is not reported");
            return None;
        }
        let mut fields = self.fields.clone();
        if !self.phases.is_empty() {
            let phases: Vec<Value> = self.phases.iter().map(Phase::planned).collect();
            fields.insert("phases".into(), phases.into());
        }
        if !self.metadata.is_empty() {
            core.words().metadata.clone_from(&self.metadata);
            fields.insert("metadata".into(), self.metadata.clone().into());
        }
        let total = fields.get("total").and_then(Value::as_u64);
        let parent = fields
            .get("parent")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let creation = (!self.existing).then(|| Value::from(fields).to_string());
        let mut lane = Lane::new(core.clone(), creation, Instant::now());
        lane.parent = parent;
        lane.lease = self.lease;
        lane.every = self.every;
        lane.notices.1 = self.notices;
        if let Some(total) = total {
            core.set_total(OUTSIDE, total);
            lane.told(OUTSIDE, Some(total));
        }
        let claim = json!({"type": "started", "worker": link.worker});
        Some(link.shared.change(|outbox| outbox.open(lane, &claim)))
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// A label that cannot be one would cost the whole job its creation; so it costs only itself.
    fn label(self, name: &str, label: &str) -> Self {
        if is_name(label) {
            return self.with(name, label);
        }
        tracing::warn!(name, label, "not a name: the label is left out");
        self
    }
}
