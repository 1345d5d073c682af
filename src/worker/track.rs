//! Iterators and streams that count what they give: an item once the next one is asked for, for only then is it done.

use std::iter::FusedIterator;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::meter::Meter;

/// An iterator that counts. Made by `track`.
#[derive(Debug, Clone)]
#[must_use = "an iterator does nothing until it is asked"]
pub struct Track<I> {
    items: I,
    meter: Meter,
    /// Items that are out and not counted yet: 0 or 1.
    out: u64,
}

impl<I: Iterator> Track<I> {
    pub(super) fn new(items: I, meter: Meter) -> Self {
        meter.more(items.size_hint());
        Self {
            items,
            meter,
            out: 0,
        }
    }
}

impl<I: Iterator> Iterator for Track<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        if self.out > 0 {
            self.meter.inc(1);
        }
        let item = self.items.next();
        self.out = u64::from(item.is_some());
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for Track<I> {}
impl<I: FusedIterator> FusedIterator for Track<I> {}

pin_project_lite::pin_project! {
    /// A stream that counts. Made by `track_stream`.
    #[derive(Debug)]
    #[must_use = "a stream does nothing until it is polled"]
    pub struct TrackStream<S> {
        #[pin]
        items: S,
        meter: Meter,
        out: bool,
    }
}

impl<S: Stream> TrackStream<S> {
    pub(super) fn new(items: S, meter: Meter) -> Self {
        meter.more(items.size_hint());
        Self {
            items,
            meter,
            out: false,
        }
    }
}

impl<S: Stream> Stream for TrackStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if std::mem::take(this.out) {
            this.meter.inc(1);
        }
        let item = ready!(this.items.poll_next(context));
        *this.out = item.is_some();
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}
