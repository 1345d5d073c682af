//! RFC 6455 as the server hears it: an incremental parser of what clients send. No I/O, no policy beyond the standard
//! and the size limit.
//!
//! Bytes may arrive cut anywhere. Lengths are refused before anything is allocated for them; text is checked as it
//! comes, so that bad UTF-8 ends the connection without waiting for the rest.

/// What is taken from a client of all that the standard allows. The service has the default; the echo route of the
/// tests, which is judged from outside, alone opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// How many bytes a message, and so a frame, may have.
    pub most: usize,
    /// Whether binary messages are taken.
    pub binary: bool,
    /// How many messages and pings may come within a second.
    pub commands: u32,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            most: 16 * 1024,
            binary: false,
            commands: 20,
        }
    }
}

/// What a client said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A whole text message.
    Text(String),
    /// A whole binary message, where they are taken.
    Binary(Vec<u8>),
    /// A ping with its payload.
    Ping(Vec<u8>),
    /// A pong.
    Pong,
    /// A close with its code, where it has one.
    Close(Option<u16>),
}

/// What a client did wrong; each has its close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Against the protocol.
    #[error("against the WebSocket protocol")]
    Protocol,
    /// A binary message.
    #[error("only text messages are taken")]
    Binary,
    /// Text that is not UTF-8.
    #[error("the text is not UTF-8")]
    Utf8,
    /// Too large.
    #[error("the message is too large")]
    TooLarge,
}

impl Wrong {
    /// The close code.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Wrong::Protocol => 1002,
            Wrong::Binary => 1003,
            Wrong::Utf8 => 1007,
            Wrong::TooLarge => 1009,
        }
    }
}

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A frame whose header is complete.
#[derive(Debug, Clone, Copy)]
struct Open {
    opcode: u8,
    fin: bool,
    mask: [u8; 4],
    left: usize,
    read: usize,
}

/// The parser of one connection.
#[derive(Debug, Default)]
pub struct Parser {
    header: Vec<u8>,
    open: Option<Open>,
    /// The message so far; `None` = none is open.
    message: Option<Vec<u8>>,
    /// Whether that is a binary one.
    binary: bool,
    /// How much of a text message is known to be UTF-8.
    checked: usize,
    control: Vec<u8>,
    manners: Manners,
}

impl Parser {
    /// A parser at the start of a connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, for a client that may do more or less than usual.
    #[must_use]
    pub fn with(manners: Manners) -> Self {
        Self {
            manners,
            ..Self::default()
        }
    }

