//! What a socket has not taken yet: the rest of what was begun, and the few small messages behind it.
//!
//! Writes go straight to the socket while nothing is pending, several pieces in one system call. What is left is
//! kept as shared bytes, so a slow viewer costs the frame it is in the middle of, and no copy.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::Bytes;

/// A socket that takes what it can without waiting.
pub trait TryWrite {
    /// Writes as much as fits; `WouldBlock` = nothing does.
    ///
    /// # Errors
    /// The socket's.
    fn try_write_parts(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
}

impl TryWrite for tokio::net::TcpStream {
    fn try_write_parts(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_write_vectored(parts)
    }
}

/// At most this many pieces make one message: what goes before shared bytes, and these.
const PARTS: usize = 5;

/// The pending output of one socket.
#[derive(Debug, Default)]
pub struct Outbox {
    pending: VecDeque<Bytes>,
    bytes: usize,
    written: u64,
    /// The first pending piece is the rest of one that was begun.
    begun: bool,
}

impl Outbox {
    /// Whether the socket has taken everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// How many bytes wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// How many bytes there have been in all, those that wait included.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.written + self.bytes as u64
    }

    /// Sends `before` and `shared` as one message, or keeps what the socket does not take.
    ///
    /// # Errors
    /// The socket's; it is of no use afterwards.
    pub fn send(
        &mut self,
        socket: &impl TryWrite,
        before: &[&[u8]],
        shared: &Bytes,
    ) -> io::Result<()> {
        let mut written = 0;
        if self.pending.is_empty() {
            let mut parts = [IoSlice::new(&[]); PARTS];
            let pieces = before.iter().copied().chain([&shared[..]]);
            for (part, piece) in parts.iter_mut().zip(pieces) {
                *part = IoSlice::new(piece);
            }
            written = wrote(socket.try_write_parts(&parts))?;
            self.begun = written > 0;
            self.written += written as u64;
        }
        let head: usize = before.iter().map(|b| b.len()).sum();
        if written < head {
            let rest: Vec<u8> = before.concat().split_off(written);
            self.keep(rest.into());
        }
        self.keep(shared.slice(written.saturating_sub(head)..));
        Ok(())
    }

    fn keep(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.pending.push_back(bytes);
        }
    }

    /// Writes what the socket takes now; how much that was.
    ///
    /// # Errors
    /// The socket's.
    pub fn flush(&mut self, socket: &impl TryWrite) -> io::Result<usize> {
        let mut total = 0;
        while !self.pending.is_empty() {
            let mut parts = [IoSlice::new(&[]); PARTS];
            for (part, piece) in parts.iter_mut().zip(&self.pending) {
                *part = IoSlice::new(piece);
            }
            let written = wrote(socket.try_write_parts(&parts))?;
            if written == 0 {
                return Ok(total);
            }
            total += written;
            self.written += written as u64;
            self.taken(written);
        }
        // Gives the queue's memory back: an idle viewer keeps none.
        self.pending = VecDeque::new();
        Ok(total)
    }

    fn taken(&mut self, mut written: usize) {
        self.bytes -= written;
        while let Some(front) = self.pending.front_mut() {
            if written < front.len() {
                self.begun |= written > 0;
                *front = front.slice(written..);
                return;
            }
            written -= front.len();
            self.begun = false;
            self.pending.pop_front();
        }
    }

    /// Gives up what waits. Says whether the socket stands between two messages, so that a last word makes sense.
    pub fn abandon(&mut self) -> bool {
        let between = self.pending.is_empty() || !self.begun;
        *self = Self {
            written: self.written,
            ..Self::default()
        };
        between
    }
}

fn wrote(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(0),
        Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(0),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::RefCell;

    /// Takes as many bytes a call as it is told, then blocks.
    struct Socket {
        room: RefCell<Vec<usize>>,
        got: RefCell<Vec<u8>>,
    }

    impl Socket {
        fn new(room: &[usize]) -> Self {
            let room = RefCell::new(room.iter().rev().copied().collect());
            Self {
                room,
                got: RefCell::default(),
            }
        }
    }

    impl TryWrite for Socket {
        fn try_write_parts(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
            let room = self.room.borrow_mut().pop().unwrap_or(0);
            if room == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let all: Vec<u8> = parts.iter().flat_map(|p| p.iter().copied()).collect();
            let n = room.min(all.len());
            self.got.borrow_mut().extend(&all[..n]);
            Ok(n)
        }
    }

    #[test]
    fn what_fits_leaves_at_once_and_nothing_is_kept() {
        let (socket, mut out) = (Socket::new(&[100]), Outbox::default());
        out.send(&socket, &[b"id: ", b"1\n"], &Bytes::from("data: x\n\n"))
            .unwrap();
        assert!(out.is_empty());
        assert_eq!(*socket.got.borrow(), b"id: 1\ndata: x\n\n");
    }

    #[test]
    fn the_rest_of_a_frame_is_kept_without_a_copy() {
        let (socket, mut out) = (Socket::new(&[8]), Outbox::default());
        let frame = Bytes::from("data: x\n\n");
        out.send(&socket, &[b"id: 1\n"], &frame).unwrap();
        assert_eq!(out.len(), 7);
        assert_eq!(out.pending[0].as_ptr(), frame[2..].as_ptr());
        assert!(!out.abandon(), "in the middle of a frame");
    }

    #[test]
    fn nothing_begun_may_be_given_up_for_a_last_word() {
        let (socket, mut out) = (Socket::new(&[]), Outbox::default());
        out.send(&socket, &[b"a"], &Bytes::from("b")).unwrap();
        assert!(out.abandon());
        assert!(out.is_empty());
    }

    proptest! {
        #[test]
        fn however_little_it_takes_the_bytes_are_the_same(
            messages in proptest::collection::vec(("[a-z]{0,9}", "[A-Z]{0,20}"), 1..20),
            room in proptest::collection::vec(0usize..9, 0..60),
        ) {
            let (socket, mut out) = (Socket::new(&room), Outbox::default());
            let mut expected = Vec::new();
            for (before, shared) in &messages {
                expected.extend(before.bytes().chain(shared.bytes()));
                out.send(&socket, &[before.as_bytes()], &Bytes::from(shared.clone())).unwrap();
            }
            while !out.is_empty() {
                out.flush(&socket).unwrap();
                socket.room.borrow_mut().push(3);
            }
            prop_assert_eq!(out.len(), 0);
            prop_assert_eq!(&*socket.got.borrow(), &expected);
        }
    }
}
