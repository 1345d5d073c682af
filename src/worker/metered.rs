//! Readers and writers that count their bytes, with tasks and without.

use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::meter::Meter;

pin_project_lite::pin_project! {
    /// A reader or a writer that counts. Made by `read`, which counts the bytes that are read, and `write`, which
    /// counts those that are written; what goes the other way is passed on uncounted.
    #[derive(Debug)]
    pub struct Metered<T> {
        #[pin]
        inner: T,
        meter: Meter,
        writes: bool,
    }
}

impl<T> Metered<T> {
    pub(super) fn reading(inner: T, meter: Meter) -> Self {
        Self {
            inner,
            meter,
            writes: false,
        }
    }

    pub(super) fn writing(inner: T, meter: Meter) -> Self {
        Self {
            inner,
            meter,
            writes: true,
        }
    }

    /// What is counted of.
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// What is counted of; what goes past the wrapper is not counted.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// What was counted of.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

/// Counts bytes that went one way, if that is the way that counts.
fn count(meter: &Meter, counts: bool, bytes: usize) {
    if counts {
        meter.inc(u64::try_from(bytes).unwrap_or_default());
    }
}

impl<T: Read> Read for Metered<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        count(&self.meter, !self.writes, bytes);
        Ok(bytes)
    }
}

impl<T: BufRead> BufRead for Metered<T> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.inner.consume(bytes);
        count(&self.meter, !self.writes, bytes);
    }
}

impl<T: Write> Write for Metered<T> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let bytes = self.inner.write(buffer)?;
        count(&self.meter, self.writes, bytes);
        Ok(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// What is sought to counts for nothing.
impl<T: Seek> Seek for Metered<T> {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.inner.seek(place)
    }
}

impl<T: AsyncRead> AsyncRead for Metered<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = buffer.filled().len();
        ready!(this.inner.poll_read(context, buffer))?;
        let bytes = buffer.filled().len().saturating_sub(before);
        count(this.meter, !*this.writes, bytes);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite> AsyncWrite for Metered<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let bytes = ready!(this.inner.poll_write(context, buffer))?;
        count(this.meter, *this.writes, bytes);
        Poll::Ready(Ok(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(context)
    }
}
