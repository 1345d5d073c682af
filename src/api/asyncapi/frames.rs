//! The frame as a message: what each `type` means, and one of the main ones as they may come.

use serde_json::{Value, json};

use crate::progress::Happening;
use crate::wire;

/// The frame over a WebSocket.
pub(super) fn message() -> Value {
    let types = Happening::ALL
        .map(|happening| json!({ "type": happening.as_str(), "meaning": what(happening) }));
    json!({
        "name": "frame", "title": "frame", "summary": "A job's state in its envelope.",
        "description": "`type` is the job's kind, a colon, and what made this version. Frames in between may be skipped, so it is a hint: draw from `data`. A terminal frame is never skipped.",
        "payload": { "$ref": "#/components/schemas/Frame" },
        "examples": examples(),
        "x-types": types,
    })
}

/// The frame as a server-sent event: the one without a name.
pub(super) fn event() -> Value {
    let mut event = message();
    event["headers"] = json!({
        "type": "object", "required": ["id"],
        "properties": { "id": { "type": "string", "description": "The cursor." } }
    });
    event
}

fn examples() -> Value {
    let running = wire::schema::example();
    let at = running["timestamp"].clone();
    let ended = |word: &str, own: Value| {
        let mut frame = running.clone();
        frame["type"] = format!("feed:sync:{word}").into();
        frame["data"]["status"] = word.into();
        frame["data"]["version"] = 43.into();
        frame["data"]["finished_at"] = at.clone();
        frame["data"]["rate"] = Value::Null;
        frame["data"]["eta"] = Value::Null;
        if let (Some(data), Value::Object(own)) = (frame["data"].as_object_mut(), own) {
            data.extend(own);
        }
        json!({ "name": word, "payload": frame })
    };
    let all = json!({ "current": 3000, "total": 3000, "unit": "rules", "percent": 100.0 });
    let error = json!({
        "code": "feed_unreachable", "message": "The feed does not answer", "retryable": true,
        "retry_after_seconds": 60, "phase": null, "details": null
    });
    json!([
        { "name": "progress", "payload": running },
        ended("completed", json!({ "progress": all, "result": { "rules": 3000 } })),
        ended("failed", json!({ "error": error })),
    ])
}

fn what(happening: Happening) -> &'static str {
    match happening {
        Happening::Created => "The job was made.",
        Happening::Started => "A worker claimed it: an attempt began.",
        Happening::Phase => "A phase began.",
        Happening::Progress => "Counts, texts, counters or metadata changed.",
        Happening::Notice => "A notice came.",
        Happening::Stalled => "The worker was silent for its lease.",
        Happening::Resumed => "The worker spoke again.",
        Happening::Cancelling => "Somebody asked the job to stop.",
        Happening::Retrying => "The attempt failed; the job is queued again.",
        Happening::Children => "A job that is part of this one was made, or ended.",
        Happening::Completed => "It ended well. Nothing changes any more.",
        Happening::Failed => "It ended badly. Nothing changes any more.",
        Happening::Cancelled => "It was stopped. Nothing changes any more.",
    }
}
