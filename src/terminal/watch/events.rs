//! Server-sent events out of bytes, however they are cut. Pure.

/// More than any event of the service has: a line longer than that is dropped.
const LONGEST: usize = 1 << 20;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Its name; "" for a frame.
    pub name: String,
    /// Its data, lines joined.
    pub data: String,
    /// The cursor it carries.
    pub id: Option<String>,
}

/// What has come of a stream and is no whole event yet.
#[derive(Debug, Default)]
pub struct Events {
    line: Vec<u8>,
    after_return: bool,
    event: Event,
    has_data: bool,
}

impl Events {
    /// Takes what has come, gives the events that are whole by now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut whole = Vec::new();
        for byte in bytes {
            let follows = std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if follows => {}
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    whole.extend(self.take(&line));
                }
                _ if self.line.len() < LONGEST => self.line.push(*byte),
                _ => {}
            }
        }
        whole
    }

    fn take(&mut self, line: &[u8]) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str, id: Option<&str>) -> Event {
        Event {
            name: name.into(),
            data: data.into(),
            id: id.map(str::to_owned),
        }
    }

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let text = "retry: 1200\n\nid: c1\ndata: {\"a\":1}\n\n: a comment\nevent: ping\r\nid: c2\r\n\
            data: {}\r\n\r\nevent: synced\rdata: x\rdata:y\r\revent: empty\n\ndata\n\ndata: cut off";
        let all = [
            event("", "{\"a\":1}", Some("c1")),
            event("ping", "{}", Some("c2")),
            event("synced", "x\ny", None),
            event("", "", None),
        ];
        for size in 1..text.len() {
            let mut events = Events::default();
            let cut = text.as_bytes().chunks(size);
            let given: Vec<Event> = cut.flat_map(|part| events.push(part)).collect();
            assert_eq!(given, all, "in parts of {size}");
        }
    }
}
