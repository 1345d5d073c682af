//! The frames as they came, one on a line, for programs. What people have to know goes to standard error.

use std::io::{self, Write};

use super::board::{Board, Change};
use super::view::{Link, View};

/// Shows frames.
#[derive(Debug, Default)]
pub struct Frames;

impl View for Frames {
    fn frame(&mut self, json: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{json}")?;
        out.flush()
    }

    fn change(&mut self, _: &Change) -> io::Result<()> {
        Ok(())
    }

    fn gone(&mut self, id: &str) -> io::Result<()> {
        self.remark(&format!("{id} was deleted"))
    }

    fn remark(&mut self, text: &str) -> io::Result<()> {
        let _ = writeln!(io::stderr(), "milepost: {text}"); // nobody may be reading
        Ok(())
    }

    fn tick(&mut self, _: &Board, _: &Link) -> io::Result<()> {
        Ok(())
    }
}
