//! What a stream says and is told beside frames, as JSON Schema, for the AsyncAPI document: the words of
//! [`super::words`] over either transport, and the commands of [`super::ws::order`]. Examples are what the code itself
//! writes. Only what draft 7 knows, which is what AsyncAPI speaks.

mod commands;

pub use commands::commands;

use serde_json::{Map, Value, json};

use super::endings::Ending;
use super::error_code::ErrorCode;
use super::words::{Framing, Word};
use crate::progress::{MAX_COUNT, Name, Timestamp};

/// One thing that travels over a stream.
#[derive(Debug, Clone)]
pub struct Described {
    /// The event's name, the message's `type`, or the command's `op`.
    pub name: &'static str,
    /// The name of its schema among the components.
    pub schema_name: String,
    /// What it is for.
    pub what: &'static str,
    /// What its JSON is.
    pub schema: Value,
    /// One as it may come.
    pub example: Value,
}

/// What a socket says beside frames.
#[must_use]
pub fn messages() -> Vec<Described> {
    described(Framing::Ws)
}

/// The named events of a stream of server-sent events; what is described is their `data`.
#[must_use]
pub fn events() -> Vec<Described> {
    described(Framing::Sse)
}

fn described(framing: Framing) -> Vec<Described> {
    let Ok(job) = Name::parse("import-1") else {
        return Vec::new();
    };
    let describe = |word: &Word<'_>| {
        let text = match framing {
            Framing::Sse => word.data()?.1,
            Framing::Ws => word.message(),
        };
        let example: Value = serde_json::from_str(&text).ok()?;
        let name = word.name();
        let kind = match framing {
            Framing::Sse => "Event",
            Framing::Ws => "Message",
        };
        let schema = Value::Object(schema(word, framing));
        Some(Described {
            name,
            schema_name: format!("{}{kind}", capital(name)),
            what: what(word, framing),
            schema,
            example,
        })
    };
    samples(&job).iter().filter_map(describe).collect()
}

/// The word with a capital: how schemas are named.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// One of each kind of word.
fn samples(job: &Name) -> Vec<Word<'_>> {
    let at = Timestamp(1_795_176_000_000);
    let cursor = Some("AbC1");
    vec![
        Word::Subscribed(1, cursor),
        Word::Synced(1, cursor),
        Word::Unsubscribed(1),
        Word::Reset(1),
        Word::End(Some(1), Ending::Finished, None),
        Word::Ping(at, cursor),
        Word::Stale(at),
        Word::Fresh,
        Word::Gone(job),
        Word::Summary(TILES),
        Word::Error(None, ErrorCode::NotFound, "no such job", None),
        Word::Accepted("cancel", job),
        Word::Authorized(Some(at)),
    ]
}

/// The tiles as they may come.
pub const TILES: &str = r#"{"total":1,"stalled":0,"by_status":{"queued":0,"running":1,"cancelling":0,"completed":0,"failed":0,"cancelled":0},"by_kind":{"feed:sync":{"by_status":{"running":1},"counters":{"added":12}}},"last_24h":{"completed":0,"failed":0,"cancelled":0}}"#;

