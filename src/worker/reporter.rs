//! The line of a program to the service: where it goes, who holds it, what becomes of it at the end.

use std::env;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::builder::Builder;
use super::cancel::Reason;
use super::core::Core;
use super::create::JobBuilder;
use super::http::Http;
use super::outbox::{Awaited, Shared};
use super::sender::Sender;
use super::target::{ConfigError, Target};
use super::waiting::Ending;

/// Reports the jobs of a program to one service. A cheap clone; one thread behind all of them.
#[derive(Debug, Clone)]
pub struct Reporter {
    pub(super) owner: Arc<Owner>,
}

/// How much waits in a reporter's outbox, of all its jobs. A job that goes on counts, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Reports, and one for each job.
    pub reports: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// What all clones of a reporter and all its jobs share. Once it is gone nobody can say anything any more.
#[derive(Debug)]
pub struct Owner {
    pub link: Option<Link>,
    pub interrupted: AtomicBool,
    cores: Mutex<Vec<Weak<Core>>>,
}

/// The way to the service.
#[derive(Debug)]
pub struct Link {
    pub shared: Arc<Shared>,
    /// What this run of the program is called where it claims a job.
    pub worker: String,
    /// Until the first job starts the thread.
    http: Mutex<Option<Http>>,
}

impl Reporter {
    /// A reporter as the environment says: `MILEPOST_URL` (or `MILEPOST_SERVER`) is the service, `MILEPOST_PROJECT`
    /// the project, `MILEPOST_TOKEN` the token, or `MILEPOST_TOKEN_FILE` a file that holds it, which is read again
    /// when the service refuses the token. Where no service is named the reporter is [off](Self::off).
    ///
    /// # Errors
    /// What is named but cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        let Some((url, project, token)) = Target::from_env()? else {
            return Ok(Self::off());
        };
        let builder = Builder::new(&url).with_token(token);
        match project {
            Some(project) => builder.project(&project).build(),
            None => builder.build(),
        }
    }

    /// What to set before there is a reporter for the service at `url`: `http://` or `https://`, perhaps with a path.
    pub fn builder(url: &str) -> Builder {
        Builder::new(url)
    }

    /// A reporter that says nothing. Every call works all the same, so that no program needs to ask.
    #[must_use]
    pub fn off() -> Self {
        Self::with(None)
    }

    pub(super) fn on(target: Target, shared: Shared, worker: &str) -> Self {
        let link = Link {
            shared: Arc::new(shared),
            worker: format!("{worker}-{}", uuid::Uuid::now_v7().simple()),
            http: Mutex::new(Some(Http::new(target))),
        };
        Self::with(Some(link))
    }

    fn with(link: Option<Link>) -> Self {
        let owner = Owner {
            link,
            interrupted: AtomicBool::new(false),
            cores: Mutex::default(),
        };
        Self {
            owner: Arc::new(owner),
        }
    }

    /// Whether there is a service to report to.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.owner.link.is_some()
    }

    /// A job of this kind (`scan`, `feed:sync`), to be [started](JobBuilder::start).
    pub fn job(&self, kind: &str) -> JobBuilder {
        JobBuilder::new(self.owner.clone(), Some(kind))
    }

    /// A job that was created already, by a person or another program, and is claimed when it is
    /// [started](JobBuilder::start). What the builder says of its creation is passed over.
    pub fn existing(&self, id: &str) -> JobBuilder {
        JobBuilder::new(self.owner.clone(), None).id(id)
    }

    /// Tells all jobs that the process is to end: their tokens fire, and a job that is cancelled or dropped from now
    /// on is reported `failed`, `interrupted`, retryable, unless a person had asked for the cancel.
    /// [`interrupt_on_signals`](Self::interrupt_on_signals) calls this; so may a program with signals of its own.
    pub fn interrupt(&self) {
        self.owner.interrupt();
    }

    /// Waits until all that was said before is delivered, so long at most; true where it was. Jobs that go on go on. To be
    /// called before the process ends: what is in memory then is gone.
    pub async fn close(&self, most: Duration) -> bool {
        match self.waiting() {
            Some(ending) => ending.within(most).await,
            None => true,
        }
    }

    /// The same for programs without tasks: blocks the thread.
    pub fn close_blocking(&self, most: Duration) -> bool {
        self.waiting().is_none_or(|ending| ending.wait(most))
    }

    /// How much waits to be sent: for a gauge in the program's own metrics.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        let Some(link) = &self.owner.link else {
            return Backlog::default();
        };
        let outbox = link.shared.lock();
        Backlog {
            reports: outbox.items,
            bytes: outbox.bytes,
        }
    }

    fn waiting(&self) -> Option<Ending> {
        let link = self.owner.link.as_ref()?;
        let tick = link.shared.lock().ticks;
        Some(Ending::of(&link.shared, Awaited::Empty(tick)))
    }
}

impl Owner {
    /// The way to the service, with a thread on it.
    pub fn started(&self) -> Option<&Link> {
        let link = self.link.as_ref()?;
        let http = link
            .http
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(http) = http
            && let Err(error) = Sender::start(http, link.shared.clone())
        {
            tracing::warn!(%error, "no thread can be had to report from: nothing is reported");
            link.shared.lock().closed = true;
        }
        Some(link)
    }

    /// Remembers a job as long as somebody holds it.
    pub fn add(&self, core: &Arc<Core>) {
        let mut cores = self.cores.lock().unwrap_or_else(PoisonError::into_inner);
        if cores.len() == cores.capacity() {
            cores.retain(|core| core.strong_count() > 0);
        }
        cores.push(Arc::downgrade(core));
        drop(cores);
        if self.interrupted.load(Relaxed) {
            core.give_up(Reason::Interrupted);
        }
    }

    /// The jobs whose ending was not said yet.
    pub fn open(&self) -> Vec<Arc<Core>> {
        let cores = self.cores.lock().unwrap_or_else(PoisonError::into_inner);
        let live = cores.iter().filter_map(Weak::upgrade);
        live.filter(|core| !core.over.load(Relaxed)).collect()
    }

    pub fn interrupt(&self) {
        self.interrupted.store(true, Relaxed);
        for core in self.open() {
            core.give_up(Reason::Interrupted);
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            link.shared
                .change(|outbox| outbox.deserted = Some(Instant::now()));
        }
    }
}

/// What a program calls itself: the name of its file.
pub(super) fn program() -> String {
    let path = env::current_exe().unwrap_or_default();
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().take(100).collect();
    if name.is_empty() {
        "worker".into()
    } else {
        name
    }
}
