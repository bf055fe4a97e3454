//! The lines of a text: folded ones joined, each split into its name, its parameters and its value.

use crate::error::Error;

/// A property as it is written.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    /// The line in which it begins.
    pub line: usize,
    /// In capitals.
    pub name: String,
    /// Names in capitals, values without their quotes.
    pub parameters: Vec<(String, String)>,
    pub value: String,
}

impl Property {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::new(self.line, self.name.clone(), problem)
    }
}

/// All properties of a text, the beginnings and ends of components among them.
pub(crate) fn read(text: &str) -> Result<Vec<Property>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut joined: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), joined.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => joined.push((number, line.to_owned())),
        }
    }
    joined.into_iter().map(|(number, line)| property(number, &line)).collect()
}

fn property(line: usize, text: &str) -> Result<Property, Error> {
    let shown = || text.chars().take(40).collect::<String>();
    let mut is_quoted = false;
    let is_end = |letter: char| {
        if letter == '"' {
            is_quoted = !is_quoted;
        }
        letter == ':' && !is_quoted
    };
    let (head, value) = text.split_once(is_end).ok_or_else(|| {
        Error::new(line, shown(), "is no property of iCalendar, which is a name, a colon and a value")
    })?;
    let mut is_quoted = false;
    let mut parts = head.split(|letter: char| {
        if letter == '"' {
            is_quoted = !is_quoted;
        }
        letter == ';' && !is_quoted
    });
    let name = parts.next().unwrap_or_default().trim().to_ascii_uppercase();
    if name.is_empty()
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
    {
        return Err(Error::new(line, shown(), "is no property of iCalendar: its name has other letters"));
    }
    let parameters = parts.filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
    });
    Ok(Property { line, name, parameters: parameters.collect(), value: value.trim().to_owned() })
}

/// A text without the escapes of iCalendar.
pub(crate) fn plain(value: &str) -> String {
    let (mut plain, mut letters) = (String::new(), value.chars());
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            (letter, false) => plain.push(letter),
        }
    }
    plain
}
