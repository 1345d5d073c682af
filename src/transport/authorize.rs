//! `auth`: a WebSocket shows its first credential, or one in place of that which ends soon.

use std::sync::Arc;

use super::endings::Ending;
use super::session;
use super::stream::{Stream, Task};
use super::words::Word;
use crate::auth::{self, Denied, Grant, Scope};
use crate::transport::Shared;

/// Looks at a token that a client said. A bad one is the end of the stream, also where an older one would have held
/// on: whoever shows it does not know what it is doing.
pub async fn authorize(stream: Arc<Stream>, app: Shared, token: String) {
    if let Some(keys) = &app.auth {
        let verified = keys.verify(&token, auth::now()).await;
        judge(&stream, &app, verified);
    }
    for text in stream.end_authorizing() {
        if let Some(orders) = stream.orders() {
            orders.said(&stream, &text);
        }
    }
}

fn judge(stream: &Arc<Stream>, app: &Shared, verified: Result<Arc<Grant>, Denied>) {
    match verified {
        Ok(grant) if grant.covers(&stream.project) && grant.allows(Scope::Watch) => {
            renew(stream, app, &grant);
        }
        Ok(grant) => {
            let message = "the token is not for this project, or lacks the scope `watch`";
            refuse(stream, ("forbidden", message), grant.subject.as_deref());
            stream.end(Ending::Forbidden);
        }
        Err(Denied::Unavailable) if stream.grant().is_some() => {
            let message = Denied::Unavailable.to_string();
            stream.say(&Word::Error(None, "unavailable", &message, Some(2)));
        }
        Err(Denied::Unavailable) => stream.end(Ending::Unavailable),
        Err(denied) => {
            let code = match denied {
                Denied::Expired => "token_expired",
                _ => "invalid_token",
            };
            refuse(stream, (code, &denied.to_string()), None);
            stream.end(Ending::Unauthorized);
        }
    }
}

fn refuse(stream: &Stream, (code, message): (&str, &str), subject: Option<&str>) {
    tracing::info!(project = %stream.project, ?subject, code, "a WebSocket's credential was refused");
    stream.say(&Word::Error(None, code, message, None));
}

/// Goes on with another credential.
fn renew(stream: &Arc<Stream>, app: &Shared, grant: &Arc<Grant>) {
    let Ok(renewed) = stream.renew(grant, &app.shares) else {
        return stream.end(Ending::Limited);
    };
    stream.say(&Word::Authorized(grant.expires));
    if let Some(work) = renewed.first {
        if work.tiles && grant.narrowing.is_some() {
            let message = "the token is narrowed, and the summary is of the whole project";
            refuse(stream, ("forbidden", message), grant.subject.as_deref());
            return stream.end(Ending::Forbidden);
        }
        session::begin(stream, app, work, grant);
    }
    for (number, selector, ends) in renewed.again {
        stream.unsubscribe(number);
        let tag = stream.subscribe(number, Arc::new(selector), ends);
        session::set(stream, app, Task::Snapshot(tag, None));
    }
}
