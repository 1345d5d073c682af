//! The schemas of both documents as types: which have a name, and what a schema means where it is used.

use std::fmt::Write;

use milepost::api::{asyncapi, openapi};
use milepost::progress::Happening;
use serde_json::{Map, Value};

/// The types, in the order they are written: a name, where its schema is, and what it is where the schema does not say.
const NAMED: [(&str, &str, &str); 78] = [
    (
        "Status",
        "Frame/properties/data/properties/status",
        "Where a job stands.",
    ),
    (
        "PhaseStatus",
        "Frame/properties/data/properties/phases/items/properties/status",
        "Where a phase stands.",
    ),
    (
        "Level",
        "Frame/properties/data/properties/notices/properties/recent/items/properties/level",
        "How grave a notice is.",
    ),
    (
        "StatusWord",
        "StatusWord",
        "What a selection by status may say; `active` is all that are not terminal.",
    ),
    (
        "Progress",
        "Frame/properties/data/properties/progress",
        "What is being worked on now. `percent` is the whole job, 0 to 100; null = not known yet.",
    ),
    (
        "Phase",
        "Frame/properties/data/properties/phases/items",
        "A part of the work, in the order of the plan.",
    ),
    (
        "Rate",
        "Frame/properties/data/properties/rate/anyOf/0",
        "How fast it goes.",
    ),
    (
        "Eta",
        "Frame/properties/data/properties/eta/anyOf/0",
        "When it will be done, as of `updated_at`.",
    ),
    (
        "Notice",
        "Frame/properties/data/properties/notices/properties/recent/items",
        "A discrete happening. `number` counts from 1 within a job.",
    ),
    (
        "Notices",
        "Frame/properties/data/properties/notices",
        "How many there were, and the newest ten.",
    ),
    (
        "Children",
        "Frame/properties/data/properties/children/anyOf/0",
        "The jobs that name this one as their parent.",
    ),
    (
        "CancelRequest",
        "Frame/properties/data/properties/cancel/anyOf/0",
        "Who asked the job to stop, when and why.",
    ),
    (
        "JobError",
        "Frame/properties/data/properties/error/anyOf/0",
        "Why it failed.",
    ),
    (
        "Job",
        "Frame/properties/data",
        "A job as it stands. Times are RFC 3339, UTC.",
    ),
    ("Frame", "Frame", ""),
    ("PhasePlan", "PhasePlan", "A phase as it is announced."),
    ("Creation", "Creation", ""),
    ("CancelWish", "CancelWish", "What is sent to cancel a job."),
    ("RetryWish", "RetryWish", ""),
    (
        "Failure",
        "Failure",
        "Why an attempt failed, as its worker says it.",
    ),
    ("ReportStarted", "ReportStarted", ""),
    ("ReportPhase", "ReportPhase", ""),
    ("ReportProgress", "ReportProgress", ""),
    ("ReportNotice", "ReportNotice", ""),
    ("ReportHeartbeat", "ReportHeartbeat", ""),
    ("ReportRetrying", "ReportRetrying", ""),
    ("ReportCompleted", "ReportCompleted", ""),
    ("ReportFailed", "ReportFailed", ""),
    ("ReportCancelled", "ReportCancelled", ""),
    ("Report", "Report", ""),
    ("AddressedReportStarted", "AddressedReportStarted", ""),
    ("AddressedReportPhase", "AddressedReportPhase", ""),
    ("AddressedReportProgress", "AddressedReportProgress", ""),
    ("AddressedReportNotice", "AddressedReportNotice", ""),
    ("AddressedReportHeartbeat", "AddressedReportHeartbeat", ""),
    ("AddressedReportRetrying", "AddressedReportRetrying", ""),
    ("AddressedReportCompleted", "AddressedReportCompleted", ""),
    ("AddressedReportFailed", "AddressedReportFailed", ""),
    ("AddressedReportCancelled", "AddressedReportCancelled", ""),
    (
        "AddressedReport",
        "AddressedReport",
        "A report that names its job, for many jobs in one request.",
    ),
    ("ReportAnswer", "ReportAnswer", "What a report is answered."),
    (
        "Fault",
        "Problem/properties/errors/items",
        "What is wrong with a body, and where.",
    ),
    ("Standing", "Problem/properties/job", ""),
    ("ProblemDetails", "Problem", ""),
    (
        "ReportAnswers",
        "ReportAnswers",
        "What many reports are answered, in their order.",
    ),
    (
        "HistoryItem",
        "History/properties/items/items",
        "One of the kept happenings of a job; `number` counts within the history.",
    ),
    (
        "History",
        "History",
        "The kept happenings of a job, oldest first.",
    ),
    ("JobList", "JobList", "The list for people, newest first."),
    ("ProgressPage", "Page", "What a poll is answered."),
    (
        "StatusCounts",
        "Summary/properties/by_status",
        "How many jobs stand where.",
    ),
    (
        "KindSummary",
        "Summary/properties/by_kind/additionalProperties",
        "The jobs of one kind.",
    ),
    (
        "EndedCounts",
        "Summary/properties/last_24h",
        "How many ended how.",
    ),
    ("Summary", "Summary", "A dashboard's tiles."),
    ("Ticket", "Ticket", "Opens one stream within 30 s."),
    (
        "EndReason",
        "EndMessage/properties/reason",
        "Why a stream ends: the word of a close, too.",
    ),
    (
        "EventsEndReason",
        "EndEvent/properties/reason",
        "Why a stream of server-sent events ends.",
    ),
    (
        "ErrorCode",
        "ErrorMessage/properties/code",
        "What an `error` over a WebSocket is about.",
    ),
    ("SubscribedMessage", "SubscribedMessage", ""),
    ("SyncedMessage", "SyncedMessage", ""),
    ("UnsubscribedMessage", "UnsubscribedMessage", ""),
    ("ResetMessage", "ResetMessage", ""),
    ("EndMessage", "EndMessage", ""),
    ("PingMessage", "PingMessage", ""),
    ("StaleMessage", "StaleMessage", ""),
    ("FreshMessage", "FreshMessage", ""),
    ("GoneMessage", "GoneMessage", ""),
    ("SummaryMessage", "SummaryMessage", ""),
    ("ErrorMessage", "ErrorMessage", ""),
    ("AcceptedMessage", "AcceptedMessage", ""),
    ("AuthorizedMessage", "AuthorizedMessage", ""),
    ("EndEvent", "EndEvent", ""),
    ("PingEvent", "PingEvent", ""),
    ("GoneEvent", "GoneEvent", ""),
    ("SubscribeCommand", "SubscribeCommand", ""),
    ("UnsubscribeCommand", "UnsubscribeCommand", ""),
    ("AuthCommand", "AuthCommand", ""),
    ("CancelCommand", "CancelCommand", ""),
    ("PongCommand", "PongCommand", ""),
];

