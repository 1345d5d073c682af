//! What clients say over a WebSocket, and what is done about it. Strict: an unknown field is an error, and the third
//! bad command is the end.

use std::sync::Arc;

use serde::Deserialize;

use crate::auth::{Grant, Scope};
use crate::progress::{MAX_COUNT, Name, Selector};
use crate::transport::Shared;
use crate::transport::authorize::{WHOLE, authorize, refuse};
use crate::transport::endings::Ending;
use crate::transport::query;
use crate::transport::session;
use crate::transport::stream::{Orders, Stream, Task};
use crate::transport::words::Word;
use crate::wire::Cursor;

/// How many subscriptions one socket may have.
const MAX_SUBSCRIPTIONS: usize = 100;

/// How many characters a reason may have.
const MAX_REASON: usize = 1000;

/// One word, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
enum Command {
    Subscribe {
        id: u64,
        job: Option<Words>,
        kind: Option<String>,
        subject: Option<String>,
        owner: Option<String>,
        parent: Option<String>,
        status: Option<Words>,
        cursor: Option<String>,
        #[serde(default)]
        summary: bool,
        #[serde(default)]
        follow: bool,
    },
    Unsubscribe {
        id: u64,
    },
    Auth {
        token: String,
    },
    Cancel {
        job: String,
        reason: Option<Box<str>>,
    },
    Pong {},
}

/// A subscription as it was asked for.
#[derive(Debug)]
struct Ask {
    selector: Selector,
    cursor: Option<String>,
    follow: bool,
}

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
                refuse(stream, None, ("unauthorized", message), None);
                stream.end(Ending::Unauthorized);
            }
            (Err(Bad { id, message }), _) => stream.bad_command(id, "bad_command", &message),
        }
        true
    }

    fn auth(&self, stream: &Arc<Stream>, token: String) {
        if self.app.auth.is_none() {
            let (code, message) = (
                "auth_not_configured",
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
        let forbidden =
            |number, message: &str| refuse(stream, number, ("forbidden", message), Some(grant));
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
            Order::Cancel(..) if !grant.allows(Scope::Cancel) => {
                forbidden(None, "the token lacks the scope `cancel`");
            }
            Order::Cancel(job, reason) => {
                session::set(stream, &self.app, Task::Cancel(job, reason));
            }
            Order::Auth(_) | Order::Pong => {}
        }
    }
}

/// A command that makes sense.
#[derive(Debug)]
enum Order {
    Subscribe(u64, Ask),
    Tiles(u64),
    Unsubscribe(u64),
    Auth(String),
    Cancel(Name, Option<Box<str>>),
    Pong,
}

/// A command that does not.
#[derive(Debug)]
struct Bad {
    id: Option<u64>,
    message: String,
}

fn parse(text: &str) -> Result<Order, Bad> {
    let bad = |id, message: &str| Bad {
        id,
        message: message.to_owned(),
    };
    // Serde would take an array for an object.
    if !text.trim_start().starts_with('{') {
        return Err(bad(None, "a command is one JSON object"));
    }
    let command: Command = serde_json::from_str(text).map_err(|_| {
        bad(
            None,
            "a command is one JSON object with a known op and its fields, nothing else",
        )
    })?;
    match command {
        Command::Subscribe { id, .. } | Command::Unsubscribe { id } if id > MAX_COUNT => {
            Err(bad(None, "the id is too large"))
        }
        Command::Subscribe {
            id,
            job,
            kind,
            subject,
            owner,
            parent,
            status,
            cursor,
            summary,
            follow,
        } => {
            let ones = [
                ("kind", kind),
                ("subject", subject),
                ("owner", owner),
                ("parent", parent),
            ];
            let selector =
                selector(&[("job", job), ("status", status)], &ones).map_err(|message| Bad {
                    id: Some(id),
                    message,
                })?;
            match (summary, selector == Selector::default() && cursor.is_none()) {
                (true, true) => Ok(Order::Tiles(id)),
                (true, false) => Err(bad(Some(id), "the summary is of the whole project")),
                (false, _) => Ok(Order::Subscribe(
                    id,
                    Ask {
                        selector,
                        cursor,
                        follow,
                    },
                )),
            }
        }
        Command::Unsubscribe { id } => Ok(Order::Unsubscribe(id)),
        Command::Auth { token } => Ok(Order::Auth(token)),
        Command::Cancel { job, reason } => {
            let job = Name::parse(&job).map_err(|e| bad(None, &format!("'job': {e}")))?;
            let fits = |r: &str| r.chars().count() <= MAX_REASON && !r.contains('\0');
            if reason.as_deref().is_some_and(|r| !fits(r)) {
                return Err(bad(
                    None,
                    "'reason' has at most 1,000 characters, none of them U+0000",
                ));
            }
            Ok(Order::Cancel(job, reason))
        }
        Command::Pong {} => Ok(Order::Pong),
    }
}

