//! Where a viewer stands. Opaque to it; to us a snapshot of Postgres (which transactions were visible) in one epoch
//! of one database.
//!
//! "What changed since" is then "what a transaction wrote that this snapshot does not see", which holds whatever
//! order transactions commit in; a sequence number or a time would not. A cursor given in the middle of a snapshot
//! also says how far it had come, for which selection, and what it was asked since.

use std::hash::{Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::progress::{Name, Selector};

/// A snapshot as Postgres writes it: `xmin:xmax:xip,…`, checked to be of that form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Snapshot(Box<str>);

impl Snapshot {
    /// The snapshot, if `text` is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |t: &str| {
            if t.bytes().all(|b| b.is_ascii_digit()) {
                t.parse::<i64>().ok()
            } else {
                None
            }
        };
        let mut parts = text.splitn(3, ':');
        let (min, max) = (number(parts.next()?)?, number(parts.next()?)?);
        let running = parts.next()?;
        let mut last = 0;
        for xid in running.split(',').filter(|_| !running.is_empty()) {
            let xid = number(xid)?;
            if xid < min || xid >= max || xid <= last {
                return None;
            }
            last = xid;
        }
        (min > 0 && min <= max).then(|| Self(text.into()))
    }

    /// The text, as Postgres reads it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first transaction that had not begun when it was taken.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.part(1)
    }

    /// The first transaction that was not over when it was taken.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.part(0)
    }

    /// Whether it sees what transaction `xid` wrote.
    #[must_use]
    pub fn sees(&self, xid: u64) -> bool {
        let running = || {
            self.0
                .splitn(3, ':')
                .nth(2)
                .unwrap_or("")
                .split(',')
                .any(|x| x.parse() == Ok(xid))
        };
        xid < self.end() && (xid < self.start() || !running())
    }

    fn part(&self, n: usize) -> u64 {
        self.0
            .splitn(3, ':')
            .nth(n)
            .and_then(|p| p.parse().ok())
            .unwrap_or(0)
    }
}

/// How far a snapshot had been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halfway {
    /// What the viewer had before it asked; `None` = nothing.
    pub since: Option<Snapshot>,
    /// The last job it was given, in the order of ids.
    pub after: Name,
}

/// Where a viewer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The database it speaks of: another one means a reset.
    pub epoch: u64,
    /// All that was visible then has been given, but for what `halfway` says.
    pub seen: Snapshot,
    /// Set while a snapshot is not complete.
    pub halfway: Option<Halfway>,
    /// The selection that `halfway` and `finished` speak of (see [`Cursor::digest`]); 0 = none.
    pub selection: u64,
    /// Whether every selected job was given in its terminal state.
    pub finished: bool,
}

impl Cursor {
    /// All that `seen` sees.
    #[must_use]
    pub fn of(epoch: u64, seen: Snapshot) -> Self {
        Self {
            epoch,
            seen,
            halfway: None,
            selection: 0,
            finished: false,
        }
    }

    /// This cursor, also saying that all jobs of `selector` have been given in their terminal state.
    #[must_use]
    pub fn finished(&self, selector: &Selector) -> Self {
        Self {
            selection: Self::digest(selector),
            finished: true,
            ..self.clone()
        }
    }

    /// What stands for a selection in a cursor. The same in every process: a cursor lives on at another node.
    #[must_use]
    pub fn digest(selector: &Selector) -> u64 {
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        selector.hash(&mut hasher);
        hasher.finish().max(1)
    }

    /// The opaque text.
    #[must_use]
    pub fn encode(&self) -> String {
        let since = self
            .halfway
            .as_ref()
            .and_then(|h| h.since.as_ref())
            .map_or("", Snapshot::as_str);
        let after = self.halfway.as_ref().map_or("", |h| h.after.as_str());
        let finished = if self.finished { "f" } else { "" };
        let plain = format!(
            "1;{:x};{};{:x};{finished};{since};{after}",
            self.epoch,
            self.seen.as_str(),
            self.selection
        );
        URL_SAFE_NO_PAD.encode(plain)
    }

    /// The text without the seal that a stream may have put on it: `.` and whatever follows.
    #[must_use]
    pub fn unsealed(text: &str) -> &str {
        text.split('.').next().unwrap_or(text)
    }

    /// The cursor in `text`; `None` = broken, which its bearer is answered as a reset.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        const LONGEST: usize = 8192;
        if text.len() > LONGEST {
            return None;
        }
        let text = Self::unsealed(text);
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let parts: Vec<&str> = plain.split(';').collect();
        let &[version, epoch, seen, selection, finished, since, after] = parts.as_slice() else {
            return None;
        };
        let since = if since.is_empty() {
            None
        } else {
            Some(Snapshot::parse(since)?)
        };
        let halfway = if after.is_empty() {
            None
        } else {
            Some(Halfway {
                since,
                after: Name::parse(after).ok()?,
            })
        };
        (version == "1" && matches!(finished, "" | "f")).then_some(())?;
        let seen = Snapshot::parse(seen)?;
        // What a viewer had before it asked cannot be newer than what it was shown then.
        let before = halfway.as_ref().and_then(|h| h.since.as_ref());
        before.is_none_or(|b| b.end() <= seen.end()).then_some(())?;
        Some(Self {
            epoch: u64::from_str_radix(epoch, 16).ok()?,
            seen,
            halfway,
            selection: u64::from_str_radix(selection, 16).ok()?,
            finished: finished == "f",
        })
    }
}

/// FNV-1a, whose value does not depend on the process or the version of the standard library's hasher.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
