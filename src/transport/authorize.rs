//! `auth`: a WebSocket shows its first credential, or one in place of that which ends soon.

use std::sync::Arc;

use super::endings::Ending;
use super::error_code::ErrorCode;
use super::session;
use super::stream::{Stream, Task};
use super::words::Word;
use crate::auth::{self, Denied, Grant, Scope, Verifier};
use crate::transport::Shared;

/// What is said to who may not see the tiles.
pub(super) const WHOLE: &str = "the token is narrowed, and the summary is of the whole project";

/// Looks at a token that a client said. A bad one is the end of the stream, also where an older one would have held
/// on: whoever shows it does not know what it is doing.
pub async fn authorize(stream: &Arc<Stream>, app: &Shared, token: &str) {
    let Some(keys) = &app.auth else {
        return;
    };
    let verified = match keys.remembered(token, auth::now()) {
        Some(remembered) => remembered,
        None => match look(stream, app, (keys, token)).await {
            Some(verified) => verified,
            None => return stream.end(Ending::Limited),
        },
    };
    judge(stream, app, verified);
}

/// Looks at a token that was not seen before; `None` = none is looked at that comes from this address, for a while.
async fn look(
    stream: &Stream,
    app: &Shared,
    (keys, token): (&Verifier, &str),
) -> Option<Result<Arc<Grant>, Denied>> {
    let (failures, address) = (&app.shares.failures, stream.address()?);
    if failures.blocked(address).is_some() {
        return None;
    }
    let verified = keys.verify(token, auth::now()).await;
    if matches!(verified, Err(Denied::Bad)) {
        failures.failed(address);
    }
    Some(verified)
}

fn judge(stream: &Arc<Stream>, app: &Shared, verified: Result<Arc<Grant>, Denied>) {
    match verified {
        Ok(grant) if grant.covers(&stream.project) && grant.allows(Scope::Watch) => {
            renew(stream, app, &grant);
        }
        Ok(grant) => {
            let message = "the token is not for this project, or lacks the scope `watch`";
            refuse(stream, None, (ErrorCode::Forbidden, message), Some(&grant));
            stream.end(Ending::Forbidden);
        }
        Err(Denied::Unavailable) if stream.grant().is_some() => {
            let message = Denied::Unavailable.to_string();
            stream.say(&Word::Error(
                None,
                ErrorCode::Unavailable,
                &message,
                Some(2),
            ));
        }
        Err(Denied::Unavailable) => stream.end(Ending::Unavailable),
        Err(denied) => {
            let code = match denied {
                Denied::Expired => ErrorCode::TokenExpired,
                _ => ErrorCode::InvalidToken,
            };
            refuse(stream, None, (code, &denied.to_string()), None);
            stream.end(Ending::Unauthorized);
        }
    }
}

/// Tells a client, and the log, what it may not do. `grant` = what its credential allows, where it has one.
pub(super) fn refuse(
    stream: &Stream,
    number: Option<u64>,
    (code, message): (ErrorCode, &str),
    grant: Option<&Grant>,
) {
    let (address, project) = (
        stream.address().map(tracing::field::display),
        &stream.project,
    );
    let subject = grant.and_then(|g| g.subject.as_deref());
    let word = code.as_str();
    tracing::info!(address, %project, subject, code = word, "refused over a WebSocket: {message}");
    stream.say(&Word::Error(number, code, message, None));
}

/// Goes on with another credential.
fn renew(stream: &Arc<Stream>, app: &Shared, grant: &Arc<Grant>) {
    let Ok(renewed) = stream.renew(grant, &app.shares) else {
        return stream.end(Ending::Limited);
    };
    stream.say(&Word::Authorized(grant.expires));
    if let Some(work) = renewed.first {
        if work.tiles && grant.narrowing.is_some() {
            refuse(stream, None, (ErrorCode::Forbidden, WHOLE), Some(grant));
            return stream.end(Ending::Forbidden);
        }
        session::begin(stream, app, work, grant);
    }
    if let Some(number) = renewed.tiles {
        refuse(
            stream,
            Some(number),
            (ErrorCode::Forbidden, WHOLE),
            Some(grant),
        );
        stream.say(&Word::End(Some(number), Ending::Forbidden, None));
    }
    for (number, selector, ends) in renewed.again {
        let tag = stream.subscribe(number, Arc::new(selector), ends);
        session::set(stream, app, Task::Snapshot(tag, None));
    }
}
