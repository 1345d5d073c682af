//! The processor time of the processes that were waited for: unlike the time that passes, it does not grow with what
//! else the machine does.

/// Seconds of all children that have ended and were waited for, in their own code and in the kernel.
#[allow(unsafe_code)]
pub fn by_children() -> f64 {
    // SAFETY: all zeros are a valid rusage, and getrusage() writes nothing but that.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage), 0);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
