//! One job, once it is newer: a subscription that only wakes its waiter.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::{Error, Tracker};
use crate::hub::{Emission, Sink};
use crate::progress::{JobKey, Selector};
use crate::wire::Frame;

/// Wakes whoever waits for a frame.
#[derive(Debug, Default)]
struct Bell(Notify);

impl Sink for Bell {
    fn offer(&self, _: &Emission, _: u32) {
        self.0.notify_one();
    }

    fn gone(&self, _: &JobKey, _: u32) {
        self.0.notify_one();
    }
}

impl Tracker {
    /// One job once its version is above `version`, or as it is when `wait` is over.
    pub async fn get_newer(
        &self,
        key: &JobKey,
        version: u64,
        wait: Duration,
    ) -> Result<Arc<Frame>, Error> {
        let bell = Arc::new(Bell::default());
        let selector = Arc::new(Selector {
            jobs: vec![key.id.clone()],
            ..Selector::default()
        });
        let subscription = self
            .hub()
            .subscribe(&key.project, selector, bell.clone(), 0);
        subscription.settle();
        let end = Instant::now() + wait;
        loop {
            let frame = self.get(key).await?;
            // A terminal job never becomes newer.
            if frame.version > version || frame.status.is_terminal() {
                return Ok(frame);
            }
            if timeout_at(end, bell.0.notified()).await.is_err() {
                return Ok(frame);
            }
        }
    }
}
