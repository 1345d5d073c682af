//! The calls to the operating system that the standard library lacks, for running a command. All `unsafe` of it is here.
#![allow(unsafe_code)] // libc has no safe forms; each call says why it is sound

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

/// Rows and columns.
pub type Size = (u16, u16);

/// The signals that are passed on to the command.
pub const PASSED: [i32; 6] = [
    libc::SIGINT,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
];

/// A signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// Which.
    pub signal: i32,
    /// Whether the kernel sent it: a key on the terminal, which everybody in the foreground was sent.
    pub by_key: bool,
}

fn set() -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: `set` is a valid place, which the first call initialises; the others get valid signal numbers.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in PASSED.into_iter().chain([libc::SIGWINCH]) {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        set.assume_init()
    }
}

/// Which signals wait: as we were started, and as the command is to be.
#[derive(Clone, Copy)]
pub struct Mask(libc::sigset_t);

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask")
    }
}

/// Has the signals wait for [`next_signal`], in this thread and all it starts from now on. Gives what held before.
#[must_use]
pub fn hold_signals() -> Mask {
    let set = set();
    let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: `set` is initialised, `before` a valid place that the call fills; zeroed, it is the empty set.
    unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, before.as_mut_ptr());
        Mask(before.assume_init())
    }
}

/// The next signal; blocks.
#[must_use]
pub fn next_signal() -> Option<Came> {
    let set = set();
    loop {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        #[cfg(target_os = "linux")]
        // SAFETY: both point to valid places on this stack.
        let signal = unsafe { libc::sigwaitinfo(&raw const set, info.as_mut_ptr()) };
        #[cfg(not(target_os = "linux"))]
        // SAFETY: both point to valid places on this stack.
        let signal = unsafe {
            let mut signal = 0;
            let failed = libc::sigwait(&raw const set, &raw mut signal) != 0;
            if failed { -1 } else { signal }
        };
        if signal < 0 {
            if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
                continue;
            }
            return None;
        }
        // SAFETY: zeroed is a valid siginfo_t, and the call filled it.
        let code = unsafe { info.assume_init_mut() }.si_code;
        #[cfg(target_os = "linux")]
        let by_key = code == libc::SI_KERNEL;
        #[cfg(not(target_os = "linux"))]
        let by_key = code > 0;
        return Some(Came { signal, by_key });
    }
}

/// Sends a signal to a process, or to a group where `target` is negative. One that has gone is no error.
pub fn send(target: i32, signal: i32) {
    debug_assert!(!matches!(target, 0 | -1), "that would be us, or everybody");
    // SAFETY: plain integers, touches no memory.
    let _ = unsafe { libc::kill(target, signal) };
}

/// Whether a process, or anybody of a group, is there to be sent a signal.
#[must_use]
pub fn is_there(target: i32) -> bool {
    // SAFETY: plain integers, touches no memory; signal 0 only asks.
    unsafe { libc::kill(target, 0) == 0 }
}

/// Waits until a child has ended, and leaves it to be reaped: until then its id is not given to another.
pub fn await_exit(pid: i32) {
    let Ok(id) = libc::id_t::try_from(pid) else {
        return;
    };
    loop {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        let how = libc::WEXITED | libc::WNOWAIT;
        // SAFETY: `info` is a valid place, which the call may fill.
        let failed = unsafe { libc::waitid(libc::P_PID, id, info.as_mut_ptr(), how) } != 0;
        if !(failed && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted) {
            return;
        }
    }
}

/// Whether we run in the foreground of a terminal: keys there are meant for us, and who is in another group may not
/// read from it.
#[must_use]
pub fn in_foreground() -> bool {
    let Ok(terminal) = File::open("/dev/tty") else {
        return false;
    };
    // SAFETY: the descriptor is open; the calls touch no memory.
    unsafe { libc::tcgetpgrp(terminal.as_raw_fd()) == libc::getpgrp() }
}

/// Has orphans among our descendants become our children, so that they can be found.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // SAFETY: plain integers, touches no memory.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
}

/// Whether nobody uses this descriptor, or only we do, and a command would not inherit it.
#[must_use]
pub fn is_free(descriptor: RawFd) -> bool {
    // SAFETY: any integer may be asked about.
    let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
    flags < 0 || flags & libc::FD_CLOEXEC != 0
}

