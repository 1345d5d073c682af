//! A creation that did not simply go through: the job is there already, or something stands against it.

use super::Error;
use super::ask::Done;
use super::decide::answer;
use super::inner::Inner;
use crate::progress::NewJob;
use crate::store::{self, Held};
use crate::wire::memory;

/// The id is taken: by the same creation (which is as good as having made it), or by another.
pub(super) async fn there(
    inner: &Inner,
    new: &NewJob,
    held: &Held,
) -> Result<Result<Done, Error>, store::Error> {
    let stored = inner.store.creation(&new.key).await?;
    let same = stored.is_some_and(|(_, text)| memory::same_creation(&text, &new.creation));
    let same = same && held.job.retry_of == new.creation.retry_of;
    let done = || Done {
        answer: answer(&held.job, false),
        frame: held.frame.clone(),
        made: false,
    };
    Ok(if same { Ok(done()) } else { Err(Error::Exists) })
}

/// What stands against making a job whose id is free; `None` = nothing any more.
pub(super) async fn against(inner: &Inner, new: &NewJob) -> Result<Option<Error>, store::Error> {
    if let Some(old) = &new.creation.retry_of {
        let old = crate::progress::JobKey {
            project: new.key.project.clone(),
            id: old.clone(),
        };
        if inner.store.retried(&old).await?.is_some() {
            return Ok(Some(Error::Exists));
        }
    }
    let (buried, parented) = inner
        .store
        .unborn(&new.key, new.creation.labels.parent.as_ref())
        .await?;
    Ok(match (buried, parented) {
        (true, _) => Some(Error::Exists),
        (false, false) => Some(Error::NoParent),
        (false, true) => None,
    })
}
