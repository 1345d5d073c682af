//! The thread that owns the server process for life, and starts it again when it dies.
//!
//! It has to be one thread: the kernel's death signal follows the thread that forked, not the
//! process. Knows nothing of what the server is; that is `server`'s.

use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::error::Error;
use super::server::{Ending, Server, clear};
use super::system;

/// How long a start may take. Recovery after a crash replays up to a gigabyte of log.
const START_LIMIT: Duration = Duration::from_secs(300);

/// Orders to stop, each with how long it is waited for: with a flush, without, by force.
const STOPS: [(i32, Duration); 3] = [
    (libc::SIGINT, Duration::from_secs(10)),
    (libc::SIGQUIT, Duration::from_secs(5)),
    (libc::SIGKILL, Duration::from_secs(5)),
];

/// A server under supervision.
#[derive(Debug)]
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts the server and waits until it is ready. A server that ends before that is not started
    /// again.
    pub(super) fn start(server: Arc<Server>) -> Result<Self, Error> {
        let shared = Arc::new(Shared::default());
        let (own, finish) = (Arc::clone(&server), Finish(Arc::clone(&shared)));
        let thread = Builder::new().name("postgres".to_owned()).spawn(move || {
            finish.0.run(&own);
        });
        let thread = thread
            .map_err(|source| Error::io("start a thread for", &server.directory().root, source))?;
        let supervisor = Self {
            shared,
            thread: Some(thread),
        };
        supervisor.shared.await_ready(&server)?; // on an error the drop ends what runs
        Ok(supervisor)
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.shared.lock().pid.and_then(|pid| pid.try_into().ok())
    }

    pub(super) fn restarts(&self) -> u64 {
        self.shared.lock().restarts
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let mut finished = false;
        for (signal, patience) in STOPS {
            finished = finished || self.shared.stop(signal, patience);
        }
        // What survives even force hangs in the kernel; its thread keeps the directory's lock.
        if let (Some(thread), true) = (self.thread.take(), finished) {
            let _ = thread.join();
        }
    }
}

/// What the thread and its owner tell each other.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The process; set and cleared under the lock around starting and reaping, so it is never
    /// another one's id.
    pid: Option<i32>,
    /// Whether the server has been ready once: from then on it is started again.
    ready: bool,
    stopping: bool,
    /// The thread starts nothing any more, and nothing runs.
    finished: bool,
    restarts: u64,
    /// Why the first start failed.
    failure: Option<Error>,
}

