//! Where lines bring their news: one inbox, in which each piece says which line it came over.

use std::sync::mpsc::Sender;

use super::line::News;

/// What the session hears.
#[derive(Debug)]
pub enum Input {
    /// Over this line, this.
    News(usize, News),
    /// The person at the terminal wants to leave.
    Interrupt,
}

/// The end of a line.
#[derive(Debug, Clone)]
pub struct Out {
    inbox: Sender<Input>,
    line: usize,
}

/// Nobody listens any more.
#[derive(Debug)]
pub struct Unheard;

impl Out {
    /// The end of line number `line`.
    #[must_use]
    pub fn new(inbox: Sender<Input>, line: usize) -> Self {
        Self { inbox, line }
    }

    /// Hands over.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn send(&self, news: News) -> Result<(), Unheard> {
        let input = Input::News(self.line, news);
        self.inbox.send(input).map_err(|_| Unheard)
    }
}