    /// Takes bytes until one thing was said, and moves `bytes` past what was taken. `None` = more is needed.
    ///
    /// # Errors
    /// What the client did wrong; the parser is of no use afterwards.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Said>, Wrong> {
        loop {
            let Some(open) = self.open else {
                let Some((&byte, rest)) = bytes.split_first() else {
                    return Ok(None);
                };
                *bytes = rest;
                self.header.push(byte);
                self.open = self.begin()?;
                if self.open.is_some() {
                    self.header = Vec::new();
                }
                continue;
            };
            let here = open.left.min(bytes.len());
            if here == 0 && open.left > 0 {
                return Ok(None);
            }
            let (now, rest) = bytes.split_at(here);
            *bytes = rest;
            if let Some(said) = self.payload(open, now)? {
                return Ok(Some(said));
            }
        }
    }

    /// How many bytes it has allocated.
    #[doc(hidden)] // for the fuzzer
    #[must_use]
    pub fn held(&self) -> usize {
        let message = self.message.as_ref().map_or(0, Vec::capacity);
        self.header.capacity() + message + self.control.capacity()
    }

    /// The header, once all of it is there.
    fn begin(&mut self) -> Result<Option<Open>, Wrong> {
        let Some(&first) = self.header.first() else {
            return Ok(None);
        };
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
        let control = opcode >= CLOSE;
        if first & 0x70 != 0 || matches!(opcode, 3..=7 | 11..) || (control && !fin) {
            return Err(Wrong::Protocol);
        }
        if opcode == BINARY && !self.manners.binary {
            return Err(Wrong::Binary);
        }
        if !control && (opcode == CONTINUATION) != self.message.is_some() {
            return Err(Wrong::Protocol);
        }
        let Some(&second) = self.header.get(1) else {
            return Ok(None);
        };
        let short = second & 0x7f;
        if second & 0x80 == 0 || (control && short > 125) {
            return Err(Wrong::Protocol);
        }
        let extended = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(length) = self.header.get(2..2 + extended) else {
            return Ok(None);
        };
        let length = match extended {
            0 => u64::from(short),
            _ => length.iter().fold(0, |n, b| n << 8 | u64::from(*b)),
        };
        // The shortest form is a MUST, and the top bit is never set.
        let least = [0, 126, 65_536][usize::from(extended > 0) + usize::from(extended > 2)];
        if length < least || length >> 63 != 0 {
            return Err(Wrong::Protocol);
        }
        let left = usize::try_from(length).unwrap_or(usize::MAX);
        let message = self.message.as_ref().filter(|_| !control);
        if left
            > self
                .manners
                .most
                .saturating_sub(message.map_or(0, Vec::len))
        {
            return Err(Wrong::TooLarge);
        }
        let Some(mask) = self.header.get(2 + extended..6 + extended) else {
            return Ok(None);
        };
        let mask = mask.try_into().unwrap_or_default();
        Ok(Some(Open {
            opcode,
            fin,
            mask,
            left,
            read: 0,
        }))
    }

    /// Some of the open frame's payload; what was said if it is the last of it.
    fn payload(&mut self, mut open: Open, bytes: &[u8]) -> Result<Option<Said>, Wrong> {
        let plain = bytes
            .iter()
            .zip(open.mask.iter().cycle().skip(open.read % 4))
            .map(|(byte, mask)| byte ^ mask);
        if open.opcode >= CLOSE {
            self.control.extend(plain);
        } else {
            if open.opcode != CONTINUATION {
                self.binary = open.opcode == BINARY;
            }
            self.message.get_or_insert_default().extend(plain);
            self.check(false)?;
        }
        open.left -= bytes.len();
        open.read += bytes.len();
        if open.left > 0 {
            self.open = Some(open);
            return Ok(None);
        }
        self.open = None;
        match open.opcode {
            CLOSE => close(&std::mem::take(&mut self.control)).map(Some),
            PING => Ok(Some(Said::Ping(std::mem::take(&mut self.control)))),
            PONG => {
                self.control = Vec::new();
                Ok(Some(Said::Pong))
            }
            TEXT | BINARY | CONTINUATION if open.fin => self.whole().map(Some),
            _ => Ok(None),
        }
    }

    fn whole(&mut self) -> Result<Said, Wrong> {
        self.check(true)?;
        self.checked = 0;
        let message = self.message.take().unwrap_or_default();
        if self.binary {
            return Ok(Said::Binary(message));
        }
        String::from_utf8(message)
            .map(Said::Text)
            .map_err(|_| Wrong::Utf8)
    }

    /// Checks what came since the last time; a character may still be cut unless this is the `end`.
    fn check(&mut self, end: bool) -> Result<(), Wrong> {
        let text = self.message.as_ref().filter(|_| !self.binary);
        let new = text.and_then(|t| t.get(self.checked..));
        match std::str::from_utf8(new.unwrap_or(&[])) {
            Ok(text) => self.checked += text.len(),
            Err(e) if e.error_len().is_none() && !end => self.checked += e.valid_up_to(),
            Err(_) => return Err(Wrong::Utf8),
        }
        Ok(())
    }
}

fn close(payload: &[u8]) -> Result<Said, Wrong> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return match payload {
            [] => Ok(Said::Close(None)),
            _ => Err(Wrong::Protocol),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Wrong::Protocol);
    }
    std::str::from_utf8(reason).map_err(|_| Wrong::Utf8)?;
    Ok(Said::Close(Some(code)))
}

