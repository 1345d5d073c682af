//! The way of the command's output: read, written on at once and byte for byte, and only then looked at. When nobody
//! takes it any more, the command learns that as it would without us.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use super::system;

/// A pause in which a program shows what it has drawn.
const PAUSE: Duration = Duration::from_millis(40);
/// As much as a pipe holds.
const PART: usize = 64 * 1024;

/// Who looks at what passes.
pub trait Look {
    /// These bytes went by.
    fn passed(&mut self, bytes: &[u8]);
    /// Nothing has come for a moment.
    fn paused(&mut self);
}

/// Copies until the command, and all who hold its output, have closed it, or until nobody takes it.
pub fn copy(mut from: File, mut to: File, look: &mut impl Look) {
    let mut part = vec![0; PART];
    loop {
        let size = match from.read(&mut part) {
            Ok(0) => break,
            Ok(size) => size,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break, // how a terminal says that nobody holds its other end
        };
        let bytes = part.get(..size).unwrap_or_default();
        let written = write(&mut to, bytes);
        look.passed(bytes);
        if written.is_err() {
            break; // closing our end tells the command
        }
        if !system::is_readable(&from, PAUSE) {
            look.paused();
        }
    }
    look.paused();
}

/// Writes all, also to what would rather not wait: a terminal that another program has left so.
fn write(to: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(size) => bytes = bytes.get(size..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => system::await_writable(to),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
