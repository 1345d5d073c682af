//! A phase that has begun.

use futures_core::Stream;

use super::meter::Meter;
use super::metered::Metered;
use super::track::{Track, TrackStream};

/// A phase that has begun. It lasts until the next one begins or the job ends, not until this is dropped: what ends a
/// phase is what comes after it. It holds the job, and goes on counting for its own phase when another has begun.
#[derive(Debug, Clone)]
pub struct PhaseGuard {
    meter: Meter,
}

impl PhaseGuard {
    pub(super) fn new(meter: Meter) -> Self {
        Self { meter }
    }

    /// So much more is done. One relaxed atomic.
    #[inline]
    pub fn inc(&self, count: u64) {
        self.meter.inc(count);
    }

    /// So much is done. A count never falls: a lower one is passed over by the service.
    #[inline]
    pub fn set(&self, current: u64) {
        self.meter.set(current);
    }

    /// How much there is to do.
    pub fn total(&self, total: u64) {
        self.meter.total(total);
    }

    /// How much is done.
    #[must_use]
    pub fn current(&self) -> u64 {
        self.meter.current()
    }

    /// Any iterator: every item counts once the next one is asked for. An exact size becomes the total, where there
    /// is none.
    pub fn track<I: IntoIterator>(&self, items: I) -> Track<I::IntoIter> {
        Track::new(items.into_iter(), self.meter.clone())
    }

    /// The same for a stream.
    pub fn track_stream<S: Stream>(&self, items: S) -> TrackStream<S> {
        TrackStream::new(items, self.meter.clone())
    }

    /// Counts the bytes that are read: `io::Read`, `io::BufRead`, `AsyncRead`.
    pub fn read<R>(&self, reader: R) -> Metered<R> {
        Metered::reading(reader, self.meter.clone())
    }

    /// Counts the bytes that are written: `io::Write`, `AsyncWrite`.
    pub fn write<W>(&self, writer: W) -> Metered<W> {
        Metered::writing(writer, self.meter.clone())
    }
}
