//! What Linux says of a process and of its sockets.

use std::collections::HashMap;
use std::fs;

/// The line `name: N kB` of the status of a process, in KiB; 0 when it has ended.
pub fn memory(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(name));
    let number = line.and_then(|l| l.trim_start_matches(':').split_whitespace().next());
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// The established connections of a service on this port, by the port of the peer: bytes that the kernel holds for
/// the peer and it has not taken.
#[allow(dead_code)]
pub fn unsent(port: u16) -> HashMap<u16, u64> {
    const ESTABLISHED: &str = "01";
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let mut all = HashMap::new();
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().take(5).collect();
        let [_, local, remote, ESTABLISHED, queues] = fields[..] else {
            continue;
        };
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        let port_of = |end: &str| hex(end.split(':').nth(1)?).and_then(|p| u16::try_from(p).ok());
        let queued = queues.split(':').next().and_then(hex);
        if let (Some(here), Some(there), Some(queued)) = (port_of(local), port_of(remote), queued)
            && here == port
        {
            all.insert(there, queued);
        }
    }
    all
}
