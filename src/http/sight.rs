//! What a narrowed credential may see and make: a job that it may not is not there.

use std::sync::Arc;

use super::admitted::narrower;
use super::problem::Problem;
use crate::auth::Grant;
use crate::progress::{JobKey, Name, NewJob};
use crate::tracker::{Error, Tracker};
use crate::wire::Frame;

/// A job as it is stored, if the caller may see it.
///
/// # Errors
/// `NotFound` where there is none, or none that may be seen.
pub async fn frame(tracker: &Tracker, grant: &Grant, key: &JobKey) -> Result<Arc<Frame>, Error> {
    match &grant.narrowing {
        None => tracker.get(key).await,
        Some(narrowing) => tracker.get_within(key, narrowing).await,
    }
}

/// Whether the caller may touch a job; whether there is such a job is known only where that had to be looked up.
///
/// # Errors
/// `NotFound`.
pub async fn touch(tracker: &Tracker, grant: &Grant, key: &JobKey) -> Result<(), Error> {
    match &grant.narrowing {
        None => Ok(()),
        Some(narrowing) if narrowing.owners.is_none() && narrowing.has_id(&key.id) => Ok(()),
        Some(_) => frame(tracker, grant, key).await.map(drop),
    }
}

/// Whether the caller may make this job: it must be one that it could see, and so must its parent.
///
/// # Errors
/// 403 for the job, 422 `no_parent` for the parent, as if that did not exist.
pub async fn make(tracker: &Tracker, grant: &Grant, new: &NewJob) -> Result<(), Problem> {
    let labels = &new.creation.labels;
    if !grant.sees(&new.key.id, labels) {
        return Err(narrower(
            "this would be none of them: name an id and an owner that it has",
        ));
    }
    let Some(parent) = labels.parent.clone().filter(|_| grant.narrowing.is_some()) else {
        return Ok(());
    };
    let parent = JobKey {
        project: new.key.project.clone(),
        id: parent,
    };
    match touch(tracker, grant, &parent).await {
        Err(Error::NotFound) => Err(Error::NoParent.into()),
        other => Ok(other?),
    }
}

/// Whether the caller may have a job run again under the id `anew`, or one of ours.
///
/// # Errors
/// 403.
pub fn make_again(grant: &Grant, anew: Option<&Name>) -> Result<(), Problem> {
    let jobs = grant.narrowing.as_ref().is_some_and(|n| n.jobs.is_some());
    let named = |id: &Name| (grant.narrowing.as_ref()).is_none_or(|n| n.has_id(id));
    if !jobs || anew.is_some_and(named) {
        return Ok(());
    }
    Err(narrower(
        "the new job would be none of them: name its `id` among them",
    ))
}
