//! The log: to standard error, one event = one line, whatever is in it. A log that cannot be written is dropped: the
//! service goes on.

use std::borrow::Cow;
use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};

/// Starts the log of this process. A second call changes nothing.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let lines = || Line(io::stderr());
    let started = match config.log_format {
        LogFormat::Text => registry
            .with(fmt::layer().with_ansi(false).with_writer(lines))
            .try_init(),
        LogFormat::Json => registry
            .with(fmt::layer().json().with_writer(lines))
            .try_init(),
    };
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
}

/// Takes one event per write and makes one line of it: a line break or an escape sequence that came from outside
/// must not look like ours. Reports success in any case, as there is nobody to tell.
struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let body = event.strip_suffix(b"\n").unwrap_or(event);
        let mut line = escaped(&String::from_utf8_lossy(body)).into_owned();
        line.push('\n');
        let _ = self.0.write_all(line.as_bytes());
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| -> String {
        if c.is_control() {
            c.escape_default().collect()
        } else {
            c.into()
        }
    };
    Cow::Owned(text.chars().map(escape).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_without_escape_sequences() {
        let mut out = Vec::new();
        let event = "INFO job=\"x\"\r\nINFO forged \u{1b}[31mred\n";
        Line(&mut out).write_all(event.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "INFO job=\"x\"\\r\\nINFO forged \\u{1b}[31mred\n"
        );
    }
}