/// Says that the thread has ended, also when it panics.
struct Finish(Arc<Shared>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.0.lock().finished = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // every change is a single store
    }

    /// Waits for at most `patience` until `done`; returns whether it is.
    fn wait(&self, patience: Duration, mut done: impl FnMut(&State) -> bool) -> bool {
        let wait = self
            .changed
            .wait_timeout_while(self.lock(), patience, |state| !done(state));
        let (state, _) = wait.unwrap_or_else(PoisonError::into_inner);
        done(&state)
    }

    /// The thread: keeps the server running until told to stop, and leaves nothing of it behind.
    fn run(&self, server: &Server) {
        self.serve(server);
        // Children of a postmaster that was killed would still be there.
        if let Err(error) = clear(server.directory(), &|| false) {
            tracing::error!(%error, "PostgreSQL was not stopped entirely");
        }
    }

    /// Starts the server, again and again, until told to stop.
    fn serve(&self, server: &Server) {
        let mut backoff = Backoff::default();
        loop {
            let begun = Instant::now();
            let why = match self.spawn(server) {
                Ok(None) => return,
                Ok(Some((child, log_begin))) => {
                    let status = self.reap(child);
                    status.map(|status| server.explain(&Ending { status, log_begin }))
                }
                Err(error) => Some(error),
            };
            if !self.goes_on(why) || self.pause(backoff.next(begun.elapsed())) {
                return;
            }
            if let Err(error) = clear(server.directory(), &|| self.lock().stopping) {
                tracing::error!(%error, "cannot restart PostgreSQL yet");
            }
        }
    }

    /// Starts the process, unless the order to stop came first.
    fn spawn(&self, server: &Server) -> Result<Option<(Child, u64)>, Error> {
        let mut state = self.lock();
        if state.stopping {
            return Ok(None);
        }
        let (child, log_begin) = server.spawn()?;
        state.pid = i32::try_from(child.id()).ok();
        Ok(Some((child, log_begin)))
    }

    /// Waits for the end of the process, and forgets its id in the same step as it becomes free for
    /// others.
    fn reap(&self, mut child: Child) -> Option<std::process::ExitStatus> {
        if let Ok(pid) = i32::try_from(child.id()) {
            system::await_exit(pid);
        }
        let mut state = self.lock();
        let status = child.wait();
        state.pid = None;
        status.ok()
    }

    /// After an end: whether the server is to be started again. If not, and nobody asked for the
    /// end, keeps `why`.
    fn goes_on(&self, why: Option<Error>) -> bool {
        let mut state = self.lock();
        if state.stopping {
            return false;
        }
        if !state.ready {
            state.failure = why;
            return false;
        }
        state.restarts += 1;
        let why = why.map(|error| error.to_string()).unwrap_or_default();
        tracing::error!(%why, restarts = state.restarts, "PostgreSQL died and is being restarted");
        true
    }

    /// Waits before the next start; returns whether the order to stop came meanwhile.
    fn pause(&self, length: Duration) -> bool {
        self.wait(length, |state| state.stopping)
    }

    /// Waits until the server takes connections for the first time.
    fn await_ready(&self, server: &Server) -> Result<(), Error> {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            let mut state = self.lock();
            if state.pid.is_some_and(|pid| server.is_ready(pid)) {
                state.ready = true;
                return Ok(());
            }
            if state.finished {
                let log = server.directory().log();
                let unknown = || Error::Ended {
                    ended: "ended".to_owned(),
                    reason: "for no known reason".to_owned(),
                    log,
                };
                return Err(state.failure.take().unwrap_or_else(unknown));
            }
            drop(state);
            self.wait(Duration::from_millis(10), |state| state.finished);
        }
        Err(Error::Slow {
            seconds: START_LIMIT.as_secs(),
            log: server.directory().log(),
        })
    }

    /// Orders the end; returns whether it came within `patience`.
    fn stop(&self, signal: i32, patience: Duration) -> bool {
        let mut state = self.lock();
        state.stopping = true;
        if let Some(pid) = state.pid {
            system::send(pid, signal);
        }
        drop(state);
        self.changed.notify_all();
        self.wait(patience, |state| state.finished)
    }
}

/// Pauses between restarts: none at first, then doubling, none again after a while of peace.
#[derive(Default)]
struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);
    const PEACE: Duration = Duration::from_secs(10);

    /// The pause that is due after the server lived for `lived`.
    fn next(&mut self, lived: Duration) -> Duration {
        let pause = if lived >= Self::PEACE {
            Duration::ZERO
        } else {
            self.next
        };
        self.next = (pause * 2).clamp(Self::FIRST, Self::LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;
    use std::time::Duration;

    #[test]
    fn the_first_restart_is_at_once_and_later_pauses_grow_to_five_seconds() {
        let mut backoff = Backoff::default();
        let mut pause = || backoff.next(Duration::ZERO).as_millis();
        let pauses: Vec<u128> = (0..10).map(|_| pause()).collect();
        assert_eq!(pauses, [0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn a_server_that_lived_a_while_is_restarted_at_once_again() {
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            backoff.next(Duration::ZERO);
        }
        assert_eq!(backoff.next(Backoff::PEACE), Duration::ZERO);
        assert_eq!(backoff.next(Duration::ZERO), Backoff::FIRST);
    }
}
