//! What is done about what clients say over a WebSocket. The third bad command is the end.

use std::sync::Arc;

use crate::auth::Grant;
use crate::transport::Shared;
use crate::transport::authorize::{WHOLE, authorize, refuse};
use crate::transport::endings::Ending;
use crate::transport::error_code::ErrorCode;
use crate::transport::session;
use crate::transport::stream::{Orders, Stream, Task};
use crate::transport::words::Word;
use crate::transport::ws::order::{Ask, Bad, Order, parse};
use crate::wire::Cursor;

/// How many subscriptions one socket may have.
const MAX_SUBSCRIPTIONS: usize = 100;

/// Carries out what one client says.
pub struct Desk {
    app: Shared,
}

impl Desk {
    /// For a client of a service that shares this.
    #[must_use]
    pub fn new(app: Shared) -> Self {
        Self { app }
    }

    fn subscribe(&self, stream: &Arc<Stream>, number: u64, ask: Ask, grant: &Grant) {
        stream.has_asked();
        stream.unsubscribe(number);
        stream.unsubscribe_tiles(number);
        if stream.subscriptions() >= MAX_SUBSCRIPTIONS {
            return stream.end(Ending::Limited);
        }
        let selector = ask.selector.within(grant.narrowing.as_ref());
        let tag = stream.subscribe(number, Arc::new(selector), !ask.follow);
        let cursor = ask.cursor.as_deref().map(Cursor::unsealed);
        let cursor = cursor.map(|c| stream.told(c)); // what it is given must open its ticket again
        stream.say(&Word::Subscribed(number, cursor.as_deref()));
        session::set(stream, &self.app, Task::Snapshot(tag, ask.cursor));
    }

    fn tiles(stream: &Arc<Stream>, number: u64) {
        stream.has_asked();
        stream.unsubscribe(number);
        stream.subscribe_tiles(number);
        stream.say(&Word::Subscribed(number, None));
    }
}

impl Orders for Desk {
    fn said(&self, stream: &Arc<Stream>, text: &str) {
        let caller = stream.caller();
        if caller.is_some_and(|c| self.app.shares.requests.wait(c).is_some()) {
            return stream.end(Ending::Limited);
        }
        if !stream.defer(text) {
            self.heed(stream, text);
        }
    }
}

impl Desk {
    /// Does what was said; `false` = what was said after it has to wait.
    fn heed(&self, stream: &Arc<Stream>, text: &str) -> bool {
        match (parse(text), stream.grant()) {
            (Ok(Order::Auth(token)), _) => {
                self.auth(stream, token);
                return self.app.auth.is_none();
            }
            (Ok(order), Some(grant)) => self.carry_out(stream, order, &grant),
            (Ok(Order::Pong), None) => {}
            (Ok(_), None) => {
                let message = "say `auth` with a token before anything else";
                refuse(stream, None, (ErrorCode::Unauthorized, message), None);
                stream.end(Ending::Unauthorized);
            }
            (Err(Bad { id, message }), _) => stream.bad_command(id, &message),
        }
        true
    }

    fn auth(&self, stream: &Arc<Stream>, token: String) {
        if self.app.auth.is_none() {
            let (code, message) = (
                ErrorCode::AuthNotConfigured,
                "this service asks for no credentials",
            );
            return stream.say(&Word::Error(None, code, message, None));
        }
        stream.begin_authorizing();
        // Not one of the stream's tasks: it must not wait until a slow viewer has taken its snapshot.
        let (stream, desk) = (Arc::clone(stream), Self::new(self.app.clone()));
        self.app.viewers.tasks().spawn(async move {
            authorize(&stream, &desk.app, &token).await;
            // In the order it was said. Where that is one more `auth`, the rest waits for its outcome, too.
            while let Some(text) = stream.next_deferred() {
                if !desk.heed(&stream, &text) {
                    break;
                }
            }
        });
    }

    fn carry_out(&self, stream: &Arc<Stream>, order: Order, grant: &Grant) {
        let forbidden = |number, message: &str| {
            refuse(stream, number, (ErrorCode::Forbidden, message), Some(grant))
        };
        match order {
            Order::Subscribe(number, ask) => self.subscribe(stream, number, ask, grant),
            Order::Tiles(number) if grant.narrowing.is_some() => {
                forbidden(Some(number), WHOLE);
            }
            Order::Tiles(number) => Self::tiles(stream, number),
            Order::Unsubscribe(number) => {
                stream.unsubscribe(number);
                stream.unsubscribe_tiles(number);
                stream.say(&Word::Unsubscribed(number));
            }
            Order::Cancel(job, reason) => {
                session::set(stream, &self.app, Task::Cancel(job, reason));
            }
            Order::Auth(_) | Order::Pong => {}
        }
    }
}
