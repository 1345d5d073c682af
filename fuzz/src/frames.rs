//! What comes over a WebSocket: frames, and the commands in them.

use std::io::{Error, ErrorKind, Read, Result, Write};

use milepost::progress::{Name, Selector};
use milepost::transport::ws::codec::{Manners, Parser, Said, Wrong};
use milepost::transport::ws::order::glance;
use milepost::wire::write::Json;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, WebSocket};

use super::pieces;

/// The longest message that the service takes.
const MAX_MESSAGE: usize = 16 * 1024;

/// The first byte says how the rest is to be taken: as raw bytes or as a script of frames, with the manners of the
/// service or of what judges it from outside, and in which pieces.
pub fn check(data: &[u8]) {
    let Some((&how, rest)) = data.split_first() else {
        return;
    };
    if let Ok(text) = std::str::from_utf8(rest) {
        command(text);
    }
    let bytes = if how & 1 == 0 {
        rest.to_vec()
    } else {
        script(rest)
    };
    let manners = Manners {
        binary: how & 2 != 0,
        ..Manners::default()
    };
    assert_eq!(manners.most, MAX_MESSAGE);
    let whole = hear(manners, [bytes.as_slice()]);
    let single = hear(manners, pieces(&bytes, 0));
    assert_eq!(whole, single, "byte by byte");
    assert_eq!(whole, hear(manners, pieces(&bytes, how)), "in pieces");
    compare(&whole, &reference(manners, &bytes));
    for said in &whole.0 {
        if let Said::Text(text) = said {
            assert!(text.len() <= MAX_MESSAGE);
            command(text);
        }
    }
}

type Heard = (Vec<Said>, Option<Wrong>);

/// What our parser hears, up to a close or to what is wrong.
fn hear<'a>(manners: Manners, pieces: impl IntoIterator<Item = &'a [u8]>) -> Heard {
    let (mut parser, mut heard) = (Parser::with(manners), Vec::new());
    for mut piece in pieces {
        loop {
            let next = parser.next(&mut piece);
            // What a vector grows to by doubling, and no more, whatever lengths are claimed.
            assert!(parser.held() <= 2 * MAX_MESSAGE + 1024);
            match next {
                Ok(Some(said)) => {
                    heard.push(said);
                    if matches!(heard.last(), Some(Said::Close(_))) {
                        return (heard, None);
                    }
                }
                Ok(None) => break,
                Err(wrong) => {
                    assert!(matches!(wrong.code(), 1002 | 1003 | 1007 | 1009));
                    return (heard, Some(wrong));
                }
            }
        }
        assert!(piece.is_empty(), "what is not taken is lost");
    }
    (heard, None)
}

/// A socket of which everything has come that ever will.
struct Wire<'a>(&'a [u8]);

impl Read for Wire<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        match self.0.read(into)? {
            0 => Err(Error::from(ErrorKind::WouldBlock)),
            n => Ok(n),
        }
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What another implementation hears, and whether it found something wrong.
fn reference(manners: Manners, bytes: &[u8]) -> (Vec<Said>, bool) {
    use tokio_tungstenite::tungstenite::Error::Io;
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let mut socket = WebSocket::from_raw_socket(Wire(bytes), Role::Server, Some(config));
    let mut heard = Vec::new();
    loop {
        heard.push(match socket.read() {
            Ok(Message::Text(text)) => Said::Text(text.as_str().to_owned()),
            Ok(Message::Ping(payload)) => Said::Ping(payload.to_vec()),
            Ok(Message::Pong(_)) => Said::Pong,
            Ok(Message::Close(frame)) => {
                heard.push(Said::Close(frame.map(|f| f.code.into())));
                return (heard, false);
            }
            Ok(Message::Binary(bytes)) if manners.binary => Said::Binary(bytes.to_vec()),
            Ok(Message::Binary(_) | Message::Frame(_)) => return (heard, true),
            Err(Io(e)) if e.kind() == ErrorKind::WouldBlock => return (heard, false),
            Err(_) => return (heard, true),
        });
    }
}

/// We may be stricter than the other, and find fault earlier; we never hear another message.
fn compare((ours, wrong): &Heard, (theirs, failed): &(Vec<Said>, bool)) {
    assert!(ours.len() <= theirs.len(), "{ours:?} but {theirs:?}");
    for (our, their) in ours.iter().zip(theirs) {
        match (our, their) {
            // The other does not know this code, which was registered later.
            (Said::Close(Some(1014)), Said::Close(_)) => {}
            _ => assert_eq!(our, their),
        }
    }
    if wrong.is_none() {
        assert!(
            !failed && ours.len() == theirs.len(),
            "{ours:?} but {theirs:?}"
        );
    }
}

/// Frames as a script of them says: first byte, length of the payload, how often it is repeated, the payload.
fn script(mut script: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let [first, length, times, rest @ ..] = script {
        let (payload, after) = rest.split_at(usize::from(*length).min(rest.len()));
        script = after;
        let payload = payload.repeat(1 + usize::from(*times));
        bytes.push(*first);
        match u16::try_from(payload.len()) {
            Ok(length @ 0..126) => bytes.push(0x80 | length.to_be_bytes()[1]),
            Ok(length) => {
                bytes.push(0x80 | 126);
                bytes.extend(length.to_be_bytes());
            }
            Err(_) => {
                bytes.push(0x80 | 127);
                bytes.extend((payload.len() as u64).to_be_bytes());
            }
        }
        let mask = [*first, *length, *times, 0x5a];
        bytes.extend(mask);
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
        if bytes.len() > 8 * MAX_MESSAGE {
            break;
        }
    }
    bytes
}

/// A command that is understood is JSON to everybody, and says the same when it is written anew.
fn command(text: &str) {
    let Some(known) = glance(text) else {
        return;
    };
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    assert!(json["op"].is_string(), "{text}");
    if let Some((id, selector, cursor)) = known {
        let again = written(id, &selector, cursor.as_deref());
        assert_eq!(
            glance(&again),
            Some(Some((id, selector, cursor))),
            "{again}"
        );
    }
}

fn written(id: u64, selector: &Selector, cursor: Option<&str>) -> String {
    let mut json = Json::new();
    let name = |name: &Option<Name>| name.as_ref().map(|n| n.as_str().to_owned());
    json.object(|o| {
        o.key("op").string("subscribe");
        o.key("id").count(id);
        if !selector.jobs.is_empty() {
            o.key("job").array(|a| {
                selector.jobs.iter().for_each(|job| {
                    a.string(job.as_str());
                });
            });
        }
        o.key("kind")
            .maybe_string(selector.kind.as_ref().map(|k| k.as_str()));
        o.key("subject")
            .maybe_string(name(&selector.subject).as_deref());
        o.key("owner")
            .maybe_string(name(&selector.owner).as_deref());
        o.key("parent")
            .maybe_string(name(&selector.parent).as_deref());
        if !selector.status.is_empty() {
            o.key("status").array(|a| {
                selector.status.words().iter().for_each(|word| {
                    a.string(word);
                });
            });
        }
        o.key("cursor").maybe_string(cursor);
    });
    json.finish()
}
