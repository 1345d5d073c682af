//! What a line of the history says beyond its type.

use super::state::{failure_json, notice_json};
use super::write::Json;
use crate::progress::EventData;

/// The `data` of a line, an object.
#[must_use]
pub fn event_json(data: &EventData) -> String {
    match data {
        EventData::Notice(notice) => notice_json(notice),
        EventData::Phase { name, ended } => {
            let mut json = Json::new();
            json.object(|o| {
                o.key("phase").string(name);
                o.key("ended").maybe_string(ended.as_deref());
            });
            json.finish()
        }
        EventData::Status {
            status,
            attempt,
            message,
            worker,
            error,
            reason,
        } => {
            let mut json = Json::new();
            json.object(|o| {
                o.key("status").string(status.as_str());
                o.key("attempt").count(*attempt);
                o.key("message").maybe_string(message.as_deref());
                o.key("worker").maybe_string(worker.as_deref());
                o.key("reason").maybe_string(reason.as_deref());
                match error {
                    Some(error) => o.key("error").raw(&failure_json(error)),
                    None => o.key("error").null(),
                };
            });
            json.finish()
        }
    }
}
