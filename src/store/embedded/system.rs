//! The calls to the operating system that the standard library lacks. All `unsafe` of the embedded
//! server is here.
//!
//! Knows nothing of PostgreSQL.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

/// The effective user id of this process.
pub(super) fn effective_uid() -> u32 {
    // SAFETY: takes nothing, touches no memory, cannot fail.
    #[allow(unsafe_code)]
    unsafe {
        libc::geteuid()
    }
}

/// Sends a signal to a process; one that has gone is no error.
pub(super) fn send(pid: i32, signal: i32) {
    debug_assert!(pid > 0, "0 and below would address whole groups");
    // SAFETY: plain integers, touches no memory.
    #[allow(unsafe_code)]
    let _ = unsafe { libc::kill(pid, signal) };
}

/// Waits until the child `pid` has ended, and leaves it to be reaped.
///
/// Until it is reaped its id is not given to another process, so it can be signalled without fear
/// of hitting one.
pub(super) fn await_exit(pid: i32) {
    let Ok(id) = libc::id_t::try_from(pid) else {
        return;
    };
    loop {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: `info` is a valid place for a siginfo_t, which the call may fill.
        #[allow(unsafe_code)]
        let failed = unsafe {
            libc::waitid(
                libc::P_PID,
                id,
                info.as_mut_ptr(),
                libc::WEXITED | libc::WNOWAIT,
            )
        } != 0;
        if !(failed && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted) {
            return;
        }
    }
}

/// Has the kernel send `signal` to the program when the thread that started it ends, be it by `kill
/// -9`.
///
/// Linux only; elsewhere the program outlives a killed parent, and the next start stops it.
pub(super) fn die_with_parent(command: &mut Command, signal: i32) {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::process::CommandExt;
        let parent = std::process::id();
        // In the child after its change of user, which would have cleared the setting.
        let hook = move || {
            // SAFETY: two system calls without pointers, both safe between fork and exec.
            #[allow(unsafe_code)]
            let (set, now) =
                unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, signal), libc::getppid()) };
            if set != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have died before the setting took effect; then nobody will send the
            // signal.
            if u32::try_from(now) == Ok(parent) {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(libc::ESRCH))
            }
        };
        // SAFETY: the hook allocates nothing, takes no locks and makes only async-signal-safe
        // calls.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(hook)
        };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (command, signal);
}

/// Writes everything on the file system of `directory` to the disk; false where there is no such
/// call.
///
/// One call instead of a flush of each of a thousand files: a tenth of a second instead of several.
pub(super) fn flush_file_system(directory: &File) -> io::Result<bool> {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the descriptor is open as long as the borrow lasts; no memory is touched.
        #[allow(unsafe_code)]
        let result = unsafe { libc::syncfs(directory.as_raw_fd()) };
        if result == 0 {
            Ok(true)
        } else {
            Err(io::Error::last_os_error())
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = directory;
        Ok(false)
    }
}

/// Bytes that ordinary users may still write to the file system of `path`.
pub(super) fn free_bytes(path: &Path) -> Option<u64> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut info = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: `path` ends in NUL, `info` is a valid place for a statvfs, and all zeros is a valid
    // one.
    #[allow(unsafe_code)]
    let (result, info) = unsafe {
        (
            libc::statvfs(path.as_ptr(), info.as_mut_ptr()),
            info.assume_init(),
        )
    };
    // The widths of these fields differ between systems.
    #[allow(clippy::unnecessary_cast)]
    (result == 0).then_some(info.f_bavail as u64 * info.f_frsize as u64)
}
