//! Signals for us, handed on as they come.

use std::sync::mpsc::Sender;

use super::session::Event;
use super::system::{self, Came};

/// Hands signals on, from a thread of its own, until nobody listens.
pub fn listen(out: Sender<Event>) {
    let listen = move || {
        while let Some(came) = system::next_signal() {
            let event = match came.signal {
                libc::SIGWINCH => Event::Resized,
                _ => Event::Signal(came),
            };
            if out.send(event).is_err() {
                return;
            }
        }
    };
    // Without a thread signals wait, and the command goes on.
    let _ = std::thread::Builder::new().spawn(listen);
}

/// What a signal is called.
#[must_use]
pub fn name(signal: i32) -> String {
    let known = match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        other => return format!("signal {other}"),
    };
    known.to_owned()
}

/// Whether a signal for us is to be handed to the command: one that a key sent has reached it already.
#[must_use]
pub fn is_for_it(came: Came, hears_keys: bool) -> bool {
    !(came.by_key && hears_keys)
}