/// A pipe that no command inherits unasked: its reading end and its writing end.
///
/// # Errors
/// No descriptors are left.
pub fn pipe() -> io::Result<(File, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((File::from(OwnedFd::from(reader)), writer.into()))
}

/// A terminal of our own: our side, and the command's. What is written passes as it is: the real terminal, or the file,
/// at our other end makes of line ends what it always does.
///
/// # Errors
/// The system has none left.
pub fn terminal(size: Size) -> io::Result<(File, OwnedFd)> {
    let (mut ours, mut theirs) = (-1, -1);
    let mut window = window(size);
    // SAFETY: all pointers are to valid places on this stack, or null where that is allowed.
    let made = unsafe {
        libc::openpty(
            &raw mut ours,
            &raw mut theirs,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            &raw mut window,
        )
    };
    if made != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both were just opened and belong to nobody else.
    let (ours, theirs) = unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    for descriptor in [ours.as_raw_fd(), theirs.as_raw_fd()] {
        // SAFETY: the descriptor is open.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    let mut modes = MaybeUninit::<libc::termios>::zeroed();
    // SAFETY: the descriptor is open and `modes` a valid place, which the first call fills.
    unsafe {
        if libc::tcgetattr(theirs.as_raw_fd(), modes.as_mut_ptr()) == 0 {
            let modes = modes.assume_init_mut();
            modes.c_oflag &= !libc::OPOST;
            modes.c_lflag &= !(libc::ECHO | libc::ECHONL);
            libc::tcsetattr(theirs.as_raw_fd(), libc::TCSANOW, modes);
        }
    }
    Ok((ours, theirs))
}

fn window((rows, columns): Size) -> libc::winsize {
    libc::winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// How large the terminal behind this descriptor is.
#[must_use]
pub fn size_of(descriptor: RawFd) -> Option<Size> {
    let mut size = window((0, 0));
    // SAFETY: `size` is a valid place for what the call fills.
    let failed = unsafe { libc::ioctl(descriptor, libc::TIOCGWINSZ, &raw mut size) } != 0;
    (!failed && size.ws_col > 0).then_some((size.ws_row, size.ws_col))
}

/// Makes a terminal of ours so large.
pub fn resize(terminal: &File, size: Size) {
    let size = window(size);
    // SAFETY: the descriptor is open, and `size` is read only.
    let _ = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
}

/// Whether something can be read within this time.
#[must_use]
pub fn is_readable(from: &File, within: Duration) -> bool {
    wait(from, libc::POLLIN, within)
}

/// Waits until something can be written.
pub fn await_writable(to: &File) {
    let _ = wait(to, libc::POLLOUT, Duration::from_secs(1));
}

fn wait(file: &File, events: i16, within: Duration) -> bool {
    let mut one = libc::pollfd {
        fd: file.as_raw_fd(),
        events,
        revents: 0,
    };
    let millis = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: one valid pollfd on this stack.
    unsafe { libc::poll(&raw mut one, 1, millis) > 0 }
}

/// Gives the command `report` as its descriptor `number`, lets it have its signals as we had ours, and has it end when we are killed outright: nobody would be
/// left to pass on what it writes, or to say how it ended.
pub fn prepare(command: &mut Command, mask: Mask, report: Option<(RawFd, RawFd)>) {
    // SAFETY: the call only reads our id.
    let us = unsafe { libc::getpid() };
    // SAFETY: between fork and exec only async-signal-safe calls are made, on integers that were copied before.
    unsafe {
        command.pre_exec(move || {
            libc::sigprocmask(libc::SIG_SETMASK, &raw const mask.0, std::ptr::null_mut());
            if let Some((report, number)) = report {
                let given = match report == number {
                    true => libc::fcntl(number, libc::F_SETFD, 0),
                    false => libc::dup2(report, number),
                };
                if given < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            #[cfg(target_os = "linux")]
            {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM);
                if libc::getppid() != us {
                    libc::_exit(128 + libc::SIGTERM); // it was before the line above that we were killed
                }
            }
            #[cfg(not(target_os = "linux"))]
            let _ = us;
            Ok(())
        });
    }
}
