//! What a stream remembers, behind its lock.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Hold, Task, Tiles, Visitor};
use crate::auth::Grant;
use crate::hub::{Mark, Subscription};
use crate::limit::Admission;
use crate::progress::Name;
use crate::random;
use crate::server::intake::Intake;
use crate::transport::endings::Ending;
use crate::transport::outbox::Outbox;
use crate::transport::session::Work;
use crate::transport::words::Framing;
use crate::transport::ws::codec::{Manners, Parser};
use crate::wire::{Cursor, Frame, Snapshot};

/// How far a stream's life has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It lives.
    Open,
    /// The last words are on their way.
    Closing,
    /// They are out, and our side is shut.
    Shut,
    /// The socket is of no use any more.
    Dead,
}

/// What a subscription's snapshot gave, as long as the hub might offer it again.
#[derive(Debug)]
pub struct Since {
    /// What the snapshot sees.
    pub seen: Snapshot,
    /// Rows it gave that `seen` does not see, or of which that is not known.
    pub sent: HashMap<Name, u64>,
    /// Rows it did not give, since the viewer gets them through another subscription.
    pub passed_over: HashSet<Name>,
    /// How many catch-up reads were through when it was complete.
    pub passes: Option<u64>,
}

/// What was offered while the snapshot was read.
#[derive(Debug, Default)]
pub struct Held {
    /// Jobs with a newer frame.
    pub dirty: HashSet<Name>,
    /// Jobs that are gone.
    pub gone: Vec<Name>,
}

/// One subscription.
#[derive(Debug)]
pub struct Sub {
    /// What the hub calls it.
    pub tag: u32,
    /// What the client calls it.
    pub number: u64,
    /// The hub's side.
    pub subscription: Subscription,
    /// Set while it holds; `None` = live.
    pub held: Option<Box<Held>>,
    /// What its snapshot gave.
    pub since: Option<Box<Since>>,
    /// The jobs it names that have not ended; `None` = it has no end.
    pub left: Option<HashSet<Name>>,
    /// Emissions up to this one set out before it was live, and were chosen more generously.
    pub settled: u64,
}

impl Sub {
    /// A subscription that holds.
    pub fn new(
        tag: u32,
        number: u64,
        (subscription, left): (Subscription, Option<HashSet<Name>>),
    ) -> Self {
        Self {
            tag,
            number,
            subscription,
            held: Some(Box::default()),
            since: None,
            left,
            settled: 0,
        }
    }

    /// Whether it selects this frame as it stands.
    pub fn selects(&self, frame: &Frame) -> bool {
        let selector = self.subscription.selector();
        selector.selects(&frame.key.id, &frame.labels, frame.status)
    }

    /// Whether its snapshot gave this frame, or a newer one.
    pub fn gave(&self, frame: &Frame) -> bool {
        let Some(since) = &self.since else {
            return false;
        };
        let sent = since.sent.get(&frame.key.id);
        let given = !since.passed_over.contains(&frame.key.id);
        let seen = given && frame.xid != 0 && since.seen.sees(frame.xid);
        sent.is_some_and(|version| *version >= frame.version) || seen
    }
}

/// What only a WebSocket has.
#[derive(Debug)]
pub struct Socket {
    /// Reads the client's frames.
    pub parser: Parser,
    /// When the last protocol ping went out that was not answered.
    pub pinged: Option<Instant>,
    /// When the next one goes out.
    pub next_ping: Instant,
    /// The client was told, or has told us, that this is the end.
    pub peer_closed: bool,
    /// The second in which commands are counted, and how many it had.
    pub commands: (Instant, u32),
    /// How many it may have.
    pub most: u32,
    /// Bad commands so far.
    pub bad: u32,
    /// Whether the client ever sent a `subscribe`.
    pub subscribed: bool,
    /// What its credential allows; `None` = it has yet to show one.
    pub grant: Option<Arc<Grant>>,
    /// Where it comes from.
    pub address: IpAddr,
    /// What it does once it has.
    pub first: Option<Work>,
    /// What was said while a credential is being looked at; `None` = none is.
    pub deferred: Option<VecDeque<String>>,
}

