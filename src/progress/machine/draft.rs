//! Several changes in one write: this is where a version is raised, by one.

use super::{apply, stronger};
use crate::progress::{Change, Happening, Job, Timestamp};
use crate::progress::{Decided, Effect, Event, Refusal};

/// Several changes of one job on their way into one write.
#[derive(Debug)]
pub struct Draft {
    job: Job,
    happening: Option<Happening>,
    events: Vec<Event>,
}

impl Draft {
    /// Starts from the version that is held.
    #[must_use]
    pub fn new(held: &Job) -> Self {
        Self {
            job: held.clone(),
            happening: None,
            events: Vec::new(),
        }
    }

    /// The job as it would be written now, still with the held version.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Applies one more change; a refused one leaves the draft as it was.
    ///
    /// # Errors
    /// As [`apply`].
    pub fn apply(&mut self, change: &Change, now: Timestamp) -> Result<Effect, Refusal> {
        let effect = apply(&mut self.job, change, now)?;
        if let Some(happening) = effect.happening {
            self.happening = Some(stronger(self.happening, happening));
        }
        self.events.extend(effect.events.iter().cloned());
        Ok(effect)
    }

    /// The write, or `None` where nothing that anybody sees has changed.
    ///
    /// What only the memory gained (the `seq` of a report that changed nothing) is let go then: the report changes
    /// nothing when it comes again, either.
    #[must_use]
    pub fn finish(mut self, now: Timestamp) -> Option<Decided> {
        let happening = self.happening?;
        let at = now.max(self.job.updated_at);
        self.job.version += 1;
        self.job.updated_at = at;
        let ended = self.job.status.is_terminal();
        Some(Decided {
            happening,
            events: self.events,
            at,
            recount: self.job.labels.parent.clone().filter(|_| ended),
            job: self.job,
        })
    }
}