fn what(word: &Word<'_>, framing: Framing) -> &'static str {
    match word {
        Word::Subscribed(..) => {
            "The subscription was accepted; its first snapshot follows. `cursor` is the one it came with."
        }
        Word::Synced(..) => {
            "The first snapshot is complete: what was not sent does not exist. From here on come changes."
        }
        Word::Unsubscribed(_) => "The subscription is over, as asked.",
        Word::Reset(_) => {
            "The snapshot that follows replaces what the cursor asked for: forget what you hold."
        }
        Word::End(..) if framing == Framing::Sse => {
            "The service closes the stream; `reason` says whether to come back."
        }
        Word::End(..) => "A subscription is over: `finished` where all its jobs have ended.",
        Word::Ping(..) => {
            "A sign of life, every 15 s, busy or not. `cursor` is where to resume from."
        }
        Word::Stale(_) => {
            "The service could not verify with its database since then: what is shown may be old."
        }
        Word::Fresh => "It can again.",
        Word::Gone(_) => "The job was deleted, or has expired.",
        Word::Summary(_) => {
            "The project's tiles, at most once a second, to who asked for them (`summary=true`)."
        }
        Word::Error(..) => "A command was refused, or the socket is about to close.",
        Word::Accepted(..) => "The command was carried out.",
        Word::Authorized(_) => "The token was taken; the socket may go on until it ends.",
    }
}

/// Members by name, with their schemas.
type Members = Vec<(&'static str, Value)>;

/// What a word always has, and what it may have beside.
fn members(word: &Word<'_>, framing: Framing) -> (Members, Members) {
    let own = |members: Members| match framing {
        Framing::Sse => Vec::new(),
        Framing::Ws => members,
    };
    let number = || ("id", count("Which subscription; 0 is that of the URL."));
    let position = || {
        let what = "Opaque: give it back to go on from here.";
        (
            "cursor",
            json!({ "type": ["string", "null"], "description": what }),
        )
    };
    let retry = || {
        (
            "retry_after_seconds",
            count("When to come back, where that is said."),
        )
    };
    let job = || ("job", reference("Name"));
    match word {
        Word::Subscribed(..) | Word::Synced(..) => {
            let mut needed = own(vec![number()]);
            needed.push(position());
            (needed, vec![])
        }
        Word::Unsubscribed(_) | Word::Reset(_) => (own(vec![number()]), vec![]),
        Word::End(..) => {
            let mut optional = own(vec![number(), position()]);
            optional.push(retry());
            (vec![("reason", reasons(framing))], optional)
        }
        Word::Ping(..) => (vec![("timestamp", time()), position()], vec![]),
        Word::Stale(_) => (vec![("since", time())], vec![]),
        Word::Fresh => (vec![], vec![]),
        Word::Gone(_) => (vec![job()], vec![]),
        Word::Summary(_) => (vec![("data", reference("Summary"))], vec![]),
        Word::Error(..) => {
            let codes = ErrorCode::ALL.map(ErrorCode::as_str);
            let code =
                json!({ "type": "string", "enum": codes, "description": "For programs; stable." });
            let message = json!({ "type": "string", "description": "For people." });
            (
                vec![("code", code), ("message", message)],
                vec![number(), retry()],
            )
        }
        Word::Accepted(..) => (
            vec![
                ("op", json!({ "type": "string", "const": "cancel" })),
                job(),
            ],
            vec![],
        ),
        Word::Authorized(_) => {
            let mut until = time();
            until["type"] = json!(["string", "null"]);
            (vec![("expires_at", until)], vec![])
        }
    }
}

fn schema(word: &Word<'_>, framing: Framing) -> Map<String, Value> {
    let (mut needed, optional) = members(word, framing);
    if framing == Framing::Ws || matches!(word, Word::Summary(_)) {
        let name = json!({ "type": "string", "const": word.name() });
        needed.insert(0, ("type", name));
    }
    object(what(word, framing), needed, optional)
}

/// An object with these members and no other.
fn object(what: &str, needed: Members, optional: Members) -> Map<String, Value> {
    let names: Vec<&str> = needed.iter().map(|(name, _)| *name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("description".to_owned(), what.into());
    schema.insert("additionalProperties".to_owned(), false.into());
    schema.insert("required".to_owned(), names.into());
    let all = needed.into_iter().chain(optional);
    let properties: Map<String, Value> = all.map(|(n, s)| (n.to_owned(), s)).collect();
    schema.insert("properties".to_owned(), properties.into());
    schema
}

/// The words of the endings that this transport has.
fn reasons(framing: Framing) -> Value {
    let endings = Ending::ALL.into_iter();
    let here = endings.filter(|e| framing == Framing::Ws || e.is_for_events());
    let words: Vec<&str> = here.map(Ending::word).collect();
    json!({ "type": "string", "enum": words })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn count(what: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": MAX_COUNT, "description": what })
}

fn time() -> Value {
    json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$" })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Debug;

    use super::*;

    /// The variants of `enum NAME` as its source has them.
    fn variants(source: &str, name: &str) -> BTreeSet<String> {
        let (_, rest) = source.split_once(&format!("pub enum {name}")).unwrap();
        let (body, _) = rest.split_once("\n}").unwrap();
        let lines = body.lines().map(str::trim);
        let named = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
        named.map(identifier).collect()
    }

    fn identifier(text: &str) -> String {
        text.chars().take_while(char::is_ascii_alphabetic).collect()
    }

    fn shown<T: Debug>(all: &[T]) -> BTreeSet<String> {
        all.iter().map(|v| identifier(&format!("{v:?}"))).collect()
    }

    #[test]
    fn every_word_has_a_sample() {
        let job = Name::parse("a").unwrap();
        let known = variants(include_str!("words.rs"), "Word<'a>");
        assert_eq!(known.len(), 13);
        assert_eq!(shown(&samples(&job)), known);
    }

    #[test]
    fn every_ending_and_every_code_is_among_all() {
        let endings = variants(include_str!("endings.rs"), "Ending");
        assert_eq!(shown(&Ending::ALL), endings);
        let codes = variants(include_str!("error_code.rs"), "ErrorCode");
        assert_eq!(shown(&ErrorCode::ALL), codes);
    }

    #[test]
    fn what_the_code_writes_is_what_is_described() {
        let job = Name::parse("a").unwrap();
        let mut more = samples(&job);
        more.extend(Ending::ALL.map(|ending| Word::End(None, ending, Some("c"))));
        more.extend(ErrorCode::ALL.map(|code| Word::Error(Some(3), code, "m", Some(2))));
        more.extend([Word::Synced(0, None), Word::Authorized(None)]);
        for word in more {
            holds(&word, Framing::Ws, &word.message());
            match word {
                // A stream of events never ends for what only a socket can do wrong.
                Word::End(_, ending, _) if !ending.is_for_events() => {}
                _ => {
                    if let Some((_, data)) = word.data() {
                        holds(&word, Framing::Sse, &data);
                    }
                }
            }
        }
    }

    fn holds(word: &Word<'_>, framing: Framing, text: &str) {
        let schemas = json!({
            "Name": { "type": "string" }, "Summary": { "type": "object" },
        });
        let mut schema = schema(word, framing);
        schema.insert("components".into(), json!({ "schemas": schemas }));
        let validator = jsonschema::draft7::new(&Value::Object(schema)).unwrap();
        let value = serde_json::from_str(text).unwrap();
        assert!(
            validator.is_valid(&value),
            "{text}: {:?}",
            validator.validate(&value)
        );
    }
}
