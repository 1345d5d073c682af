//! What a client may say: read strictly. An unknown field is an error.

use serde::Deserialize;

use crate::progress::{MAX_COUNT, Name, Selector};
use crate::transport::query;
use crate::wire::creation::is_reason;

/// One word, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::transport) enum Words {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub(in crate::transport) enum Command {
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
pub(super) struct Ask {
    pub(super) selector: Selector,
    pub(super) cursor: Option<String>,
    pub(super) follow: bool,
}

/// A command that makes sense.
#[derive(Debug)]
pub(super) enum Order {
    Subscribe(u64, Ask),
    Tiles(u64),
    Unsubscribe(u64),
    Auth(String),
    Cancel(Name, Option<Box<str>>),
    Pong,
}

/// A command that does not.
#[derive(Debug)]
pub(super) struct Bad {
    pub(super) id: Option<u64>,
    pub(super) message: String,
}

/// Whether `text` is a command, and what a subscription selects and where it begins.
#[doc(hidden)] // for the fuzzer
#[must_use]
pub fn glance(text: &str) -> Option<Option<(u64, Selector, Option<String>)>> {
    match parse(text).ok()? {
        Order::Subscribe(id, ask) => Some(Some((id, ask.selector, ask.cursor))),
        _ => Some(None),
    }
}

pub(super) fn parse(text: &str) -> Result<Order, Bad> {
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
            if reason.as_deref().is_some_and(|r| !is_reason(r)) {
                return Err(bad(
                    None,
                    "'reason' has at most 1,000 characters, few of them control characters and none U+0000",
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
