//! Whom a signal for the command goes to: it, and all it has started.
//!
//! Away from a terminal it is a process group of its own, and signals go to the group. In the foreground of a terminal
//! it has to stay in our group: a background group may not read from the terminal, would not hear its keys, and would
//! take the foreground from a pipeline or a script that we are part of. There its descendants are looked up.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use super::system;

/// Those who belong to the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// A group of its own, with this id.
    Group(i32),
    /// This process and its descendants, within our own group.
    Descendants(i32),
}

/// Which it will be.
#[derive(Debug, Clone, Copy)]
pub enum Choice {
    /// A group of its own.
    Own,
    /// Our group.
    Shared,
}

impl Family {
    /// Decides, and has the command be started so.
    pub fn choose(command: &mut Command) -> Choice {
        if system::in_foreground() {
            system::adopt_orphans();
            return Choice::Shared;
        }
        command.process_group(0);
        Choice::Own
    }

    /// Sends all of them a signal. Those who are stopped wake up to it.
    pub fn send(self, signal: i32) {
        let wakes = matches!(signal, libc::SIGTERM | libc::SIGHUP | libc::SIGINT);
        for target in self.targets() {
            system::send(target, signal);
            if wakes {
                system::send(target, libc::SIGCONT);
            }
        }
    }

    /// Whether any of them but zombies is there.
    #[must_use]
    pub fn is_there(self) -> bool {
        self.targets().into_iter().any(system::is_there)
    }

    /// Whether keys on the terminal reach them without us.
    #[must_use]
    pub fn hears_keys(self) -> bool {
        matches!(self, Self::Descendants(_))
    }

    fn targets(self) -> Vec<i32> {
        match self {
            Self::Group(id) => vec![-id],
            Self::Descendants(pid) => descendants(pid),
        }
    }
}

impl Choice {
    /// The family of the command that was started.
    #[must_use]
    pub fn of(self, child: &Child) -> Family {
        let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
        match self {
            Self::Own => Family::Group(pid),
            Self::Shared => Family::Descendants(pid),
        }
    }
}

/// A process, its descendants, and those whom their parents left to us. Where there is no `/proc`: the process alone.
fn descendants(pid: i32) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let id = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        let stat = fs::read_to_string(entry.path().join("stat")).ok();
        if let (Some(id), Some(parent)) = (id, stat.as_deref().and_then(parent)) {
            children.entry(parent).or_default().push(id);
        }
    }
    let us = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
    let mut all = vec![pid];
    let orphans = children.remove(&us).unwrap_or_default();
    all.extend(orphans.into_iter().filter(|orphan| *orphan != pid));
    let mut at = 0;
    while let Some(parent) = all.get(at) {
        all.extend(children.remove(parent).unwrap_or_default());
        at += 1;
    }
    all
}

/// The parent in `/proc/ID/stat`, after the name in brackets, which may hold anything; `None` for a zombie.
fn parent(stat: &str) -> Option<i32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (state != "Z").then_some(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_found_behind_any_name() {
        assert_eq!(parent("12 (sh) S 7 12 12 0"), Some(7));
        assert_eq!(parent("12 (a) R 9) S 7 12"), Some(7));
        assert_eq!(parent("12 (sh) Z 7 12"), None);
        assert_eq!(parent(""), None);
    }

    #[test]
    fn descendants_are_found() {
        let mut child = Command::new("sh")
            .args(["-c", "sleep 30 & echo ready; wait"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 5];
        let out = child.stdout.as_mut().unwrap();
        std::io::Read::read_exact(out, &mut ready).unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let family = descendants(pid);
        assert!(family.contains(&pid) && family.len() >= 2, "{family:?}");
        for pid in family {
            if pid != i32::try_from(std::process::id()).unwrap() {
                // Other tests have children in this process, too.
                let name = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                if name.contains("sleep\u{0}30") || name.contains("echo ready") {
                    system::send(pid, libc::SIGKILL);
                }
            }
        }
        child.wait().unwrap();
    }
}
