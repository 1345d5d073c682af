//! When to stop: SIGTERM or SIGINT asks, a second one does not ask any more.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask a process to stop, heard from the moment this was made.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes the signals from the default, which ends the process at once.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one and gives its number.
    pub async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => libc::SIGTERM,
            _ = self.interrupt.recv() => libc::SIGINT,
        }
    }

    /// Waits for the next one and ends the process with the code a shell expects. What Postgres has is safe; a
    /// private Postgres ends with us.
    pub async fn exit_on_next(mut self) -> ! {
        let signal = self.next().await;
        std::process::exit(128 + signal)
    }
}
