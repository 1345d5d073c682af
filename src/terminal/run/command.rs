//! Starting the command: what it inherits, and what of it we keep.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::{Child, Command, Stdio};

use super::family::Family;
use super::system::{self, Mask, Size};

/// The size of a terminal where nothing says another.
const USUAL: Size = (24, 80);
/// Where the command may report, if nothing else is there; 3 is the first that is tried.
const DESCRIPTORS: std::ops::Range<RawFd> = 3..10;

/// When the command is given a terminal to write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// Where we have one: it sees no difference.
    AsOurs,
    /// Always: for commands that draw bars only then.
    Always,
    /// Never.
    Never,
}

/// What to start.
#[derive(Debug, Clone)]
pub struct Order {
    /// The program, and its arguments.
    pub words: Vec<OsString>,
    /// When its output is a terminal.
    pub terminal: Terminal,
    /// Which signals wait.
    pub mask: Mask,
    /// What it does not inherit of our environment.
    pub forgotten: &'static [&'static str],
    /// What is set for it.
    pub environment: Vec<(String, OsString)>,
}

/// A stream of its output, on its way to where ours goes.
#[derive(Debug)]
pub struct Stream {
    /// What it writes.
    pub from: File,
    /// Where that goes.
    pub to: File,
    /// Whether this is where programs complain.
    pub complains: bool,
}

/// The command at work.
#[derive(Debug)]
pub struct Started {
    /// It.
    pub child: Child,
    /// Those who are sent what it is sent.
    pub family: Family,
    /// Its output.
    pub streams: Vec<Stream>,
    /// Its own reports: to read, and to wait for.
    pub reports: (File, File),
    /// The terminals it writes to, to be resized with ours.
    pub terminals: Vec<File>,
}

/// Both ends of an output: ours, and the command's.
struct Ends {
    ours: File,
    theirs: OwnedFd,
    is_terminal: bool,
}

/// Starts it. This thread must live as long as the command is to: the system ends the one with the other.
///
/// # Errors
/// It is not there, or may not be run.
pub fn start(order: &Order) -> io::Result<Started> {
    let (program, arguments) = order
        .words
        .split_first()
        .ok_or_else(|| io::Error::other("no command"))?;
    let mut command = Command::new(program);
    command.args(arguments);
    for name in order.forgotten {
        command.env_remove(name);
    }
    command.envs(order.environment.iter().map(|(name, value)| (name, value)));
    let family = Family::choose(&mut command);
    let mut kept = Kept::default();
    outputs(order.terminal, &mut command, &mut kept)?;
    let (reports, said) = system::pipe()?;
    let reports = (reports.try_clone()?, reports);
    let number = DESCRIPTORS.into_iter().find(|n| system::is_free(*n));
    if let Some(number) = number {
        command.env("MILEPOST_REPORT_FD", number.to_string());
    }
    system::prepare(
        &mut command,
        order.mask,
        number.map(|number| (said.as_raw_fd(), number)),
    );
    let child = command.spawn()?;
    drop(command); // its ends of the pipes would keep them open
    Ok(Started {
        family: family.of(&child),
        child,
        streams: kept.streams,
        reports,
        terminals: kept.terminals,
    })
}

#[derive(Default)]
struct Kept {
    streams: Vec<Stream>,
    terminals: Vec<File>,
}

/// Two streams; or one, where both of ours are the same terminal, so that what is written in turn is read in turn.
fn outputs(terminal: Terminal, command: &mut Command, kept: &mut Kept) -> io::Result<()> {
    let (out, error) = (io::stdout(), io::stderr());
    let ours = terminal != Terminal::Never;
    let both = ours && out.is_terminal() && error.is_terminal();
    let (to, to_error) = (file(out.as_fd())?, file(error.as_fd())?);
    let ends = Ends::new(terminal, out.is_terminal())?;
    let second = match both {
        true => None,
        false => Some(Ends::new(terminal, error.is_terminal())?),
    };
    match second {
        None => {
            command.stderr(Stdio::from(ends.theirs.try_clone()?));
        }
        Some(second) => {
            second.keep(to_error, true, kept)?;
            command.stderr(Stdio::from(second.theirs));
        }
    }
    ends.keep(to, both, kept)?;
    command.stdout(Stdio::from(ends.theirs));
    Ok(())
}

impl Ends {
    fn new(terminal: Terminal, ours_is_one: bool) -> io::Result<Self> {
        let is_terminal = match terminal {
            Terminal::AsOurs => ours_is_one,
            Terminal::Always => true,
            Terminal::Never => false,
        };
        let (ours, theirs) = match is_terminal {
            true => system::terminal(size())?,
            false => system::pipe()?,
        };
        Ok(Self {
            ours,
            theirs,
            is_terminal,
        })
    }

    fn keep(&self, to: File, complains: bool, kept: &mut Kept) -> io::Result<()> {
        let from = self.ours.try_clone()?;
        kept.streams.push(Stream {
            from,
            to,
            complains,
        });
        if self.is_terminal {
            kept.terminals.push(self.ours.try_clone()?);
        }
        Ok(())
    }
}

/// The same file, written to without a buffer.
fn file(descriptor: std::os::fd::BorrowedFd<'_>) -> io::Result<File> {
    Ok(File::from(descriptor.try_clone_to_owned()?))
}

/// How large our terminal is, or what the environment says, or what is usual.
#[must_use]
pub fn size() -> Size {
    let ours = [1, 2, 0].into_iter().find_map(system::size_of);
    let said = |name: &str| std::env::var(name).ok()?.parse().ok();
    ours.unwrap_or_else(|| {
        let (rows, columns) = (said("LINES"), said("COLUMNS"));
        (rows.unwrap_or(USUAL.0), columns.unwrap_or(USUAL.1))
    })
}