fn selector(
    many: &[(&str, Option<Words>)],
    ones: &[(&str, Option<String>)],
) -> Result<Selector, String> {
    let mut selector = Selector::default();
    let mut add =
        |name: &str, value: &str| query::condition(&mut selector, name, value).map(|_| ());
    for (name, words) in many {
        let words = match words {
            None => continue,
            Some(Words::One(word)) => std::slice::from_ref(word),
            Some(Words::Many(words)) if words.is_empty() => {
                return Err(format!("'{name}' names nothing"));
            }
            Some(Words::Many(words)) => words,
        };
        words.iter().try_for_each(|word| add(name, word))?;
    }
    for (name, word) in ones {
        if let Some(word) = word {
            add(name, word)?;
        }
    }
    Ok(selector.normal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        let text = r#"{"op":"subscribe","id":1,"job":["b","a"],"kind":"scan","status":"active"}"#;
        let Ok(Order::Subscribe(1, ask)) = parse(text) else {
            panic!("a subscription");
        };
        assert_eq!(ask.selector.jobs.len(), 2);
        assert_eq!(ask.selector.jobs[0].as_str(), "a");
        assert_eq!(ask.selector.status.words().len(), 3);
        assert!(matches!(
            parse(r#"{"op":"subscribe","id":2,"summary":true}"#),
            Ok(Order::Tiles(2))
        ));
        assert!(matches!(
            parse(r#" {"op":"unsubscribe","id":0}"#),
            Ok(Order::Unsubscribe(0))
        ));
        assert!(matches!(parse(r#"{"op":"pong"}"#), Ok(Order::Pong)));
        assert!(matches!(
            parse(r#"{"op":"auth","token":"x"}"#),
            Ok(Order::Auth(_))
        ));
        assert!(matches!(
            parse(r#"{"op":"cancel","job":"a","reason":"no"}"#),
            Ok(Order::Cancel(..))
        ));
    }

    #[test]
    fn bad_commands_are_refused() {
        for text in [
            "",
            "subscribe",
            "null",
            "[]",
            r#"["subscribe",1]"#,
            "{}",
            r#"{"op":"dance"}"#,
            r#"{"op":"subscribe"}"#,
            r#"{"op":"subscribe","id":-1}"#,
            r#"{"op":"subscribe","id":1.5}"#,
            r#"{"op":"subscribe","id":"1"}"#,
            r#"{"op":"subscribe","id":9007199254740992}"#,
            r#"{"op":"subscribe","id":1,"id":2}"#,
            r#"{"op":"subscribe","id":1,"colour":"red"}"#,
            r#"{"op":"subscribe","id":1,"job":[]}"#,
            r#"{"op":"subscribe","id":1,"job":["../x"]}"#,
            r#"{"op":"subscribe","id":1,"job":[1]}"#,
            r#"{"op":"subscribe","id":1,"kind":"Scan"}"#,
            r#"{"op":"subscribe","id":1,"status":"done"}"#,
            r#"{"op":"subscribe","id":1,"summary":true,"kind":"scan"}"#,
            r#"{"op":"pong","x":1}"#,
            r#"{"op":"pong"} {"op":"pong"}"#,
            r#"{"op":"auth"}"#,
            r#"{"op":"cancel"}"#,
            r#"{"op":"cancel","job":"a","reason":"\u0000"}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
