//! The socket as hyper sees it. Reads along for [`super::head`], counts what goes out for [`super::intake`], knows
//! whether hyper still has bytes to write, and puts a problem in place of hyper's own bare refusals.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::head::Head;
use super::refuse;

/// What the driver and the service want to know of the bytes.
#[derive(Debug, Default)]
pub struct Watch {
    /// Hyper has written something the socket has not taken whole.
    pub unwritten: AtomicBool,
    /// How many bytes the socket has taken.
    pub given: AtomicU64,
    /// A request said in two ways where its body ends.
    pub conflict: AtomicBool,
}

/// The socket.
#[derive(Debug)]
pub struct Io {
    /// The socket itself.
    pub socket: TcpStream,
    head: Head,
    line_limit: usize,
    watch: Arc<Watch>,
    /// What goes out instead of hyper's words.
    own: Vec<u8>,
}

impl Io {
    /// The socket, told of through `watch`. A request line of `line_limit` bytes is too long.
    pub fn new(socket: TcpStream, line_limit: usize, watch: Arc<Watch>) -> Self {
        Self {
            socket,
            head: Head::new(),
            line_limit,
            watch,
            own: Vec::new(),
        }
    }

    /// The problem to send in place of what hyper is about to say, if it is one of hyper's own refusals: they alone
    /// have an empty body.
    fn instead(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let text = bytes.strip_prefix(b"HTTP/1.1 ")?;
        let status = text.get(..3)?;
        let empty = b"content-length: 0\r\n";
        if !text.windows(empty.len()).any(|w| w == empty) {
            return None;
        }
        match status {
            b"431" if self.head.long_line(self.line_limit) => Some(too_long()),
            b"414" => Some(too_long()),
            b"431" => Some(refuse::problem(
                431,
                "headers_too_large",
                "the request line and headers are too large, or too many",
            )),
            b"400" => Some(refuse::problem(
                400,
                "malformed",
                "this is not a well-formed HTTP/1.1 request",
            )),
            _ => None,
        }
    }

    fn write_own(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.own.is_empty() {
            let n = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.own))?;
            self.own.drain(..n);
            self.watch.given.fetch_add(n as u64, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }

    fn note(&self, written: &Poll<io::Result<usize>>, wanted: usize) {
        if let Poll::Ready(Ok(n)) = written {
            self.watch.given.fetch_add(*n as u64, Ordering::Relaxed);
        }
        let whole = matches!(written, Poll::Ready(Ok(n)) if *n == wanted);
        self.watch.unwritten.store(!whole, Ordering::Release);
    }
}

fn too_long() -> Vec<u8> {
    refuse::problem(414, "uri_too_long", "the request line is too long")
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let me = &mut *self;
        ready!(Pin::new(&mut me.socket).poll_read(cx, buf))?;
        me.head.read(buf.filled().get(before..).unwrap_or(&[]));
        if me.head.conflict {
            me.watch.conflict.store(true, Ordering::Release);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        if let Some(own) = me.instead(buf) {
            me.own = own;
            let _ = me.write_own(cx)?;
            return Poll::Ready(Ok(buf.len()));
        }
        let written = Pin::new(&mut me.socket).poll_write(cx, buf);
        me.note(&written, buf.len());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        if let Some(own) = bufs.first().and_then(|b| me.instead(b)) {
            me.own = own;
            let _ = me.write_own(cx)?;
            return Poll::Ready(Ok(bufs.iter().map(|b| b.len()).sum()));
        }
        let written = Pin::new(&mut me.socket).poll_write_vectored(cx, bufs);
        me.note(&written, bufs.iter().map(|b| b.len()).sum());
        written
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write_own(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write_own(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
