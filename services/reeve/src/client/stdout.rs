//! The one place where clients print what they were asked for.

use super::Format;
use serde_json::Value;
use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

/// Nobody reads any more what this program prints, as in `reeve commands | head -2`. It ends the program, which says
/// nothing of it. The system's own way, SIGPIPE, could also end it when a connection to the bus is lost.
#[derive(Debug)]
pub struct Closed;

impl Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nobody reads the output any more")
    }
}

impl std::error::Error for Closed {}

/// Prints a line to stdout.
///
/// # Errors
/// [`Closed`], and what else keeps it from being written.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    bytes(false, format!("{text}\n").as_bytes())
}

/// Prints what the API answered, or what people are told of it.
///
/// # Errors
/// As [`line`].
pub fn answer(format: Format, answer: &Value, text: impl Display) -> anyhow::Result<()> {
    match format {
        Format::Json => line(answer),
        Format::Text => line(text),
    }
}

/// As [`answer`], where people are told nothing.
///
/// # Errors
/// As [`line`].
pub fn done(format: Format, answer: &Value) -> anyhow::Result<()> {
    if format == Format::Json { line(answer) } else { Ok(()) }
}

/// Prints bytes as they are, to stdout or to stderr.
///
/// # Errors
/// As [`line`].
pub fn bytes(stderr: bool, data: &[u8]) -> anyhow::Result<()> {
    if stderr { write(io::stderr(), data) } else { write(io::stdout().lock(), data) }
}

fn write(mut to: impl Write, data: &[u8]) -> anyhow::Result<()> {
    match to.write_all(data).and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Closed.into()),
        written => Ok(written?),
    }
}
