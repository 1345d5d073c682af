//! RFC 6455 as the server speaks it: whole, unmasked frames. A text frame's header is apart from its payload, which
//! is shared.

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A server's header: two, four or ten bytes.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    bytes: [u8; 10],
    length: usize,
}

impl Header {
    fn new(opcode: u8, payload: usize) -> Self {
        let mut bytes = [0; 10];
        let [first, second, rest @ ..] = &mut bytes;
        *first = 0x80 | opcode;
        let extended: &[u8] = &(payload as u64).to_be_bytes();
        let (short, extended) = match payload {
            0..126 => (u8::try_from(payload).unwrap_or(0), &extended[8..]),
            126..65_536 => (126, &extended[6..]),
            _ => (127, extended),
        };
        *second = short;
        for (to, from) in rest.iter_mut().zip(extended) {
            *to = *from;
        }
        Self {
            bytes,
            length: 2 + extended.len(),
        }
    }

    /// The header of a text message of this many bytes.
    #[must_use]
    pub fn text(payload: usize) -> Self {
        Self::new(TEXT, payload)
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }
}

fn whole(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Header::new(opcode, payload.len()).as_slice().to_vec();
    frame.extend_from_slice(payload);
    frame
}

/// A whole text message.
#[must_use]
pub fn text(message: &str) -> Vec<u8> {
    whole(TEXT, message.as_bytes())
}

/// A whole binary message. The service has none to send; the echo route of the tests has.
#[must_use]
pub fn binary(message: &[u8]) -> Vec<u8> {
    whole(BINARY, message)
}

/// A ping without payload.
#[must_use]
pub fn ping() -> Vec<u8> {
    whole(PING, &[])
}

/// The answer to a ping.
#[must_use]
pub fn pong(payload: &[u8]) -> Vec<u8> {
    whole(PONG, payload)
}

/// A close with a code and a word.
#[must_use]
pub fn closing(code: u16, reason: &str) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend(reason.bytes().take(123));
    whole(CLOSE, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_writes_is_unmasked_and_shortest() {
        assert_eq!(Header::text(125).as_slice(), [0x81, 125]);
        assert_eq!(Header::text(126).as_slice(), [0x81, 126, 0, 126]);
        assert_eq!(Header::text(65_535).as_slice(), [0x81, 126, 255, 255]);
        assert_eq!(
            Header::text(65_536).as_slice(),
            [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]
        );
        assert_eq!(closing(1012, "restarting")[..4], [0x88, 12, 0x03, 0xf4]);
        assert_eq!(pong(b"hi"), [0x8a, 2, b'h', b'i']);
    }
}