#[cfg(test)]
mod tests {
    use super::super::message::Header;
    use super::*;
    use proptest::prelude::*;

    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    fn framed(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = Header::text(payload.len()).as_slice().to_vec();
        frame[0] = first;
        frame[1] |= 0x80;
        frame.extend(MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(b, m)| b ^ m));
        frame
    }

    fn all(mut bytes: &[u8]) -> Result<Vec<Said>, Wrong> {
        let (mut parser, mut said) = (Parser::new(), Vec::new());
        while let Some(one) = parser.next(&mut bytes)? {
            said.push(one);
        }
        assert!(bytes.is_empty());
        Ok(said)
    }

    fn one_by_one(bytes: &[u8]) -> Result<Vec<Said>, Wrong> {
        let (mut parser, mut said) = (Parser::new(), Vec::new());
        for byte in bytes {
            let mut piece = std::slice::from_ref(byte);
            while let Some(one) = parser.next(&mut piece)? {
                said.push(one);
            }
        }
        Ok(said)
    }

    fn both(bytes: &[u8]) -> Result<Vec<Said>, Wrong> {
        let whole = all(bytes);
        assert_eq!(whole, one_by_one(bytes));
        whole
    }

    fn text_of(t: &str) -> Said {
        Said::Text(t.to_owned())
    }

    #[test]
    fn the_example_of_the_standard() {
        let hello = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(both(&hello).unwrap(), [text_of("Hello")]);
    }

    #[test]
    fn controls_may_come_between_fragments() {
        let mut bytes = framed(0x01, b"Hel");
        bytes.extend(framed(0x89, b"?"));
        bytes.extend(framed(0x00, b""));
        bytes.extend(framed(0x8a, b"unasked"));
        bytes.extend(framed(0x80, b"lo"));
        bytes.extend(framed(0x81, b""));
        let said = both(&bytes).unwrap();
        assert_eq!(
            said,
            [
                Said::Ping(b"?".to_vec()),
                Said::Pong,
                text_of("Hello"),
                text_of("")
            ]
        );
    }

    #[test]
    fn what_breaks_the_protocol() {
        let mut unmasked = framed(0x81, b"x");
        unmasked[1] &= 0x7f;
        let mut nested = framed(0x01, b"a");
        nested.extend(framed(0x81, b"b"));
        let mut wide = vec![0x81, 0xfe, 0, 5];
        wide.extend(MASK);
        let mut wider = vec![0x81, 0xff, 0, 0, 0, 0, 0, 0, 0x40, 0];
        wider.extend(MASK);
        for bytes in [
            unmasked,
            framed(0xc1, b"rsv1"),
            framed(0xa1, b"rsv2"),
            framed(0x91, b"rsv3"),
            framed(0x83, b""),
            framed(0x8b, b""),
            framed(0x08, b""),
            framed(0x09, b""),
            framed(0x89, &[0; 126]),
            framed(0x80, b"nothing to continue"),
            framed(0x88, b"x"),
            framed(0x88, &1005u16.to_be_bytes()),
            framed(0x88, &1006u16.to_be_bytes()),
            framed(0x88, &1015u16.to_be_bytes()),
            framed(0x88, &999u16.to_be_bytes()),
            framed(0x88, &5000u16.to_be_bytes()),
            nested,
            wide,
            wider,
            vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(both(&bytes), Err(Wrong::Protocol), "{bytes:x?}");
        }
    }

    #[test]
    fn binary_is_refused_by_its_first_byte() {
        assert_eq!(both(&[0x82]), Err(Wrong::Binary));
        assert_eq!(both(&[0x02]), Err(Wrong::Binary));
    }

    #[test]
    fn size_is_refused_before_the_payload_comes() {
        assert!(both(&framed(0x81, &[b'a'; 16 * 1024])).is_ok());
        let too_large = |length: [u8; 8]| {
            let mut bytes = vec![0x81, 0xff];
            bytes.extend(length);
            both(&bytes)
        };
        assert_eq!(too_large((1u64 << 62).to_be_bytes()), Err(Wrong::TooLarge));
        assert_eq!(too_large(70_000u64.to_be_bytes()), Err(Wrong::TooLarge));
        assert_eq!(both(&[0x81, 0xfe, 0x40, 0x01]), Err(Wrong::TooLarge));
        let mut parts = framed(0x01, &[b'a'; 10_000]);
        parts.extend(framed(0x80, &[b'a'; 6_385]));
        assert_eq!(both(&parts), Err(Wrong::TooLarge));
    }

    #[test]
    fn bad_utf8_is_refused_at_its_first_byte_and_a_cut_character_is_not() {
        let mut fine = framed(0x01, &[0xe2, 0x82]);
        fine.extend(framed(0x80, &[0xac]));
        assert_eq!(both(&fine).unwrap(), [text_of("€")]);
        assert_eq!(both(&framed(0x81, &[0xe2, 0x82])), Err(Wrong::Utf8));
        assert_eq!(both(&framed(0x01, &[b'a', 0xff])), Err(Wrong::Utf8));
        let mut split = framed(0x01, &[0xe2, 0x82]);
        split.extend(framed(0x00, b"a"));
        assert_eq!(both(&split), Err(Wrong::Utf8));
        assert_eq!(both(&framed(0x01, &[0xed, 0xa0, 0x80])), Err(Wrong::Utf8));
        let mut reason = 1000u16.to_be_bytes().to_vec();
        reason.push(0xff);
        assert_eq!(both(&framed(0x88, &reason)), Err(Wrong::Utf8));
    }

    #[test]
    fn binary_is_taken_where_it_is_allowed_and_need_not_be_utf8() {
        let manners = Manners {
            most: 4,
            binary: true,
            ..Manners::default()
        };
        let said = |bytes: &[u8]| {
            let (mut parser, mut rest) = (Parser::with(manners), bytes);
            let first = parser.next(&mut rest)?;
            Ok::<_, Wrong>((first, parser.next(&mut rest)?))
        };
        let mut bytes = framed(0x02, &[0xff, 0xc0]);
        bytes.extend(framed(0x80, &[0xff]));
        bytes.extend(framed(0x81, b"text"));
        let binary = Said::Binary(vec![0xff, 0xc0, 0xff]);
        assert_eq!(said(&bytes).unwrap(), (Some(binary), Some(text_of("text"))));
        let mut bytes = framed(0x82, b"");
        bytes.extend(framed(0x81, &[0xff]));
        assert_eq!(said(&bytes), Err(Wrong::Utf8));
        assert_eq!(said(&framed(0x82, b"large")), Err(Wrong::TooLarge));
        assert_eq!(both(&framed(0x82, b"")), Err(Wrong::Binary));
    }

    #[test]
    fn a_close_is_read_with_and_without_its_code() {
        assert_eq!(both(&framed(0x88, b"")).unwrap(), [Said::Close(None)]);
        let bytes = framed(0x88, &1001u16.to_be_bytes());
        assert_eq!(both(&bytes).unwrap(), [Said::Close(Some(1001))]);
    }

    proptest! {
        #[test]
        fn any_fragmentation_and_any_cut_come_to_the_same(
            message in "\\PC{0,300}",
            cuts in proptest::collection::vec(0usize..300, 0..5),
            pieces in proptest::collection::vec(1usize..40, 1..40),
        ) {
            let payload = message.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|c| *c <= payload.len()).collect();
            cuts.sort_unstable();
            let mut bytes = Vec::new();
            let mut from = 0;
            for cut in cuts {
                bytes.extend(framed(if from == 0 && bytes.is_empty() { 1 } else { 0 }, &payload[from..cut]));
                from = cut;
            }
            let first = if bytes.is_empty() { 0x81 } else { 0x80 };
            bytes.extend(framed(first, &payload[from..]));
            bytes.extend(framed(0x88, b""));

            let (mut parser, mut said) = (Parser::new(), Vec::new());
            let mut rest = &bytes[..];
            let mut sizes = pieces.iter().cycle();
            while !rest.is_empty() {
                let (mut piece, after) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                rest = after;
                while let Some(one) = parser.next(&mut piece).unwrap() {
                    said.push(one);
                }
            }
            prop_assert_eq!(said, [Said::Text(message), Said::Close(None)]);
        }

        #[test]
        fn no_bytes_make_it_panic_or_grow(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let mut parser = Parser::new();
            let mut rest = &bytes[..];
            while let Ok(Some(_)) = parser.next(&mut rest) {}
            prop_assert!(parser.message.map_or(0, |m| m.len()) <= parser.manners.most);
        }
    }
}
