//! From a socket that was taken over to a stream that attends to itself, for both kinds of stream.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};

use super::authorize::refuse;
use super::endings::Ending;
use super::error_code::ErrorCode;
use super::stream::{Orders, Seed, Stream, Task, Visitor, attend, snapshot};
use super::words::{Framing, Word};
use super::ws::codec::Manners;
use crate::auth::{self, Grant, Scope};
use crate::http::{Problem, sight};
use crate::progress::{JobKey, Name, Selector};
use crate::server::Taken;
use crate::tracker::Error;
use crate::transport::Shared;

/// What a stream begins with.
pub struct Opening {
    /// What handlers share.
    pub app: Shared,
    /// Whose jobs.
    pub project: Name,
    /// How it puts its messages.
    pub framing: Framing,
    /// The head of the response.
    pub head: String,
    /// How long it may live, before that is spread.
    pub lifetime: Option<Duration>,
    /// Who carries out what its client says.
    pub orders: Option<Arc<dyn Orders>>,
    /// Who watches.
    pub visitor: Visitor,
}

/// What a stream does first.
#[derive(Debug, Default)]
pub struct Work {
    /// The selection of the URL and its cursor: subscription 0.
    pub first: Option<(Selector, Option<String>)>,
    /// Whether that is over when every job it names is.
    pub ends: bool,
    /// Whether the tiles are wanted.
    pub tiles: bool,
    /// The stream ends at once, with this.
    pub refused: Option<Ending>,
}

/// Runs a stream on a socket until it is over. What it begins with is done at once, and is no part of the future,
/// which is what an idle viewer costs.
pub fn run(taken: Taken, opening: Opening, work: Work) -> impl Future<Output = ()> + Send {
    let (app, read) = (opening.app.clone(), taken.read.clone());
    let grant = opening.visitor.grant.clone();
    let stream = open(taken, opening);
    let place = app.viewers.add(&stream);
    if let Some(ending) = work.refused {
        stream.end(ending);
    } else if let Some(grant) = &grant {
        begin(&stream, &app, work, grant);
    } else {
        stream.put_off(work);
    }
    async move {
        attend::run(stream, read).await;
        drop(place);
    }
}

/// Does what a stream does first, within what its credential allows.
pub fn begin(stream: &Arc<Stream>, app: &Shared, work: Work, grant: &Grant) {
    if work.tiles {
        stream.subscribe_tiles(0);
    }
    if let Some((selector, cursor)) = work.first {
        let selector = selector.within(grant.narrowing.as_ref());
        let tag = stream.subscribe(0, Arc::new(selector), work.ends);
        set(stream, app, Task::Snapshot(tag, cursor));
    }
}

fn open(taken: Taken, opening: Opening) -> Arc<Stream> {
    let app = &opening.app;
    let seed = Seed {
        socket: taken.socket,
        place: Some(taken.place),
        framing: opening.framing,
        head: opening.head,
        lifetime: opening.lifetime,
        visitor: opening.visitor,
        manners: Manners::default(),
    };
    let whose = (app.tracker.hub().clone(), opening.project);
    Stream::new(app.viewers.next_id(), whose, seed, opening.orders)
}

/// Sets a stream a task. They are done one after the other, by one worker that is there only while it has any: what
/// a stream does beside waiting must not make it larger while it waits.
pub fn set(stream: &Arc<Stream>, app: &Shared, task: Task) {
    if stream.enqueue(task) {
        let (stream, app) = (Arc::clone(stream), app.clone());
        let tasks = app.viewers.tasks().clone();
        tasks.spawn(async move {
            while let Some(task) = stream.next_task() {
                work(&stream, &app, task).await;
            }
        });
    }
}

async fn work(stream: &Arc<Stream>, app: &Shared, task: Task) {
    match task {
        Task::Snapshot(tag, cursor) => {
            let read = snapshot::read(stream, tag, cursor.as_deref(), &app.tracker).await;
            if let Err(error) = read {
                failed(stream, tag, &error);
            }
        }
        Task::Cancel(id, reason) => cancel(stream, app, id, reason).await,
    }
}

async fn cancel(stream: &Arc<Stream>, app: &Shared, id: Name, reason: Option<Box<str>>) {
    // It was allowed when it was said. Since then the credential may have ended, or another one have taken its place.
    let Some(grant) = stream.grant().filter(|g| g.alive(auth::now()).is_ok()) else {
        return;
    };
    if !grant.allows(Scope::Cancel) {
        let message = "the token lacks the scope `cancel`";
        return refuse(stream, None, (ErrorCode::Forbidden, message), Some(&grant));
    }
    let key = JobKey {
        project: stream.project.clone(),
        id,
    };
    let asked = match sight::touch(&app.tracker, &grant, &key).await {
        Ok(()) => {
            let by = grant.subject.clone();
            app.tracker.cancel(&key, reason, by).await.map(drop)
        }
        Err(error) => Err(error),
    };
    match asked {
        Ok(()) => stream.say(&Word::Accepted("cancel", &key.id)),
        Err(error) => stream.say(&refusal(None, &error)),
    }
}

/// What a command is told that the tracker refused.
fn refusal(number: Option<u64>, error: &Error) -> Word<'static> {
    let (code, message, retry) = match error {
        Error::NotFound => (ErrorCode::NotFound, "no such job", None),
        Error::Refused { .. } => (ErrorCode::Finished, "the job has ended", None),
        Error::Overloaded => (ErrorCode::Overloaded, "try again", Some(2)),
        _ => (
            ErrorCode::Unavailable,
            "the database does not answer",
            Some(2),
        ),
    };
    Word::Error(number, code, message, retry)
}

/// A snapshot could not be read. A job that does not exist is the end of the subscription, and of the stream where
/// its URL named it; what else went wrong will do so for any subscription.
fn failed(stream: &Stream, tag: u32, error: &Error) {
    let number = stream.number(tag);
    match (error, number) {
        (_, None) => {}
        (Error::NotFound, Some(0)) => stream.end(Ending::NotFound),
        (Error::NotFound, Some(number)) => {
            stream.unsubscribe(number);
            stream.say(&refusal(Some(number), error));
        }
        (Error::Overloaded, _) => stream.end(Ending::Overloaded),
        _ => stream.end(Ending::Unavailable),
    }
}

/// Whether the jobs that are named exist; without a name there is nothing to miss.
///
/// # Errors
/// The tracker's: `NotFound`, or that it cannot be known now.
pub async fn known(
    app: &Shared,
    (project, selector): (&Name, &Selector),
    cursor: Option<&str>,
) -> Result<(), Error> {
    if selector.jobs.is_empty() {
        return Ok(());
    }
    let page = app.tracker.page(project, selector, cursor, 1).await;
    page.map(|_| ())
}

/// Refuses a request with a body: behind the head of a stream comes the stream.
///
/// # Errors
/// 400.
pub fn no_body(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers.get(header::CONTENT_LENGTH);
    let some = length.is_some_and(|l| l.as_bytes() != b"0");
    if some || headers.contains_key(header::TRANSFER_ENCODING) {
        let detail = "a request for a stream has no body";
        return Err(Problem::new(400, "malformed", detail));
    }
    Ok(())
}
