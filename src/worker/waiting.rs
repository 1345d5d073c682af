//! Waiting for the thread to have delivered something, in a task or in a thread, never longer than somebody likes.

use std::future::{Future, IntoFuture};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::outbox::{Awaited, Shared, Waiter};

/// Whether a report was delivered, for who wants to know: it is sent all the same.
///
/// `.await` waits as long as the reporter's [patience](super::Builder::patience), [`within`](Self::within) and
/// [`wait`](Self::wait) as long as one says. `false` means that it was not delivered in that time, or never will be:
/// the service is away, another worker has the job, or the reporter is off.
#[derive(Debug)]
pub struct Ending {
    wait: Option<(Arc<Shared>, Awaited)>,
    patience: Duration,
}

impl Ending {
    /// What is not going to happen.
    pub(super) fn never() -> Self {
        Self {
            wait: None,
            patience: Duration::ZERO,
        }
    }

    pub(super) fn of(shared: &Arc<Shared>, what: Awaited) -> Self {
        Self {
            wait: Some((shared.clone(), what)),
            patience: shared.patience,
        }
    }

    /// The same for who has less time than usual.
    pub(super) fn hurried(mut self, most: Duration) -> Self {
        self.patience = self.patience.min(most);
        self
    }

    /// Waits so long at most.
    pub async fn within(self, most: Duration) -> bool {
        match self.register(most) {
            Some(told) => told.await.unwrap_or(false),
            None => false,
        }
    }

    /// Waits so long at most, and blocks the thread meanwhile.
    pub fn wait(self, most: Duration) -> bool {
        match self.register(most) {
            Some(told) => block_on(told).unwrap_or(false),
            None => false,
        }
    }

    fn register(self, most: Duration) -> Option<oneshot::Receiver<bool>> {
        let (shared, what) = self.wait?;
        let (tell, told) = oneshot::channel();
        let now = Instant::now();
        let until = now
            .checked_add(most)
            .unwrap_or(now + Duration::from_secs(86_400));
        shared.change(|outbox| {
            outbox.waiters.push(Waiter { what, until, tell });
            outbox.resolve(now);
        });
        Some(told)
    }
}

impl IntoFuture for Ending {
    type Output = bool;
    type IntoFuture = Pin<Box<dyn Future<Output = bool> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let patience = self.patience;
        Box::pin(self.within(patience))
    }
}

/// Unlike the channel's own blocking, this one does not mind being called in a task.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
