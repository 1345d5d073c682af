//! A command as a job from beginning to end. The command comes first: it runs, and its exit code is ours, whatever
//! becomes of reporting.

use std::fs::File;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::command::{self, Order, Started};
use super::copy::copy;
use super::family::Family;
use super::hear::{Ear, Tails, Watcher, lock, say};
use super::over::{Over, deliver, refused};
use super::read::Reader;
use super::reports::Inbox;
use super::system::{self, Came};
use super::teller::Teller;
use super::{command::Stream, signals};
use crate::worker::{Failure, Job, Reason};

/// How often it is looked whether somebody wants the job cancelled.
const LOOK: Duration = Duration::from_millis(100);
/// How long after its end the output of those whom the command left behind is still passed on.
const REST: Duration = Duration::from_millis(1000);

/// What to run, and what to tell of it.
pub struct Wish {
    /// The command.
    pub order: Order,
    /// The job, begun.
    pub job: Job,
    /// What the command is called.
    pub program: String,
    /// The phases that were declared.
    pub phases: Vec<String>,
    /// How long it has, from the first signal to the last.
    pub grace: Duration,
    /// Whether its last words go with a failure.
    pub tail: bool,
    /// How long the ending is tried to be delivered.
    pub patience: Duration,
}

/// What happens while it runs.
#[derive(Debug)]
pub enum Event {
    /// A signal came for us.
    Signal(Came),
    /// Our terminal has another size.
    Resized,
    /// The command has ended.
    Exited,
    /// One of its outputs is closed.
    Closed,
}

/// The command at work.
pub struct Session {
    wish: Wish,
    family: Family,
    terminals: Vec<File>,
    ear: Ear,
    tails: Tails,
    events: (Sender<Event>, Receiver<Event>),
    /// When the first signal to end was sent because a person asked.
    asked: Option<Instant>,
    killed: bool,
    /// The signal that came for us and was handed on.
    interrupted: Option<i32>,
}

impl Session {
    /// Runs the command to its end; the exit code.
    #[must_use]
    pub fn run(wish: Wish) -> u8 {
        let Started {
            child,
            family,
            streams,
            reports: (reports, waiting),
            terminals,
        } = match command::start(&wish.order) {
            Ok(started) => started,
            Err(error) => return refused(&wish, &error),
        };
        let teller = Teller::new(wish.job.clone(), &wish.program, wish.phases.clone());
        let ear = Ear {
            inbox: Arc::new(Mutex::new(Inbox::new(reports))),
            teller: Arc::new(Mutex::new(teller)),
            complained: Arc::default(),
        };
        let mut session = Self {
            family,
            terminals,
            ear,
            tails: Tails::default(),
            events: channel(),
            asked: None,
            killed: false,
            interrupted: None,
            wish,
        };
        session.listen(waiting);
        session.follow(child, streams)
    }

    fn follow(&mut self, mut child: Child, streams: Vec<Stream>) -> u8 {
        signals::listen(self.events.0.clone());
        let mut open = streams.len() + 1;
        for stream in streams {
            self.pass_on(stream);
        }
        let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
        let out = self.events.0.clone();
        self.spawn(move || {
            system::await_exit(pid);
            let _ = out.send(Event::Exited); // nobody may be listening
        });
        let mut exited = None;
        while open > 0 && exited.is_none_or(|at: Instant| at.elapsed() < self.rest()) {
            match self.events.1.recv_timeout(LOOK) {
                Ok(Event::Exited) => exited = Some(Instant::now()),
                Ok(Event::Closed) => open -= 1,
                Ok(Event::Signal(came)) => self.hand_on(came),
                Ok(Event::Resized) => self.resize(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.look();
        }
        let status = child.wait();
        if self.asked.is_some() {
            self.see_off();
        }
        match status {
            Ok(status) => self.end(status),
            Err(error) => refused(&self.wish, &error),
        }
    }

    /// Those who were asked to end, and hold the output, have their whole time.
    fn rest(&self) -> Duration {
        match self.asked {
            Some(_) => self.wish.grace + REST,
            None => REST,
        }
    }

    fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = thread::Builder::new().spawn(work) {
            say(&format!("a thread cannot be had: {error}"));
        }
    }

    fn pass_on(&self, stream: Stream) {
        let tail = match stream.complains {
            true => self.tails.complaints.clone(),
            false => self.tails.rest.clone(),
        };
        let mut watcher = Watcher {
            ear: self.ear.clone(),
            tail,
            reader: Reader::default(),
        };
        let out = self.events.0.clone();
        self.spawn(move || {
            copy(stream.from, stream.to, &mut watcher);
            let _ = out.send(Event::Closed);
        });
    }

    fn listen(&self, reports: File) {
        let (ear, out) = (self.ear.clone(), self.events.0.clone());
        self.spawn(move || {
            // Waits on its own, so that nobody waits for it.
            while !system::is_readable(&reports, LOOK) || ear.listen() {}
            let _ = out.send(Event::Closed);
        });
    }

    fn hand_on(&mut self, came: Came) {
        if !matches!(came.signal, libc::SIGUSR1 | libc::SIGUSR2) {
            self.interrupted = Some(came.signal);
        }
        if signals::is_for_it(came, self.family.hears_keys()) {
            self.family.send(came.signal);
        }
    }

    fn resize(&self) {
        let size = command::size();
        for terminal in &self.terminals {
            system::resize(terminal, size);
        }
        if !self.terminals.is_empty() || !self.family.hears_keys() {
            self.family.send(libc::SIGWINCH);
        }
    }

    /// Looks whether a person wants it cancelled, and whether it has had its time.
    fn look(&mut self) {
        let asked = self.wish.job.reason() == Some(Reason::Asked);
        match self.asked {
            None if asked => {
                say("cancelled by request: ending the command");
                self.asked = Some(Instant::now());
                self.family.send(libc::SIGTERM);
            }
            Some(at) if at.elapsed() >= self.wish.grace && !self.killed => {
                self.killed = true;
                self.family.send(libc::SIGKILL);
            }
            _ => {}
        }
    }

    /// The command has ended as it was asked to. Whoever it has started has the rest of the time.
    fn see_off(&mut self) {
        while self.family.is_there() && !self.killed {
            thread::sleep(LOOK / 5);
            self.look();
        }
    }

    fn end(&self, status: ExitStatus) -> u8 {
        let (job, said) = lock(&self.ear.teller).end();
        let over = Over {
            status,
            asked: self.asked.is_some(),
            interrupted: self.interrupted,
        };
        deliver(&self.wish, over.tell(&job, said, || self.failure(over)));
        over.exit_code()
    }

    /// What is told of a failure, with the last of what was complained, or else of what was said.
    fn failure(&self, over: Over) -> Failure {
        let complaints = lock(&self.tails.complaints);
        let rest = lock(&self.tails.rest);
        let tail = match complaints.text().is_empty() {
            true => rest,
            false => complaints,
        };
        over.failure(&self.wish.program, self.wish.tail.then_some(&*tail))
    }
}
