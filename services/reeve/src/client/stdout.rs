//! The one place where clients print what they were asked for.

use super::Format;
use serde_json::Value;
use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal, Write},
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

/// A text on one line: what would move the cursor, colour the terminal or turn what stands around it is shown as JSON writes it.
/// Whoever names a document or sends an alert does not say what an operator's terminal does.
pub fn visible(text: &str) -> String {
    escaped(text, |_| false)
}

/// As [`visible`], for texts of several lines: ends of lines and tabulators stay.
pub fn harmless(text: &str) -> String {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let turns =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if is_kept(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            _ if c.is_control() || turns(c) => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => shown.push(c),
        }
    }
    shown
}

/// Prints a line to stdout. On a terminal it has no control character but ends of lines and tabulators.
///
/// # Errors
/// [`Closed`], and what else keeps it from being written.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    let text = format!("{text}\n");
    match io::stdout().is_terminal() {
        true => bytes(false, harmless(&text).as_bytes()),
        false => bytes(false, text.as_bytes()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_does_nothing_to_the_terminal() {
        assert_eq!(visible("a\tb\nc"), "a\\tb\\nc");
        assert_eq!(visible("\u{1b}[2J\r\u{9b}31m\u{7f}"), "\\u001b[2J\\u000d\\u009b31m\\u007f");
        assert_eq!(visible("\u{202e}txt\u{2066}"), "\\u202etxt\\u2066");
        assert_eq!(visible("Zürich – 東京 👩‍💻"), "Zürich – 東京 👩‍💻");
        assert_eq!(harmless("a\n\tb\u{7}\n"), "a\n\tb\\u0007\n");
    }
}
