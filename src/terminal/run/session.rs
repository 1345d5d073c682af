//! A command as a job from beginning to end. The command comes first: it runs, and its exit code is ours, whatever
//! becomes of reporting.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::command::{self, Order, Started};
use super::copy::{Look, copy};
use super::family::Family;
use super::read::Reader;
use super::reports::Inbox;
use super::system::{self, Came};
use super::tail::Tail;
use super::teller::{Ending, Teller};
use super::{command::Stream, signals};
use crate::worker::{Failure, Job, Reason};

/// How often it is looked whether somebody wants the job cancelled.
const LOOK: Duration = Duration::from_millis(100);
/// How long after its end the output of those whom the command left behind is still passed on.
const REST: Duration = Duration::from_millis(1000);

/// What a shell ends with where a command is not there, or cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUNNABLE: u8 = 126;

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

/// The last words: of where it complains, and of all else.
#[derive(Clone, Default)]
struct Tails {
    complaints: Arc<Mutex<Tail>>,
    rest: Arc<Mutex<Tail>>,
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
        let code = exit_code(status);
        let (job, said) = lock(&self.ear.teller).end();
        if let Some(message) = &said.message {
            job.message(message);
        }
        let told = match (self.asked.is_some(), status.signal()) {
            (true, _) => job.cancel(format!("the command ended with {}", words(status))),
            // A person at the terminal, whose wish it was.
            (false, Some(libc::SIGINT)) => job.cancel("interrupted at the terminal"),
            (false, _) if status.success() => match said {
                Ending {
                    failure: Some(failure),
                    ..
                } => job.fail(failure),
                Ending {
                    gave_up: Some(message),
                    ..
                } => job.cancel(message),
                Ending { result, .. } => match result.filter(Value::is_object) {
                    Some(result) => job.complete(result),
                    None => job.complete(json!({ "exit_code": 0 })),
                },
            },
            (false, _) => job.fail(said.failure.unwrap_or_else(|| self.failure(status))),
        };
        deliver(&self.wish, told);
        code
    }

    fn failure(&self, status: ExitStatus) -> Failure {
        let complaints = lock(&self.tails.complaints);
        let rest = lock(&self.tails.rest);
        let tail = if complaints.text().is_empty() {
            rest
        } else {
            complaints
        };
        let sentence = match self.wish.tail {
            true => tail.sentence(),
            false => String::new(),
        };
        let colon = if sentence.is_empty() { "" } else { ": " };
        let message = format!("{}{colon}{sentence}", words(status));
        let interrupted = self.interrupted.is_some() && status.signal().is_some();
        let code = match status.signal() {
            _ if interrupted => "interrupted",
            Some(_) => "command_killed",
            None => "command_failed",
        };
        let mut details = json!({ "command": self.wish.program });
        match status.signal() {
            Some(signal) => details["signal"] = json!(signals::name(signal)),
            None => details["exit_code"] = json!(status.code()),
        }
        if self.wish.tail && !tail.text().is_empty() {
            details["output"] = json!(tail.text());
        }
        Failure::new(code, message)
            .retryable(interrupted)
            .details(details)
    }
}

/// Hears what the command reports itself, and tells it on.
#[derive(Clone)]
struct Ear {
    inbox: Arc<Mutex<Inbox>>,
    teller: Arc<Mutex<Teller>>,
    complained: Arc<AtomicBool>,
}

impl Ear {
    /// Hears what has come; false where nothing more can come.
    fn listen(&self) -> bool {
        let mut inbox = lock(&self.inbox);
        for said in inbox.drain() {
            let wrong = lock(&self.teller).report(&said);
            if let Some(wrong) = wrong.filter(|_| !self.complained.swap(true, Relaxed)) {
                say(&format!("on the descriptor for reports, {wrong}"));
            }
        }
        !inbox.is_closed()
    }
}

/// Looks at one output.
struct Watcher {
    ear: Ear,
    tail: Arc<Mutex<Tail>>,
    reader: Reader,
}

impl Look for Watcher {
    fn passed(&mut self, bytes: &[u8]) {
        lock(&self.tail).push(bytes);
        self.ear.listen();
        lock(&self.ear.teller).passed(&mut self.reader, bytes);
    }

    fn paused(&mut self) {
        lock(&self.ear.teller).paused(&mut self.reader);
    }
}

/// The command could not even be started.
fn refused(wish: &Wish, error: &io::Error) -> u8 {
    say(&format!("{} cannot be run: {error}", wish.program));
    let (code, exit) = match error.kind() {
        ErrorKind::NotFound => ("command_not_found", NOT_FOUND),
        _ => ("command_not_runnable", NOT_RUNNABLE),
    };
    let message = format!("{} cannot be run: {error}", wish.program);
    deliver(wish, wish.job.fail(Failure::new(code, message)));
    exit
}

fn deliver(wish: &Wish, told: crate::worker::Ending) {
    let is_on = wish.job.reporter().is_on();
    if !told.wait(wish.patience) && is_on && wish.job.reason().is_none() {
        say("how it ended could not be reported in time");
    }
}

/// 128 and the signal, as shells have it, where one ended it.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}

fn words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => signals::name(signal),
        (None, None) => "an unknown ending".to_owned(),
    }
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "milepost: {text}"); // nobody may be reading
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
