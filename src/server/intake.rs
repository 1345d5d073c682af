//! Whether a peer takes in what it is sent.
//!
//! That a socket takes bytes says little: the kernel holds some forty thousand for a peer that reads five of them a
//! second. So the kernel is asked what the peer has not acknowledged, and the rule is: **what is there to be taken in
//! now must have been taken in before the patience ends**. A peer that is still slower than that is cut; with what the
//! kernel holds, that is one below 2 to 3 kB/s that has always more to take. A peer that took in everything is never
//! slow, however little it is sent.

use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

/// How often to look.
pub const EVERY: Duration = Duration::from_secs(1);

/// What one peer has taken in.
#[derive(Debug, Default, Clone, Copy)]
pub struct Intake {
    /// How many bytes it must have taken in.
    mark: u64,
    /// Since when; `None` = it has.
    since: Option<Instant>,
}

impl Intake {
    /// Looks, at `now`: of `given` bytes in all, `left` are not taken in. `left` is asked only where that is not known.
    /// Answers whether the peer is still within `patience`.
    pub fn keeps_up(
        &mut self,
        now: Instant,
        (given, left): (u64, impl FnOnce() -> u64),
        patience: Duration,
    ) -> bool {
        if self.since.is_none() && given == self.mark {
            return true;
        }
        if self.since.is_none() {
            (self.mark, self.since) = (given, Some(now));
        }
        let taken = given.saturating_sub(left());
        if taken >= self.mark {
            self.mark = given;
            self.since = (taken < given).then_some(now);
        }
        self.until(patience).is_none_or(|until| now < until)
    }

    /// Whether anything is known to be left.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.since.is_some()
    }

    /// When the patience ends, if anything is left.
    #[must_use]
    pub fn until(&self, patience: Duration) -> Option<Instant> {
        self.since.map(|since| since + patience)
    }
}

/// How many bytes the kernel holds that the peer has not acknowledged; 0 where it does not say.
#[must_use]
pub fn unacknowledged(socket: &TcpStream) -> u64 {
    held(socket.as_raw_fd())
}

/// The same, of a socket that somebody else has.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)] // libc has no safe form; the call gets a valid pointer to an integer on this stack, and the socket is open
pub(super) fn held(socket: RawFd) -> u64 {
    let mut bytes: libc::c_int = 0;
    // TIOCOUTQ is what a socket calls SIOCOUTQ.
    let asked = unsafe { libc::ioctl(socket, libc::TIOCOUTQ, &raw mut bytes) };
    if asked != 0 || bytes <= 0 {
        return 0;
    }
    // One that was reset has no peer, and keeps its count.
    let socket = unsafe { std::os::fd::BorrowedFd::borrow_raw(socket) };
    let peer = socket2::SockRef::from(&socket).peer_addr();
    peer.map_or(0, |_| u64::try_from(bytes).unwrap_or(0))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn held(_: RawFd) -> u64 {
    0
}

/// Has the socket reset when it is closed, instead of leaving it to the kernel to bring a slow peer the rest.
pub fn reset(socket: &TcpStream) {
    let _ = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(17);

    /// A peer that takes `rate` bytes a second of a queue that is kept full; says when it was cut.
    fn cut(rate: u64, queue: u64, seconds: u64) -> Option<u64> {
        let (start, mut intake) = (Instant::now(), Intake::default());
        let mut taken = 0;
        (0..seconds).find(|second| {
            let now = start + Duration::from_secs(*second);
            let keeps_up = intake.keeps_up(now, (taken + queue, || queue), PATIENCE);
            taken += rate;
            !keeps_up
        })
    }

    #[test]
    fn a_slow_link_is_let_be_and_a_dribble_is_not() {
        assert_eq!(cut(5_000, 64 * 1024, 3_600), None);
        assert_eq!(cut(0, 100, 3_600), Some(17));
        assert_eq!(cut(6, 400, 3_600), Some(17));
        assert_eq!(cut(1_000, 64 * 1024, 3_600), Some(17));
    }

    #[test]
    fn who_has_taken_everything_is_not_even_asked() {
        let (now, mut intake) = (Instant::now(), Intake::default());
        assert!(intake.keeps_up(now, (100, || 0), PATIENCE));
        let later = now + Duration::from_secs(1_000);
        let asked = || panic!("there is nothing to ask for");
        assert!(intake.keeps_up(later, (100, asked), PATIENCE));
        assert!(intake.keeps_up(later, (101, || 1), PATIENCE));
        assert!(intake.waits());
        let later = later + PATIENCE;
        assert!(!intake.keeps_up(later, (200, || 100), PATIENCE));
    }
}
