//! How many connections the process may hold: raises the soft limit of file descriptors to the hard one.

/// What the service needs for itself: database connections, files, the listeners and who runs the service, refusals.
const RESERVE: usize = 160;

/// The most connections worth allowing where the system sets no limit.
const MOST: usize = 1_000_000;

/// How many connections fit below the limit.
pub fn for_connections() -> usize {
    let limit = raise().min(MOST);
    // Never less than half of a tiny limit: a service that refuses everything is of no use.
    limit.saturating_sub(RESERVE).max(limit / 2).max(1)
}

#[allow(unsafe_code)] // libc has no safe form; both calls get a valid pointer to a value on this stack
fn raise() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return 256;
    }
    let soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    let raised = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } == 0;
    usize::try_from(if raised { limit.rlim_max } else { soft }).unwrap_or(MOST)
}