/// Schemas that are a plain string, number or object where they are used, or what no program builds.
const PLAIN: [&str; 44] = [
    "Alive",
    "Applied",
    "AsyncApi",
    "Challenge",
    "Connection",
    "Cursor",
    "EntityTag",
    "EntityTags",
    "Flag",
    "FreshEvent",
    "Json",
    "Kind",
    "Location",
    "Methods",
    "Metrics",
    "Moment",
    "Name",
    "Names",
    "Nothing",
    "Number",
    "Object",
    "OpenApi",
    "PageSize",
    "PollSize",
    "Protocol",
    "Ready",
    "ReportLines",
    "AddressedReportLines",
    "ReportOutcome",
    "Reports",
    "AddressedReports",
    "ResetEvent",
    "Seconds",
    "StaleEvent",
    "StatusWords",
    "StreamEvent",
    "SummaryEvent",
    "SyncedEvent",
    "Text",
    "Upgrade",
    "Wait",
    "WebSocketAccept",
    "WebSocketKey",
    "WebSocketVersion",
];

pub fn is_typed(schema: &str) -> bool {
    NAMED.iter().any(|(_, path, _)| *path == schema)
}

pub fn needs_no_type(schema: &str) -> bool {
    PLAIN.contains(&schema)
}

/// What a value may be.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Json,
    JsonObject,
    Text,
    Integer,
    Number,
    Boolean,
    Null,
    Words(Vec<String>),
    Array(Box<Shape>),
    /// Values by name; of these names only, where they are known.
    Map(Option<Box<Shape>>, Box<Shape>),
    Named(&'static str),
    Union(Vec<Shape>),
}

#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    pub what: String,
    pub needed: bool,
    pub shape: Shape,
}

#[derive(Debug, Clone)]
pub enum Body {
    Object(Vec<Member>),
    Alias(Shape),
}

#[derive(Debug, Clone)]
pub struct Type {
    pub name: &'static str,
    pub what: String,
    pub body: Body,
}

/// Everything there is to write.
pub struct Model {
    pub schemas: Map<String, Value>,
    pub types: Vec<Type>,
}

impl Model {
    pub fn read() -> Self {
        let (http, streams) = (openapi::document(), asyncapi::document());
        let mut schemas = Map::new();
        for document in [http, streams] {
            let all = document["components"]["schemas"].as_object().unwrap();
            schemas.extend(all.clone());
        }
        let mut model = Self {
            schemas,
            types: Vec::new(),
        };
        let happenings = Happening::ALL.map(|h| h.as_str().to_owned()).to_vec();
        let mut types = vec![Type {
            name: "Happening",
            what: "What made a version: the last part of a frame's `type`.".into(),
            body: Body::Alias(Shape::Words(happenings)),
        }];
        types.extend(NAMED.iter().map(|row| model.named(*row)));
        let all = |end: &str| {
            let named = NAMED.iter().filter(|(name, ..)| name.ends_with(end));
            Body::Alias(Shape::Union(
                named.map(|(name, ..)| Shape::Named(name)).collect(),
            ))
        };
        for (name, what, body) in [
            (
                "StreamMessage",
                "What a WebSocket says beside frames.",
                all("Message"),
            ),
            (
                "StreamCommand",
                "What a client may say over a WebSocket.",
                all("Command"),
            ),
        ] {
            types.push(Type {
                name,
                what: what.into(),
                body,
            });
        }
        model.types = types;
        model
    }