/// All of it.
#[derive(Debug)]
pub struct Inner {
    /// What the socket has not taken.
    pub out: Outbox,
    /// What is selected.
    pub subs: Vec<Sub>,
    /// Jobs of which the newest frame is owed.
    pub dirty: HashSet<Name>,
    /// Jobs of which it is owed to say that they are gone.
    pub departed: Vec<Name>,
    /// The last job it was told to be gone.
    pub told_gone: Option<Name>,
    /// Where the viewer stands while it is owed something.
    pub base: Option<Mark>,
    /// The stamp of the last emission that was written.
    pub stamp: u64,
    /// How far its life has come.
    pub phase: Phase,
    /// When to stop waiting for the peer's goodbye.
    pub deadline: Option<Instant>,
    /// What its viewer has taken in.
    pub intake: Intake,
    /// What its viewer has not taken in when it ends is lost.
    pub cut: bool,
    /// Whether to wait for that, within reason.
    pub patient: bool,
    /// When the next sign of life is due.
    pub next_ping: Instant,
    /// When its lifetime is over.
    pub until: Option<Instant>,
    /// How long its credential holds.
    pub hold: Hold,
    /// Its place among the streams of its caller.
    pub admission: Admission,
    /// Whether it was told that nothing can be verified.
    pub stale: bool,
    /// How many outages there had been when it came.
    pub outages: u64,
    /// The tiles, if they are asked for.
    pub tiles: Option<Box<Tiles>>,
    /// What only a WebSocket has.
    pub ws: Option<Box<Socket>>,
    /// What it is to do.
    pub tasks: VecDeque<Task>,
    /// Whether somebody is at it.
    pub working: bool,
    tags: u32,
}

/// A sign of life this often.
pub const PING: Duration = Duration::from_secs(15);
/// A WebSocket's protocol ping this often.
pub const PROTOCOL_PING: Duration = Duration::from_secs(20);

impl Inner {
    /// A stream that was given nothing.
    pub fn new(
        (framing, manners, lifetime): (Framing, Manners, Option<Duration>),
        visitor: Visitor,
        outages: u64,
    ) -> Self {
        let now = Instant::now();
        let spread = |whole: Duration| {
            let millis = u64::try_from(whole.as_millis()).unwrap_or(0);
            Duration::from_millis(random::below(millis))
        };
        let ws = (framing == Framing::Ws).then(|| {
            Box::new(Socket {
                parser: Parser::with(manners),
                pinged: None,
                next_ping: now + PROTOCOL_PING,
                peer_closed: false,
                commands: (now, 0),
                most: manners.commands,
                bad: 0,
                subscribed: false,
                grant: visitor.grant.clone(),
                address: visitor.address,
                first: None,
                deferred: None,
            })
        });
        // Streams that came together do not speak together: the first sign of life comes up to a third early.
        Self {
            out: Outbox::default(),
            subs: Vec::new(),
            dirty: HashSet::new(),
            departed: Vec::new(),
            told_gone: None,
            base: None,
            stamp: 0,
            phase: Phase::Open,
            deadline: None,
            intake: Intake::default(),
            cut: false,
            patient: true,
            next_ping: now + PING - spread(PING / 3),
            until: lifetime.map(|l| now + l * 4 / 5 + spread(l / 5)),
            hold: Hold::of(visitor.grant.as_deref(), now),
            admission: visitor.admission,
            stale: false,
            outages,
            tiles: None,
            ws,
            tasks: VecDeque::new(),
            working: false,
            tags: 0,
        }
    }

    /// A name for a subscription that no other had.
    pub fn next_tag(&mut self) -> u32 {
        self.tags += 1;
        self.tags
    }

    /// The subscription the hub calls so.
    pub fn sub(&mut self, tag: u32) -> Option<&mut Sub> {
        self.subs.iter_mut().find(|sub| sub.tag == tag)
    }

    /// Whether another subscription, one that is live, selects this frame.
    pub fn covered(&self, frame: &Frame, but: u32) -> bool {
        let mut others = self.subs.iter().filter(|s| s.tag != but);
        others.any(|s| s.held.is_none() && s.selects(frame))
    }

    /// Whether a live subscription is about this job at all, whatever its status.
    pub fn fits(&self, frame: &Frame) -> bool {
        let fits = |s: &Sub| s.subscription.selector().fits(&frame.key.id, &frame.labels);
        self.subs.iter().any(|s| s.held.is_none() && fits(s))
    }

    /// Nothing can be sent any more.
    pub fn die(&mut self) {
        self.phase = Phase::Dead;
        self.subs.clear();
        self.dirty.clear();
        self.tasks.clear();
        self.admission = Admission::default();
        self.out = Outbox::default();
    }

    /// The cursor to say with an ending: one that finished says so, so that whoever comes back with it is sent away.
    pub fn ending_cursor(&self, standing: Option<Mark>, ending: Ending) -> Option<String> {
        let text = standing?.text;
        let selector = self.subs.first().map(|s| s.subscription.selector());
        match (ending, selector) {
            (Ending::Finished, Some(selector)) => {
                Some(Cursor::decode(&text)?.finished(selector).encode())
            }
            _ => Some(text.to_string()),
        }
    }
}
