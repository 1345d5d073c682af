//! Reads along in the bytes of a connection for the two things that hyper settles without telling: a request with
//! both `Content-Length` and `Transfer-Encoding`, and a request line that outgrows the buffer.
//!
//! It follows heads and skips bodies of a declared length. Behind a chunked body it does not know where the next
//! head begins and stops; the connection is closed after such a request.

/// Where in the stream of requests we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Head,
    Body(u64),
    Unknown,
}

/// The reader.
#[derive(Debug, Default)]
pub struct Head {
    at: At,
    line: u32,
    length: usize,
    /// As much of the line as decides: a name, in lower case.
    start: Vec<u8>,
    /// The digits of a length so far; of whatever else is no length hyper makes no request.
    digits: u64,
    content_length: Option<u64>,
    chunked: bool,
    /// A request had both.
    pub conflict: bool,
}

const LENGTH: &[u8] = b"content-length:";
const ENCODING: &[u8] = b"transfer-encoding:";

impl Head {
    /// At the start of a connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the request line is longer than `limit` and still not over.
    pub fn long_line(&self, limit: usize) -> bool {
        self.at == At::Head && self.line == 0 && self.length >= limit
    }

    /// Takes what was read from the peer.
    pub fn read(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.at {
                At::Unknown => return,
                At::Body(left) => {
                    let here = left.min(bytes.len() as u64);
                    let left = left - here;
                    self.at = if left == 0 { At::Head } else { At::Body(left) };
                    bytes = bytes
                        .get(usize::try_from(here).unwrap_or(0)..)
                        .unwrap_or(&[]);
                }
                At::Head => {
                    bytes = rest;
                    if byte == b'\n' {
                        self.end_line();
                    } else {
                        self.length += 1;
                        self.note(byte);
                    }
                }
            }
        }
    }

    fn note(&mut self, byte: u8) {
        if self.start == LENGTH {
            // Any number of blanks and zeros may come first, so the digits are not kept but counted.
            if byte.is_ascii_digit() {
                let digit = u64::from(byte - b'0');
                self.digits = self.digits.saturating_mul(10).saturating_add(digit);
            }
        } else if self.start.len() < ENCODING.len() {
            self.start.push(byte.to_ascii_lowercase());
        }
    }

    fn end_line(&mut self) {
        let empty = self.start.iter().all(|b| *b == b'\r');
        if empty && self.line > 0 {
            self.end_head();
        } else if !empty {
            self.line += 1;
            if self.start == LENGTH {
                self.content_length = Some(self.digits);
            } else if self.start == ENCODING {
                self.chunked = true;
            }
        }
        self.length = 0;
        self.digits = 0;
        self.start.clear();
    }

    fn end_head(&mut self) {
        self.conflict |= self.chunked && self.content_length.is_some();
        self.at = match self.content_length.take() {
            _ if self.chunked => At::Unknown,
            Some(length) if length > 0 => At::Body(length),
            _ => At::Head,
        };
        self.line = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict(text: &str) -> bool {
        // Byte by byte and in one piece must come to the same.
        let (mut whole, mut split) = (Head::new(), Head::new());
        whole.read(text.as_bytes());
        for byte in text.bytes() {
            split.read(&[byte]);
        }
        assert_eq!(whole.conflict, split.conflict);
        whole.conflict
    }

    #[test]
    fn both_headers_are_seen_in_either_order_and_case() {
        assert!(conflict(
            "POST / HTTP/1.1\r\ncontent-LENGTH: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        ));
        assert!(conflict(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
        ));
        assert!(!conflict("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"));
        assert!(!conflict(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        ));
    }

    #[test]
    fn bodies_are_skipped_and_the_next_head_is_read() {
        let body = "Transfer-Encoding: x\r\n\r\n";
        let one = format!(
            "POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        assert!(!conflict(&format!(
            "{one}GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        )));
        assert!(conflict(&format!(
            "{one}\r\nGET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        )));
    }

    #[test]
    fn a_length_is_read_however_it_is_padded() {
        let hidden = "x: y\r\nContent-Length: 9999\r\n\r\n";
        for padding in [" ".repeat(60), "\t".repeat(60), "0".repeat(60), " 0".into()] {
            assert!(conflict(&format!(
                "POST / HTTP/1.1\r\nContent-Length:{padding}{}\r\n\r\n{hidden}POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                hidden.len()
            )));
        }
        assert!(!conflict(
            "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nTransfer-Encoding: chunked\r\n\r\n"
        ));
    }

    #[test]
    fn no_blanks_or_zeros_before_a_length_hide_the_next_request() {
        let inner = "POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n";
        let both = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n";
        for before in [" ", "0"].map(|b| b.repeat(100)) {
            let length = inner.len();
            let one = format!("POST / HTTP/1.1\r\nContent-Length: {before}{length}\r\n\r\n");
            assert!(conflict(&format!("{one}{inner}{both}")));
        }
    }

    #[test]
    fn an_endless_request_line_is_told_from_long_headers() {
        let mut head = Head::new();
        head.read(&[b'a'; 100]);
        assert!(head.long_line(100));
        head.read(b"\r\nx: ");
        head.read(&[b'a'; 100]);
        assert!(!head.long_line(100));
    }
}