    fn schema(&self, path: &str) -> &Value {
        let (name, rest) = path.split_once('/').map_or((path, ""), |(n, r)| (n, r));
        let schema = &self.schemas[name];
        let pointer = if rest.is_empty() {
            String::new()
        } else {
            format!("/{rest}")
        };
        schema
            .pointer(&pointer)
            .unwrap_or_else(|| panic!("{path} is nowhere"))
    }

    fn named(&self, (name, path, what): (&'static str, &str, &str)) -> Type {
        let schema = self.schema(path);
        let said = schema["description"].as_str().unwrap_or_default();
        let what = if what.is_empty() { said } else { what }.to_owned();
        let body = match schema["properties"].as_object() {
            Some(properties) => Body::Object(self.members(schema, properties)),
            None => Body::Alias(self.meaning(schema)),
        };
        Type { name, what, body }
    }

    fn members(&self, schema: &Value, properties: &Map<String, Value>) -> Vec<Member> {
        let needed: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|name| name.as_str().unwrap())
            .collect();
        let optional = properties.keys().map(String::as_str);
        let optional = optional.filter(|name| !needed.contains(name));
        let all = needed.iter().copied().chain(optional);
        all.map(|name| Member {
            name: name.to_owned(),
            what: properties[name]["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            needed: needed.contains(&name),
            shape: self.shape(&properties[name]),
        })
        .collect()
    }

    /// The type of this very schema, where it has a name; else what it means.
    fn shape(&self, schema: &Value) -> Shape {
        let same = NAMED
            .iter()
            .find(|(_, path, _)| bare(self.schema(path)) == bare(schema));
        match (same, schema["$ref"].as_str()) {
            (Some((name, ..)), _) => Shape::Named(name),
            (None, Some(to)) => {
                let name = to.rsplit('/').next().unwrap();
                match NAMED.iter().find(|(_, path, _)| *path == name) {
                    Some((name, ..)) => Shape::Named(name),
                    None if name == "Json" => Shape::Json,
                    None => self.meaning(&self.schemas[name]),
                }
            }
            (None, None) => self.meaning(schema),
        }
    }

    fn meaning(&self, schema: &Value) -> Shape {
        if *schema == Value::Bool(true) {
            return Shape::Json;
        }
        if let Some(word) = schema["const"].as_str() {
            return Shape::Words(vec![word.to_owned()]);
        }
        if schema["const"] == true {
            return Shape::Boolean;
        }
        if let Some(words) = schema["enum"].as_array() {
            return self.words(words);
        }
        if let Some(of) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
            return union(of.iter().map(|one| self.shape(one)).collect());
        }
        match &schema["type"] {
            Value::Array(types) => {
                let one = |r#type: &Value| {
                    let mut one = schema.clone();
                    one["type"] = r#type.clone();
                    self.meaning(&one)
                };
                union(types.iter().map(one).collect())
            }
            Value::String(one) => self.plain(one, schema),
            _ => panic!("no type: {schema}"),
        }
    }

    fn words(&self, words: &[Value]) -> Shape {
        let texts: Vec<Value> = words.iter().filter(|w| w.is_string()).cloned().collect();
        if texts.len() < words.len() {
            let some = self.shape(&serde_json::json!({ "enum": texts }));
            return union(vec![some, Shape::Null]);
        }
        let texts = texts.iter().map(|w| w.as_str().unwrap().to_owned());
        Shape::Words(texts.collect())
    }

    fn plain(&self, r#type: &str, schema: &Value) -> Shape {
        match r#type {
            "string" => Shape::Text,
            "integer" => Shape::Integer,
            "number" => Shape::Number,
            "boolean" => Shape::Boolean,
            "null" => Shape::Null,
            "array" => Shape::Array(Box::new(self.shape(&schema["items"]))),
            _ => {
                assert!(
                    schema.get("properties").is_none(),
                    "an object without a name: {schema}"
                );
                let names = &schema["propertyNames"];
                let names = names.get("enum").map(|_| Box::new(self.shape(names)));
                match schema.get("additionalProperties").map(|s| self.shape(s)) {
                    None | Some(Shape::Json) => Shape::JsonObject,
                    Some(of) => Shape::Map(names, Box::new(of)),
                }
            }
        }
    }
}

/// A schema without what is only for people, and without what its words say already.
fn bare(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        for about in ["description", "examples", "title", "default"] {
            members.remove(about);
        }
        if members.contains_key("enum") {
            members.remove("type");
        }
    }
    schema
}

fn union(of: Vec<Shape>) -> Shape {
    let mut all: Vec<Shape> = Vec::new();
    for shape in of {
        let inner = match shape {
            Shape::Union(inner) => inner,
            one => vec![one],
        };
        for one in inner {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    match all.len() {
        1 => all.remove(0),
        _ => Shape::Union(all),
    }
}

/// The text in lines of at most so many characters.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match all.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                let _ = write!(line, " {word}");
            }
            _ => all.push(word.to_owned()),
        }
    }
    all
}
