//! Looking at the keys again because somebody asks: one look at a time, whoever asks meanwhile waits for that one,
//! and askers start only so many.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long somebody waits for a look at the keys.
const PATIENCE: Duration = Duration::from_secs(5);

/// The looks, counted.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Somebody looks when asked to.
    attended: bool,
    /// Looks that were asked for or begun.
    begun: u64,
    /// Looks that are over.
    ended: u64,
}

/// The looks at the keys.
#[derive(Debug)]
pub(super) struct Rounds {
    state: watch::Sender<State>,
    gate: DefaultDirectRateLimiter,
}

/// Looks when asked to, until dropped.
#[derive(Debug)]
pub(super) struct Attendance<'a>(&'a Rounds);

impl Rounds {
    /// Askers start a look every `period`, and `burst` at once.
    pub fn new(period: Duration, burst: NonZeroU32) -> Self {
        let quota =
            Quota::with_period(period).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN));
        Self {
            state: watch::Sender::default(),
            gate: RateLimiter::direct(quota.allow_burst(burst)),
        }
    }

    /// Returns after a look at the keys, or at once where there may be none now.
    pub async fn one_more(&self) {
        let mut states = self.state.subscribe();
        let Some(awaited) = self.join() else { return };
        let over = states.wait_for(|s| s.ended >= awaited || !s.attended);
        let _ = timeout(PATIENCE, over).await; // who has waited for nothing is refused by the old keys
    }

    /// The number of the look under way, or of one that this call asks for.
    fn join(&self) -> Option<u64> {
        let mut joined = None;
        self.state.send_if_modified(|s| {
            let under_way = s.begun > s.ended;
            let starts = s.attended && !under_way && self.gate.check().is_ok();
            s.begun += u64::from(starts);
            joined = (s.attended && (under_way || starts)).then_some(s.begun);
            starts
        });
        joined
    }

    /// From now on, somebody looks when asked to.
    pub fn attend(&self) -> Attendance<'_> {
        self.state.send_modify(|s| s.attended = true);
        Attendance(self)
    }
}

impl Attendance<'_> {
    /// Returns when a look was asked for.
    pub async fn asked(&self) {
        let mut states = self.0.state.subscribe();
        // The sender lives as long as we do.
        let _ = states.wait_for(|s| s.begun > s.ended).await;
    }

    /// A look begins, asked for or not.
    pub fn begin(&self) {
        self.0.state.send_modify(|s| s.begun = s.ended + 1);
    }

    /// It is over.
    pub fn end(&self) {
        self.0.state.send_modify(|s| s.ended = s.begun);
    }
}

impl Drop for Attendance<'_> {
    fn drop(&mut self) {
        self.0.state.send_modify(|s| {
            s.attended = false;
            s.ended = s.begun;
        });
    }
}
